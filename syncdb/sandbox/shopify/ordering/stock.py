"""What orders of apps do to stock: nothing unless they are told to claim it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.queries import level_at
from syncdb.sandbox.shopify.products.stock_writes import move
from syncdb.sandbox.shopify.products.writing import refusal

BYPASS, OBEYING = "BYPASS", "DECREMENT_OBEYING_POLICY"


def first_level(variant: Node, goods: Goods) -> Node | None:
    """Where a variant lies first; None where it is not tracked or lies nowhere."""
    item = variant["inventoryItem"]
    return level_at(item, next(iter(goods.locations))) if item["tracked"] else None


def cannot_claim(lines: Iterable[Node], behaviour: str, goods: Goods) -> Iterator[Node]:
    """Refusals of an order that must not oversell."""
    for at, line in enumerate(lines if behaviour == OBEYING else ()):
        variant = goods.variants.get(line.get("variantId") or "")
        level = first_level(variant, goods) if variant else None
        if variant is None or level is None or variant["inventoryPolicy"] == "CONTINUE":
            continue
        if level["_counts"]["available"] < line["quantity"]:
            yield refusal(["order", "lineItems", at], "Unable to claim inventory", "INVENTORY_CLAIM_FAILED")


def claim(order: Node, behaviour: str, goods: Goods) -> None:
    """Take the pieces of an order from what is available, where it was told to."""
    order["_claimed"] = behaviour != BYPASS
    if order["_claimed"]:
        for line, level in _stocked(order, goods):
            move(level, "available", -line["quantity"], goods)
            move(level, "committed", line["quantity"], goods)


def ship(order: Node, units: dict[str, int], goods: Goods) -> None:
    """Pieces that were claimed leave the house."""
    for line, level in _stocked(order, goods) if order.get("_claimed") else ():
        if pieces := units.get(line["id"], 0):
            move(level, "committed", -pieces, goods)


def give_back(order: Node, left: dict[str, int], restock: bool, goods: Goods) -> None:
    """An order was cancelled. What it had claimed is free again; with `restock` its pieces are for sale, claimed or not."""
    claimed = order.get("_claimed", False)
    for line, level in _stocked(order, goods):
        pieces = left.get(line["id"], 0)
        if pieces and claimed:
            move(level, "committed", -pieces, goods)
        if pieces and restock:
            move(level, "available", pieces, goods)


def _stocked(order: Node, goods: Goods) -> Iterator[tuple[Node, Node]]:
    for line in order["lineItems"]:
        variant = goods.variants.get((line["variant"] or {}).get("id", ""))
        level = first_level(variant, goods) if variant else None
        if level is not None:
            yield line, level
