"""What can be done to tables and columns; each as part of a bundle."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.sandbox.grist import display, names, views
from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.cells import pure, target
from syncdb.sandbox.grist.chains import renamed
from syncdb.sandbox.grist.records import converter, guessed
from syncdb.sandbox.grist.table import MANUAL_SORT, Column, Table, column_values

Free = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where the sandbox's own numbers of tables and columns come from; the API's are the lowest above all in use."""

    table: Free
    column: Free


def _next_position(bundle: Bundle) -> float:
    return max((column.position for table in bundle.tables.values() for column in table.columns.values()), default=0.0) + 1


def _next_number(bundle: Bundle) -> int:
    return max((column.number for table in bundle.tables.values() for column in table.columns.values()), default=0) + 1


class Desynchronised(Exception):
    """A new column came with recalcDeps: the engine and the stored document no longer agree about it."""

    def __init__(self, table: Table, column: Column) -> None:
        super().__init__(column.id)
        self.table, self.column = table, column


def add_table(bundle: Bundle, numbers: Numbers, wanted: str | None, columns: Sequence[Mapping[str, Any]]) -> Table:
    """A new table. Columns are data columns unless they have a formula; `recalcWhen` and the like are ignored here (observed)."""
    number = max((one.number for one in bundle.tables.values()), default=0) + 1
    table = Table(numbers.table(), number, names.table_id(wanted, (one.id for one in bundle.tables.values())))
    bundle.add_table(table)
    sort = Column(numbers.column(), _next_number(bundle), MANUAL_SORT, "ManualSortPos", MANUAL_SORT)
    sort.position = _next_position(bundle)
    bundle.add_column(table, sort)
    taken = [MANUAL_SORT]
    for asked in columns:
        name = names.column_id(asked.get("id"), taken)
        taken.append(name)
        formula = asked.get("formula") or ""
        is_formula = bool(asked.get("isFormula", bool(formula)))
        column = _new_column(bundle, numbers.column(), name, is_formula, asked)
        bundle.add_column(table, column)
    views.add_views(bundle, table, wanted or table.id)
    return table


def _new_column(bundle: Bundle, ref: int, name: str, is_formula: bool, asked: Mapping[str, Any]) -> Column:
    return Column(
        ref=ref,
        number=_next_number(bundle),
        position=_next_position(bundle),
        id=name,
        type=asked.get("type") or ("Any" if is_formula else "Text"),
        label=str(asked.get("label") or name),
        is_formula=is_formula,
        formula=asked.get("formula") or "",
        widget_options=asked.get("widgetOptions") or "",
    )


def add_column(bundle: Bundle, numbers: Numbers, table: Table, wanted: str | None, asked: Mapping[str, Any]) -> Column:
    """A new column, an empty formula column unless told otherwise.

    It honours recalcWhen and ignores `untieColIdFromLabel` (both observed). Raises Desynchronised where it comes with
    recalcDeps (a fault of the real one, observed).
    """
    name = names.column_id(wanted, (column.id for column in table.columns.values()))
    column = _new_column(bundle, numbers.column(), name, bool(asked.get("isFormula", True)), asked)
    column.visible = int(asked.get("visibleCol") or 0)
    column.recalc_when = int(asked.get("recalcWhen") or 0)
    bundle.add_column(table, column)
    if asked.get("recalcDeps"):
        raise Desynchronised(table, column)
    return column


def change_columns(bundle: Bundle, wanted: Sequence[tuple[Table, Column, Mapping[str, Any]]]) -> None:
    """Change columns' properties; a changed label changes the id too unless the two are untied."""
    for table, column, fields in wanted:
        values = column_values(dict(fields))
        _follow_label(table, column, values)
        new_type = values.pop("type", column.type)
        if column.is_formula and values.get("is_formula") is False and column.type == "Any" and new_type == "Any":
            new_type = guessed([table.get(row, column) for row in table.ids()])
        old = column.id
        bundle.change_column(table, column, **values)
        if column.id != old:
            _rename_in_formulas(bundle, table, old, column.id)
        if new_type != column.type:
            change_type(bundle, table, column, new_type)


def _follow_label(table: Table, column: Column, values: dict[str, Any]) -> None:
    untied = values.get("untied", column.untied)
    if "label" in values and not untied:
        values.setdefault("id", values["label"])
    if values.get("untied") is False:
        values.setdefault("id", values.get("label", column.label))
    if "id" in values and values["id"] != column.id:
        others = (one.id for one in table.columns.values() if one is not column)
        values["id"] = names.column_id(values["id"], others)


def _rename_in_formulas(bundle: Bundle, table: Table, old: str, new: str) -> None:
    """Called after the column has its new name."""
    for other in bundle.tables.values():
        for column in [one for one in other.columns.values() if one.formula]:
            bundle.change_column(other, column, formula=renamed(bundle.tables, other, column.formula, table, old, new))


def change_type(bundle: Bundle, table: Table, column: Column, kind: str) -> None:
    """A column of another type: every cell becomes what the new type makes of it."""
    rows = table.ids()
    old = [table.get(row, column) for row in rows]
    shows = {} if display.kept_by(column.type, kind) else {"visible": 0, "display": 0}
    bundle.change_column(table, column, type=kind, **shows)
    if not column.computed:
        convert = converter(bundle.tables, column)
        bundle.update_rows(table, rows, {column.ref: [convert(cell) for cell in old]}, strict=True)


def rename_table(bundle: Bundle, table: Table, wanted: str) -> None:
    """Another table id; columns that refer to the table follow."""
    old = table.id
    name = names.table_id(wanted, (one.id for one in bundle.tables.values() if one is not table))
    if name == old:
        return
    bundle.rename_table(table, name)
    for other in bundle.tables.values():
        for column in other.columns.values():
            if target(column.type) == old:
                bundle.change_column(other, column, type=f"{pure(column.type)}:{name}")
            mentions = re.sub(rf"\b{re.escape(old)}\.(lookup|all)", rf"{name}.\1", column.formula)
            bundle.change_column(other, column, formula=mentions)


def show_by(bundle: Bundle, numbers: Numbers, table: Table, column: Column, formula: str) -> None:
    """SetDisplayFormula: a helper that nobody else uses is changed, one with this formula shared, else a new one made (observed).

    Without a formula the column shows row ids again.
    """
    old = display.helper_of(table, column)
    if not formula:
        bundle.change_column(table, column, display=0)
    elif old is not None and display.users(bundle, old) == 1:
        bundle.change_column(table, old, formula=formula)
    else:
        helper = next((one for one in display.helpers(table) if one.formula == formula), None)
        fields = {"type": "Any", "isFormula": True, "formula": formula}
        helper = helper or add_column(bundle, numbers, table, display.HELPER, fields)
        bundle.change_column(table, column, display=helper.number)


def remove_column(bundle: Bundle, table: Table, column: Column) -> None:
    """Delete a column. Formulas that used it fail from now on."""
    display.forget(bundle, column)
    views.forget_column(bundle, column)
    bundle.remove_column(table, column)


def remove_table(bundle: Bundle, table: Table) -> None:
    """Delete a table; columns that referred to it become what they showed, or whole numbers (observed)."""
    for other in [one for one in bundle.tables.values() if one is not table]:
        for column in [one for one in other.columns.values() if target(one.type) == table.id]:
            _refer_no_more(bundle, other, column)
    views.forget_table(bundle, table)
    bundle.remove_table(table)


def _refer_no_more(bundle: Bundle, table: Table, column: Column) -> None:
    found = display.shown(bundle, table, column) if pure(column.type) == "Ref" and not column.is_formula else None
    if found is None:
        change_type(bundle, table, column, "Int" if pure(column.type) == "Ref" else "Text")
        return
    kind, cells = found
    change_type(bundle, table, column, kind)
    bundle.update_rows(table, table.ids(), {column.ref: cells}, strict=True)
