"""What happened to an order, added up: shipments and payments, each counted once and only where it took effect."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncdb.mapping.columns import Line, Order, as_words, joined, total

VOID_SHIPMENTS = frozenset({"CANCELLED", "ERROR", "FAILURE"})
TAKEN = frozenset({"SALE", "CAPTURE"})


def shipments(order: Order) -> list[Mapping[str, Any]]:
    """The fulfillments that stand."""
    return [one for one in order.get("fulfillments", ()) if one.get("status") not in VOID_SHIPMENTS]


def shipments_of(order: Order, line: Line) -> list[Mapping[str, Any]]:
    """The fulfillments that hold units of a line."""
    return [one for one in shipments(order) if any(part["line_item"]["id"] == line.get("id") for part in _parts(one))]


def _parts(shipment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(shipment.get("fulfillment_line_items", ()))


def fulfilled_quantity(order: Order, line: Line) -> int | None:
    if not line:
        return None
    parts = (part for one in shipments(order) for part in _parts(one))
    return sum(int(part.get("quantity", 0)) for part in parts if part["line_item"]["id"] == line["id"])


def tracking(which: list[Mapping[str, Any]], name: str) -> str | None:
    """Tracking numbers, companies or links of some fulfillments."""
    return joined(info.get(name) for one in which for info in one.get("tracking_info", ()))


def latest(which: list[Mapping[str, Any]], name: str) -> str | None:
    """The latest of some moments; ISO texts in UTC compare as moments do."""
    return max((one[name] for one in which if one.get(name)), default=None)


def delivered_at(order: Order, line: Line) -> str | None:
    """When the last shipment arrived; None while one is still on its way."""
    which = shipments(order)
    return latest(which, "delivered_at") if which and all(one.get("delivered_at") for one in which) else None


def shipment_statuses(order: Order, line: Line) -> str | None:
    return joined(as_words(one.get("display_status")) for one in shipments(order))


def successful(order: Order, kinds: frozenset[str]) -> list[Mapping[str, Any]]:
    """The transactions of some kinds that went through."""
    return [one for one in order.get("transactions", ()) if one.get("status") == "SUCCESS" and one.get("kind") in kinds]


def captured(order: Order, line: Line) -> Decimal | None:
    return total(one.get("amount") for one in successful(order, TAKEN))


def paid_at(order: Order, line: Line) -> str | None:
    taken = successful(order, TAKEN)
    return min((one.get("processed_at") or one["created_at"] for one in taken), default=None)


def payment_methods(order: Order, line: Line) -> str | None:
    return joined(one.get("formatted_gateway") or one.get("gateway") for one in successful(order, TAKEN | {"AUTHORIZATION"}))
