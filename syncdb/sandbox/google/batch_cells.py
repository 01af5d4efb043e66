"""Requests that change cells: updateCells, appendCells, repeatCell, setDataValidation, sortRange, copy and cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncdb.sandbox.google.a1 import Area, area_of
from syncdb.sandbox.google.batch import EMPTY_REPLY, Handler, Json, Work, check_known
from syncdb.sandbox.google.cells import EMPTY, FIELDS, Cell, Formula, Packed, entered, entered_from_wire, pack, unpack
from syncdb.sandbox.google.errors import invalid
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.masks import Tree, parse
from syncdb.sandbox.google.references import translated
from syncdb.sandbox.google.spreadsheet import Spreadsheet


def cell_tree(mask: str | None) -> Tree:
    """The mask of a cell update. Raises Refusal for an empty one and for fields not implemented."""
    if not mask:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    tree = parse(mask)
    if "*" in tree:
        return {name: {} for name in FIELDS}
    unknown = tree.keys() - FIELDS.keys()
    if unknown:
        raise invalid(f"the sandbox does not implement the cell field {', '.join(sorted(unknown))}")
    return tree


def overlaid(packed: Packed, wire: Json, tree: Tree) -> Packed:
    """The cell with the masked fields of a CellData; a masked field that is missing is cleared."""
    if tree == {"userEnteredValue": {}} and not isinstance(packed, Cell):
        return entered_from_wire(wire.get("userEnteredValue"))
    cell = unpack(packed)
    changes: dict[str, Any] = {}
    for name, inner in tree.items():
        if name == "userEnteredValue":
            changes["entered"] = entered_from_wire(wire.get(name))
        elif name == "userEnteredFormat":
            changes["format"] = _with_colors(_merged(cell.format or {}, wire.get(name) or {}, inner)) or None
        else:
            changes[FIELDS[name]] = wire.get(name) or ("" if name == "note" else None)
    return pack(replace(cell, **changes))


def _merged(old: Json, new: Json, tree: Tree) -> Json:
    if not tree or "*" in tree:
        return new
    result = dict(old)
    for name, inner in tree.items():
        value = _merged(old.get(name) or {}, new.get(name) or {}, inner) if inner else new.get(name)
        result.pop(name, None)
        if value not in (None, {}):
            result[name] = value
    return result


def _with_colors(form: Json) -> Json:
    """Each colour also as a style, as the API shows it back (observed)."""
    result = {}
    for name, value in form.items():
        result[name] = _with_colors(value) if isinstance(value, dict) and "olor" not in name else value
    for name in ("backgroundColor", "foregroundColor"):
        if name in result and name + "Style" not in result:
            result[name + "Style"] = {"rgbColor": result[name]}
    return result


def update_cells(work: Work, body: Json) -> Json:
    check_known(body, {"start", "range", "rows", "fields"})
    tree = cell_tree(body.get("fields"))
    rows = [row.get("values") or [] for row in body.get("rows") or []]
    if "start" in body:
        start = body["start"]
        tab = work.book.tab(start.get("sheetId") or 0)
        top, left = start.get("rowIndex") or 0, start.get("columnIndex") or 0
        _check_start(tab, top, left)
        _write_rows(work, tab, top, left, rows, tree)
    elif "range" in body:
        _write_range(work, area_of(body["range"]), rows, tree)
    else:
        raise invalid("A start or a range must be specified.")
    return EMPTY_REPLY


def _check_start(tab: Tab, top: int, left: int) -> None:
    # Texts reported for the real API.
    if top >= tab.row_count:
        raise invalid(f"GridCoordinate.rowIndex[{top}] is after last row in grid[{tab.row_count}]")
    if left >= tab.column_count:
        raise invalid(f"GridCoordinate.columnIndex[{left}] is after last column in grid[{tab.column_count}]")


def _write_rows(work: Work, tab: Tab, top: int, left: int, rows: list[list[Json]], tree: Tree) -> None:
    width = max(map(len, rows), default=0)
    _check_extent(top + len(rows), left + width, tab.row_count, tab.column_count)
    tab.check_access(Area(tab.sheet_id, top, top + len(rows), left, left + width), work.actor)
    for r, row in enumerate(rows, top):
        cells = [overlaid(tab.get(r, c), wire or {}, tree) for c, wire in enumerate(row, left)]
        tab.put_row(r, left, cells)


def _check_extent(bottom: int, right: int, last_row: int, last_column: int) -> None:
    if bottom > last_row:
        raise invalid(f"Attempting to write row: {last_row + 1}, beyond the last requested row of: {last_row}")
    if right > last_column:
        raise invalid(f"Attempting to write column: {last_column + 1}, beyond the last requested column of: {last_column}")


def _write_range(work: Work, area: Area, rows: list[list[Json]], tree: Tree) -> None:
    tab = checked_tab(work.book, area)
    closed = work.book.closed(area)
    assert closed.r1 is not None and closed.c1 is not None
    width = max(map(len, rows), default=0)
    _check_extent(closed.r0 + len(rows), closed.c0 + width, closed.r1, closed.c1)
    tab.check_access(closed, work.actor)

    def change(r: int, c: int, packed: Packed) -> Packed:
        row = rows[r - area.r0] if r - area.r0 < len(rows) else []
        wire = row[c - area.c0] if c - area.c0 < len(row) else {}
        return overlaid(packed, wire or {}, tree)

    tab.change(closed, change)


def checked_tab(book: Spreadsheet, area: Area) -> Tab:
    """The tab of an area that must lie in its grid."""
    tab = book.tab(area.sheet_id)
    if area.r0 >= tab.row_count or (area.r1 or 0) > tab.row_count:
        raise invalid(f"range.endRowIndex[{area.r1}] is after last row in grid[{tab.row_count}]")
    if area.c0 >= tab.column_count or (area.c1 or 0) > tab.column_count:
        raise invalid(f"range.endColumnIndex[{area.c1}] is after last column in grid[{tab.column_count}]")
    return tab


def append_cells(work: Work, body: Json) -> Json:
    """After the last row of the tab that holds anything, the grid growing as needed."""
    check_known(body, {"sheetId", "rows", "fields"})
    tab = work.book.tab(body.get("sheetId") or 0)
    rows = [row.get("values") or [] for row in body.get("rows") or []]
    top = len(tab.rows)
    tab.row_count = max(tab.row_count, top + len(rows))
    tab.column_count = max(tab.column_count, max(map(len, rows), default=0))
    work.book.check_cells()
    _write_rows(work, tab, top, 0, rows, cell_tree(body.get("fields")))
    return EMPTY_REPLY


def repeat_cell(work: Work, body: Json) -> Json:
    """One cell for a whole range; relative references of a formula move with it (documented)."""
    tree = cell_tree(body.get("fields"))
    area = area_of(body.get("range") or {})
    tab = checked_tab(work.book, area)
    closed = work.book.closed(area)
    tab.check_access(closed, work.actor)
    wire = body.get("cell") or {}

    def change(r: int, c: int, packed: Packed) -> Packed:
        return moved_formula(overlaid(packed, wire, tree), r - area.r0, c - area.c0) if tree else packed

    tab.change(closed, change)
    return EMPTY_REPLY


def moved_formula(packed: Packed, rows: int, columns: int) -> Packed:
    """A cell as copied: its formula's relative references set off."""
    value = entered(packed)
    if not isinstance(value, Formula):
        return packed
    return pack(replace(unpack(packed), entered=Formula(translated(value.text, rows, columns))))


def set_data_validation(work: Work, body: Json) -> Json:
    area = area_of(body.get("range") or {})
    tab = checked_tab(work.book, area)
    closed = work.book.closed(area)
    tab.check_access(closed, work.actor)
    tab.change(closed, lambda r, c, packed: pack(replace(unpack(packed), validation=body.get("rule"))))
    return EMPTY_REPLY


def sort_range(work: Work, body: Json) -> Json:
    check_known(body, {"range", "sortSpecs"})
    area = area_of(body.get("range") or {})
    closed = work.book.closed(area)
    work.book.tab(area.sheet_id).check_access(closed, work.actor)
    specs = body.get("sortSpecs") or []
    keys = [(spec.get("dimensionIndex", 0), spec.get("sortOrder") == "DESCENDING") for spec in specs]
    sort_rows(work.book, closed, keys)
    return EMPTY_REPLY


def sort_rows(book: Spreadsheet, area: Area, keys: list[tuple[int, bool]]) -> None:
    """Sort the rows of a closed area by columns (index, descending): numbers, text, booleans, empties last."""
    tab = book.tab(area.sheet_id)
    assert area.r1 is not None and area.c1 is not None
    order = list(range(area.r0, min(area.r1, len(tab.rows))))
    for column, descending in reversed(keys):
        ranks = {r: _rank(book.effective(tab, r, column)) for r in order}
        full = [r for r in order if ranks[r] is not None]
        full.sort(key=lambda r: ranks[r] or (0, 0), reverse=descending)
        order = full + [r for r in order if ranks[r] is None]
    width = area.c1 - area.c0
    old = {r: tab.rows[r][area.c0 : area.c1] for r in order}
    for r, source in zip(sorted(order), order, strict=True):
        cells = [moved_formula(cell, r - source, 0) for cell in old[source]]
        tab.put_row(r, area.c0, cells + [None] * (width - len(cells)))


def _rank(value: Any) -> tuple[int, Any] | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def copy_paste(work: Work, body: Json) -> Json:
    """PASTE_NORMAL, VALUES, FORMAT or FORMULA; a larger destination repeats the source (documented)."""
    if body.get("pasteOrientation", "NORMAL") != "NORMAL":
        raise invalid("the sandbox does not implement transposed pasting")
    source = work.book.closed(area_of(body.get("source") or {}))
    target = area_of(body.get("destination") or {})
    cells = _lifted(work.book, source)
    height, width = len(cells), len(cells[0])
    rows = max(height, ((target.r1 or 0) - target.r0) // height * height)
    columns = max(width, ((target.c1 or 0) - target.c0) // width * width)
    area = Area(target.sheet_id, target.r0, target.r0 + rows, target.c0, target.c0 + columns)
    tab = checked_tab(work.book, area)
    tab.check_access(area, work.actor)
    kind = body.get("pasteType", "PASTE_NORMAL")

    def change(r: int, c: int, packed: Packed) -> Packed:
        row, column = (r - target.r0) % height, (c - target.c0) % width
        moved = moved_formula(cells[row][column], r - source.r0 - row, c - source.c0 - column)
        shown = work.book.effective(work.book.tab(source.sheet_id), source.r0 + row, source.c0 + column)
        return _pasted(packed, moved, shown, kind)

    tab.change(area, change)
    return EMPTY_REPLY


def _pasted(old: Packed, new: Packed, shown: Any, kind: str) -> Packed:
    match kind:
        case "PASTE_NORMAL":
            return new
        case "PASTE_VALUES":
            return pack(replace(unpack(old), entered=shown))
        case "PASTE_FORMULA":
            return pack(replace(unpack(old), entered=entered(new)))
        case "PASTE_FORMAT":
            return pack(replace(unpack(old), format=unpack(new).format))
    raise invalid(f"the sandbox does not implement {kind}")


def _lifted(book: Spreadsheet, area: Area) -> list[list[Packed]]:
    tab = book.tab(area.sheet_id)
    return [[tab.get(r, c) for c in range(area.c0, area.c1 or 0)] for r in range(area.r0, area.r1 or 0)]


def cut_paste(work: Work, body: Json) -> Json:
    source = work.book.closed(area_of(body.get("source") or {}))
    start = body.get("destination") or {}
    cells = _lifted(work.book, source)
    home, tab = work.book.tab(source.sheet_id), work.book.tab(start.get("sheetId") or 0)
    top, left = start.get("rowIndex") or 0, start.get("columnIndex") or 0
    target = Area(tab.sheet_id, top, top + len(cells), left, left + len(cells[0]))
    checked_tab(work.book, target)
    home.check_access(source, work.actor)
    tab.check_access(target, work.actor)
    home.change(source, lambda r, c, packed: pack(EMPTY))
    tab.change(target, lambda r, c, packed: cells[r - top][c - left])
    return EMPTY_REPLY


HANDLERS: dict[str, Handler] = {
    "updateCells": update_cells,
    "appendCells": append_cells,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "sortRange": sort_range,
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
}
