"""What a person does to a document in the browser: in-process, past the API, its limits and its faults.

Columns are named by id or label, rows by their id. Everything goes into the document's history, as the real thing does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.sandbox.grist.access import User
from syncdb.sandbox.grist.bundle import COLUMNS, TABLES
from syncdb.sandbox.grist.cells import Cell, parsed, target
from syncdb.sandbox.grist.display import helper_of
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.own_tables import FIELDS, VIEWS
from syncdb.sandbox.grist.table import MANUAL_SORT, Column, Table
from syncdb.sandbox.grist.views import page_fields, page_name

SOMEBODY = User(3, "Somebody", "somebody@shop.example")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with the document open at a table, by its id or number; the number (tableRef) survives renaming."""

    document: Document
    table: str | int
    user: User = SOMEBODY

    def here(self) -> Table:
        """The table. Raises LookupError where it is gone."""
        found = self.document.table(str(self.table))
        if found is None:
            raise LookupError(f"no table {self.table}")
        return found

    def column(self, name: str) -> Column:
        """By id, else by label. Raises LookupError."""
        named = [one for one in self.here().ordered() if name in (one.id, one.label)]
        if not named:
            raise LookupError(f"no column {name}")
        return min(named, key=lambda one: one.id != name)

    def _do(self, *actions: Sequence[Any]) -> list[Any]:
        return self.document.apply(actions, self.user)

    def _values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {self.column(name).id: value for name, value in values.items()}

    # --- rows ----------------------------------------------------------------------------------------------

    def find(self, column: str, cell: Cell) -> int:
        """The first row with that cell. Raises LookupError."""
        table, by = self.here(), self.column(column)
        row = next((row for row in table.ids() if table.get(row, by) == cell), None)
        if row is None:
            raise LookupError(f"no row with {cell!r} in {column}")
        return row

    def shown(self, row: int, column: str) -> Cell:
        """What a cell holds."""
        return self.here().get(row, self.column(column))

    def edit(self, row: int, column: str, value: Any) -> None:
        """Type into one cell; numbers, dates and lists are recognised as in the browser."""
        self._do(["UpdateRecord", self.here().id, row, self._values({column: value})])

    def add(self, **values: Any) -> int:
        """A new row at the end; its id."""
        return int(self._do(["AddRecord", self.here().id, None, self._values(values)])[0])

    def delete(self, *rows: int) -> None:
        self._do(["BulkRemoveRecord", self.here().id, list(rows)])

    def re_add(self, row: int, **changed: Any) -> int:
        """Delete a row and enter it again, with some cells changed: a last row gets the same id once more."""
        values = self._entered(row)
        self.delete(row)
        return int(self._do(["AddRecord", self.here().id, None, values | self._values(changed)])[0])

    def copy(self, row: int) -> int:
        """Paste a row again below all others, its key and all."""
        return int(self._do(["AddRecord", self.here().id, None, self._entered(row)])[0])

    def _entered(self, row: int) -> dict[str, Any]:
        table = self.here()
        columns = [one for one in table.ordered() if not one.is_formula and not one.hidden]
        return {one.id: _wire(table.get(row, one)) for one in columns}

    def drag(self, row: int, below: int) -> None:
        """Drag a row below another one."""
        table = self.here()
        sort = self.column(MANUAL_SORT)
        place = float(table.get(below, sort))
        after = min((one for other in table.ids() if (one := float(table.get(other, sort))) > place), default=place + 2)
        self._do(["UpdateRecord", table.id, row, {MANUAL_SORT: (place + after) / 2}])

    # --- columns and tables --------------------------------------------------------------------------------

    def rename_column(self, name: str, label: str) -> str:
        """Give a column another heading; its id follows unless they were untied. The id it has then."""
        column = self.column(name)
        self._change(column, label=label)
        return column.id

    def rename_table(self, name: str) -> str:
        """The table's new id. Afterwards find it by that or by its number."""
        table = self.here()
        self._do(["UpdateRecord", TABLES, table.number, {"tableId": name}])
        return table.id

    def add_column(self, label: str, kind: str = "Text") -> str:
        """A column of one's own; its id."""
        fields = {"type": kind, "label": label, "isFormula": False}
        return str(self._do(["AddVisibleColumn", self.here().id, label, fields])[0]["colId"])

    def add_formula(self, label: str, formula: str, kind: str = "Any") -> str:
        """A formula column; its id."""
        fields = {"type": kind, "label": label, "isFormula": True, "formula": formula}
        return str(self._do(["AddVisibleColumn", self.here().id, label, fields])[0]["colId"])

    def make_formula(self, name: str, formula: str) -> None:
        """Turn a column of values into a formula column."""
        self._change(self.column(name), isFormula=True, formula=formula)

    def make_values(self, name: str) -> None:
        """Turn a formula column into one of values, what it shows now."""
        self._change(self.column(name), isFormula=False, formula="")

    def make_trigger(self, name: str, formula: str, when: int = 2) -> None:
        """Fill a column of values by a formula: 0 in new rows, 2 at every edit of the row."""
        self._change(self.column(name), isFormula=False, formula=formula, recalcWhen=when)

    def retype(self, name: str, kind: str) -> None:
        """Another type for a column; its cells are converted. The browser makes words of a list, and a list of words again."""
        column, table = self.column(name), self.here()
        to = {("ChoiceList", "Text"): _as_words, ("Text", "ChoiceList"): _as_list}.get((column.type, kind))
        shown = {row: table.get(row, column) for row in table.ids()}
        self._change(column, type=kind)
        if to is not None and any(shown.values()):
            self._do(["BulkUpdateRecord", table.id, list(shown), {column.id: [to(cell) for cell in shown.values()]}])

    def show(self, name: str, column: str) -> None:
        """Choose what a reference shows ("Show column"): a column of the other table, "" for the row's id."""
        one, table = self.column(name), self.here()
        other = Person(self.document, one.type.partition(":")[2], self.user).column(column) if column else None
        formula = f"${one.id}.{other.id}" if other else ""
        shown = {"visibleCol": other.number if other else 0}
        self._do(["UpdateRecord", COLUMNS, one.number, shown], ["SetDisplayFormula", table.id, None, one.number, formula])

    def looks(self, name: str) -> dict[int, Cell]:
        """What each row shows in a reference, by its id: the cell that it refers to, else the table and the row's number."""
        one, table = self.column(name), self.here()
        helper = helper_of(table, one)
        plain = f"{target(one.type)}[{{}}]"
        return {row: table.get(row, helper) if helper else plain.format(table.get(row, one)) for row in table.ids()}

    def delete_column(self, name: str) -> None:
        self._do(["RemoveColumn", self.here().id, self.column(name).id])

    def delete_table(self) -> None:
        self._do(["RemoveTable", self.here().id])

    def move_column(self, name: str, before: str) -> None:
        """Drag a column before another one."""
        columns = self.here().ordered()
        place = next(n for n, one in enumerate(columns) if one is self.column(before))
        earlier = columns[place - 1].position if place else columns[place].position - 2
        self._change(self.column(name), parentPos=(earlier + columns[place].position) / 2)

    # --- how it looks on the table's page ------------------------------------------------------------------

    def page(self) -> str:
        """What the page is called."""
        return page_name(self.document.own, self.here())

    def rename_page(self, name: str) -> None:
        """Give the page another name; the table keeps its id."""
        self._do(["UpdateRecord", VIEWS, self.here().view, {"name": name}])

    def widths(self) -> dict[str, int]:
        """How many pixels wide each column is, by its label; 0 as long as nobody chose."""
        labels = {column.number: column.label for column in self.here().ordered()}
        fields = page_fields(self.document.own, self.here())
        return {labels[number]: self.document.own[FIELDS][one].get("width", 0) for number, one in fields.items()}

    def widen(self, name: str, pixels: int) -> None:
        """Drag a column's edge."""
        field = page_fields(self.document.own, self.here())[self.column(name).number]
        self._do(["UpdateRecord", FIELDS, field, {"width": pixels}])

    def _change(self, column: Column, **fields: Any) -> None:
        self._do(["UpdateRecord", COLUMNS, column.number, fields])

    def snapshot(self) -> dict[int, dict[str, Cell]]:
        """Every row by id: what each visible column holds."""
        table = self.here()
        shown = [one for one in table.ordered() if not one.hidden]
        return {row: {one.id: table.get(row, one) for one in shown} for row in table.ids()}


def _as_words(cell: Cell) -> Cell:
    return ", ".join(str(one) for one in cell) if isinstance(cell, tuple) else cell


def _as_list(cell: Cell) -> Any:
    return parsed("ChoiceList", cell, None)


def _wire(cell: Cell) -> Any:
    return ["L", *cell] if isinstance(cell, tuple) else cell
