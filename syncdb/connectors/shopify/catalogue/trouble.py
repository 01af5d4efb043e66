"""What the errors beside an answer mean for the records in it: a field not allowed, one record lost, or something unplaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.client import Answer, code_of, message_of
from syncdb.connectors.shopify.shape import Parts, Path, locate

INDISPENSABLE = frozenset({("id",), ("updatedAt",)})


@dataclass(slots=True)
class RecordErrors:
    """The errors of one answer, sorted. `broken` says by position which records failed, `denied` why which path is hidden."""

    broken: dict[int, str] = field(default_factory=dict)
    denied: dict[Path, str] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)


def sort_errors(answer: Answer, place: Sequence[str], parts: Parts, entity: ShopEntity) -> RecordErrors:
    """Sort the errors of an answer whose records stand in the list at `place`.

    Raises Refused where the app may not read such records at all, naming the permission.
    """
    trouble = RecordErrors()
    for error in answer.errors:
        path = [str(step) for step in error.get("path") or ()]
        said = message_of((error,)) or "no reason given"
        inside = path[len(place) :] if path[: len(place)] == list(place) else []
        if not inside and len(path) > 1 and path[0] == place[0] and path[:2] != list(place[:2]):
            inside = path  # what is asked once beside the list, and stands in each record
        if code_of(error) == "ACCESS_DENIED":
            hidden = _hidden(inside, parts)
            if hidden is None:
                raise missing_scope(f"read the shop's {entity.name}", " and ".join(entity.read_scopes), said)
            trouble.denied[hidden] = needed(error)
        elif inside and inside[0].isdecimal():
            trouble.broken[int(inside[0])] = f"Shopify could not answer for it ({code_of(error) or 'error'}: {said})"
        else:
            trouble.loose.append(said)
    return trouble


def _hidden(inside: Sequence[str], parts: Parts) -> Path | None:
    """The asked part an error's path means; None where it means the record as a whole."""
    names = [step for step in inside if not step.isdigit()]
    found = locate(parts, names) if names else None
    return None if found in INDISPENSABLE else found


def needed(error: Mapping[str, Any]) -> str:
    """What the app lacks, as Shopify says it."""
    stated = (error.get("extensions") or {}).get("requiredAccess")
    return str(stated).replace("`", "").rstrip(".") if stated else message_of((error,))
