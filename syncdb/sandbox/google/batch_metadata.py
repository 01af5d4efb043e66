"""Requests on developer metadata."""

from __future__ import annotations

from syncdb.sandbox.google.batch import Handler, Json, Work, field_names
from syncdb.sandbox.google.filters import entries_of
from syncdb.sandbox.google.metadata import place_of


def create(work: Work, body: Json) -> Json:
    wire = body.get("developerMetadata") or {}
    place = place_of(wire.get("location") or {}, work.book.sizes())
    return {"developerMetadata": work.book.metadata.create(wire, place).wire()}


def update(work: Work, body: Json) -> Json:
    wire = body.get("developerMetadata") or {}
    names = field_names(body.get("fields"), {"metadataKey", "metadataValue", "visibility", "location"})
    place = place_of(wire["location"], work.book.sizes()) if "location" in wire else None
    found = {entry.id: entry for one in body.get("dataFilters") or [] for entry in entries_of(work.book, one)}
    updated = [work.book.metadata.update(number, wire, names, place) for number in found]
    return {"developerMetadata": [entry.wire() for entry in updated]}


def delete(work: Work, body: Json) -> Json:
    """Deletes all that match; that matching none is no error is unproven."""
    found = entries_of(work.book, body.get("dataFilter") or {})
    for entry in found:
        del work.book.metadata.entries[entry.id]
    return {"deletedDeveloperMetadata": [entry.wire() for entry in found]} if found else {}


HANDLERS: dict[str, Handler] = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": update,
    "deleteDeveloperMetadata": delete,
}
