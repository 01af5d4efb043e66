"""The calls of a document's own part of the API: tables, columns, records, actions, history."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug import Request

from syncdb.sandbox.grist import bodies, tabular
from syncdb.sandbox.grist.access import User
from syncdb.sandbox.grist.bundle import COLUMNS, TABLES
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.history import ROWS_SHOWN
from syncdb.sandbox.grist.records import filtered
from syncdb.sandbox.grist.sql import select
from syncdb.sandbox.grist.table import Column, Table
from syncdb.sandbox.grist.wire import EngineError, Json, Refusal, invalid_payload

Version = tuple[int, int, int]
UPSERT_ANSWERS: Version = (1, 7, 13)
TYPED_CELLS: Version = (1, 7, 12)
_UNKNOWN = re.compile(r"\[Sandbox] (?:KeyError '|ValueError No such column: )([\w.]+)")
_MISSING_ROW = re.compile(r"non-existent record #(\d+)")


def affirmative(request: Request, name: str) -> bool:
    return request.args.get(name, "").lower() in ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class DocumentCalls:
    """One request to one document by one user."""

    document: Document
    user: User
    request: Request
    version: Version

    # --- records -------------------------------------------------------------------------------------------

    def get_records(self, table: str) -> Json:
        format = self.request.args.get("cellFormat") or "normal"
        if format not in ("normal", "typed"):
            raise Refusal(400, f"cellFormat parameter {format} should be one of normal,typed")
        typed = format == "typed" and self.version >= TYPED_CELLS
        return {"records": self._records(table, self._filter(), self._sort(), self._limit(), self._on("hidden"), typed)}

    def list_records(self, table: str) -> Json:
        body = bodies.listing(self.request.get_json())
        typed = body.get("cellFormat") == "typed"
        limits = body.get("sort") or [], body.get("limit"), bool(body.get("hidden"))
        return {"records": self._records(table, body.get("filter") or {}, *limits, typed)}

    def get_data(self, table: str) -> Json:
        found, rows = self._chosen(table, self._filter(), self._sort(), self._limit())
        return tabular.data(found, rows)

    def _records(self, name: str, wanted: Json, sort: Sequence[str], limit: int | None, hidden: bool, typed: bool) -> list[Json]:
        meta = self.document.meta(name)
        if meta is not None:
            return self._guarded(name, (), lambda: tabular.meta_records(meta, wanted))
        table, rows = self._chosen(name, wanted, sort, limit)
        return tabular.records(table, rows, hidden, typed)

    def _chosen(self, name: str, wanted: Json, sort: Sequence[str], limit: int | None) -> tuple[Table, list[int]]:
        if not all(isinstance(values, list) for values in wanted.values()):
            raise Refusal(400, "Invalid query: filter values must be arrays")
        table = self._table(name)
        rows = self._guarded(name, (), lambda: filtered(table, wanted))
        rows = tabular.sorted_rows(table, rows, sort) if sort else rows
        return table, rows[:limit] if limit else rows

    def _filter(self) -> Json:
        written = self.request.args.get("filter")
        try:
            wanted = json.loads(written) if written else {}
        except ValueError as error:
            raise Refusal(500, str(error)) from None  # the real one lets its JSON parser's words out as well
        return wanted if isinstance(wanted, dict) else {}

    def _sort(self) -> list[str]:
        written = self.request.args.get("sort") or self.request.headers.get("X-Sort")
        return written.split(",") if written else []

    def _limit(self) -> int | None:
        written = self.request.args.get("limit") or self.request.headers.get("X-Limit")
        number = re.match(r"\s*[+-]?\d+", written or "")
        if written and number is None:
            raise Refusal(500, "limit is not a number")
        return int(number[0]) if number else None

    def add_records(self, table: str) -> Json:
        body = self.request.get_json()
        if self._on("flat") and isinstance(body, list):
            body = {"records": [entry if "fields" in entry else {"fields": entry} for entry in body]}
        entries = bodies.entries(body, "records", "NewRecord", bodies.ADDING)
        values = bodies.by_column(entries)
        ids = self._one(table, tuple(values), ["BulkAddRecord", self._id(table), [None] * len(entries), values])
        return {"records": [{"id": row} for row in ids]}

    def change_records(self, table: str) -> None:
        entries = bodies.entries(self.request.get_json(), "records", "Record", bodies.CHANGING)
        if any(entry["fields"].keys() != entries[0]["fields"].keys() for entry in entries):
            raise Refusal(400, "PATCH requires all records to have same fields")
        values = bodies.by_column(entries)
        rows = [entry["id"] for entry in entries]
        self._one(table, tuple(values), ["BulkUpdateRecord", self._id(table), rows, values])

    def put_records(self, table: str) -> Json | None:
        entries = bodies.entries(self.request.get_json(), "records", "AddOrUpdateRecord", bodies.PUTTING)
        many = self.request.args.get("onmany") or "first"
        if many not in ("first", "none", "all"):
            raise Refusal(400, f"onmany parameter {many} should be one of first,none,all")
        options = {
            "add": not self._on("noadd"),
            "update": not self._on("noupdate"),
            "on_many": many,
            "allow_empty_require": self._on("allow_empty_require"),
        }
        groups = _grouped(entries)
        halves = [[_columns(entries, places, part) for part in ("require", "fields")] for places in groups]
        actions = [["BulkAddOrUpdateRecord", self._id(table), *pair, options] for pair in halves]
        results = self._all(table, bodies.field_names(entries), actions)
        return _joined(groups, results, len(entries)) if self.version >= UPSERT_ANSWERS else None

    def delete_records(self, table: str) -> None:
        rows = self.request.get_json()
        if not isinstance(rows, list) or not all(isinstance(row, int) for row in rows):
            raise Refusal(400, "Error manipulating data: [Sandbox] AssertionError ")
        self._one(table, (), ["BulkRemoveRecord", self._id(table), rows])

    def add_data(self, table: str) -> Any:
        values = self.request.get_json()
        count = len(next(iter(values.values()), []))
        return self._one(table, tuple(values), ["BulkAddRecord", self._id(table), [None] * count, values])

    def change_data(self, table: str) -> None:
        values = dict(self.request.get_json())
        rows = values.pop("id")
        self._one(table, tuple(values), ["BulkUpdateRecord", self._id(table), rows, values])

    # --- tables and columns --------------------------------------------------------------------------------

    def get_tables(self) -> Json:
        return {"tables": tabular.tables(self.document, "column" in self.request.args.get("expand", "").split(","))}

    def add_tables(self) -> Json:
        entries = bodies.entries(self.request.get_json(), "tables", "TablePost", bodies.TABLE)
        actions = [["AddTable", entry.get("id"), [_asked(column) for column in entry["columns"]]] for entry in entries]
        return {"tables": [{"id": made["table_id"]} for made in self._bare(actions)]}

    def change_tables(self) -> None:
        entries = bodies.entries(self.request.get_json(), "tables", "RecordWithStringId", bodies.NAMED)
        rows = []
        for entry in entries:
            table = self.document.table(entry["id"])
            if table is None:
                raise Refusal(404, f'Table not found "{entry["id"]}"')
            rows.append(table.number)
        self._one(TABLES, (), ["BulkUpdateRecord", TABLES, rows, bodies.by_column(entries)])

    def get_columns(self, table: str) -> Json:
        return {"columns": tabular.columns(self._table(table), self._on("hidden"))}

    def add_columns(self, table: str) -> Json:
        entries = bodies.entries(self.request.get_json(), "columns", "NewRecordWithStringId", bodies.MAYBE_NAMED)
        actions = [["AddVisibleColumn", self._id(table), entry.get("id"), entry.get("fields") or {}] for entry in entries]
        return {"columns": [{"id": made["colId"]} for made in self._all(table, (), actions)]}

    def change_columns(self, table: str) -> None:
        found = self._table(table)
        entries = bodies.entries(self.request.get_json(), "columns", "RecordWithStringId", bodies.NAMED)
        columns = [self._column(found, entry["id"]) for entry in entries]
        if any(entry["fields"].keys() != entries[0]["fields"].keys() for entry in entries):
            raise Refusal(400, "PATCH requires all records to have same fields")
        values = bodies.by_column(entries)
        refs = [column.number for column in columns]
        self._one(COLUMNS, tuple(values), ["BulkUpdateRecord", COLUMNS, refs, values])

    def put_columns(self, table: str) -> None:
        found = self._table(table)
        entries = bodies.entries(self.request.get_json(), "columns", "RecordWithStringId", bodies.NAMED)
        known = {entry["id"]: found.find(entry["id"]) for entry in entries}
        pairs = [(known[entry["id"]], entry["fields"]) for entry in entries]
        changes = [["UpdateRecord", COLUMNS, column.number, fields] for column, fields in pairs if column]
        added = [["AddVisibleColumn", found.id, entry["id"], entry["fields"]] for entry in entries if not known[entry["id"]]]
        kept = {column.number for column in known.values() if column}
        gone = [one.number for one in found.ordered() if not one.hidden and one.number not in kept]
        actions = [] if self._on("noupdate") else changes
        actions += [] if self._on("noadd") else added
        actions += [["BulkRemoveRecord", COLUMNS, gone]] if self._on("replaceall") else []
        self._all(table, (), actions)

    def delete_column(self, table: str, column: str) -> None:
        self._one(table, (column,), ["RemoveColumn", self._id(table), column])

    def _column(self, table: Table, name: str) -> Column:
        column = table.find(name)
        if column is None:
            raise Refusal(404, f'Column not found "{name}"')
        return column

    # --- the rest ------------------------------------------------------------------------------------------

    def apply(self) -> Json:
        """POST /apply: engine errors come out as they are, with status 500 (observed)."""
        actions = self.request.get_json()
        if not isinstance(actions, list):
            raise Refusal(500, "`actions` parameter should be an array.")
        if not actions:
            return {"actionNum": 0, "actionHash": None, "retValues": [], "isModification": False}
        results = self._bare(actions)
        state = self.document.history.states()[0]
        return {"actionNum": state.n, "actionHash": state.h, "retValues": results, "isModification": bool(state.changes)}

    def get_states(self) -> Json:
        return {"states": [state.shown() for state in self.document.history.states()]}

    def prune_states(self) -> None:
        self.document.history.prune(int(self.request.get_json()["keep"]))

    def compare(self) -> Json:
        most = self._most()
        left, right = self.request.args.get("left") or "HEAD", self.request.args.get("right") or "HEAD"
        try:
            return self.document.history.compare(left, right, most)
        except LookupError as error:
            raise Refusal(500, str(error.args[0])) from None

    def _most(self) -> float:
        written = self.request.args.get("maxRows", str(ROWS_SHOWN))
        if written == "null":
            return float("inf")
        if not written.lstrip("-").isdigit():
            raise Refusal(400, f"maxRows parameter cannot be understood as an integer: {written}")
        if int(written) <= 0:
            raise Refusal(400, f"maxRows parameter is invalid: {written}")
        return int(written)

    def sql(self) -> Json:
        if self.request.method == "GET":
            return select(self.document, self.request.args.get("q", ""), [])
        body = self.request.get_json()
        if not isinstance(body, dict) or not isinstance(body.get("sql"), str):
            raise invalid_payload("body.sql is missing")
        return select(self.document, body["sql"], body.get("args") or [], body.get("timeout"))

    def reload(self) -> None:
        self.document.reload()

    # --- carrying out --------------------------------------------------------------------------------------

    def _on(self, name: str) -> bool:
        return affirmative(self.request, name)

    def _table(self, name: str) -> Table:
        table = self.document.table(name)
        if table is None:
            raise Refusal(404, f'Table not found "{name}"')
        return table

    def _id(self, name: str) -> str:
        table = self.document.table(name)
        return table.id if table else name

    def _bare(self, actions: Sequence[Any]) -> list[Any]:
        try:
            return self.document.apply(actions, self.user, not self._on("noparse"))
        except EngineError as error:
            raise Refusal(500, str(error)) from None

    def _one(self, table: str, columns: Sequence[str], action: Sequence[Any]) -> Any:
        return self._all(table, columns, [action])[0]

    def _all(self, table: str, columns: Sequence[str], actions: Sequence[Any]) -> list[Any]:
        typed = not self._on("noparse")
        return self._guarded(table, columns, lambda: self.document.apply(actions, self.user, typed))

    def _guarded(self, table: str, columns: Iterable[str], act: Callable[[], list[Any]]) -> list[Any]:
        """The engine's errors as most calls answer them."""
        try:
            return act()
        except EngineError as error:
            raise _refused(str(error), table, set(columns)) from None


def _refused(message: str, table: str, columns: set[str]) -> Refusal:
    missing = _MISSING_ROW.search(message)
    if missing:
        return Refusal(400, f"Invalid row id {missing[1]}")
    unknown = _UNKNOWN.search(message)
    if unknown and unknown[1] == table:
        return Refusal(404, f'Table not found "{table}"')
    if unknown and unknown[1] in columns:
        return Refusal(400, f'Invalid column "{unknown[1]}"')
    if unknown and unknown[1].removeprefix(f"{table}.") in columns:
        return Refusal(404, f'Table or column not found "{unknown[1]}"')
    return Refusal(400, f"Error manipulating data: {message}")


def _asked(column: Json) -> Json:
    return {**(column.get("fields") or {}), "id": column.get("id")}


def _grouped(entries: Sequence[Json]) -> list[list[int]]:
    """Places of the records with the same fields; groups in the order of their fields' names, not of the request (observed)."""
    groups: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        keys = f"{','.join(sorted(entry['require']))}:{','.join(sorted(entry.get('fields') or {}))}"
        groups.setdefault(keys, []).append(place)
    return [groups[keys] for keys in sorted(groups)]


def _columns(entries: Sequence[Json], places: Sequence[int], part: str) -> dict[str, list[Any]]:
    names = sorted(entries[places[0]].get(part) or {})
    return {name: [entries[place][part][name] for place in places] for name in names}


def _joined(groups: Sequence[Sequence[int]], results: Sequence[Json], count: int) -> Json:
    rows: list[list[int]] = [[]] * count
    total: Json = {"recordIds": rows, "addRecordIds": [], "updateRecordIds": []}
    for places, result in zip(groups, results, strict=True):
        for place, ids in zip(places, result["recordIds"], strict=True):
            rows[place] = ids
        total["addRecordIds"] += result["addRecordIds"]
        total["updateRecordIds"] += result["updateRecordIds"]
    return total
