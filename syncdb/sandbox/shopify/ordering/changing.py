"""Writing orders: the few fields that orderUpdate takes. Lists replace what was there."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.anatomy import attributes
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.ordering.addresses import address_in
from syncdb.sandbox.shopify.ordering.creating import TOO_MANY
from syncdb.sandbox.shopify.products.metafield_writes import metafield_problems, put_metafield
from syncdb.sandbox.shopify.products.parts import tags_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal
from syncdb.sandbox.shopify.shop import Shop

TEXTS = ("note", "email", "phone", "poNumber")
KEPT = (*TEXTS, "tags", "customAttributes", "shippingAddress")


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_orders", step.name)
    given, shop = args["input"], run.context.shop
    order = shop.visible(given["id"], run.context.everything)
    if order is None:
        return {"order": None, "userErrors": [refusal(["id"], "Order does not exist")]}
    problems = []
    for at, one in enumerate(given.get("metafields") or ()):
        known = metafield_of(order, namespace_of(one.get("namespace")), one["key"])
        problems += metafield_problems(one, known, ["metafields", at])
    problems += [refusal(None, TOO_MANY)] if _too_soon(order, given, shop) else []
    if problems:
        return {"order": order, "userErrors": problems}
    before = [order[name] for name in KEPT]
    _apply(order, given, shop)
    written = [put_metafield(goods_of(run), order, one)[1] for one in given.get("metafields") or ()]
    if any(written) or [order[name] for name in KEPT] != before:
        shop.changed(order)
    return {"order": order, "userErrors": []}


def _too_soon(order: Node, given: Node, shop: Shop) -> bool:
    """Whether its email or phone is changed again within the pause (reported, apart from what queries cost)."""
    if all(order[name] == (given[name] or None) for name in ("email", "phone") if name in given):
        return False
    now, before = shop.clock(), order.get("_contact_at", -shop.contact_pause)
    order["_contact_at"] = now if now - before >= shop.contact_pause else before
    return bool(now - before < shop.contact_pause)


def _apply(order: Node, given: Node, shop: Shop) -> None:
    for name in TEXTS:
        if name in given:
            order[name] = given[name] or None
    if given.get("shippingAddress"):
        fresh = address_in(given["shippingAddress"], shop.new_id())
        changed = {name: value for name, value in fresh.items() if name != "id"}
        if changed != {name: (order["shippingAddress"] or {}).get(name) for name in changed}:
            order["shippingAddress"] = order["displayAddress"] = fresh
            order["billingAddressMatchesShippingAddress"] = False
    if "tags" in given:
        order["tags"] = tags_of(given["tags"] or ())
    if "customAttributes" in given:
        order["customAttributes"] = attributes([(one["key"], one["value"]) for one in given["customAttributes"] or ()])


ORDER_WRITES: dict[tuple[str, str], Resolver] = {("Mutation", "orderUpdate"): _update}
