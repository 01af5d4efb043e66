"""An order as it is kept: its snapshot written once, with its hash and what questions are asked about.

Whoever reads orders seals each of them at once: the text is a tenth of the objects it is made of (measured).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from syncdb.values import canonical_text

_FACTS = (
    *("name", "number", "display_financial_status", "display_fulfillment_status", "cancelled_at", "closed_at", "test"),
    *("currency_code", "current_total_price", "line_items", "created_at", "processed_at", "updated_at"),
)
ASKED_ABOUT = ("id", "deleted_at", *_FACTS)  # where these stand in a snapshot


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
    return sealed(text, counted, [snapshot.get(name) for name in ASKED_ABOUT])


def sealed(text: bytes, counted: bytes, known: Sequence[Any]) -> OrderSnapshot:
    """An order by its snapshot's canonical text, that text without what names the unseen, and its values of `ASKED_ABOUT`."""
    order_id, deleted_at, *facts = known
    mark = hashlib.sha256(counted).hexdigest()
    return OrderSnapshot(str(order_id), mark, text, _summary(facts), text is not counted, bool(deleted_at))


def snapshot_hash(snapshot: Mapping[str, Any]) -> str:
    """The hash alone."""
    return snapshot_of(snapshot).hash


def summarise(snapshot: Mapping[str, Any]) -> OrderSummary:
    """The facts of an order that questions are asked about."""
    return _summary([snapshot.get(name) for name in _FACTS])


def _summary(facts: Sequence[Any]) -> OrderSummary:
    """Of the values of `_FACTS`."""
    name, number, paid, sent, cancelled, closed, test, currency, total, lines, *moments = facts
    amount, count = total[0] if total else None, len(lines or ())
    return OrderSummary(str(name or ""), number, paid, sent, cancelled, closed, bool(test), currency, amount, count, *moments)
