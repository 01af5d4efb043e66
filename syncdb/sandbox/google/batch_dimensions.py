"""Requests on whole rows and columns."""

from __future__ import annotations

from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.batch import EMPTY_REPLY, Handler, Json, Work, check_known, field_names
from syncdb.sandbox.google.errors import invalid
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.shifts import Dimension, Shift


def line_range(work: Work, wire: Json) -> tuple[Tab, Dimension, int, int]:
    """Tab, dimension, start and end of a DimensionRange; open ends are the grid's."""
    tab = work.book.tab(wire.get("sheetId") or 0)
    dimension = wire.get("dimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension was specified.")
    start, end = wire.get("startIndex") or 0, wire.get("endIndex", tab.size(dimension))
    if start < 0 or end < 0:
        raise invalid("DimensionRange indexes must be >= 0")
    if end <= start:
        raise invalid(f"range.endIndex[{end}] must be greater than range.startIndex[{start}]")
    return tab, dimension, start, end


def area_of_lines(tab: Tab, dimension: Dimension, start: int, end: int) -> Area:
    if dimension == "ROWS":
        return Area(tab.sheet_id, start, end, 0, tab.column_count)
    return Area(tab.sheet_id, 0, tab.row_count, start, end)


def insert_dimension(work: Work, body: Json) -> Json:
    """New lines before startIndex. At the grid's very end only with inheritFromBefore (reported for the real API)."""
    check_known(body, {"range", "inheritFromBefore"})
    tab, dimension, start, end = line_range(work, body.get("range") or {})
    before, size = bool(body.get("inheritFromBefore")), tab.size(dimension)
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true if range.startIndex is 0.")
    if start >= size and not before:
        raise invalid(f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false.")
    if start > size:
        raise invalid(f"range.startIndex is larger than current grid size ({size})")
    _check_inside(work, tab, dimension, start)
    work.book.restructure(Shift(tab.sheet_id, dimension, "insert", start, end), before)
    return EMPTY_REPLY


def _check_inside(work: Work, tab: Tab, dimension: Dimension, start: int) -> None:
    """Inserting between two lines of a protected range changes it; before or after it does not."""
    if 0 < start < tab.size(dimension):
        for protection in tab.protections.values():
            before, after = (area_of_lines(tab, dimension, i, i + 1) for i in (start - 1, start))
            if protection.stops(work.actor) and protection.area.touches(before) and protection.area.touches(after):
                tab.check_access(protection.area, work.actor)


def delete_dimension(work: Work, body: Json) -> Json:
    tab, dimension, start, end = line_range(work, body.get("range") or {})
    size = tab.size(dimension)
    word = "row" if dimension == "ROWS" else "column"
    if end > size:
        raise invalid(
            f"Cannot delete a {word} that doesn't exist. "
            f"Tried to delete {word} index {end - 1} but there are only {size} {word}s."
        )
    if end - start >= size:
        raise invalid(f"You can't delete all the {word}s on the sheet.")
    frozen = tab.grid_properties.get("frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0)
    if frozen and start <= frozen and end == size:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {word}s.")
    tab.check_access(area_of_lines(tab, dimension, start, end), work.actor)
    work.book.restructure(Shift(tab.sheet_id, dimension, "delete", start, end))
    return EMPTY_REPLY


def move_dimension(work: Work, body: Json) -> Json:
    tab, dimension, start, end = line_range(work, body.get("source") or {})
    destination = body.get("destinationIndex") or 0
    if end > tab.size(dimension) or not 0 <= destination <= tab.size(dimension):
        raise invalid("The source or the destination is outside of the grid.")
    if start < destination < end:
        raise invalid("The destination must not be inside the moved range.")
    first, last = min(start, destination), max(end, destination)
    tab.check_access(area_of_lines(tab, dimension, first, last), work.actor)
    work.book.restructure(Shift(tab.sheet_id, dimension, "move", start, end, destination))
    return EMPTY_REPLY


def append_dimension(work: Work, body: Json) -> Json:
    tab = work.book.tab(body.get("sheetId") or 0)
    length = body.get("length") or 0
    if length <= 0:
        raise invalid("length must be greater than 0.")
    if body.get("dimension") == "ROWS":
        tab.row_count += length
    elif body.get("dimension") == "COLUMNS":
        tab.column_count += length
    else:
        raise invalid("No dimension was specified.")
    work.book.check_cells()
    return EMPTY_REPLY


def update_dimension_properties(work: Work, body: Json) -> Json:
    tab, dimension, start, end = line_range(work, body.get("range") or {})
    names = field_names(body.get("fields"), {"hiddenByUser", "pixelSize"})
    for i in range(start, end):
        line = tab.dimensions[dimension].setdefault(i, {})
        for name in names:
            line[name] = (body.get("properties") or {}).get(name)
            if not line[name]:
                del line[name]
        if not line:
            del tab.dimensions[dimension][i]
    return EMPTY_REPLY


def auto_resize_dimensions(work: Work, body: Json) -> Json:
    """Widths follow the longest text; the factor is a guess, no client reads it back."""
    tab, dimension, start, end = line_range(work, body.get("dimensions") or {})
    for i in range(start, end):
        texts = [str(work.book.effective(tab, r, c)) for r, c, _ in tab.filled() if (r, c)[dimension == "COLUMNS"] == i]
        if texts and dimension == "COLUMNS":
            tab.dimensions[dimension].setdefault(i, {})["pixelSize"] = max(map(len, texts)) * 7 + 10
    return EMPTY_REPLY


def add_dimension_group(work: Work, body: Json) -> Json:
    tab, dimension, start, end = line_range(work, body.get("range") or {})
    sheet = {"sheetId": tab.sheet_id} if tab.sheet_id else {}
    span = sheet | {"dimension": dimension, "startIndex": start, "endIndex": end}
    groups = tab.groups.setdefault(dimension, [])
    if groups:
        raise invalid("the sandbox implements one dimension group per tab and dimension only")
    groups.append({"range": span, "depth": 1})
    tab.grid_properties["rowGroupControlAfter" if dimension == "ROWS" else "columnGroupControlAfter"] = True
    return {"dimensionGroups": list(groups)}


def delete_dimension_group(work: Work, body: Json) -> Json:
    tab, dimension, start, end = line_range(work, body.get("range") or {})
    groups = tab.groups.get(dimension) or []
    if not groups or (groups[0]["range"]["startIndex"], groups[0]["range"]["endIndex"]) != (start, end):
        raise invalid("There is no such dimension group.")
    tab.groups[dimension] = []
    return {}


HANDLERS: dict[str, Handler] = {
    "insertDimension": insert_dimension,
    "deleteDimension": delete_dimension,
    "moveDimension": move_dimension,
    "appendDimension": append_dimension,
    "updateDimensionProperties": update_dimension_properties,
    "autoResizeDimensions": auto_resize_dimensions,
    "addDimensionGroup": add_dimension_group,
    "deleteDimensionGroup": delete_dimension_group,
}
