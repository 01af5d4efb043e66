"""What references show: a column of the other table (a product's title) in place of the row's number.

Grist keeps that in two settings of a column: `visibleCol`, and `displayCol`, a hidden column of formulas which only the user
action SetDisplayFormula makes. `visibleCol` alone, which POST and PATCH /columns take, shows nothing (all observed). It is set
once for a column that was made by us. What people choose, or take away, afterwards is theirs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.grist.layout import ColumnPlace, TableColumn, WantedTable
from syncdb.connectors.grist.schema import ColumnInfo

THEIRS = 0  # people chose what it shows
COLUMNS = "_grist_Tables_column"

Find = Callable[[TableColumn], "Shown | None"]


@dataclass(frozen=True, slots=True)
class Shown:
    """The column that a reference is to show, and the id of the table in which it stands."""

    table: str
    column: ColumnPlace

    def fits(self, kind: str) -> bool:
        """Whether a column of this type refers to that table."""
        return kind == f"Ref:{self.table}"


@dataclass(frozen=True, slots=True)
class Showing:
    """A reference and the column of the other table that it is to show."""

    field: str
    reference: ColumnInfo
    column: ColumnPlace

    def actions(self, table: str) -> list[list[Any]]:
        """Grist's user actions that set it."""
        number = self.reference.ref
        formula = f"${self.reference.id}.{self.column.id}"
        return [
            ["UpdateRecord", COLUMNS, number, {"visibleCol": self.column.ref}],
            ["SetDisplayFormula", table, None, number, formula],
        ]


def to_show(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], known: Mapping[str, int], find: Find
) -> list[Showing]:
    """What is to be set. `ours` are the fields whose columns were made by us, `known` the numbers of the columns that they were
    made to show, THEIRS where people chose. `find` tells the column that a field is to show, where it stands.
    """
    found = []
    for name, reference, column in _shown(wish, references, ours, find):
        asked = known.get(name)
        untouched = not reference.visible and not reference.display if asked is None else reference.visible == asked != column.ref
        if asked != THEIRS and untouched and not reference.computed:
            found.append(Showing(name, reference, column))
    return found


def as_known(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], known: Mapping[str, int], find: Find
) -> dict[str, int]:
    """`known` after a look at the columns: what shows something else than we chose, or nothing any more, is people's choice."""
    waiting = {one.field for one in to_show(wish, references, ours, known, find)}
    seen = dict(known)
    for name, reference, column in _shown(wish, references, ours, find):
        if name not in waiting:
            mine = reference.visible and reference.visible in (column.ref, known.get(name))
            seen[name] = reference.visible if mine and known.get(name) != THEIRS else THEIRS
    return seen


def is_settled(
    wish: WantedTable, places: Mapping[str, ColumnPlace], ours: Collection[str], known: Mapping[str, int], find: Find
) -> bool:
    """Whether nothing is to be set as far as can be told without a look."""
    references = {one.name: one for one in wish.columns if one.shows and one.name in ours and one.name in places}
    found = {name: shown for name, one in references.items() if (shown := find(one)) and shown.fits(places[name].type)}
    return all(known.get(name) in (THEIRS, shown.column.ref) for name, shown in found.items())


def _shown(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], find: Find
) -> Iterator[tuple[str, ColumnInfo, ColumnPlace]]:
    for one in wish.columns:
        if one.shows and one.name in references and one.name in ours:
            shown = find(one)
            if shown is not None and shown.fits(references[one.name].type):
                yield one.name, references[one.name], shown.column
