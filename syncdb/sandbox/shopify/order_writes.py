"""Writing orders: the few fields that orderUpdate takes. Lists replace what was there."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.anatomy import attributes
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.metafield_writes import metafield_problems, put_metafield
from syncdb.sandbox.shopify.products.parts import tags_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

TEXTS = ("note", "email", "phone", "poNumber")


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
    if problems:
        return {"order": order, "userErrors": problems}
    before = [order[name] for name in (*TEXTS, "tags", "customAttributes")]
    _apply(order, given)
    written = [put_metafield(goods_of(run), order, one)[1] for one in given.get("metafields") or ()]
    if any(written) or [order[name] for name in (*TEXTS, "tags", "customAttributes")] != before:
        shop.changed(order)
    return {"order": order, "userErrors": []}


def _apply(order: Node, given: Node) -> None:
    for name in TEXTS:
        if name in given:
            order[name] = given[name] or None
    if "tags" in given:
        order["tags"] = tags_of(given["tags"] or ())
    if "customAttributes" in given:
        order["customAttributes"] = attributes([(one["key"], one["value"]) for one in given["customAttributes"] or ()])


ORDER_WRITES: dict[tuple[str, str], Resolver] = {("Mutation", "orderUpdate"): _update}
