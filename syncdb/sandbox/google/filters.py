"""Data filters: what an a1Range, a gridRange or a metadata lookup selects at the moment of the call."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.google.a1 import Area, area_of
from syncdb.sandbox.google.errors import invalid
from syncdb.sandbox.google.metadata import Metadata, Place, place_of
from syncdb.sandbox.google.spreadsheet import Spreadsheet

Json = dict[str, Any]


def areas_of(book: Spreadsheet, data_filter: Json) -> list[Area]:
    """The areas a filter selects; a lookup selects the whole row, column or tab its entries sit on."""
    if "a1Range" in data_filter:
        return [book.area(data_filter["a1Range"])]
    if "gridRange" in data_filter:
        area = area_of(data_filter["gridRange"])
        book.tab(area.sheet_id)
        return [area]
    return [area for entry in entries_of(book, data_filter) for area in _places(book, entry.place)]


def _places(book: Spreadsheet, place: Place) -> list[Area]:
    if place.sheet_id is None:
        return [Area(tab.sheet_id) for tab in book.tabs]
    if place.dimension == "ROWS":
        return [Area(place.sheet_id, place.index, place.index + 1)]
    if place.dimension == "COLUMNS":
        return [Area(place.sheet_id, c0=place.index, c1=place.index + 1)]
    return [Area(place.sheet_id)]


def entries_of(book: Spreadsheet, data_filter: Json) -> list[Metadata]:
    """The metadata a filter selects. Raises Refusal for a filter without a lookup or a range."""
    if "developerMetadataLookup" in data_filter:
        lookup = data_filter["developerMetadataLookup"]
        wanted = lookup.get("metadataLocation")
        return book.metadata.matching(lookup, place_of(wanted, book.sizes()) if wanted else None)
    areas = areas_of(book, data_filter) if {"a1Range", "gridRange"} & data_filter.keys() else None
    if areas is None:
        raise invalid("DataFilter must have a filter specified.")
    return [m for m in book.metadata.entries.values() if any(_inside(m.place, area) for area in areas)]


def _inside(place: Place, area: Area) -> bool:
    if place.sheet_id != area.sheet_id:
        return False
    if place.dimension == "ROWS":
        return area.r0 <= place.index and (area.r1 is None or place.index < area.r1)
    if place.dimension == "COLUMNS":
        return area.c0 <= place.index and (area.c1 is None or place.index < area.c1)
    return area == Area(area.sheet_id)
