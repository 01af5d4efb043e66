"""An order as it is kept: its snapshot written once, with its hash and what questions are asked about.

Whoever reads orders seals each of them at once: the text is a tenth of the objects it is made of (measured).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from syncdb.values import canonical_text


class OrderSummary(NamedTuple):
    """The facts of an order that questions are asked about. Moments are ISO UTC, `total` is exact decimal text in `currency`."""

    name: str
    number: int | None = None
    financial_status: str | None = None
    fulfillment_status: str | None = None
    cancelled_at: str | None = None
    closed_at: str | None = None
    test: bool = False
    currency: str | None = None
    total: str | None = None
    line_count: int = 0
    created_at: str | None = None
    processed_at: str | None = None
    updated_at: str | None = None


class OrderSnapshot(NamedTuple):
    """An order: the hash of its snapshot and its text (canonical JSON, UTF-8). `withheld`: some of it could not be seen."""

    order_id: str
    hash: str
    text: bytes
    summary: OrderSummary
    withheld: bool = False
    deleted: bool = False

    @property
    def snapshot(self) -> dict[str, Any]:
        """The snapshot itself, read anew from its text."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def snapshot_of(snapshot: Mapping[str, Any]) -> OrderSnapshot:
    """A snapshot (plain JSON data with an "id", without floats) as it is kept.

    The hash is equal for snapshots that say the same of an order; what is merely unseen at the moment does not count. Raises
    UnicodeEncodeError where a text in it cannot be stored (half of a character).
    """
    text = counted = canonical_text(snapshot)
    if "withheld" in snapshot:
        counted = canonical_text({name: value for name, value in snapshot.items() if name != "withheld"})
    return sealed(text, counted, snapshot.get)


def sealed(text: bytes, counted: bytes, known: Callable[[str], Any]) -> OrderSnapshot:
    """An order by its snapshot's canonical text, that text without what names the unseen, and what it knows under a name."""
    mark = hashlib.sha256(counted).hexdigest()
    withheld, deleted = text is not counted, bool(known("deleted_at"))
    return OrderSnapshot(str(known("id")), mark, text, summarise(known), withheld, deleted)


def snapshot_hash(snapshot: Mapping[str, Any]) -> str:
    """The hash alone."""
    return snapshot_of(snapshot).hash


def summarise(known: Callable[[str], Any]) -> OrderSummary:
    """The facts of an order that questions are asked about, from what is known under each name."""
    total = known("current_total_price")
    return OrderSummary(
        name=str(known("name") or ""),
        number=known("number"),
        financial_status=known("display_financial_status"),
        fulfillment_status=known("display_fulfillment_status"),
        cancelled_at=known("cancelled_at"),
        closed_at=known("closed_at"),
        test=bool(known("test")),
        currency=known("currency_code"),
        total=total[0] if total else None,
        line_count=len(known("line_items") or ()),
        created_at=known("created_at"),
        processed_at=known("processed_at"),
        updated_at=known("updated_at"),
    )
