"""One atomic bundle of changes to a document: each is done, written down for the history, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from syncdb.sandbox.grist.access import User
from syncdb.sandbox.grist.cells import Cell
from syncdb.sandbox.grist.own_tables import Own, whole
from syncdb.sandbox.grist.table import Column, Table, column_meta, table_meta

TABLES, COLUMNS = "_grist_Tables", "_grist_Tables_column"
TableKey = int | str  # a table's number, or the name of one of Grist's own
ColumnKey = int | str
Kind = Literal["add", "update", "remove", "table", "column"]


@dataclass(frozen=True, slots=True)
class Change:
    """One step: rows added, updated or removed, or a table or column whose name changed (`was`, `now`; None: not there).

    `cells` maps columns to the values before and after, one a row. `names` are the columns' ids at that time.
    """

    kind: Kind
    table: TableKey
    table_name: str
    rows: tuple[int, ...] = ()
    cells: Mapping[ColumnKey, tuple[Sequence[Any] | None, Sequence[Any] | None]] = field(default_factory=dict)
    names: Mapping[ColumnKey, str] = field(default_factory=dict)
    column: int | None = None
    was: str | None = None
    now: str | None = None


class Bundle:
    """`at` is the moment in epoch seconds, `user` who does it. `touched` collects the rows whose formulas are due.

    `held` are trigger formulas that the last step held back by giving their columns a value.
    """

    def __init__(self, tables: dict[int, Table], own: Own, user: User, at: float) -> None:
        self.tables = tables
        self.own = own
        self.user = user
        self.at = at
        self.changes: list[Change] = []
        self.touched: dict[int, set[int]] = {}
        self.reshaped = False
        self.held: list[tuple[Table, Column, Sequence[int]]] = []
        self._undo: list[Callable[[], object]] = []

    def roll_back(self) -> None:
        """Everything as it was before."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self.changes.clear()

    # --- rows ----------------------------------------------------------------------------------------------

    def add_rows(self, table: Table, rows: Sequence[int], values: Mapping[int, Sequence[Cell]]) -> None:
        for place, row in enumerate(rows):
            table.rows[row] = {ref: column[place] for ref, column in values.items()}
        self._undo.append(lambda: [table.rows.pop(row) for row in rows])
        cells: dict[ColumnKey, Any] = {ref: (None, column) for ref, column in values.items()}
        self.changes.append(Change("add", table.ref, table.id, tuple(rows), cells, _names(table, values)))
        self._touch(table, rows)

    def update_rows(
        self, table: Table, rows: Sequence[int], values: Mapping[int, Sequence[Cell]], *, strict: bool = False
    ) -> None:
        """Set cells; only rows and columns with a change in them count as changed. `strict`: 1, 1.0 and true are not the same."""
        differing: dict[int, Sequence[Cell]] = {}
        places: set[int] = set()
        for ref, column in values.items():
            differs = {n for n, row in enumerate(rows) if _differ(self._old(table, row, ref), column[n], strict)}
            if differs:
                differing[ref] = column
                places |= differs
        kept = sorted(places)
        if not kept:
            return
        changed = [rows[n] for n in kept]
        cells: dict[ColumnKey, Any] = {}
        for ref, column in differing.items():
            cells[ref] = ([self._old(table, row, ref) for row in changed], [column[n] for n in kept])
        before = {row: dict(table.rows[row]) for row in changed}
        for ref in differing:
            for row, cell in zip(changed, cells[ref][1], strict=True):
                table.rows[row][ref] = cell
        self._undo.append(lambda: table.rows.update(before))
        self.changes.append(Change("update", table.ref, table.id, tuple(changed), cells, _names(table, differing)))
        self._touch(table, changed)

    def remove_rows(self, table: Table, rows: Iterable[int]) -> None:
        """Missing ones are passed over (observed)."""
        gone = [row for row in dict.fromkeys(rows) if row in table.rows]
        if not gone:
            return
        cells: dict[ColumnKey, Any] = {}
        for ref, column in table.columns.items():
            befores = [table.get(row, column) for row in gone]
            if any(cell != column.default for cell in befores):
                cells[ref] = (befores, None)
        before = {row: table.rows.pop(row) for row in gone}
        self._undo.append(lambda: table.rows.update(before))
        self.changes.append(Change("remove", table.ref, table.id, tuple(gone), cells, _names(table, cells)))
        self._touch(table, gone)

    def _old(self, table: Table, row: int, ref: int) -> Cell:
        return table.get(row, table.columns[ref])

    def _touch(self, table: Table, rows: Iterable[int]) -> None:
        self.touched.setdefault(table.ref, set()).update(rows)

    # --- tables and columns --------------------------------------------------------------------------------

    def add_table(self, table: Table) -> None:
        self.tables[table.ref] = table
        self._undo.append(lambda: self.tables.pop(table.ref))
        self._named(table, None, table.id)
        self._meta("add", TABLES, table.number, None, table_meta(table))

    def remove_table(self, table: Table) -> None:
        self.remove_rows(table, table.ids())
        for column in table.ordered():
            self.changes.append(Change("column", table.ref, table.id, column=column.ref, was=column.id))
            self._meta("remove", COLUMNS, column.number, column_meta(table, column), None)
        before = dict(self.tables)
        del self.tables[table.ref]
        self._undo.append(lambda: self.tables.update(before))
        self._named(table, table.id, None)
        self._meta("remove", TABLES, table.number, table_meta(table), None)

    def rename_table(self, table: Table, name: str) -> None:
        old, before = table.id, table_meta(table)
        table.id = name
        self._undo.append(lambda: setattr(table, "id", old))
        self._named(table, old, name)
        self._meta("update", TABLES, table.number, before, table_meta(table))

    def change_table(self, table: Table, **values: int) -> None:
        """Set which page and sections are the table's own."""
        before, old = table_meta(table), {name: getattr(table, name) for name in values}
        for name, value in values.items():
            setattr(table, name, value)
        self._undo.append(lambda: _put_back(table, old))
        self._meta("update", TABLES, table.number, before, table_meta(table))

    def add_column(self, table: Table, column: Column) -> None:
        table.columns[column.ref] = column
        self._undo.append(lambda: table.columns.pop(column.ref))
        self.changes.append(Change("column", table.ref, table.id, column=column.ref, now=column.id))
        self._meta("add", COLUMNS, column.number, None, column_meta(table, column))
        self.reshaped = True

    def remove_column(self, table: Table, column: Column) -> None:
        self._forget_cells(table, column)
        before = dict(table.columns)
        del table.columns[column.ref]
        self._undo.append(lambda: table.columns.update(before))
        self.changes.append(Change("column", table.ref, table.id, column=column.ref, was=column.id))
        self._meta("remove", COLUMNS, column.number, column_meta(table, column), None)
        self.reshaped = True

    def _forget_cells(self, table: Table, column: Column) -> None:
        rows = [row for row in table.ids() if table.get(row, column) != column.default]
        if rows:
            cells: dict[ColumnKey, Any] = {column.ref: ([table.get(row, column) for row in rows], None)}
            self.changes.append(Change("update", table.ref, table.id, tuple(rows), cells, {column.ref: column.id}))

    def change_column(self, table: Table, column: Column, **values: Any) -> None:
        """Set attributes of a column; the cells are the caller's business."""
        old = {name: getattr(column, name) for name, value in values.items() if getattr(column, name) != value}
        if not old:
            return
        before = column_meta(table, column)
        for row, cells in table.rows.items():
            cells.setdefault(column.ref, table.get(row, column))  # what its default was stays in untouched cells
        for name in old:
            setattr(column, name, values[name])
        self._undo.append(lambda: _put_back(column, old))
        if "id" in old:
            self.changes.append(Change("column", table.ref, table.id, column=column.ref, was=old["id"], now=column.id))
        self._meta("update", COLUMNS, column.number, before, column_meta(table, column))
        self.reshaped = True

    # --- Grist's own tables of pages --------------------------------------------------------------------------

    def add_own(self, name: str, given: dict[str, Any]) -> int:
        """A new row; its id."""
        rows = self.own[name]
        row = max(rows, default=0) + 1
        rows[row] = given
        self._undo.append(lambda: rows.pop(row))
        self._meta("add", name, row, None, given)
        return row

    def change_own(self, name: str, row: int, values: Mapping[str, Any]) -> None:
        rows, before = self.own[name], self.own[name][row]
        if whole(name, before) == whole(name, {**before, **values}):
            return
        rows[row] = {**before, **values}
        self._undo.append(lambda: rows.update({row: before}))
        self._meta("update", name, row, whole(name, before), whole(name, rows[row]))

    def remove_own(self, name: str, rows: Iterable[int]) -> None:
        own = self.own[name]
        before = dict(own)
        for row in rows:
            self._meta("remove", name, row, own.pop(row), None)
        self._undo.append(lambda: own.update(before))

    def _named(self, table: Table, was: str | None, now: str | None) -> None:
        self.changes.append(Change("table", table.ref, table.id, was=was, now=now))
        self.reshaped = True

    def _meta(self, kind: Kind, name: str, row: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        fields = [one for one in (before or after or {}) if not before or not after or before[one] != after[one]]
        cells: dict[ColumnKey, Any] = {
            one: ([before[one]] if before else None, [after[one]] if after else None) for one in fields
        }
        self.changes.append(Change(kind, name, name, (row,), cells, {one: one for one in fields}))


def _names(table: Table, refs: Iterable[ColumnKey]) -> dict[ColumnKey, str]:
    return {ref: table.columns[int(ref)].id for ref in refs}


def _differ(old: Cell, new: Cell, strict: bool) -> bool:
    return old != new or (strict and type(old) is not type(new))


def _put_back(one: Column | Table, old: Mapping[str, Any]) -> None:
    for name, value in old.items():
        setattr(one, name, value)
