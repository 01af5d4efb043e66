"""Orders as a list shows them: the newest that are wanted, who bought them, and their states in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from syncdb.ledger.queries.catalogue import Things, called
from syncdb.ledger.queries.order_search import Wanted, listed
from syncdb.ledger.queries.overview import order_counts
from syncdb.ledger.queries.reader import LedgerReader


def newest(
    reader: LedgerReader, wanted: Wanted, most: int, after: tuple[str, str] | None = None
) -> tuple[list[dict[str, Any]], bool]:
    """So many orders, the newest first, and whether there are more.

    `after` is when the last one was made that was shown already (ISO, UTC) and its id: those behind it follow.
    """
    rows = listed(reader, wanted) if after is None else _behind(listed(reader, replace(wanted, until=after[0])), after)
    found = list(islice((_told(row) for row in rows), most + 1))
    return found[:most], len(found) > most


def kept_in_step(reader: LedgerReader, most: int = 5) -> list[str]:
    """What some orders are called that are kept in step only; nothing where orders are stored whole."""
    if order_counts(reader).orders:
        return []
    return [name for one in islice(Things(reader).of("orders"), most) if (name := called(one, {}))]


def _behind(rows: Iterator[dict[str, Any]], after: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """The orders behind one, also where several were made in the same moment."""
    met = False
    for row in rows:
        if met or row["created_at"] != after[0]:
            yield row
        met = met or row["order_id"] == after[1]


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
