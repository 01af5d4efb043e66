"""The columns of orders that can be chosen, and a choice of them as the setting holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncdb.mapping.choice import CATALOGUE, ChosenColumns, Rows, all_columns, column

MORE = "attribute:KEY, property:KEY, metafield:NAMESPACE.KEY"


@dataclass(frozen=True, slots=True)
class OfferedColumn:
    """A column that such rows can show, its usual header, and the header it has, empty where it is not chosen."""

    name: str
    label: str
    meaning: str
    header: str


def offered_columns(chosen: ChosenColumns, rows: Rows) -> Iterator[OfferedColumn]:
    """The chosen columns in their order, then all others."""
    headers = dict(chosen)
    for name in [*headers, *(name for name, _ in all_columns(rows) if name not in headers)]:
        if (known := column(name)) is not None:
            yield OfferedColumn(name, known.label, known.meaning, headers.get(name, ""))


def as_setting(wanted: Sequence[tuple[str, str]]) -> list[object]:
    """Names, each with its header where that is not the usual one."""
    return [name if header in ("", _usual(name)) else {"field": name, "header": header} for name, header in wanted]


def _usual(name: str) -> str:
    known = CATALOGUE.get(name)
    return known.label if known else name.partition(":")[2]
