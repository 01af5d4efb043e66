"""Products, variants, stock and collections as a bulk operation finds them: all of each list, whatever `first` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.collecting import collections_of, products_in
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.queries import ROOTS, goods_of, in_order, may_read, to_be_sorted, words_searched


def all_goods(run: Execution, step: Step) -> tuple[str, list[Node]]:
    """The type of a bulk query's root, and all that it finds, in its order."""
    if step.name not in ROOTS:
        raise FieldFailed(f"{step.name} is not served in bulk here", code="INTERNAL_SERVER_ERROR")
    kind, grammar, default = ROOTS[step.name]
    may_read(run, kind, step.name)
    args = run.args(step)
    key = args.get("sortKey") or default
    pairs, indexed = to_be_sorted(run, step, kind, grammar, words_searched(args, goods_of(run)), key)
    return kind, [node for _, node in in_order(pairs, key, indexed, bool(args.get("reverse")))]


def _in_bulk(list_of: Callable[[Source, Goods], list[Node]], kind: str) -> Resolver:
    """A connection in bulk: all of it, whatever `first` says."""

    def resolve(source: Source, _: dict[str, Any], run: Execution, step: Step) -> Node:
        may_read(run, kind, step.name)
        return {"edges": [{"node": one} for one in list_of(source, goods_of(run))]}

    return resolve


GOODS_IN_BULK: dict[tuple[str, str], Resolver] = {
    ("Product", "variants"): _in_bulk(lambda source, _: source["variants"], "ProductVariant"),
    ("Product", "collections"): _in_bulk(collections_of, "Collection"),
    ("Collection", "products"): _in_bulk(products_in, "Product"),
    ("InventoryItem", "inventoryLevels"): _in_bulk(lambda source, _: source["inventoryLevels"], "InventoryLevel"),
    ("Location", "inventoryLevels"): _in_bulk(
        lambda source, goods: goods.by_number("InventoryLevel", source["id"])[1], "InventoryLevel"
    ),
}
