"""Developer metadata: small values tied to a spreadsheet, a tab, one row or one column."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from syncdb.sandbox.google.errors import Refusal, invalid
from syncdb.sandbox.google.shifts import Dimension, Shift

Json = dict[str, Any]
LARGEST_ID = 2**31 - 1
QUOTA = 30_000  # characters of keys and values, documented: per spreadsheet and per tab


@dataclass(frozen=True, slots=True)
class Place:
    """Where metadata sits: the spreadsheet (no tab), a tab, or one row or column of it."""

    sheet_id: int | None = None
    dimension: Dimension | None = None
    index: int = 0

    @property
    def kind(self) -> str:
        if self.sheet_id is None:
            return "SPREADSHEET"
        return {"ROWS": "ROW", "COLUMNS": "COLUMN", None: "SHEET"}[self.dimension]

    def wire(self) -> Json:
        if self.sheet_id is None:
            return {"locationType": "SPREADSHEET", "spreadsheet": True}
        if self.dimension is None:
            return {"locationType": "SHEET", "sheetId": self.sheet_id}
        area = {"dimension": self.dimension, "startIndex": self.index, "endIndex": self.index + 1}
        return {"locationType": self.kind, "dimensionRange": {"sheetId": self.sheet_id} | area}

    def contains(self, other: Place) -> bool:
        if self.sheet_id is None or self == other:
            return True
        return self.dimension is None and other.sheet_id == self.sheet_id


@dataclass(frozen=True, slots=True)
class Metadata:
    id: int
    key: str
    value: str
    visibility: str
    place: Place

    def wire(self) -> Json:
        value = {"metadataValue": self.value} if self.value else {}
        base = {"metadataId": self.id, "metadataKey": self.key}
        return base | value | {"location": self.place.wire(), "visibility": self.visibility}


def place_of(wire: Json, sheets: dict[int, tuple[int, int]]) -> Place:
    """A location from the wire. `sheets` maps tab ids to row and column counts. Raises Refusal."""
    if wire.get("spreadsheet"):
        return Place()
    if "dimensionRange" in wire:
        return _line_of(wire["dimensionRange"], sheets)
    if "sheetId" not in wire:
        raise invalid("DeveloperMetadata.location must be specified.")
    return Place(_known(wire["sheetId"], sheets))


def _line_of(wire: Json, sheets: dict[int, tuple[int, int]]) -> Place:
    sheet_id = _known(wire.get("sheetId", 0), sheets)
    dimension, start = wire.get("dimension"), wire.get("startIndex", 0)
    if dimension not in ("ROWS", "COLUMNS") or wire.get("endIndex", 0) - start != 1:
        raise invalid("The dimension range must represent a single row or column.")
    if not 0 <= start < sheets[sheet_id][dimension == "COLUMNS"]:
        raise invalid("The dimension range is outside of the grid.")
    return Place(sheet_id, dimension, start)


def _known(sheet_id: int, sheets: dict[int, tuple[int, int]]) -> int:
    if sheet_id not in sheets:
        raise invalid(f"No grid with id: {sheet_id}")
    return sheet_id


class Shelf:
    """All metadata of one spreadsheet, by id."""

    def __init__(self, entries: Iterable[Metadata] = ()) -> None:
        self.entries: dict[int, Metadata] = {entry.id: entry for entry in entries}

    def create(self, wire: Json, place: Place) -> Metadata:
        """Raises Refusal where the id is in use (documented: unsuccessful; its text is unproven) or not a positive int32."""
        number = wire.get("metadataId") or self._free_id()
        if not isinstance(number, int) or not 0 < number <= LARGEST_ID:
            raise invalid(f"DeveloperMetadata.metadataId must be a positive 32-bit integer, was: {number}")
        if number in self.entries:
            raise invalid(f"DeveloperMetadata with id {number} already exists.")
        if not wire.get("metadataKey"):
            raise invalid("DeveloperMetadata.metadataKey must be specified.")
        if wire.get("visibility") not in ("DOCUMENT", "PROJECT"):
            raise invalid("DeveloperMetadata.visibility must be specified.")
        entry = Metadata(number, wire["metadataKey"], wire.get("metadataValue", ""), wire["visibility"], place)
        return self._kept(entry)

    def _kept(self, entry: Metadata) -> Metadata:
        group = entry.place.sheet_id
        used = sum(len(e.key) + len(e.value) for e in self.entries.values() if e.place.sheet_id == group and e.id != entry.id)
        if used + len(entry.key) + len(entry.value) > QUOTA:
            raise invalid("The developer metadata storage quota of 30000 characters is exceeded.")
        self.entries[entry.id] = entry
        return entry

    def _free_id(self) -> int:
        while (number := random.randrange(1, LARGEST_ID)) in self.entries:
            continue
        return number

    def get(self, number: int) -> Metadata:
        """Raises Refusal 404, with the documented text."""
        if number not in self.entries:
            raise Refusal(404, f"No developer metadata with ID {number} exists.")
        return self.entries[number]

    def update(self, number: int, changes: Json, fields: list[str], place: Place | None) -> Metadata:
        entry = self.entries[number]
        names = {"metadataKey": "key", "metadataValue": "value", "visibility": "visibility"}
        for wire_name in fields:
            if wire_name == "location" and place is not None:
                entry = replace(entry, place=place)
            elif wire_name in names:
                entry = replace(entry, **{names[wire_name]: changes.get(wire_name, "")})
            else:
                raise invalid(f"The sandbox cannot update the developer metadata field {wire_name}")
        return self._kept(entry)

    def matching(self, lookup: Json, place: Place | None) -> list[Metadata]:
        """The entries a DeveloperMetadataLookup selects; `place` is its metadataLocation, if it has one."""
        found = []
        for entry in self.entries.values():
            exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION"
            here = place is None or (entry.place == place if exact else place.contains(entry.place))
            if here and all(lookup.get(name) in (None, wanted) for name, wanted in _facets(entry)):
                found.append(entry)
        return found

    def shift(self, shift: Shift) -> None:
        """Entries on rows and columns move with them and go with them."""
        for entry in list(self.entries.values()):
            if (entry.place.sheet_id, entry.place.dimension) == (shift.sheet_id, shift.dimension):
                index = shift.index(entry.place.index)
                if index is None:
                    del self.entries[entry.id]
                else:
                    self.entries[entry.id] = replace(entry, place=replace(entry.place, index=index))

    def drop_tab(self, sheet_id: int) -> None:
        self.entries = {n: entry for n, entry in self.entries.items() if entry.place.sheet_id != sheet_id}


def _facets(entry: Metadata) -> list[tuple[str, object]]:
    return [
        ("metadataId", entry.id),
        ("metadataKey", entry.key),
        ("metadataValue", entry.value),
        ("visibility", entry.visibility),
        ("locationType", entry.place.kind),
    ]
