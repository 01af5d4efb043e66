"""Requests on ranges: merges, filters, protections, names."""

from __future__ import annotations

import re
from typing import Any

from syncdb.sandbox.google.a1 import Area, area_of
from syncdb.sandbox.google.batch import EMPTY_REPLY, Handler, Json, Work, check_known, field_names
from syncdb.sandbox.google.batch_cells import checked_tab
from syncdb.sandbox.google.cells import with_value
from syncdb.sandbox.google.errors import PROTECTED, invalid
from syncdb.sandbox.google.grid import Protection, Tab
from syncdb.sandbox.google.spreadsheet import NamedRange

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,249}$")


def merge_cells(work: Work, body: Json) -> Json:
    area = area_of(body.get("range") or {})
    tab = checked_tab(work.book, area)
    closed = work.book.closed(area)
    tab.check_access(closed, work.actor)
    _take_merges(tab, closed)
    for merged in _pieces(closed, body.get("mergeType") or "MERGE_ALL"):
        tab.merges.append(merged)
        _keep_first(tab, merged)
    return EMPTY_REPLY


def _keep_first(tab: Tab, area: Area) -> None:
    first = (area.r0, area.c0)
    tab.change(area, lambda r, c, packed: packed if (r, c) == first else with_value(packed, None))


def _pieces(area: Area, kind: str) -> list[Area]:
    assert area.r1 is not None and area.c1 is not None
    if kind == "MERGE_COLUMNS":
        return [Area(area.sheet_id, area.r0, area.r1, c, c + 1) for c in range(area.c0, area.c1)]
    if kind == "MERGE_ROWS":
        return [Area(area.sheet_id, r, r + 1, area.c0, area.c1) for r in range(area.r0, area.r1)]
    return [area]


def _take_merges(tab: Tab, area: Area) -> None:
    touched = [one for one in tab.merges if one.touches(area)]
    if any(one.r0 < area.r0 or one.c0 < area.c0 for one in touched) or any(_beyond(one, area) for one in touched):
        raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    tab.merges = [one for one in tab.merges if one not in touched]


def _beyond(one: Area, area: Area) -> bool:
    return (one.r1 or 0) > (area.r1 or 0) or (one.c1 or 0) > (area.c1 or 0)


def unmerge_cells(work: Work, body: Json) -> Json:
    area = area_of(body.get("range") or {})
    _take_merges(checked_tab(work.book, area), work.book.closed(area))
    return EMPTY_REPLY


def set_basic_filter(work: Work, body: Json) -> Json:
    wire = dict(body.get("filter") or {})
    area = area_of(wire.pop("range", {}))
    tab = checked_tab(work.book, area)
    tab.basic_filter, tab.filter_area = wire, work.book.closed(area)
    return EMPTY_REPLY


def clear_basic_filter(work: Work, body: Json) -> Json:
    tab = work.book.tab(body.get("sheetId") or 0)
    tab.basic_filter = tab.filter_area = None
    return EMPTY_REPLY


def add_protected_range(work: Work, body: Json) -> Json:
    """The account that protects a range may always edit it (observed)."""
    wire = body.get("protectedRange") or {}
    check_known(wire, {"protectedRangeId", "range", "description", "warningOnly", "requestingUserCanEdit", "editors"})
    area = area_of(wire.get("range") or {})
    tab = checked_tab(work.book, area)
    number = wire.get("protectedRangeId") or work.book.free_id()
    if any(number in one.protections for one in work.book.tabs):
        raise invalid(f"A protected range with id {number} already exists.")
    users = set((wire.get("editors") or {}).get("users") or [])
    shown: dict[str, Any] = {name: wire[name] for name in ("description", "warningOnly") if wire.get(name)}
    tab.protections[number] = Protection(area, shown, users | {work.actor})
    rest = {} if shown.get("warningOnly") else {"requestingUserCanEdit": True, "editors": {}}
    return {"protectedRange": {"protectedRangeId": number, "range": area.wire()} | shown | rest}


def delete_protected_range(work: Work, body: Json) -> Json:
    number = body.get("protectedRangeId")
    for tab in work.book.tabs:
        if number in tab.protections:
            if tab.protections[number].stops(work.actor):
                raise invalid(PROTECTED)
            del tab.protections[number]
            return EMPTY_REPLY
    raise invalid(f"No protected range with id: {number}")


def add_named_range(work: Work, body: Json) -> Json:
    wire = body.get("namedRange") or {}
    area = area_of(wire.get("range") or {})
    checked_tab(work.book, area)
    _check_name(work, wire.get("name") or "")
    number = str(wire.get("namedRangeId") or work.book.free_id())
    if number in work.book.named:
        raise invalid(f"A named range with id {number} already exists.")
    work.book.named[number] = NamedRange(number, wire["name"], area)
    return {"namedRange": {"namedRangeId": number, "name": wire["name"], "range": area.wire()}}


def _check_name(work: Work, name: str) -> None:
    if not _NAME.match(name):
        raise invalid(f"Invalid named range name: {name}")
    if any(one.name == name for one in work.book.named.values()):
        raise invalid(f"A named range with the name {name} already exists.")


def _named(work: Work, number: str | None) -> NamedRange:
    if number is None or number not in work.book.named:
        raise invalid(f"No named range with id: {number}")
    return work.book.named[number]


def update_named_range(work: Work, body: Json) -> Json:
    wire = body.get("namedRange") or {}
    named = _named(work, wire.get("namedRangeId"))
    for name in field_names(body.get("fields"), {"name", "range"}):
        if name == "name":
            _check_name(work, wire.get("name") or "")
            named.name = wire["name"]
        else:
            named.area = area_of(wire.get("range") or {})
            checked_tab(work.book, named.area)
    return EMPTY_REPLY


def delete_named_range(work: Work, body: Json) -> Json:
    del work.book.named[_named(work, body.get("namedRangeId")).id]
    return EMPTY_REPLY


HANDLERS: dict[str, Handler] = {
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addProtectedRange": add_protected_range,
    "deleteProtectedRange": delete_protected_range,
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
}
