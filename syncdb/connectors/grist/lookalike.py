"""Tables and columns that people call something else, told by what they hold.

A ledger that was lost or is older than a column has no number to find it by. Made anew beside the old one, which people go on
using, it would quietly be the wrong one; so a person is asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.grist.cells import Codec, UnreadableCell, can_hold, shown
from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableState, WantedTable
from syncdb.connectors.grist.schema import ColumnInfo, pure
from syncdb.errors import NeedsPerson
from syncdb.values import Value, canonical, same

SAMPLE = 50  # rows looked at
ANEW = "To have it made anew all the same, run once with --force."

Shown = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """By what rows and columns of ours are told: the form of a key, and what the other side shows under keys."""

    is_key: Callable[[str], bool]
    shows: Callable[[Sequence[str]], Shown]


def refuse_lookalikes(document: GristDocument, wish: WantedTable, standing: TableState, like: Likeness, bound: bool) -> None:
    """Raise NeedsPerson where what is to be made stands already under another name. `bound`: the ledger knows the table.

    A few requests, and only where something is to be made.
    """
    if standing.table is None:
        _refuse_tables(document, wish, like)
        return
    rows = _lowest(document, standing.table.id)
    columns = document.columns(standing.table.id)
    if standing.layout is None:
        for one in _key_columns(columns, rows, like):
            raise _called_otherwise(standing, wish.key_label, one, "holds its keys")
        return
    keyed = {str(row["fields"].get(standing.layout.key.id) or ""): row for row in rows}
    keyed = {key: row for key, row in keyed.items() if like.is_key(key)}
    free = [one for one in columns if one.id in standing.layout.own]
    if not (keyed and free and standing.missing):
        return
    _refuse_columns(document, wish, standing, like.shows(list(keyed)), keyed, free, bound)


def _refuse_tables(document: GristDocument, wish: WantedTable, like: Likeness) -> None:
    for table in document.tables():
        if not document.is_kept(table.id) and _key_columns(document.columns(table.id), _lowest(document, table.id), like):
            raise NeedsPerson(
                f'There is no Grist table "{wish.table}", but "{table.id}" holds records of that kind. '
                "Nothing was written to it.",
                next_step=f'If it was renamed, call it "{wish.table}" again or name it in grist_sync ("table"). {ANEW}',
            )


def _key_columns(columns: Iterable[ColumnInfo], rows: Sequence[Json], like: Likeness) -> list[ColumnInfo]:
    """Columns that hold keys of such records, most of them."""
    found = []
    for one in columns:
        cells = [row["fields"].get(one.id) for row in rows]
        texts = [cell for cell in cells if isinstance(cell, str) and cell]
        if not one.computed and texts and sum(map(like.is_key, texts)) * 2 > len(texts):
            found.append(one)
    return found


def _refuse_columns(
    document: GristDocument,
    wish: WantedTable,
    standing: TableState,
    there: Shown,
    rows: Mapping[str, Json],
    free: Sequence[ColumnInfo],
    bound: bool,
) -> None:
    for wanted in wish.columns:
        if wanted.name not in standing.missing:
            continue
        expected = {key: fields[wanted.name] for key, fields in there.items() if wanted.name in fields and key in rows}
        told = {key: value for key, value in expected.items() if canonical(value) is not None}
        for one in free:
            if not can_hold(wanted.type, one.type):
                continue
            alike = list(_alike(_codec(document, wish, one, wanted.type, wanted.digits), one, told, rows))
            if len(alike) * 2 > len(told) and (not bound or len({str(value) for value in alike}) > 1):
                raise _called_otherwise(standing, wanted.asked, one, f"holds what belongs there in {len(alike)} rows")
            if not bound and pure(one.type) == pure(wanted.type) != "Text":  # counts and prices may all have moved since
                raise _called_otherwise(standing, wanted.asked, one, f"is of its type ({pure(one.type)})")


def _alike(codec: Codec, column: ColumnInfo, told: Mapping[str, Value], rows: Mapping[str, Json]) -> Iterator[Value]:
    """The values that a column shows as the other side does."""
    for key, value in told.items():
        try:
            if same(shown(rows[key]["fields"].get(column.id), codec), value):
                yield value
        except UnreadableCell:
            continue


def _codec(document: GristDocument, wish: WantedTable, column: ColumnInfo, wanted: str, digits: int | None) -> Codec:
    target = column.type.partition(":")[2] if pure(column.type) == "Ref" else ""
    by = document.key_column(target, wish.key_label) if target else ""
    if not by:
        return Codec(wanted, column.type, digits)
    keys, known = document.keys_of(target, by)
    return Codec(wanted, column.type, digits, keys, known, by)


def _lowest(document: GristDocument, table: str) -> list[Json]:
    """The lowest rows of a table. Raises what a refusal means."""
    try:
        return document.lowest_rows(table, SAMPLE)
    except Declined as declined:
        raise document.explained(declined) from declined


def _called_otherwise(standing: TableState, asked: str, one: ColumnInfo, why: str) -> NeedsPerson:
    assert standing.table is not None
    return NeedsPerson(
        f'The Grist table "{standing.table.id}" has no column "{asked}", but "{one.label}" {why}. Nothing was written to it.',
        next_step=f'If it was renamed, call it "{asked}" again or name it in grist_sync ("column": "{one.id}"). {ANEW}',
    )
