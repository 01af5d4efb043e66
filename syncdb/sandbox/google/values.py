"""The values.* calls: plain rows of values in and out of ranges."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from syncdb.sandbox.google import a1
from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.cells import Formula, Packed, entered, pack, unpack, with_value
from syncdb.sandbox.google.entry import raw_value, typed
from syncdb.sandbox.google.errors import bad_field, invalid
from syncdb.sandbox.google.formats import formatted, is_moment
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.shifts import Shift
from syncdb.sandbox.google.spreadsheet import Spreadsheet

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Render:
    """How values are shown: the options of the read calls, with their documented defaults."""

    value: str = "FORMATTED_VALUE"
    moment: str = "SERIAL_NUMBER"
    major: str = "ROWS"


def render_of(options: Json, prefix: str = "") -> Render:
    """The render options of a query or a body; `prefix` is "response" for what a write echoes."""

    def name(text: str) -> str:
        return prefix + text[0].upper() + text[1:] if prefix else text

    value = options.get(name("valueRenderOption")) or "FORMATTED_VALUE"
    moment = options.get(name("dateTimeRenderOption")) or "SERIAL_NUMBER"
    major = options.get("majorDimension") or "ROWS"
    if value not in ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"):
        raise bad_field("value_render_option", f"Invalid value at 'value_render_option', \"{value}\"")
    return Render(value, moment, "ROWS" if major == "DIMENSION_UNSPECIFIED" else major)


def read(book: Spreadsheet, area: Area, render: Render) -> Json:
    """A ValueRange, trailing empty cells and rows left out."""
    closed = book.closed(area)
    tab = book.tab(area.sheet_id)
    rows = [
        [_render(book, tab, r, closed.c0 + i, cell, render) for i, cell in enumerate(tab.rows[r][closed.c0 : closed.c1])]
        for r in range(closed.r0, min(closed.r1 or 0, len(tab.rows)))
    ]
    if render.major == "COLUMNS":
        width = max(map(len, rows), default=0)
        rows = [[row[c] if c < len(row) else "" for row in rows] for c in range(width)]
    rows = _trimmed(rows)
    shown = {"range": book.name(area), "majorDimension": render.major}
    return shown | {"values": rows} if rows else shown


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _render(book: Spreadsheet, tab: Tab, row: int, column: int, packed: Packed, render: Render) -> Any:
    if packed is None:
        return ""
    value = entered(packed)
    if isinstance(value, Formula):
        if render.value == "FORMULA":
            return value.text
        value = book.effective(tab, row, column)
    if value is None:
        return ""
    form = unpack(packed).format
    as_text = render.value == "FORMATTED_VALUE" or (render.moment == "FORMATTED_STRING" and is_moment(form))
    return formatted(value, form) if as_text else value


def write(book: Spreadsheet, area: Area, body: Json, option: str, actor: str) -> Json:
    """Write rows at an area's top left; null skips a cell, "" empties it. An UpdateValuesResponse."""
    rows = rows_of(body)
    tab = book.tab(area.sheet_id)
    height, width = len(rows), max(map(len, rows), default=0)
    target = _target(book, tab, area, height, width)
    if height and width:
        tab.check_access(target, actor)
    counted: set[tuple[int, int]] = set()
    for r, row in enumerate(rows, area.r0):
        cells = [_entered(tab.get(r, c), raw, option) for c, raw in enumerate(row, area.c0)]
        tab.put_row(r, area.c0, cells)
        counted |= {(r, c) for c, raw in enumerate(row) if raw is not None}
    return {
        "spreadsheetId": book.id,
        "updatedRange": book.name(target),
        "updatedRows": len({r for r, _ in counted}),
        "updatedColumns": len({c for _, c in counted}),
        "updatedCells": len(counted),
    }


def rows_of(body: Json) -> list[list[Any]]:
    """The rows of a ValueRange. Raises Refusal where `values` is no list of lists."""
    rows = body.get("values") or []
    wrong = rows if not isinstance(rows, list) else next((row for row in rows if not isinstance(row, list)), None)
    if wrong is not None:
        text = f"Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), {json.dumps(wrong)}"
        raise bad_field("data.values", text)
    if body.get("majorDimension") == "COLUMNS":
        height = max(map(len, rows), default=0)
        return [[column[r] if r < len(column) else None for column in rows] for r in range(height)]
    return rows


def _target(book: Spreadsheet, tab: Tab, area: Area, height: int, width: int) -> Area:
    """The area really written. Raises Refusal where it leaves the range asked for, or the grid."""
    closed = book.closed(area)
    target = replace(area, r1=area.r0 + max(height, 1), c1=area.c0 + max(width, 1))
    single = area.r1 == area.r0 + 1 and area.c1 == area.c0 + 1
    assert target.r1 is not None and target.c1 is not None
    if target.r1 > tab.row_count or target.c1 > tab.column_count:
        corner = f"{a1.quoted(tab.title)}!{a1.column_letters(target.c1 - 1)}{target.r1}"
        limits = f"Max rows: {tab.row_count}, max columns: {tab.column_count}"
        raise invalid(f"Range ({corner}) exceeds grid limits. {limits}")
    if not single and (target.r1 > (closed.r1 or 0) or target.c1 > (closed.c1 or 0)):
        outside = f"row [{target.r1}]" if target.r1 > (closed.r1 or 0) else f"column [{a1.column_letters(target.c1 - 1)}]"
        raise invalid(f"Requested writing within range [{book.name(area)}], but tried writing to {outside}")
    return target


def _entered(packed: Packed, raw: Any, option: str) -> Packed:
    if raw is None:
        return packed
    if isinstance(raw, list | dict):
        raise invalid(f"Invalid values: struct_value is not supported: {json.dumps(raw)}")
    if option != "USER_ENTERED":
        return with_value(packed, raw_value(raw))
    value, form = typed(raw)
    cell = with_value(packed, value)
    if form is None or (unpack(packed).format or {}).get("numberFormat"):
        return cell
    return pack(replace(unpack(cell), format=(unpack(packed).format or {}) | form))


def clear(book: Spreadsheet, area: Area, actor: str) -> str:
    """Empty the values of an area, keeping formats, notes and rules; the range cleared."""
    closed = book.closed(area)
    tab = book.tab(area.sheet_id)
    tab.check_access(closed, actor)
    stored = replace(closed, r1=max(closed.r0, min(closed.r1 or 0, len(tab.rows))))
    tab.change(stored, lambda r, c, cell: with_value(cell, None))
    return book.name(area)


def append(book: Spreadsheet, area: Area, body: Json, options: Json, actor: str) -> Json:
    """Write after the last table that the range touches (documented examples and observed traffic)."""
    rows = rows_of(body)
    tab = book.tab(area.sheet_id)
    table = table_in(book, area)
    top, left = (table.r1 or 0, table.c0) if table else (area.r0, area.c0)
    bottom = top + max(len(rows), 1)
    if options.get("insertDataOption") == "INSERT_ROWS" and top < tab.row_count:
        book.restructure(Shift(tab.sheet_id, "ROWS", "insert", top, bottom), inherit_before=top > 0)
    tab.row_count = max(tab.row_count, bottom)
    tab.column_count = max(tab.column_count, left + max(map(len, rows), default=1))
    book.check_cells()
    cell = Area(tab.sheet_id, top, top + 1, left, left + 1)
    updates = write(book, cell, body, options.get("valueInputOption", ""), actor)
    found = {"tableRange": book.name(table)} if table else {}
    return {"spreadsheetId": book.id} | found | {"updates": updates}


def table_in(book: Spreadsheet, area: Area) -> Area | None:
    """The table around the last filled cell of a range: filled cells reached without crossing an empty line."""
    closed = book.closed(area)
    tab = book.tab(area.sheet_id)
    for r in range(min(closed.r1 or 0, len(tab.rows)) - 1, closed.r0 - 1, -1):
        filled = [c for c in range(closed.c0, min(closed.c1 or 0, len(tab.rows[r]))) if _full(tab, r, c)]
        if filled:
            return _grown(tab, Area(tab.sheet_id, r, r + 1, filled[-1], filled[-1] + 1))
    return None


def _full(tab: Tab, row: int, column: int) -> bool:
    return row >= 0 and column >= 0 and entered(tab.get(row, column)) is not None


def _grown(tab: Tab, area: Area) -> Area:
    r0, r1, c0, c1 = area.r0, area.r1 or 0, area.c0, area.c1 or 0
    before = None
    while before != (r0, r1, c0, c1):
        before = (r0, r1, c0, c1)
        while any(_full(tab, r0 - 1, c) for c in range(c0 - 1, c1 + 1)):
            r0 -= 1
        while any(_full(tab, r1, c) for c in range(c0 - 1, c1 + 1)):
            r1 += 1
        while any(_full(tab, r, c0 - 1) for r in range(r0 - 1, r1 + 1)):
            c0 -= 1
        while any(_full(tab, r, c1) for r in range(r0 - 1, r1 + 1)):
            c1 += 1
    return Area(tab.sheet_id, r0, r1, c0, c1)
