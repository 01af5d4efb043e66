"""A document's tables in memory: columns and rows.

The numbers that the API shows (tableRef, colRef) are given again once they are free (observed); `ref` is the sandbox's own
and never comes twice, so that the history can tell two columns with the same number apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncdb.sandbox.grist.cells import Cell
from syncdb.sandbox.grist.cells import default as default_of
from syncdb.sandbox.grist.wire import Json, no_column

MANUAL_SORT = "manualSort"
ON_NEW, NEVER, ON_EDIT = 0, 1, 2  # recalcWhen of a trigger formula


@dataclass(slots=True)
class Column:
    """`formula` with `is_formula` is a formula column, without it a trigger formula; `is_formula` without it an empty column."""

    ref: int
    number: int
    id: str
    type: str = "Text"
    label: str = ""
    is_formula: bool = False
    formula: str = ""
    position: float = 0.0
    widget_options: str = ""
    description: str = ""
    untied: bool = False
    recalc_when: int = ON_NEW
    recalc_deps: tuple[int, ...] | None = None
    visible: int = 0  # colRef of the other table's column that a reference shows
    display: int = 0  # colRef of the helper column whose cells are shown in place of row ids
    rules: tuple[int, ...] | None = None
    ghost: bool = False  # known to the engine alone, after a fault of its

    @property
    def computed(self) -> bool:
        return self.is_formula and bool(self.formula)

    @property
    def empty(self) -> bool:
        """Nobody has entered anything: it becomes a data column with the first value."""
        return self.is_formula and not self.formula

    @property
    def hidden(self) -> bool:
        return self.id == MANUAL_SORT or self.id.startswith("gristHelper_")

    @property
    def default(self) -> Cell:
        return default_of(self.type)


@dataclass(slots=True)
class Table:
    """`rows` maps a row id to its cells by column; a cell that is not there holds its column's default.

    `view`, `raw` and `card` are the numbers of its page's view (0: somebody deleted it), of its raw data and of its card.
    """

    ref: int
    number: int
    id: str
    columns: dict[int, Column] = field(default_factory=dict)
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    view: int = 0
    raw: int = 0
    card: int = 0

    def ordered(self) -> list[Column]:
        return sorted(self.columns.values(), key=lambda column: (column.position, column.ref))

    def ids(self) -> list[int]:
        return sorted(self.rows)

    def find(self, name: str) -> Column | None:
        return next((column for column in self.columns.values() if column.id == name), None)

    def numbered(self, number: int) -> Column | None:
        """By colRef."""
        return next((column for column in self.columns.values() if column.number == number), None)

    def column(self, name: str) -> Column:
        """The column of that id. Raises EngineError."""
        found = self.find(name)
        if found is None:
            raise no_column(name)
        return found

    def get(self, row: int, column: Column) -> Cell:
        return self.rows[row].get(column.ref, column.default)

    def next_row(self) -> int:
        """Ids of deleted last rows are given again (observed)."""
        return max(self.rows, default=0) + 1

    def last_position(self) -> float:
        sort = self.find(MANUAL_SORT)
        return max((float(self.get(row, sort) or 0) for row in self.rows), default=0.0) if sort else 0.0

    def trigger_columns(self) -> list[Column]:
        return [column for column in self.ordered() if column.formula and not column.is_formula]

    def formula_columns(self) -> list[Column]:
        return [column for column in self.ordered() if column.computed]


def column_meta(table: Table, column: Column) -> Json:
    """A column's row in _grist_Tables_column."""
    return {
        "parentId": table.number,
        "parentPos": column.position,
        "colId": column.id,
        "type": column.type,
        "widgetOptions": column.widget_options,
        "isFormula": column.is_formula,
        "formula": column.formula,
        "label": column.label,
        "description": column.description,
        "untieColIdFromLabel": column.untied,
        "summarySourceCol": 0,
        "displayCol": column.display,
        "visibleCol": column.visible,
        "rules": column.rules,
        "reverseCol": 0,
        "recalcWhen": column.recalc_when,
        "recalcDeps": column.recalc_deps,
    }


def table_meta(table: Table) -> Json:
    """A table's row in _grist_Tables."""
    return {
        "tableId": table.id,
        "primaryViewId": table.view,
        "summarySourceTable": 0,
        "onDemand": False,
        "rawViewSectionRef": table.raw,
        "recordCardViewSectionRef": table.card,
    }


META_OF_COLUMN: dict[str, str] = {
    "colId": "id", "type": "type", "label": "label", "isFormula": "is_formula", "formula": "formula", "parentPos": "position",
    "widgetOptions": "widget_options", "description": "description", "untieColIdFromLabel": "untied",
    "recalcWhen": "recalc_when", "recalcDeps": "recalc_deps", "visibleCol": "visible", "displayCol": "display",
    "rules": "rules",
}  # fmt: skip


def column_values(fields: dict[str, Any]) -> dict[str, Any]:
    """The wire's fields of a column as attributes of Column. Raises EngineError for a field that columns do not have."""
    known = {*META_OF_COLUMN, "summarySourceCol", "reverseCol", "parentId"}
    for name in fields:
        if name not in known:
            raise no_column(name)
    values = {META_OF_COLUMN[name]: value for name, value in fields.items() if name in META_OF_COLUMN}
    for name in ("recalc_deps", "rules"):
        if name in values:
            values[name] = tuple(values[name][1:]) if values[name] else None
    for name in ("is_formula", "untied"):
        if name in values:
            values[name] = bool(values[name])
    return values
