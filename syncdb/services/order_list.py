"""Orders as a list shows them: the newest that are wanted, who bought them, and their states in words."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from syncdb.ledger.queries.order_search import Wanted, listed
from syncdb.ledger.queries.reader import LedgerReader


def newest(reader: LedgerReader, wanted: Wanted, most: int, *, after: int = 0) -> tuple[list[dict[str, Any]], bool]:
    """So many orders, the newest first, after the first `after` of them, and whether there are more."""
    found = list(islice((_told(row) for row in islice(listed(reader, wanted), after, None)), most + 1))
    return found[:most], len(found) > most


def states(one: Mapping[str, Any]) -> Iterator[str]:
    """The words for how an order stands."""
    if one["status"] != "tracked":
        yield one["status"]
    if one["cancelled_at"]:
        yield "cancelled"
    if one["test"]:
        yield "test"
    for name in ("financial_status", "fulfillment_status"):
        if one[name]:
            yield str(one[name]).lower().replace("_", " ")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """What is told of an order: the tracked facts, and who bought it."""
    snapshot = row.pop("snapshot")
    customer = (snapshot.get("customer") or {}).get("display_name")
    address = snapshot.get("billing_address") or snapshot.get("shipping_address") or {}
    return row | {"customer": customer or address.get("name"), "email": snapshot.get("email")}
