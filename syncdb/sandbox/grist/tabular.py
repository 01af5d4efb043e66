"""Tables as answers: records, column-wise data, metadata of tables and columns."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncdb.sandbox.grist.cells import Cell, Failed, encode, pure, target, zone
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.table import Column, Table, column_meta, table_meta
from syncdb.sandbox.grist.wire import Json, Refusal, no_column


def columns(table: Table, hidden: bool) -> list[Json]:
    """GET columns: the columns' own settings beside their number."""
    return [column_record(table, column) for column in table.ordered() if not column.ghost and (hidden or not column.hidden)]


def column_record(table: Table, column: Column) -> Json:
    from_table = {name: encode(value) for name, value in column_fields(table, column).items()}
    return {"id": column.id, "fields": {"colRef": column.number} | from_table}


def column_fields(table: Table, column: Column) -> Json:
    fields = column_meta(table, column)
    del fields["colId"]
    return fields


def tables(document: Document, expanded: bool) -> list[Json]:
    """GET tables; with their columns where asked to expand."""
    found = []
    for table in sorted(document.tables.values(), key=lambda one: one.number):
        fields = {"tableRef": table.number} | {name: value for name, value in table_meta(table).items() if name != "tableId"}
        more = {"columns": columns(table, False)} if expanded else {}
        found.append({"id": table.id, "fields": fields} | more)
    return found


def records(table: Table, rows: Iterable[int], hidden: bool, typed: bool) -> list[Json]:
    """Rows as records. A formula's error shows as null and in `errors`, unless cells are asked for as they are."""
    shown = [column for column in table.ordered() if hidden or not column.hidden]
    return [_record(table, row, shown, typed) for row in rows]


def _record(table: Table, row: int, shown: Sequence[Column], typed: bool) -> Json:
    fields: Json = {}
    errors: Json = {}
    for column in shown:
        cell = table.get(row, column)
        if isinstance(cell, Failed) and not typed:
            fields[column.id] = None
            errors[column.id] = cell.kind
        else:
            fields[column.id] = as_typed(column, cell) if typed else encode(cell)
    return {"id": row, "fields": fields} | ({"errors": errors} if errors else {})


def as_typed(column: Column, cell: Cell) -> Any:
    """A cell that says what it is by itself: dates, moments and references are marked."""
    kind = pure(column.type)
    plain = isinstance(cell, int | float) and not isinstance(cell, bool)
    if kind == "Date" and plain:
        return ["d", encode(cell)]
    if kind == "DateTime" and plain:
        return ["D", encode(cell), zone(column.type).key]
    if kind == "Ref" and plain:
        return ["R", target(column.type), cell]
    if kind == "RefList" and (cell is None or isinstance(cell, tuple)):
        return ["r", target(column.type), list(cell or ())]
    if kind == "ChoiceList" and cell is None:
        return ["L"]
    return encode(cell)


def data(table: Table, rows: Sequence[int]) -> Json:
    """Rows column by column."""
    return {"id": list(rows)} | {column.id: [encode(table.get(row, column)) for row in rows] for column in table.ordered()}


def meta_records(meta: Mapping[int, Json], wanted: Json) -> list[Json]:
    """Rows of one of Grist's own tables, of those with such values. Raises EngineError for a column that it does not have."""
    found = {row: {name: encode(value) for name, value in fields.items()} for row, fields in meta.items()}
    unknown = next((name for fields in found.values() for name in wanted if name not in ("id", *fields)), None)
    if unknown is not None:
        raise no_column(unknown)
    rows = [row for row, fields in found.items() if all(({"id": row} | fields)[name] in wanted[name] for name in wanted)]
    return [{"id": row, "fields": found[row]} for row in rows]


def sorted_rows(table: Table, rows: Sequence[int], keys: Sequence[str]) -> list[int]:
    """By columns, "-" before a name for descending. Raises Refusal for an unknown one."""
    result = list(rows)
    for key in reversed(keys):
        name = key.removeprefix("-").split(":")[0]
        column = None if name == "id" else table.find(name)
        if column is None and name != "id":
            raise Refusal(500, f"unknown key {name}")
        cell = functools.partial(_sort_key, table, column)
        result.sort(key=cell, reverse=key.startswith("-"))
    return result


def _sort_key(table: Table, column: Column | None, row: int) -> tuple[int, Any]:
    """Truths before numbers before nothing before lists before text (documented: JavaScript's names of types)."""
    cell = row if column is None else table.get(row, column)
    if isinstance(cell, bool):
        return (0, cell)
    if isinstance(cell, int | float):
        return (1, cell)
    if isinstance(cell, str):
        return (4, (cell.casefold(), cell.swapcase()))
    return (2, 0) if cell is None else (3, str(encode(cell)))
