"""What references show: a column of the other table (a product's title) in place of the row's number.

Grist keeps that in two settings of a column: `visibleCol`, and `displayCol`, a hidden column of formulas which only the user
action SetDisplayFormula makes. `visibleCol` alone, which POST and PATCH /columns take, shows nothing (all observed). It is set
once for a column that was made by us. What people choose, or take away, afterwards is theirs.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.grist.layout import ColumnPlace, TableColumn, WantedTable
from syncdb.connectors.grist.schema import ColumnInfo

THEIRS = ""  # people chose what it shows
COLUMNS = "_grist_Tables_column"


@dataclass(frozen=True, slots=True)
class Shown:
    """The column that a reference is to show, and the id of the table in which it stands.

    `within` are that table's reference to what its rows belong to, and the column shown of that: it comes first, as a variant is
    known by its product. `needless` is a text of the column that says nothing beside it.
    """

    table: str
    column: ColumnPlace
    within: tuple[ColumnPlace, ColumnPlace] | None = None
    needless: str = ""

    def fits(self, kind: str) -> bool:
        """Whether a column of this type refers to that table."""
        return kind == f"Ref:{self.table}"

    @property
    def mark(self) -> str:
        """The numbers of the columns: what a reference was made to show. The first is that of `column`."""
        return " ".join(str(one.ref) for one in (self.column, *(self.within or ())))

    def formula(self, reference: str) -> str:
        """The formula of the hidden column of a reference by its id. Grist follows renames in it (observed)."""
        own = f"${reference}.{self.column.id}"
        if self.within is None:
            return own
        whole = f"${reference}.{self.within[0].id}.{self.within[1].id}"
        return f'{whole} if {own} in (None, "", {json.dumps(self.needless)}) else "%s - %s" % ({whole}, {own})'


Find = Callable[[TableColumn], Shown | None]


@dataclass(frozen=True, slots=True)
class Showing:
    """A reference and what it is to show."""

    field: str
    reference: ColumnInfo
    shown: Shown

    def actions(self, table: str) -> list[list[Any]]:
        """Grist's user actions that set it."""
        number = self.reference.ref
        return [
            ["UpdateRecord", COLUMNS, number, {"visibleCol": self.shown.column.ref}],
            ["SetDisplayFormula", table, None, number, self.shown.formula(self.reference.id)],
        ]


def to_show(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], known: Mapping[str, str], find: Find
) -> list[Showing]:
    """What is to be set. `ours` are the fields whose columns were made by us, `known` the marks of what they were made to show,
    THEIRS where people chose. `find` tells what a field's column is to show, where that stands.
    """
    found = []
    for name, reference, shown in _shown(wish, references, ours, find):
        mark = known.get(name)
        untouched = not (reference.visible or reference.display) if mark is None else _shows(reference, mark)
        if untouched and mark != shown.mark and not reference.computed:
            found.append(Showing(name, reference, shown))
    return found


def as_known(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], known: Mapping[str, str], find: Find
) -> dict[str, str]:
    """`known` after a look at the columns: what shows something else than we chose, or nothing any more, is people's choice."""
    waiting = {one.field for one in to_show(wish, references, ours, known, find)}
    seen = dict(known)
    for name, reference, shown in _shown(wish, references, ours, find):
        if name not in waiting:
            mark = known.get(name, shown.mark)
            seen[name] = mark if _shows(reference, mark) else THEIRS
    return seen


def _shows(reference: ColumnInfo, mark: str) -> bool:
    """Whether a reference still shows what it was made to show."""
    return mark != THEIRS and str(reference.visible) == mark.partition(" ")[0]


def is_settled(
    wish: WantedTable, places: Mapping[str, ColumnPlace], ours: Collection[str], known: Mapping[str, str], find: Find
) -> bool:
    """Whether nothing is to be set as far as can be told without a look."""
    references = {one.name: one for one in wish.columns if one.shows and one.name in ours and one.name in places}
    found = {name: shown for name, one in references.items() if (shown := find(one)) and shown.fits(places[name].type)}
    return all(known.get(name) in (THEIRS, shown.mark) for name, shown in found.items())


def _shown(
    wish: WantedTable, references: Mapping[str, ColumnInfo], ours: Collection[str], find: Find
) -> Iterator[tuple[str, ColumnInfo, Shown]]:
    for one in wish.columns:
        if one.shows and one.name in references and one.name in ours:
            shown = find(one)
            if shown is not None and shown.fits(references[one.name].type):
                yield one.name, references[one.name], shown
