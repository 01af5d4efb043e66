"""The shop's search index: what filtered lists see, which may lag behind the database; and what it takes from orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from syncdb.sandbox.shopify.money import Node

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Entry:
    """An order as the index knows it. Times are epoch milliseconds, cut to the second (observed in cursors)."""

    gid: str
    number: int
    order_number: int
    created_at: int
    updated_at: int
    processed_at: int
    name: str
    text: str
    words: dict[str, frozenset[str]] = field(hash=False)

    @property
    def id(self) -> int:
        return self.number


def moment(written: str) -> datetime:
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@lru_cache(maxsize=65_536)
def milliseconds(written: str) -> int:
    return int(moment(written).timestamp()) * 1000


def entry_of(order: Node) -> Entry:
    """What the index takes from an order."""
    customer = order["customer"] or {}
    spoken = (order["name"], order["email"], customer.get("displayName"))
    return Entry(
        gid=order["id"],
        number=int(order["legacyResourceId"]),
        order_number=order["number"],
        created_at=milliseconds(order["createdAt"]),
        updated_at=milliseconds(order["updatedAt"]),
        processed_at=milliseconds(order["processedAt"]),
        name=order["name"],
        text=" ".join(part for part in spoken if part).casefold(),
        words=_words(order),
    )


def _words(order: Node) -> dict[str, frozenset[str]]:
    name = order["name"].casefold()
    found: dict[str, Any] = {
        # "name:1494" finds "#1494" (observed), so the name is also known without its prefix.
        "name": {name, name.lstrip("#")},
        "status": _statuses(order),
        "financial_status": [order["displayFinancialStatus"]] if order["displayFinancialStatus"] else [],
        "fulfillment_status": _fulfillment_words(order),
        "test": {str(order["test"])},
        "tag": order["tags"],
        "sku": [line["sku"] for line in order["lineItems"] if line["sku"]],
        "source_name": [order["sourceName"]] if order["sourceName"] else [],
        "source_identifier": [order["sourceIdentifier"]] if order["sourceIdentifier"] else [],
        "po_number": [order["poNumber"]] if order["poNumber"] else [],
        "confirmation_number": [order["confirmationNumber"]],
        "email": [order["email"]] if order["email"] else [],
        "customer_id": [order["customer"]["legacyResourceId"]] if order["customer"] else [],
    }
    return {key: frozenset(value.casefold() for value in values) for key, values in found.items()}


def _statuses(order: Node) -> set[str]:
    words = {"any"}
    words.add("closed" if order["closed"] else "not_closed")
    if order["cancelledAt"]:
        words.add("cancelled")
    elif not order["closed"]:
        words.add("open")
    return words


def _fulfillment_words(order: Node) -> set[str]:
    shown = order["displayFulfillmentStatus"].casefold()
    return {"fulfilled": {"fulfilled", "shipped"}, "partially_fulfilled": {"partial", "unshipped"}}.get(
        shown, {shown, "unshipped"}
    ) | {shown}


class SearchIndex(Generic[E]):
    """Versions of every entry with the moment (epoch seconds) from which searches see them."""

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[float, E | None]]] = {}
        self._hidden: dict[str, float] = {}

    def put(self, gid: str, entry: E | None, visible_from: float, now: float) -> None:
        """Take in a new version of an entry; None says that it was deleted."""
        versions = self._versions.setdefault(gid, [])
        seen = [one for one in versions if one[0] <= now][-1:]
        versions[:] = [*seen, *(one for one in versions if one[0] > now), (visible_from, entry)]

    def knows(self, gid: str) -> bool:
        return gid in self._versions

    def hide(self, gid: str, until: float) -> None:
        self._hidden[gid] = until

    def entries(self, now: float) -> list[E]:
        """What a search made now sees."""
        found = []
        for gid, versions in self._versions.items():
            entry = next((one for start, one in reversed(versions) if start <= now), None)
            if entry is not None and self._hidden.get(gid, 0.0) <= now:
                found.append(entry)
        return found
