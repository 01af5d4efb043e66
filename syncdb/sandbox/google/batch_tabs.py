"""Requests on tabs and on the spreadsheet itself."""

from __future__ import annotations

import struct
from typing import Any

from syncdb.sandbox.google.batch import EMPTY_REPLY, Handler, Json, Work, check_known, field_names
from syncdb.sandbox.google.errors import invalid
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.reading import sheet_properties

GRID_FLAGS = {"hideGridlines", "rowGroupControlAfter", "columnGroupControlAfter"}
GRID_FIELDS = {"rowCount", "columnCount", "frozenRowCount", "frozenColumnCount"} | GRID_FLAGS
MOST_TITLE = 100  # characters (observed: others quote the refusal)
TAB_FIELDS = {"title", "index", "hidden", "tabColor", "tabColorStyle", "rightToLeft"}


def add_sheet(work: Work, body: Json) -> Json:
    properties = body.get("properties") or {}
    check_known(properties, TAB_FIELDS | {"sheetId", "sheetType", "gridProperties"})
    tabs = work.book.tabs
    sheet_id = properties.get("sheetId")
    if sheet_id is not None and any(tab.sheet_id == sheet_id for tab in tabs):
        raise invalid(f"A sheet with id {sheet_id} already exists.")
    if sheet_id is not None and not 0 <= sheet_id < 2**31:
        raise invalid("sheetId must be non-negative.")
    title = properties.get("title") or _free_title(work)
    _check_title(work, title, None)
    tab = Tab(work.book.free_id() if sheet_id is None else sheet_id, title)
    tabs.insert(min(properties.get("index", len(tabs)), len(tabs)), tab)
    rest = {name: value for name, value in properties.items() if name in TAB_FIELDS - {"title", "index"}}
    for name, value in rest.items():
        _set_property(work, tab, name, value)
    for name, value in (properties.get("gridProperties") or {}).items():
        _set_grid(tab, name, value)
    work.book.check_cells()
    return {"properties": sheet_properties(work.book, tab)}


def _free_title(work: Work) -> str:
    number = len(work.book.tabs) + 1
    while work.book.titled(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def _check_title(work: Work, title: str, own: Tab | None) -> None:
    if len(title) > MOST_TITLE:
        raise invalid(f"The sheet name cannot be greater than {MOST_TITLE} characters.")
    other = work.book.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def delete_sheet(work: Work, body: Json) -> Json:
    tab = work.book.tab(body.get("sheetId") or 0)
    if sum(not one.properties.get("hidden") for one in work.book.tabs if one is not tab) == 0:
        raise invalid("You can't remove all the visible sheets in a document.")
    tab.check_access(tab.whole(), work.actor)
    work.book.tabs.remove(tab)
    work.book.metadata.drop_tab(tab.sheet_id)
    gone = [number for number, one in work.book.named.items() if one.area.sheet_id == tab.sheet_id]
    for number in gone:
        del work.book.named[number]
    return EMPTY_REPLY


def update_sheet_properties(work: Work, body: Json) -> Json:
    properties = body.get("properties") or {}
    tab = work.book.tab(properties.get("sheetId") or 0)
    for name in field_names(body.get("fields"), TAB_FIELDS | {"gridProperties"}):
        top, _, inner = name.partition(".")
        if top != "gridProperties":
            _set_property(work, tab, top, properties.get(top))
            continue
        grid = properties.get("gridProperties") or {}
        for one in [inner] if inner else sorted(GRID_FIELDS):
            _set_grid(tab, one, grid.get(one))
    work.book.check_cells()
    return EMPTY_REPLY


def _set_property(work: Work, tab: Tab, name: str, value: Any) -> None:
    if name == "title":
        if not value:
            raise invalid("A sheet must have a title.")
        _check_title(work, value, tab)
        tab.title = value
    elif name == "index":
        work.book.tabs.remove(tab)
        work.book.tabs.insert(value or 0, tab)
    elif name in ("tabColor", "tabColorStyle"):
        _set_color(tab, (value or {}).get("rgbColor") if name == "tabColorStyle" else value)
    else:
        _set_hidden(work, tab, name, value)


def _set_hidden(work: Work, tab: Tab, name: str, value: Any) -> None:
    if name == "hidden" and value and all(one is tab or one.properties.get("hidden") for one in work.book.tabs):
        raise invalid("You can't hide all the sheets in a document.")
    tab.properties[name] = value
    if not value:
        del tab.properties[name]


def _set_color(tab: Tab, color: Json | None) -> None:
    tab.properties.pop("tabColor", None)
    tab.properties.pop("tabColorStyle", None)
    if color is not None:
        shown = {name: _channel(value) for name, value in color.items() if value}
        tab.properties |= {"tabColor": shown, "tabColorStyle": {"rgbColor": shown}}


def _channel(value: float) -> float | int:
    """Colours are kept as bytes and shown as 32-bit floats (observed: 0.5 reads back as 0.49803922)."""
    exact = struct.unpack("f", struct.pack("f", int(value * 255) / 255))[0]
    short = float(f"{exact:.8g}")
    return int(short) if short.is_integer() else short


def _set_grid(tab: Tab, name: str, value: Any) -> None:
    if name not in GRID_FIELDS:
        raise invalid(f"the sandbox does not implement the grid property {name}")
    if name in ("rowCount", "columnCount"):
        _resize(tab, name, value)
        return
    if name.startswith("frozen") and (value or 0) >= tab.size("ROWS" if name == "frozenRowCount" else "COLUMNS"):
        raise invalid("You can't freeze all visible rows or columns on the sheet.")
    tab.grid_properties.pop(name, None)
    if value:
        tab.grid_properties[name] = value


def _resize(tab: Tab, name: str, value: Any) -> None:
    if not isinstance(value, int) or value < 1:
        raise invalid(f"gridProperties.{name} must be greater than 0.")
    if name == "rowCount":
        del tab.rows[value:]
        tab.row_count = value
    else:
        tab.rows = [row[:value] for row in tab.rows]
        tab.column_count = value


def update_spreadsheet_properties(work: Work, body: Json) -> Json:
    names = {"title": "title", "locale": "locale", "timeZone": "time_zone"}
    for name in field_names(body.get("fields"), set(names)):
        value = (body.get("properties") or {}).get(name)
        if not value:
            raise invalid(f"{name} must not be empty.")
        setattr(work.book, names[name], value)
    return EMPTY_REPLY


HANDLERS: dict[str, Handler] = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
}
