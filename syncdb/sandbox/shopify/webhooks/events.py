"""Which events a change raises. One change often raises several: a sale is an order, a level and a product (reported)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.webhooks import bodies
from syncdb.sandbox.shopify.webhooks.delivery import WebhookDesk

STATES: dict[str, Callable[[Node], bool]] = {
    "orders/cancelled": lambda order: order["cancelledAt"] is not None,
    "orders/paid": lambda order: order["displayFinancialStatus"] == "PAID",
    "orders/fulfilled": lambda order: order["displayFulfillmentStatus"] == "FULFILLED",
    "orders/partially_fulfilled": lambda order: order["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED",
    "orders/edited": lambda order: bool(order["edited"]),
}


class Events:
    """Hears of every change in a shop and has the desk send what it raises."""

    def __init__(self, desk: WebhookDesk) -> None:
        self._desk = desk
        self._told: dict[str, set[str]] = {}

    def __call__(self, what: str, node: Node) -> None:
        """`what` is "added", "changed" or "deleted"; of a level "changed" only."""
        match node["__typename"], what:
            case "Order", "deleted":
                self._tell("orders/delete", lambda: bodies.deleted(node["id"]))
            case "Order", _:
                self._order(what, node)
            case "Product", "deleted":
                self._tell("products/delete", lambda: bodies.deleted(node["id"]))
            case "Product", _:
                self._tell("products/create" if what == "added" else "products/update", lambda: bodies.product(node))
            case "Customer", "deleted":
                self._tell("customers/delete", lambda: bodies.deleted(node["id"]))
            case "Customer", _:
                self._tell("customers/create" if what == "added" else "customers/update", lambda: bodies.customer(node))
            case "InventoryLevel", "changed":
                self._tell("inventory_levels/update", lambda: bodies.level(node))

    def _order(self, what: str, node: Node) -> None:
        earlier = self._told.get(node["id"], set())
        now = {topic for topic, holds in STATES.items() if holds(node)}
        self._told[node["id"]] = now
        self._tell("orders/create" if what == "added" else "orders/updated", lambda: bodies.order(node))
        for topic in sorted(now - earlier):
            if topic == "orders/edited":
                self._tell(topic, lambda: {"order_edit": {"id": 1, "order_id": bodies.number_of(node["id"])}})
            else:
                self._tell(topic, lambda: bodies.order(node))

    def _tell(self, topic: str, body: Callable[[], dict[str, Any]]) -> None:
        self._desk.happened(topic, body)
