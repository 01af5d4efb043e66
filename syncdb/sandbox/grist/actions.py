"""Grist's user actions, as POST /apply takes them and as every other call is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncdb.sandbox.grist import records, schema, view_actions, views
from syncdb.sandbox.grist.bundle import COLUMNS, TABLES, Bundle
from syncdb.sandbox.grist.cells import parsed, pure, target
from syncdb.sandbox.grist.own_tables import SECTIONS, USUAL, rows_with
from syncdb.sandbox.grist.schema import Numbers
from syncdb.sandbox.grist.table import Column, Table
from syncdb.sandbox.grist.wire import EngineError, Refusal, no_table

Action = Sequence[Any]
DELETING = frozenset({"RemoveTable", "RemoveColumn", "RemoveRecord", "BulkRemoveRecord"})


class Performer:
    """Carries out user actions in a bundle. `typed`: text is first read as a person would mean it."""

    def __init__(self, bundle: Bundle, numbers: Numbers, typed: bool) -> None:
        self.bundle, self.numbers, self.typed = bundle, numbers, typed

    def perform(self, action: Action) -> Any:
        """One action; what Grist returns for it. Raises EngineError."""
        name, *arguments = action
        method: Callable[..., Any] | None = getattr(self, f"_do_{name}", None)
        if method is None:
            raise Refusal(500, f"Blocked by access rules: '{name}' actions are not controlled")
        return method(*arguments)

    def table(self, name: str) -> Table:
        found = next((table for table in self.bundle.tables.values() if table.id == name), None)
        if found is None:
            raise no_table(name)
        return found

    # --- rows ----------------------------------------------------------------------------------------------

    def _do_AddRecord(self, table: str, row: int | None, values: Mapping[str, Any]) -> int:
        return self._do_BulkAddRecord(table, [row], _each(values))[0]

    def _do_BulkAddRecord(self, table: str, rows: Sequence[int | None], values: Mapping[str, Sequence[Any]]) -> list[int]:
        found = self.table(table)
        return records.add(self.bundle, found, rows, self._read(found, values))

    def _do_UpdateRecord(self, table: str, row: int, values: Mapping[str, Any]) -> None:
        self._do_BulkUpdateRecord(table, [row], _each(values))

    def _do_BulkUpdateRecord(self, table: str, rows: Sequence[int], values: Mapping[str, Sequence[Any]]) -> None:
        if table == COLUMNS:
            self._change_columns(rows, values)
        elif table == TABLES:
            for n, row in enumerate(rows):
                schema.rename_table(self.bundle, self._numbered(row), values["tableId"][n])
        elif table in USUAL:
            view_actions.update(self.bundle, table, rows, values)
        else:
            found = self.table(table)
            records.update(self.bundle, found, rows, self._read(found, values))

    def _do_RemoveRecord(self, table: str, row: int) -> None:
        self._do_BulkRemoveRecord(table, [row])

    def _do_BulkRemoveRecord(self, table: str, rows: Sequence[int]) -> None:
        if table == COLUMNS:
            for row in rows:
                schema.remove_column(self.bundle, *self._column(row))
        elif table == TABLES:
            for row in rows:
                schema.remove_table(self.bundle, self._numbered(row))
        elif table in USUAL:
            view_actions.remove(self.bundle, table, rows)
        else:
            records.remove(self.bundle, self.table(table), rows)

    def _do_AddOrUpdateRecord(
        self, table: str, require: Mapping[str, Any], values: Mapping[str, Any], options: Mapping[str, Any] | None = None
    ) -> Any:
        return self._do_BulkAddOrUpdateRecord(table, _each(require), _each(values), options)

    def _do_BulkAddOrUpdateRecord(
        self,
        table: str,
        require: Mapping[str, Sequence[Any]],
        values: Mapping[str, Sequence[Any]],
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        found = self.table(table)
        given = self._read(found, require), self._read(found, values)
        return records.upsert(self.bundle, found, *given, options or {})

    def _read(self, table: Table, values: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        if not self.typed:
            return dict(values)
        return {name: self._read_column(table.find(name), column) for name, column in values.items()}

    def _read_column(self, column: Column | None, values: Sequence[Any]) -> Sequence[Any]:
        if column is None:
            return values
        visible = self._visible(column)
        return [parsed(column.type, value, visible) for value in values]

    def _visible(self, column: Column) -> str | None:
        if pure(column.type) not in ("Ref", "RefList"):
            return None
        other = next((table for table in self.bundle.tables.values() if table.id == target(column.type)), None)
        visible = other.numbered(column.visible) if other else None
        return visible.id if visible else None

    # --- tables and columns --------------------------------------------------------------------------------

    def _do_AddTable(self, wanted: str | None, columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        table = schema.add_table(self.bundle, self.numbers, wanted, columns)
        shown = [{"id": table.view, "sections": rows_with(self.bundle.own[SECTIONS], parentId=table.view)}]
        made = [column.id for column in table.ordered()[1:]]
        return {"id": table.number, "table_id": table.id, "columns": made, "views": shown}

    def _do_AddEmptyTable(self, wanted: str | None = None) -> dict[str, Any]:
        return self._do_AddTable(wanted, [{"id": None, "isFormula": True}] * 3)

    def _do_RemoveTable(self, table: str) -> None:
        schema.remove_table(self.bundle, self._called(table))

    def _do_RenameTable(self, table: str, name: str) -> str:
        found = self._called(table)
        schema.rename_table(self.bundle, found, name)
        return found.id

    def _do_AddColumn(self, table: str, wanted: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        return self._added(self.table(table), self._do_AddHiddenColumn(table, wanted, fields), on_pages=False)

    def _do_AddVisibleColumn(self, table: str, wanted: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        return self._added(self.table(table), self._do_AddHiddenColumn(table, wanted, fields), on_pages=True)

    def _do_AddHiddenColumn(self, table: str, wanted: str | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        column = schema.add_column(self.bundle, self.numbers, self.table(table), wanted, fields)
        return {"colRef": column.number, "colId": column.id}

    def _added(self, table: Table, made: dict[str, Any], *, on_pages: bool) -> dict[str, Any]:
        views.show(self.bundle, table, table.column(made["colId"]), on_pages=on_pages)
        return made

    def _do_RemoveColumn(self, table: str, name: str) -> None:
        found = self.table(table)
        column = found.find(name)
        if column is None:
            raise EngineError("ValueError", f"No such column: {table}.{name}")
        schema.remove_column(self.bundle, found, column)

    def _do_RenameColumn(self, table: str, old: str, new: str) -> str:
        found = self.table(table)
        column = found.column(old)
        schema.change_columns(self.bundle, [(found, column, {"colId": new})])
        return column.id

    def _do_ModifyColumn(self, table: str, name: str, fields: Mapping[str, Any]) -> None:
        found = self.table(table)
        schema.change_columns(self.bundle, [(found, found.column(name), fields)])

    def _do_SetDisplayFormula(self, table: str, field: int | None, column: int | str, formula: str) -> None:
        """`column` by number or id; what single views show (`field`) is not there."""
        found = self._called(table)
        one = found.find(column) if isinstance(column, str) else found.numbered(column)
        if one is None:
            named = EngineError("ValueError", f"No such column: {table}.{column}")
            raise named if isinstance(column, str) else EngineError("KeyError", "\"'get_record' found no matching record\"")
        schema.show_by(self.bundle, self.numbers, found, one, formula)

    def _change_columns(self, refs: Sequence[int], values: Mapping[str, Sequence[Any]]) -> None:
        wanted = [(*self._column(ref), {name: column[n] for name, column in values.items()}) for n, ref in enumerate(refs)]
        schema.change_columns(self.bundle, wanted)

    def _called(self, name: str) -> Table:
        """A table by its id, for actions that say so where it is not there; others fail over the name itself (observed)."""
        found = next((table for table in self.bundle.tables.values() if table.id == name), None)
        if found is None:
            raise EngineError("ValueError", f"No such table: {name}")
        return found

    def _numbered(self, number: int) -> Table:
        found = next((table for table in self.bundle.tables.values() if table.number == number), None)
        if found is None:
            raise EngineError("AssertionError", f"docactions.[Bulk]UpdateRecord for non-existent record #{number}")
        return found

    def _column(self, number: int) -> tuple[Table, Column]:
        for table in self.bundle.tables.values():
            column = table.numbered(number)
            if column is not None:
                return table, column
        raise EngineError("AssertionError", f"docactions.[Bulk]UpdateRecord for non-existent record #{number}")


def _each(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [value] for name, value in values.items()}
