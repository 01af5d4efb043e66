"""spreadsheets.get: properties, ranges of cells and their metadata, cut to the field mask while being built."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.cells import Cell, Formula, Packed, unpack, wire_value
from syncdb.sandbox.google.formats import formatted
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.masks import Built, Tree, branch, cut
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.google.theme import DEFAULT_FORMAT, THEME

Json = dict[str, Any]
ONLY_VALUES: Tree = {"userEnteredValue": {}}


def spreadsheet_json(book: Spreadsheet, areas: list[Area] | None, tree: Tree | None, grid_data: bool, actor: str) -> Json:
    """A Spreadsheet resource as `actor` sees it. `areas` None: all tabs. A mask decides alone whether cells are included
    (documented)."""
    if tree is not None:
        grid_data = branch(tree, "sheets", "data") is not None
    wanted = [tab for tab in book.tabs if areas is None or any(area.sheet_id == tab.sheet_id for area in areas)]
    sheets = [_sheet(book, tab, areas, tree, grid_data, actor) for tab in wanted]
    whole = {
        "spreadsheetId": book.id,
        "properties": _properties(book),
        "sheets": sheets,
        "namedRanges": _named(book),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book.id}/edit",
        "developerMetadata": [m.wire() for m in book.metadata.entries.values() if m.place.sheet_id is None],
    }
    result: Json = cut({k: v for k, v in whole.items() if v != []}, tree or {})
    return result


def _properties(book: Spreadsheet) -> Json:
    return {
        "title": book.title,
        "locale": book.locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": book.time_zone,
        "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": THEME,
    }


def _named(book: Spreadsheet) -> list[Json]:
    return [{"namedRangeId": one.id, "name": one.name, "range": one.area.wire()} for one in book.named.values()]


def sheet_properties(book: Spreadsheet, tab: Tab) -> Json:
    grid = {"rowCount": tab.row_count, "columnCount": tab.column_count} | tab.grid_properties
    base = {"sheetId": tab.sheet_id, "title": tab.title, "index": book.tabs.index(tab), "sheetType": "GRID"}
    return base | {"gridProperties": grid} | tab.properties


def _sheet(book: Spreadsheet, tab: Tab, areas: list[Area] | None, tree: Tree | None, grid_data: bool, actor: str) -> Json:
    sheet: Json = {"properties": sheet_properties(book, tab)}
    if grid_data:
        blocks = [area for area in areas or [tab.whole()] if area.sheet_id == tab.sheet_id]
        mask = branch(tree, "sheets", "data")
        sheet["data"] = Built(_block(book, tab, book.closed(area), mask or {}) for area in blocks)
    metadata = book.metadata.entries.values()
    optional = {
        "merges": [area.wire() for area in tab.merges],
        "basicFilter": _basic_filter(tab),
        "protectedRanges": [protected_json(tab, number, actor) for number in tab.protections],
        "rowGroups": tab.groups.get("ROWS"),
        "columnGroups": tab.groups.get("COLUMNS"),
        "developerMetadata": [m.wire() for m in metadata if m.place.sheet_id == tab.sheet_id and not m.place.dimension],
    }
    return sheet | {name: value for name, value in optional.items() if value}


def _basic_filter(tab: Tab) -> Json | None:
    if tab.basic_filter is None or tab.filter_area is None:
        return None
    return tab.basic_filter | {"range": tab.filter_area.wire()}


def protected_json(tab: Tab, number: int, actor: str) -> Json:
    """Who may edit it is shown to those only who may (documented); what is false is left out, as everywhere in this API."""
    protection = tab.protections[number]
    editors = {"users": sorted(protection.editors)} if protection.editors else {}
    told = not protection.wire.get("warningOnly") and not protection.stops(actor)
    rest = {"requestingUserCanEdit": True, "editors": editors} if told else {}
    return {"protectedRangeId": number, "range": protection.area.wire()} | protection.wire | rest


def _block(book: Spreadsheet, tab: Tab, area: Area, mask: Tree) -> Json:
    """One GridData, its row data trimmed at the last cell that has something the mask asks for."""
    block: Json = {}
    if area.r0 and branch(mask, "startRow") is not None:
        block["startRow"] = area.r0
    if area.c0 and branch(mask, "startColumn") is not None:
        block["startColumn"] = area.c0
    values = branch(mask, "rowData", "values")
    if values is not None:
        rows = _row_data(book, tab, area, values)
        block |= {"rowData": rows} if rows else {}
    for name, dimension, size, start, end in (
        ("rowMetadata", "ROWS", 21, area.r0, area.r1),
        ("columnMetadata", "COLUMNS", 100, area.c0, area.c1),
    ):
        if branch(mask, name) is not None:
            lines = book.tab(tab.sheet_id).dimensions[dimension]  # type: ignore[index]
            marks = _line_metadata(book, tab, dimension)
            found = [{"pixelSize": size} | lines.get(i, {}) | marks.get(i, {}) for i in range(start, end or 0)]
            block[name] = cut(found, mask.get(name, {}))
    return block


def _line_metadata(book: Spreadsheet, tab: Tab, dimension: str) -> dict[int, Json]:
    found: dict[int, Json] = {}
    for entry in book.metadata.entries.values():
        if (entry.place.sheet_id, entry.place.dimension) == (tab.sheet_id, dimension):
            found.setdefault(entry.place.index, {"developerMetadata": []})["developerMetadata"].append(entry.wire())
    return found


def _row_data(book: Spreadsheet, tab: Tab, area: Area, mask: Tree) -> list[Json]:
    rows: list[Json] = []
    assert area.r1 is not None
    for r in range(area.r0, min(area.r1, len(tab.rows))):
        row = tab.rows[r][area.c0 : area.c1]
        cells = [cell_json(book, tab, r, area.c0 + i, cell, mask) if cell is not None else {} for i, cell in enumerate(row)]
        while cells and not cells[-1]:
            cells.pop()
        rows.append({"values": cells} if cells else {})
    while rows and not rows[-1]:
        rows.pop()
    return rows


def cell_json(book: Spreadsheet, tab: Tab, row: int, column: int, packed: Packed, mask: Tree) -> Json:
    """One CellData with the fields of the mask that the cell has."""
    if not isinstance(packed, Cell) and mask == ONLY_VALUES:
        return {"userEnteredValue": wire_value(packed)}  # by far the most common question about large sheets
    cell = unpack(packed)
    wanted = (lambda name: True) if not mask or "*" in mask else mask.__contains__
    found: Json = {}
    if cell.entered is not None:
        if wanted("userEnteredValue"):
            found["userEnteredValue"] = wire_value(cell.entered)
        if wanted("effectiveValue") or wanted("formattedValue"):
            found |= _shown(book, tab, row, column, cell.format, wanted("effectiveValue"), wanted("formattedValue"))
    if cell.format and wanted("userEnteredFormat"):
        found["userEnteredFormat"] = cell.format
    if cell.format and wanted("effectiveFormat"):
        found["effectiveFormat"] = DEFAULT_FORMAT | cell.format
    if cell.note and wanted("note"):
        found["note"] = cell.note
    if cell.validation and wanted("dataValidation"):
        found["dataValidation"] = cell.validation
    result: Json = cut(found, mask)
    return result


def _shown(book: Spreadsheet, tab: Tab, row: int, column: int, form: Json | None, effective: bool, shown: bool) -> Json:
    value = book.effective(tab, row, column)
    if value is None:
        return {}
    found: Json = {}
    if effective:
        is_error = isinstance(value, str) and value.startswith("#") and isinstance(_raw(tab, row, column), Formula)
        found["effectiveValue"] = {"errorValue": _error_json(value)} if is_error else wire_value(value)
    if shown:
        found["formattedValue"] = formatted(value, form)
    return found


def _raw(tab: Tab, row: int, column: int) -> object:
    return unpack(tab.get(row, column)).entered


def _error_json(text: str) -> Json:
    kinds = {"#REF!": "REF", "#DIV/0!": "DIVIDE_BY_ZERO", "#NAME?": "NAME", "#VALUE!": "VALUE", "#N/A": "N_A"}
    return {"type": kinds.get(text, "ERROR")}
