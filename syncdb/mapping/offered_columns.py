"""The columns of orders that can be chosen, and a choice of them as the setting holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncdb.mapping.choice import CATALOGUE, ChosenColumns, Rows, all_columns, column, default_columns

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


def in_short(chosen: ChosenColumns, rows: Rows) -> list[object]:
    """The same as short as the setting may be: with a word for a set of columns that it begins with."""
    names = [name for name, _ in chosen]
    for word, of_set in (("all", all_columns(rows)), ("default", default_columns(rows))):
        size = len(of_set)
        if names[:size] == [name for name, _ in of_set]:
            own = [one for one in chosen[:size] if one not in of_set]
            return [word, *as_setting(own), *as_setting(chosen[size:])]
    return as_setting(chosen)


def _usual(name: str) -> str:
    known = CATALOGUE.get(name)
    return known.label if known else name.partition(":")[2]
