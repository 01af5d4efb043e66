"""Shipping what of an order is still to be shipped, with tracking; and changing the tracking of what was shipped.

Fulfillments are made of fulfillment orders, one for each location that ships (documented); a repeated request finds nothing left.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, page_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.shop import missing_scope
from syncdb.connectors.shopify.catalogue.work import GONE, said
from syncdb.connectors.shopify.client import code_of, message_of
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.inputs import tracking_input
from syncdb.connectors.shopify.ordering.wanted import Parcel
from syncdb.decoding import listed
from syncdb.decoding import whole as whole_number
from syncdb.model import Outcome, Result

SCOPE = "write_merchant_managed_fulfillment_orders"
OPEN = frozenset({"OPEN", "IN_PROGRESS"})
READ = """query Shipping($id: ID!) { order(id: $id) { id cancelledAt
  fulfillments(first: 50) { id status createdAt trackingInfo { company number url } }
  fulfillmentOrders(first: 50) { nodes { id status assignedLocation { location { id } name }
    lineItems(first: 100) { nodes { id remainingQuantity lineItem { id } } pageInfo { hasNextPage endCursor } }
  } pageInfo { hasNextPage endCursor } } } }"""
SHIP = """mutation Ship($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""
TRACK = """mutation Track($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify) {
    fulfillment { id } userErrors { field message } } }"""


@dataclass(frozen=True, slots=True)
class Leg:
    """What one location has still to ship of an order: its fulfillment order, and by line item the line there and the pieces."""

    group: str
    place: str
    status: str
    lines: Mapping[str, tuple[str, int]]

    @property
    def left(self) -> int:
        return sum(pieces for _, pieces in self.lines.values())


@dataclass(frozen=True, slots=True)
class Shipment:
    """A fulfillment that stands, with the first of its numbers."""

    id: str
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class ShippingState:
    """What was shipped of an order and what was not, oldest first."""

    legs: tuple[Leg, ...]
    shipped: tuple[Shipment, ...]


@dataclass(slots=True)
class Shipper:
    """Ships orders of one shop. `notify`: Shopify writes to the customer."""

    desk: OrderDesk
    notify: bool = False

    def state(self, order_id: str) -> ShippingState | None:
        """How far an order is, None where there is no such order. Raises Refused and RetryLater."""
        what = "Reading what is to be shipped"
        answer = self.desk.conversation.ask(READ, lambda: {"id": order_id}, what)
        if any(code_of(error) == "ACCESS_DENIED" for error in answer.errors):
            raise missing_scope("read what is to be shipped", SCOPE, message_of(answer.errors))
        node = found_at(whole(answer, what), "order")
        if node is None:
            return None
        shipped = [one for one in objects(node["fulfillments"]) if one is not None and text_at(one, "status") == "SUCCESS"]
        shipped.sort(key=lambda one: (text_at(one, "createdAt"), text_at(one, "id")))
        legs = tuple(_leg(one) for one in page_in(node["fulfillmentOrders"]).nodes if one is not None)
        return ShippingState(legs, tuple(Shipment(text_at(one, "id"), _parcel(one)) for one in shipped))

    def ship(self, order_id: str, parcel: Parcel, pieces: Mapping[str, int] | None = None) -> Outcome:
        """Ship what is left of an order, or `pieces` by line item, and have what was shipped last follow `parcel`.

        DONE also where all of it was shipped under that number already. REJECTED says why it cannot be shipped. Raises as
        `OrderDesk.send`.
        """
        state = self.state(order_id)
        if state is None:
            return Outcome(Result.STALE, why=GONE)
        wanted = list(_parts(state.legs, pieces))
        if not wanted:
            return self._followed(state, parcel)
        for place in dict.fromkeys(leg.place for leg, _ in wanted):
            parts = [part for leg, part in wanted if leg.place == place]
            given: dict[str, Any] = {"lineItemsByFulfillmentOrder": parts, "notifyCustomer": self.notify}
            given |= {"trackingInfo": tracking_input(parcel)} if tracking_input(parcel) else {}
            answered = self.desk.send(SHIP, {"fulfillment": given}, "fulfillmentCreate", "Shipping an order", SHIPPING)
            if answered.errors:
                return Outcome(Result.REJECTED, why=f"Shopify does not ship it: {said(answered.errors)}")
        return Outcome(Result.DONE, order_id)

    def follow(self, order_id: str, parcel: Parcel) -> Outcome:
        """Give what was shipped last this tracking. Ships nothing: REJECTED where anything is left to ship."""
        state = self.state(order_id)
        return Outcome(Result.STALE, why=GONE) if state is None else self._followed(state, parcel)

    def _followed(self, state: ShippingState, parcel: Parcel) -> Outcome:
        """Nothing is left to ship: give the last shipment this tracking, where it has another."""
        if held := [leg for leg in state.legs if leg.left]:
            statuses = ", ".join(dict.fromkeys(leg.status.lower().replace("_", " ") for leg in held))
            return Outcome(Result.REJECTED, why=f"it cannot be shipped in Shopify just now: it is {statuses} there")
        if not state.shipped:
            return Outcome(Result.REJECTED, why="there is nothing to ship in it")
        last = state.shipped[-1]
        if not tracking_input(parcel) or last.parcel == parcel:
            return Outcome(Result.DONE)
        variables = {"id": last.id, "tracking": tracking_input(parcel), "notify": self.notify}
        answered = self.desk.send(TRACK, variables, "fulfillmentTrackingInfoUpdate", "Changing a tracking number", SHIPPING)
        if answered.errors:
            return Outcome(Result.REJECTED, why=f"Shopify does not take the tracking number: {said(answered.errors)}")
        return Outcome(Result.DONE)


SHIPPING = ShopEntity(
    "fulfillments", "Fulfillment", "fulfillment", "orders", (), ("read_orders",), SCOPE, metafields=False
)  # what a missing permission is told about


def _parts(legs: Sequence[Leg], pieces: Mapping[str, int] | None) -> Iterator[tuple[Leg, dict[str, Any]]]:
    """What is asked for of each leg that can be shipped."""
    left = dict(pieces) if pieces is not None else None
    for leg in legs:
        if leg.status not in OPEN or not leg.left:
            continue
        if left is None:
            yield leg, {"fulfillmentOrderId": leg.group}
            continue
        rows = []
        for line, (id, there) in leg.lines.items():
            if units := min(there, left.get(line, 0)):
                left[line] -= units
                rows.append({"id": id, "quantity": units})
        if rows:
            yield leg, {"fulfillmentOrderId": leg.group, "fulfillmentOrderLineItems": rows}


def _leg(node: Mapping[str, Any]) -> Leg:
    lines = {
        text_at(one, "lineItem", "id"): (text_at(one, "id"), whole_number(one["remainingQuantity"]))
        for one in page_in(node["lineItems"]).nodes
        if one is not None
    }
    location = node["assignedLocation"].get("location")
    place = text_at(location, "id") if location else text_at(node, "assignedLocation", "name")
    return Leg(text_at(node, "id"), place, text_at(node, "status"), lines)


def _parcel(node: Mapping[str, Any]) -> Parcel:
    told = listed(node["trackingInfo"])
    if not told:
        return Parcel()
    return Parcel(*(text_or_none_at(told[0], name) or None for name in ("company", "number", "url")))
