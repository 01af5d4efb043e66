"""What a reader of orders hands over: pages of snapshots, single orders, and all that keeps them from being the whole truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from syncdb.order_snapshot import OrderSnapshot

HORIZON = timedelta(days=60)  # documented: how far back orders are shown without the scope read_all_orders


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know though the run goes on. `code` stays the same from run to run."""

    code: str
    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The shop as it described itself. `scopes` is None where the app may not even see its own permissions."""

    shop_id: str
    domain: str
    name: str
    zone: str
    currency: str
    scopes: frozenset[str] | None
    version: str

    @property
    def sees_all_orders(self) -> bool | None:
        """Whether orders older than 60 days are visible; None where that cannot be known."""
        return None if self.scopes is None else "read_all_orders" in self.scopes

    def horizon(self, now: datetime) -> datetime | None:
        """Orders made before this are not shown; None where there is no such limit or none is known."""
        return now - HORIZON if self.sees_all_orders is False else None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An order that is held back whole, and why. It is asked for again by its id, on its own."""

    order_id: str
    name: str
    why: str


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


@dataclass(frozen=True, slots=True)
class Listed:
    """An order that the shop has."""

    order_id: str
    name: str
    number: int
    created_at: datetime
    test: bool
    cancelled: bool
