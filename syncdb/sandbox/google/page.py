"""The spreadsheets as pages for a browser; no script, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import Environment, PackageLoader
from werkzeug import Request, Response

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.google.a1 import column_letters
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.google.cells import Packed, unpack
from syncdb.sandbox.google.formats import formatted
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.spreadsheet import Spreadsheet

MOST_ROWS = 2000
FEWEST_ROWS, FEWEST_COLUMNS = 20, 8
MOST_BEFORE = 200  # characters of what stood in a cell
Before = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Shown:
    text: str
    mark: str = ""
    note: str = ""
    colour: str = ""


class PageApp:
    """GET / lists the spreadsheets, GET /sheet/<id>?gid=<tab> shows one."""

    system = "pages"

    def __init__(self, google: GoogleApp) -> None:
        self._google = google
        self._before: dict[tuple[str, int], Before] = {}
        templates = Environment(loader=PackageLoader("syncdb.sandbox.google"), autoescape=True, trim_blocks=True)
        self._template = templates.get_template("pages.html")

    def kind(self, seen: Seen) -> str:
        return "page"

    def respond(self, request: Request) -> Response:
        if request.path == "/":
            return self._page(title="Spreadsheets", files=list(self._google.spreadsheets.values()))
        book = self._google.spreadsheets.get(request.path.removeprefix("/sheet/"))
        if book is None or not request.path.startswith("/sheet/"):
            return self._page(404, title="Not here", files=[])
        wanted = request.args.get("gid", type=int)
        filled = next((one for one in book.tabs if one.rows), book.tabs[0])
        tab = next((one for one in book.tabs if one.sheet_id == wanted), filled)
        return self._page(title=book.title, **_sheet(book, tab, self._before.get((book.id, tab.sheet_id))))

    def mark_from_now(self, book: Spreadsheet, tab: Tab) -> None:
        """From now on the page of this tab marks what is otherwise than at this moment: rows by the text in their first cell."""
        self._before[book.id, tab.sheet_id] = _shown_now(book, tab)

    def error(self, fault_kind: str) -> Response:
        status = {"unavailable": 503, "too_many": 429, "unauthorized": 401, "forbidden": 403}[fault_kind]
        return self._page(status, title=fault_kind, files=[])

    def _page(self, status: int = 200, **context: Any) -> Response:
        return Response(self._template.render(context), status, mimetype="text/html")


def _shown_now(book: Spreadsheet, tab: Tab) -> Before:
    """What each row shows, by the text in its first cell and by header."""
    header, *rows = [[_cell(book, tab, r, c, packed).text for c, packed in enumerate(row)] for r, row in enumerate(tab.rows)]
    return {row[0]: dict(zip(header, row, strict=False)) for row in rows if row and row[0]}


def _sheet(book: Spreadsheet, tab: Tab, before: Before | None = None) -> dict[str, Any]:
    height = min(max(len(tab.rows), FEWEST_ROWS), MOST_ROWS, tab.row_count)
    width = min(max((len(row) for row in tab.rows), default=0) + 2, tab.column_count)
    width = max(width, min(FEWEST_COLUMNS, tab.column_count))
    rows = [_row(book, tab, r, width) for r in range(height)]
    return {
        "marked": before is not None,
        "tabs": [{"id": one.sheet_id, "title": one.title, "here": one is tab} for one in book.tabs],
        "columns": [column_letters(c) for c in range(width)],
        "rows": rows if before is None else [rows[0], *(_marked(row, rows[0]["cells"], before) for row in rows[1:])],
        "more": max(0, len(tab.rows) - height),
    }


def _marked(row: dict[str, Any], header: list[_Shown], before: Before) -> dict[str, Any]:
    """The row with a mark at each cell that shows something else than before; one that was not there is marked whole."""
    key = row["cells"][0].text
    known = before.get(key)
    if not key or (known is not None and all(known.get(h.text, c.text) == c.text for h, c in _pairs(header, row))):
        return row
    if known is None:
        cells = [replace(one, mark=f"{one.mark} new".strip()) for one in row["cells"]]
        return row | {"cells": cells}
    return row | {"cells": [_against(known.get(head.text), cell) for head, cell in _pairs(header, row)]}


def _pairs(header: list[_Shown], row: dict[str, Any]) -> list[tuple[_Shown, _Shown]]:
    return list(zip(header, row["cells"], strict=True))


def _against(was: str | None, cell: _Shown) -> _Shown:
    if was is None or was == cell.text:
        return cell
    told = f"{cell.note}\n" if cell.note else ""
    return replace(cell, mark=f"{cell.mark} changed".strip(), note=f"{told}before: {was[:MOST_BEFORE] or 'empty'}")


def _row(book: Spreadsheet, tab: Tab, row: int, width: int) -> dict[str, Any]:
    frozen = row < tab.grid_properties.get("frozenRowCount", 0)
    hidden = tab.dimensions["ROWS"].get(row, {}).get("hiddenByUser")
    cells = [_cell(book, tab, row, c, tab.get(row, c)) for c in range(width)]
    return {"number": row + 1, "mark": "frozen" if frozen else "hidden" if hidden else "", "cells": cells}


def _cell(book: Spreadsheet, tab: Tab, row: int, column: int, packed: Packed) -> _Shown:
    if packed is None:
        return _Shown("")
    cell, value = unpack(packed), book.effective(tab, row, column)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    marks = [name for name, on in (("number", number), ("noted", cell.note)) if on]
    return _Shown(formatted(value, cell.format), " ".join(marks), cell.note, _colour(cell.format or {}))


def _colour(form: dict[str, Any]) -> str:
    color = form.get("backgroundColor")
    if not color:
        return ""
    red, green, blue = (round(float(color.get(name, 0)) * 255) for name in ("red", "green", "blue"))
    return f"rgb({red}, {green}, {blue})"
