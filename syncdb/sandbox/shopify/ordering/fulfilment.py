"""Fulfillment orders and what is made of them: fulfillments with tracking (statuses and refusals observed)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid, tracking_info
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.ordering.stock import ship
from syncdb.sandbox.shopify.paging import listed
from syncdb.sandbox.shopify.products.parts import number_of
from syncdb.sandbox.shopify.products.queries import sold
from syncdb.sandbox.shopify.products.writing import refusal
from syncdb.sandbox.shopify.shop import Shop, Tracking

KINDS = ("assigned", "merchant_managed", "third_party")
UNFULFILLABLE = frozenset({"CLOSED", "CANCELLED", "ON_HOLD", "SCHEDULED", "INCOMPLETE"})


def _may(run: Execution, verb: str, name: str) -> None:
    """Raise FieldFailed unless the app holds one of the three scopes, to write or, for reading, also to read."""
    verbs = ("read", "write") if verb == "read" else ("write",)
    wanted = [f"{one}_{kind}_fulfillment_orders" for one in verbs for kind in KINDS]
    if not run.context.scopes & set(wanted):
        run.context.require(f"{verb}_merchant_managed_fulfillment_orders", name)


def groups_of(order: Node, shop: Shop) -> list[Node]:
    """The fulfillment orders of an order as they are now; lines that came later belong to the first that is not closed."""
    kept: list[Node] = order.setdefault("_groups", [])
    known = {line for group in kept for line in group["lines"]}
    new = [line["id"] for line in order["lineItems"] if line["id"] not in known]
    if new:
        home = next((one for one in kept if not one["closed"]), None) or add_group(order, shop)
        home["lines"] |= {line: gid("FulfillmentOrderLineItem", shop.new_id()) for line in new}
    return [_shown(one, order, shop) for one in kept]


def add_group(order: Node, shop: Shop, location: Node | None = None) -> Node:
    """One more fulfillment order, empty as yet."""
    made: Node = {"id": gid("FulfillmentOrder", shop.new_id()), "lines": {}, "held": False, "closed": False}
    made |= {"location": location or shop.location, "at": shop.stamp()}
    order["_groups"].append(made)
    shop.groups[made["id"]] = order["id"]
    return made


def split(shop: Shop, order_id: str, line_ids: Iterable[str], location: Node | None = None) -> None:
    """Lines of an order are to be shipped on their own, from elsewhere perhaps."""
    order = shop.orders[order_id]
    groups_of(order, shop)
    made = add_group(order, shop, location)
    for line in line_ids:
        home = next(one for one in order["_groups"] if line in one["lines"])
        made["lines"][line] = home["lines"].pop(line)


def hold(shop: Shop, order_id: str, held: bool = True) -> None:
    """Nothing of the order may be shipped for now."""
    groups_of(shop.orders[order_id], shop)
    for one in shop.orders[order_id]["_groups"]:
        one["held"] = held


def _shown(group: Node, order: Node, shop: Shop) -> Node:
    lines = [_line(line, group["lines"][line["id"]], order) for line in order["lineItems"] if line["id"] in group["lines"]]
    status = _status(group, order, lines)
    acts = ("CREATE_FULFILLMENT", "HOLD") if status in ("OPEN", "IN_PROGRESS") else ()
    return {
        "__typename": "FulfillmentOrder",
        "id": group["id"],
        "status": status,
        "requestStatus": "UNSUBMITTED",
        "supportedActions": [{"action": one} for one in acts],
        "assignedLocation": {"name": group["location"]["name"], "location": group["location"]},
        "createdAt": group["at"],
        "updatedAt": order["updatedAt"],
        "order": order,
        "orderId": order["id"],
        "orderName": order["name"],
        "lineItems": lines,
    }


def _line(line: Node, id: str, order: Node) -> Node:
    remaining = 0 if order["cancelledAt"] else line["unfulfilledQuantity"]
    variant = line["variant"] or {}
    return {
        "__typename": "FulfillmentOrderLineItem",
        "id": id,
        "lineItem": line,
        "remainingQuantity": remaining,
        "totalQuantity": 0 if order["cancelledAt"] else line["currentQuantity"],
        "requiresShipping": line["requiresShipping"],
        "sku": line["sku"],
        "variant": line["variant"],
        "inventoryItemId": (variant.get("inventoryItem") or {}).get("id"),
    }


def _status(group: Node, order: Node, lines: list[Node]) -> str:
    left = sum(one["remainingQuantity"] for one in lines)
    if order["cancelledAt"] or group["closed"] or not left:
        return "CLOSED"
    if group["held"]:
        return "ON_HOLD"
    return "IN_PROGRESS" if left < sum(one["totalQuantity"] for one in lines) else "OPEN"


def _list(source: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    _may(run, "read", step.name)
    return listed(groups_of(source, run.context.shop), args)


def _one(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    _may(run, "read", step.name)
    return _group(args["id"], run.context.shop)


def _group(id: str, shop: Shop) -> Node | None:
    order = shop.orders.get(shop.groups.get(id, ""))
    return next((one for one in groups_of(order, shop) if one["id"] == id), None) if order else None


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    _may(run, "write", step.name)
    shop, given = run.context.shop, args["fulfillment"]
    asked = given["lineItemsByFulfillmentOrder"]
    problem = _quantities(asked) or _problem([(one, _group(one["fulfillmentOrderId"], shop)) for one in asked])
    if problem:
        return {"fulfillment": None, "userErrors": [problem]}
    wanted: dict[str, int] = {}
    homes = [found for one in asked if (found := _group(one["fulfillmentOrderId"], shop))]
    for one, home in zip(asked, homes, strict=True):
        for line, units in _units(one, home):
            wanted[line["lineItem"]["id"]] = wanted.get(line["lineItem"]["id"], 0) + units
    made = shop.fulfil(homes[0]["orderId"], wanted, tracking_in(given.get("trackingInfo") or {}))
    made["location"] = homes[0]["assignedLocation"]["location"]
    ship(shop.orders[homes[0]["orderId"]], wanted, shop.goods)
    return {"fulfillment": made, "userErrors": []}


def _quantities(asked: list[Node]) -> Node | None:
    for place, one in enumerate(asked):
        for at, line in enumerate(one.get("fulfillmentOrderLineItems") or ()):
            if line["quantity"] < 1:
                where = [
                    "fulfillment",
                    "lineItemsByFulfillmentOrder",
                    str(place),
                    "fulfillmentOrderLineItems",
                    str(at),
                    "quantity",
                ]
                return refusal(where, "Quantity must be greater than 0")
    return None


def _problem(asked: list[tuple[Node, Node | None]]) -> Node | None:
    text = next(_texts(asked), None)
    return refusal(["fulfillment"], text) if text else None


def _texts(asked: list[tuple[Node, Node | None]]) -> Iterator[str]:
    groups = [group for _, group in asked if group]
    if len(groups) < len(asked):
        yield "Fulfillment order does not exist."
    orders = list(dict.fromkeys(number_of(one["orderId"]) for one in groups))
    if len(orders) > 1:
        yield f"All fulfillment orders must belong to the same order. Multiple orders with ids {orders} were found."
    places = list(dict.fromkeys(number_of(one["assignedLocation"]["location"]["id"]) for one in groups))
    if len(places) > 1:
        yield f"All fulfillment orders must be assigned to a single location. Multiple locations with ids {places} were found."
    for home in groups:
        if home["status"] in UNFULFILLABLE:
            status = home["status"].lower()
            yield f"Fulfillment order {number_of(home['id'])} has an unfulfillable status= {status}."
    for one, group in asked:
        known = {line["id"] for line in group["lineItems"]} if group else set()
        if any(line["id"] not in known for line in one.get("fulfillmentOrderLineItems") or ()):
            yield "Fulfillment order line item does not exist."
        if group and any(units > line["remainingQuantity"] for line, units in _units(one, group)):
            yield "Invalid fulfillment order line item quantity requested."


def _units(asked: Node, group: Node) -> Iterator[tuple[Node, int]]:
    """Which lines of a fulfillment order are asked for, and how much of each; all that is left where none is named."""
    named = {one["id"]: one["quantity"] for one in asked.get("fulfillmentOrderLineItems") or ()}
    for line in group["lineItems"]:
        units = named.get(line["id"], 0) if named else line["remainingQuantity"]
        if units:
            yield line, units


def tracking_in(given: Node) -> list[Tracking]:
    """The numbers of a FulfillmentTrackingInput, each with its address and the carrier."""
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    longest = max(len(numbers), len(urls), 1 if given.get("company") else 0)
    filled = [[*some, *[None] * (longest - len(some))] for some in (numbers, urls)]
    return [(given.get("company"), number, url) for number, url in zip(*filled, strict=True)]


def _fulfillment(id: str, shop: Shop) -> tuple[Node, Node] | None:
    found = shop.find(id, True)
    return (found["order"], found) if found and found["__typename"] == "Fulfillment" else None


def _track(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    _may(run, "write", step.name)
    there = _fulfillment(args["fulfillmentId"], run.context.shop)
    if there is None:
        raise FieldFailed(f"invalid id: {args['fulfillmentId']}", code="RESOURCE_NOT_FOUND")
    order, made = there
    told = [tracking_info(*one) for one in tracking_in(args["trackingInfoInput"])]
    if told != made["trackingInfo"]:
        made["trackingInfo"], made["updatedAt"] = told, run.context.shop.stamp()
        run.context.shop.changed(order)
    return {"fulfillment": made, "userErrors": []}


def _cancel(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """A cancelled fulfillment frees its lines. A closed fulfillment order stays closed, and a new one takes them (observed)."""
    _may(run, "write", step.name)
    shop = run.context.shop
    there = _fulfillment(args["id"], shop)
    if there is None:
        raise FieldFailed(f"invalid id: {args['id']}", code="RESOURCE_NOT_FOUND")
    order, made = there
    if made["status"] == "CANCELLED":
        return {"fulfillment": made, "userErrors": []}
    groups_of(order, shop)
    closed = [one for one in order["_groups"] if _shown(one, order, shop)["status"] == "CLOSED" and not one["closed"]]
    made |= {"status": "CANCELLED", "displayStatus": "CANCELED", "updatedAt": shop.stamp()}
    for one in closed:
        fresh = add_group(order, shop, one["location"])
        fresh["lines"] = {line: gid("FulfillmentOrderLineItem", shop.new_id()) for line in one["lines"]}
        one["closed"] = True
    shop.changed(order)
    return {"fulfillment": made, "userErrors": []}


FULFILMENT: dict[tuple[str, str], Resolver] = {
    ("Order", "fulfillmentOrders"): _list,
    ("QueryRoot", "fulfillmentOrder"): _one,
    ("FulfillmentOrderLineItem", "variant"): lambda source, *rest: sold("variant")(source["lineItem"], *rest),
    ("Mutation", "fulfillmentCreate"): _create,
    ("Mutation", "fulfillmentTrackingInfoUpdate"): _track,
    ("Mutation", "fulfillmentCancel"): _cancel,
}
