"""The documents as pages for a browser; no script, everything escaped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader
from werkzeug import Request, Response

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.grist.app import GristApp
from syncdb.sandbox.grist.cells import Cell, Failed, pure, target, zone
from syncdb.sandbox.grist.display import helper_of
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.own_tables import FIELDS
from syncdb.sandbox.grist.table import Column, Table
from syncdb.sandbox.grist.views import USUAL_WIDTH, page_fields, page_name

MOST_ROWS = 2000
NUMBERS = ("Numeric", "Int")


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    mark: str = ""


class GristPages:
    """GET /grist lists the documents, GET /doc/<id>?table=<table> (or /grist/<id>) shows one of its tables."""

    system = "pages"
    routes = ("/grist", "/doc")

    def __init__(self, grist: GristApp) -> None:
        self._grist = grist
        templates = Environment(loader=PackageLoader("syncdb.sandbox.grist"), autoescape=True, trim_blocks=True)
        self._template = templates.get_template("document.html")

    def kind(self, seen: Seen) -> str:
        return "page"

    def respond(self, request: Request) -> Response:
        name = request.path.removeprefix("/grist").removeprefix("/doc").strip("/")
        if not name:
            return self._page(title="Documents", documents=list(self._grist.documents.values()))
        document = self._grist.documents.get(name)
        if document is None or not document.tables:
            return self._page(404, title="Not here", documents=[])
        tables = list(document.tables.values())
        here = next((table for table in tables if table.id == request.args.get("table")), None)
        here = here or next((table for table in tables if table.ids()), tables[0])
        return self._page(title=document.name, **_sheet(document, here))

    def error(self, fault_kind: str) -> Response:
        status = {"unavailable": 503, "too_many": 429, "unauthorized": 401, "forbidden": 403}[fault_kind]
        return self._page(status, title=fault_kind, documents=[])

    def _page(self, status: int = 200, **context: Any) -> Response:
        return Response(self._template.render(context), status, mimetype="text/html")


def _sheet(document: Document, table: Table) -> dict[str, Any]:
    columns = [column for column in table.ordered() if not column.hidden]
    widths = {of: document.own[FIELDS][one].get("width", 0) for of, one in page_fields(document.own, table).items()}
    rows = table.ids()
    filled = [one for one in document.tables.values() if one is table or one.ids()]  # a new document has an empty Table1
    return {
        "tables": [{"id": one.id, "name": page_name(document.own, one), "here": one is table} for one in filled],
        "columns": [{"of": one, "width": widths.get(one.number) or USUAL_WIDTH} for one in columns],
        "rows": [{"id": row, "cells": [_cell(document, table, row, one) for one in columns]} for row in rows[:MOST_ROWS]],
        "more": max(0, len(rows) - MOST_ROWS),
    }


def _cell(document: Document, table: Table, row: int, column: Column) -> _Shown:
    helper = helper_of(table, column)
    if helper is not None:
        return _shown_by(document, table, row, column, helper)
    cell, kind = table.get(row, column), pure(column.type)
    if isinstance(cell, Failed):
        return _Shown(f"#{cell.kind}", "alt")
    if isinstance(cell, str) and kind not in ("Text", "Choice", "Any"):
        return _Shown(cell, "alt")
    marks = [name for name, on in (("number", kind in NUMBERS), ("formula", column.computed)) if on]
    return _Shown(_text(document, column, cell), " ".join(marks))


def _shown_by(document: Document, table: Table, row: int, column: Column, helper: Column) -> _Shown:
    """What a reference shows, in the form of the column that it shows."""
    cell, other = table.get(row, helper), document.table(target(column.type) or "")
    visible = other.numbered(column.visible) if other else None
    if isinstance(cell, Failed):
        return _Shown(f"#{cell.kind}", "alt")
    one = _text(document, visible or helper, cell) if not isinstance(cell, tuple) else ", ".join(map(str, cell))
    return _Shown(one)


def _text(document: Document, column: Column, cell: Cell) -> str:
    kind = pure(column.type)
    if cell is None or (kind == "Ref" and cell == 0):
        return ""
    if kind in ("Ref", "RefList"):
        rows = cell if isinstance(cell, tuple) else (cell,)
        return ", ".join(f"{target(column.type)}[{row}]" for row in rows)
    if kind in ("Date", "DateTime") and isinstance(cell, int | float):
        moment = datetime.fromtimestamp(cell, UTC if kind == "Date" else zone(column.type))
        return moment.date().isoformat() if kind == "Date" else moment.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, tuple):
        return ", ".join(str(one) for one in cell)
    if isinstance(cell, int | float) and (decimals := _decimals(column)) is not None:
        return f"{cell:,.{decimals}f}"
    return f"{cell:g}" if isinstance(cell, float) and cell.is_integer() else str(cell)


def _decimals(column: Column) -> int | None:
    """How many decimals a column of numbers shows at least."""
    options = json.loads(column.widget_options) if column.widget_options else {}
    found = options.get("decimals") if isinstance(options, dict) else None
    return int(found) if found is not None and pure(column.type) == "Numeric" else None
