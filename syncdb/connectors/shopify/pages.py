"""What reading orders brings: pages of snapshots, with everything that keeps them from being the whole truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from syncdb.connectors.shopify.documents import LARGEST_PAGE
from syncdb.connectors.shopify.facts import Facts, Notice
from syncdb.connectors.shopify.shape import bare_id
from syncdb.order_snapshot import OrderSnapshot


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An order that is held back whole, and why. It is asked for again by its id, on its own."""

    order_id: str
    name: str
    why: str

    @classmethod
    def of(cls, node: Mapping[str, Any], why: str) -> "Quarantined":
        """An order held back, by the answered object."""
        return cls(bare_id(node["id"]), str(node.get("name") or ""), why)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders, complete each. `partial`: the watermark must stay. `reached`: when the last of them was changed.

    `last` says that the window was read to its end.
    """

    orders: tuple[OrderSnapshot, ...]
    quarantined: tuple[Quarantined, ...]
    notices: tuple[Notice, ...]
    partial: bool
    last: bool
    reached: datetime | None
    facts: Facts


class Absence(Enum):
    """What it means that an order is not shown under its id."""

    DELETED = "deleted"
    HIDDEN_OR_DELETED = "hidden or deleted"  # older than what this app may see, or what it may see is not known


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of single orders asked for by id (in the database, not the search index)."""

    orders: tuple[OrderSnapshot, ...]
    quarantined: tuple[Quarantined, ...]
    absent: Mapping[str, Absence]
    notices: tuple[Notice, ...]
    partial: bool
    facts: Facts


@dataclass(slots=True)
class PageSize:
    """How much to ask for at once: grows while the reported cost leaves room, halves when it was too much."""

    size: int
    largest: int = LARGEST_PAGE

    def halve(self) -> None:
        """Ask for half from now on, and never for this much again."""
        self.largest = max(1, self.size - 1)
        self.size = max(1, self.size // 2)

    def relieve(self) -> None:
        """Ask for half from now on: the server could not bear more. Ten may always be tried again, after an outage."""
        self.size = max(1, self.size // 2)
        self.largest = min(self.largest, max(10, self.size))

    def grow(self, cost: float, ceiling: float) -> None:
        """Double if twice the cost still fits (observed: cost grows more slowly than the size)."""
        if 0 < cost * 2 <= ceiling:
            self.size = min(self.largest, self.size * 2)
