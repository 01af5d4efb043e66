"""Brings formula columns and trigger formulas up to date after a step of a bundle."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.chains import reached_by
from syncdb.sandbox.grist.display import HELPER
from syncdb.sandbox.grist.formulas import Row, Scene, evaluate, stored
from syncdb.sandbox.grist.table import NEVER, ON_EDIT, ON_NEW, Column, Table

MOST_PASSES = 20
_CHAIN = re.compile(r"(?:\$|\brec\.)\w+\.[A-Za-z_]")


def recalculate(bundle: Bundle) -> None:
    """Every formula column that may have changed. Formulas may lean on each other, so until nothing moves."""
    for _ in range(MOST_PASSES):
        touched, bundle.touched = bundle.touched, {}
        reshaped, bundle.reshaped = bundle.reshaped, False
        if not touched and not reshaped:
            return
        for table in list(bundle.tables.values()):
            for column in table.formula_columns():
                fill(bundle, table, column, table.ids() if reshaped else _due(bundle, table, column, touched))
        _depending_triggers(bundle, touched)


def _due(bundle: Bundle, table: Table, column: Column, touched: dict[int, set[int]]) -> Sequence[int]:
    """The rows in which a formula may come to something else."""
    if column.id.startswith(HELPER) and "lookup" not in column.formula:
        return sorted(reached_by(bundle.tables, table, column.formula, touched))
    return table.ids() if _looks_elsewhere(column) else sorted(touched.get(table.ref, set()) & table.rows.keys())


def fill(bundle: Bundle, table: Table, column: Column, rows: Sequence[int]) -> None:
    """Evaluate a column's formula in these rows."""
    if rows:
        results = [computed(bundle, table, column, row) for row in rows]
        bundle.update_rows(table, rows, {column.ref: results})


def computed(bundle: Bundle, table: Table, column: Column, row: int) -> object:
    scene = Scene(bundle.tables, bundle.user, bundle.at, table.get(row, column))
    return stored(column.type, evaluate(column.formula, Row(bundle.tables, table, row), scene))


def new_rows(bundle: Bundle, table: Table, rows: Sequence[int], given: Collection[int]) -> None:
    """Trigger formulas of new rows. A given value beats the formula, unless that depends on another given column (observed)."""
    for column in table.trigger_columns():
        due = column.ref not in given and column.recalc_when != NEVER
        if due or _depends(table, column, given):
            fill(bundle, table, column, rows)


def edited_rows(bundle: Bundle, table: Table, rows: Sequence[int], given: Collection[int]) -> None:
    """Trigger formulas due after an edit that changed something; a changed value given with the edit beats the formula."""
    for column in table.trigger_columns():
        if column.ref in given:
            if column.recalc_when == ON_EDIT:
                bundle.held.append((table, column, rows))
        elif column.recalc_when == ON_EDIT or _depends(table, column, given):
            fill(bundle, table, column, rows)


def held_back(bundle: Bundle, held: Iterable[tuple[Table, Column, Sequence[int]]]) -> None:
    """Triggers that a given value held back come through with the next step of the same bundle (observed)."""
    for table, column, rows in held:
        fill(bundle, table, column, [row for row in rows if row in table.rows])
    recalculate(bundle)


def _depending_triggers(bundle: Bundle, touched: dict[int, set[int]]) -> None:
    """Trigger formulas that depend on a formula column whose result changed."""
    for change in list(bundle.changes):
        table = bundle.tables.get(change.table) if isinstance(change.table, int) else None
        if table is None or change.kind != "update":
            continue
        results = {ref for ref in change.cells if isinstance(ref, int) and ref in table.columns and table.columns[ref].computed}
        rows = [row for row in change.rows if row in touched.get(table.ref, ()) and row in table.rows]
        for column in table.trigger_columns():
            if results and _depends(table, column, results):
                fill(bundle, table, column, rows)


def _depends(table: Table, column: Column, changed: Iterable[int]) -> bool:
    numbers = {table.columns[ref].number for ref in changed if ref in table.columns}
    return column.recalc_when == ON_NEW and bool(set(column.recalc_deps or ()) & numbers)


def _looks_elsewhere(column: Column) -> bool:
    """Whether a formula may read other rows: a lookup, or a column of a row referred to."""
    return "lookup" in column.formula or _CHAIN.search(column.formula) is not None
