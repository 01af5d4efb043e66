"""What can be done to rows: add, update, add or update ("upsert"), remove; each as part of a bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncdb.sandbox.grist import calculate
from syncdb.sandbox.grist.bundle import Bundle
from syncdb.sandbox.grist.cells import Cell, converted, decode, default, pure, target
from syncdb.sandbox.grist.table import MANUAL_SORT, Column, Table
from syncdb.sandbox.grist.wire import EngineError, no_column

HIGHEST_ROW = 1_000_000
Values = Mapping[str, Sequence[Any]]


def add(bundle: Bundle, table: Table, rows: Sequence[int | None], values: Values) -> list[int]:
    """New rows; the ids given (None: the next free one). Columns not mentioned get their defaults or trigger formulas."""
    ids = _new_ids(table, rows)
    decoded = {name: [decode(value) for value in column] for name, column in values.items()}
    cells = _entered(bundle, table, decoded)
    given = set(cells)
    sort = table.find(MANUAL_SORT)
    if sort is not None and sort.ref not in cells:
        last = table.last_position()
        cells[sort.ref] = [last + n for n in range(1, len(ids) + 1)]
    bundle.add_rows(table, ids, cells)
    calculate.new_rows(bundle, table, ids, given)
    return ids


def _new_ids(table: Table, rows: Sequence[int | None]) -> list[int]:
    ids: list[int] = []
    following = table.next_row()
    for row in rows:
        if row is not None and row > HIGHEST_ROW:
            raise EngineError("ValueError", "Row ID too high")
        number = following if row is None or row < 0 else row
        if number in table.rows or number in ids:
            raise EngineError("AssertionError", f"docactions.[Bulk]AddRecord for existing record #{number}")
        ids.append(number)
        following = max(following, number + 1)
    return ids


def update(bundle: Bundle, table: Table, rows: Sequence[int], values: Values) -> None:
    """Set cells of existing rows; equal values change nothing and set nothing off."""
    decoded = {name: [decode(value) for value in column] for name, column in values.items()}
    cells = _entered(bundle, table, decoded)
    for n, row in enumerate(rows):
        # a missing row is only noticed when something would change: it seems to hold the defaults (observed)
        if row not in table.rows and any(column[n] != table.columns[ref].default for ref, column in cells.items()):
            raise EngineError("AssertionError", f"docactions.[Bulk]UpdateRecord for non-existent record #{row}")
    there = [n for n, row in enumerate(rows) if row in table.rows]
    before = len(bundle.changes)
    bundle.update_rows(table, [rows[n] for n in there], {ref: [column[n] for n in there] for ref, column in cells.items()})
    if len(bundle.changes) > before:
        change = bundle.changes[before]
        calculate.edited_rows(bundle, table, change.rows, {ref for ref in change.cells if isinstance(ref, int)})


def remove(bundle: Bundle, table: Table, rows: Sequence[int]) -> None:
    """Delete rows; references to them elsewhere are emptied."""
    gone = {row for row in rows if row in table.rows}
    bundle.remove_rows(table, rows)
    for other in bundle.tables.values():
        for column in other.columns.values():
            if gone and target(column.type) == table.id and not column.is_formula:
                _unrefer(bundle, other, column, gone)


def _unrefer(bundle: Bundle, table: Table, column: Column, gone: set[int]) -> None:
    rows: list[int] = []
    cells: list[Cell] = []
    for row in table.ids():
        cell = table.get(row, column)
        if isinstance(cell, tuple) and gone & set(cell):
            rows.append(row)
            cells.append(tuple(one for one in cell if one not in gone) or None)
        elif pure(column.type) == "Ref" and cell in gone:
            rows.append(row)
            cells.append(0)
    bundle.update_rows(table, rows, {column.ref: cells})


# --- entering values ---------------------------------------------------------------------------------------------------


def _entered(bundle: Bundle, table: Table, decoded: Mapping[str, Sequence[Any]]) -> dict[int, list[Cell]]:
    """Decoded values as cells by colRef. Raises EngineError for an unknown or a formula column."""
    cells: dict[int, list[Cell]] = {}
    for name, values in decoded.items():
        column = table.column(name)
        if column.computed:
            raise EngineError("ValueError", f"Can't save value to formula column {name}")
        if column.empty and not _awaken(bundle, table, column, values):
            continue
        convert = converter(bundle.tables, column)
        cells[column.ref] = [convert(value) for value in values]
        _refuse_temporary(table, column, cells[column.ref])
    return cells


def _refuse_temporary(table: Table, column: Column, cells: Sequence[Cell]) -> None:
    """Row ids below zero stand for rows added in the same bundle, which the sandbox does not offer."""
    if pure(column.type) in ("Ref", "RefList"):
        for cell in cells:
            for row in cell if isinstance(cell, tuple) else (cell,):
                if isinstance(row, int) and row < 0:
                    where = f"{table.id}.{column.id}"
                    raise EngineError("ValueError", f"Reference to unknown temporary row id {row} in column {where}")


def _awaken(bundle: Bundle, table: Table, column: Column, values: Sequence[Any]) -> bool:
    """Make an empty column a data column, its type guessed from the first values if it has none. False: only blanks came."""
    if column.type == "Any":
        if all(value in (None, "") for value in values):
            return False
        kind = guessed(values)
        bundle.update_rows(table, table.ids(), {column.ref: [default(kind)] * len(table.rows)})
        bundle.change_column(table, column, type=kind)
    bundle.change_column(table, column, is_formula=False)
    return True


def guessed(values: Sequence[Any]) -> str:
    """Numeric for numbers, Bool for truths, Text for all else. Real Grist also knows dates in text; unproven here."""
    filled = [value for value in values if value not in (None, "")]
    if filled and all(isinstance(value, bool) for value in filled):
        return "Bool"
    return "Numeric" if filled and all(_numeric(value) for value in filled) else "Text"


def _numeric(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def converter(tables: Mapping[int, Table], column: Column) -> Callable[[Any], Cell]:
    """What a column makes of decoded values. References by key look the other table up once."""
    other = next((one for one in tables.values() if one.id == target(column.type)), None)
    found: dict[str, dict[Cell, int]] = {}

    def find(name: str | None, value: Any) -> int:
        if other is None:
            return 0
        visible = other.numbered(column.visible)
        name = name or (visible.id if visible else "id")
        if name == "id":
            return value if value in other.rows else 0
        by = other.column(name)
        wanted = converted(by.type, value, lambda _name, _value: 0)
        if name not in found:
            found[name] = {}
            for row in other.ids():
                found[name].setdefault(other.get(row, by), row)
        return found[name].get(wanted, 0)

    return lambda value: converted(column.type, value, find)


# --- add or update -----------------------------------------------------------------------------------------------------


def upsert(bundle: Bundle, table: Table, require: Values, values: Values, options: Mapping[str, Any]) -> dict[str, Any]:
    """For each record: update what matches `require`, or add it. All are matched before anything is written."""
    result: dict[str, Any] = {"recordIds": [], "addRecordIds": [], "updateRecordIds": []}
    if not require and not options.get("allow_empty_require"):
        raise EngineError("ValueError", "require is empty but allow_empty_require isn't set")
    if not require and not values:
        return result
    count = _count(require, values)
    keys = _decoded_keys(require, count)
    matches = Matcher(bundle.tables, table, list(require))
    matched = [matches.rows(key) for key in keys]
    addable = [name for name in require if name == "id" or not table.column(name).computed]
    new = [n for n, rows in enumerate(matched) if not rows and options.get("add", True)]
    targets = [_targets(rows, options) for rows in matched]
    result["recordIds"] = [list(rows) for rows in targets]
    result["updateRecordIds"] = [list(rows) for rows in targets if rows]
    if new:
        for n, row in zip(new, _add_new(bundle, table, addable, require, values, new), strict=True):
            result["recordIds"][n] = [row]
            result["addRecordIds"].append(row)
    flat = [(row, n) for n, rows in enumerate(targets) for row in rows]
    if flat:
        update(bundle, table, [row for row, _ in flat], _picked(values, [n for _, n in flat]))
    return result


def _count(require: Values, values: Values) -> int:
    lengths = {f"require {name}": len(column) for name, column in require.items()}
    lengths |= {f"col_values {name}": len(column) for name, column in values.items()}
    if len(set(lengths.values())) != 1:
        shown = json.dumps(lengths, sort_keys=True)
        raise EngineError("ValueError", f"Value lists must all have the same length, got {shown}")
    return next(iter(lengths.values()))


def _decoded_keys(require: Values, count: int) -> list[tuple[Any, ...]]:
    if any(isinstance(value, list) and value[:1] == ["L"] for column in require.values() for value in column):
        raise EngineError("TypeError", "unhashable type: 'list'")
    keys = list(zip(*([decode(value) for value in column] for column in require.values()), strict=True)) or [()] * count
    if require and len(set(keys)) < count:
        raise EngineError("ValueError", "require values must be unique")
    return keys


def _targets(rows: Sequence[int], options: Mapping[str, Any]) -> Sequence[int]:
    if not options.get("update", True):
        return ()
    many = options.get("on_many") or "first"
    return rows[:1] if many == "first" else () if many == "none" and len(rows) > 1 else rows


def _add_new(
    bundle: Bundle, table: Table, addable: Sequence[str], require: Values, values: Values, new: Sequence[int]
) -> list[int]:
    columns = _picked({name: require[name] for name in addable}, new) | _picked(values, new)
    ids = columns.pop("id", [None] * len(new))
    return add(bundle, table, ids, columns)


def _picked(values: Values, places: Sequence[int]) -> dict[str, list[Any]]:
    return {name: [column[n] for n in places] for name, column in values.items()}


class Matcher:
    """Rows by the values of some columns; a value is first made what its column would store of it."""

    def __init__(self, tables: Mapping[int, Table], table: Table, names: Sequence[str]) -> None:
        self._table = table
        self._names = names
        self._columns = [None if name == "id" else table.column(name) for name in names]
        self._convert = [self._of(tables, column) for column in self._columns]
        self._index: dict[tuple[Any, ...], list[int]] | None = None

    def _of(self, tables: Mapping[int, Table], column: Column | None) -> Callable[[Any], Cell]:
        if column is None:
            return lambda value: value
        convert = converter(tables, column)
        return lambda value: _comparable(column, convert(value))

    def rows(self, key: Sequence[Any]) -> list[int]:
        wanted = tuple(convert(value) for convert, value in zip(self._convert, key, strict=True))
        if self._index is None:
            self._index = {}
            for row in self._table.ids():
                self._index.setdefault(self._key(row), []).append(row)
        return self._index.get(wanted, [])

    def _key(self, row: int) -> tuple[Any, ...]:
        return tuple(row if one is None else _comparable(one, self._table.get(row, one)) for one in self._columns)


def _comparable(column: Column, cell: Cell) -> Cell:
    """Dates are the same when their day is; a list that is empty is the same as none (both observed)."""
    if pure(column.type) in ("ChoiceList", "RefList"):
        return () if cell is None else cell
    return cell // 86400 * 86400 if pure(column.type) == "Date" and isinstance(cell, float) else cell


def filtered(table: Table, wanted: Mapping[str, Sequence[Any]]) -> list[int]:
    """Rows whose cells are among the values given for each column. Raises EngineError for an unknown column."""
    for name in wanted:
        if name != "id" and table.find(name) is None:
            raise no_column(name)
    sets = [(None if name == "id" else table.column(name), _hashed(values)) for name, values in wanted.items()]
    return [
        row
        for row in table.ids()
        if all((row if column is None else table.get(row, column)) in values for column, values in sets)
    ]


def _hashed(values: Sequence[Any]) -> set[Any]:
    return {tuple(value[1:]) if isinstance(value, list) else value for value in values}
