"""What searches know of products, variants, stock and collections, and the fields each can be searched by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from syncdb.sandbox.shopify.index import milliseconds
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.parts import number_of
from syncdb.sandbox.shopify.search import Grammar


@dataclass(frozen=True, slots=True)
class GoodsEntry:
    """A thing as the index knows it. Times are epoch milliseconds, cut to the second; 0 where there is none."""

    gid: str
    number: int
    updated_at: int
    text: str
    words: dict[str, frozenset[str]] = field(hash=False)
    created_at: int = 0
    published_at: int = 0
    inventory_total: int = 0
    inventory_quantity: int = 0
    title: str = ""
    vendor: str = ""
    product_type: str = ""
    sku: str = ""


CHANGED = frozenset({"created_at", "updated_at"})
STATUSES = frozenset({"active", "archived", "draft", "unlisted"})
YES_NO = frozenset({"true", "false"})

PRODUCTS = Grammar(
    CHANGED | {"published_at"},
    frozenset({"barcode", "gift_card", "handle", "product_type", "published_status", "sku", "status", "tag", "title"})
    | {"tracks_inventory", "variant_id", "vendor"},
    {"status": STATUSES, "gift_card": YES_NO, "tracks_inventory": YES_NO, "published_status": {"published", "unpublished"}},
    frozenset({"inventory_total"}),
)
VARIANTS = Grammar(
    frozenset({"updated_at"}),
    frozenset({"barcode", "managed", "option1", "option2", "option3", "product_id", "product_ids", "product_status"})
    | {"product_type", "sku", "tag", "taxable", "title", "vendor"},
    {"product_status": STATUSES, "managed": YES_NO, "taxable": YES_NO},
    frozenset({"inventory_quantity"}),
)
ITEMS = Grammar(CHANGED, frozenset({"sku"}))
LEVELS = Grammar(CHANGED, frozenset({"inventory_item_id", "inventory_group_id"}))
COLLECTIONS = Grammar(
    frozenset({"updated_at"}), frozenset({"collection_type", "handle", "title"}), {"collection_type": {"custom", "smart"}}
)
LOCATIONS = Grammar(frozenset({"created_at"}), frozenset({"active", "name"}), {"active": YES_NO})


def variant_title(variant: Node) -> str:
    return " / ".join(one["value"] for one in variant["selectedOptions"])


def stock_of(variant: Node) -> int:
    """Pieces available of a variant at all locations."""
    return sum(level["_counts"]["available"] for level in variant["inventoryItem"]["inventoryLevels"])


def product_entry(product: Node, total: int) -> GoodsEntry:
    variants = product["variants"]
    return GoodsEntry(
        product["id"],
        number_of(product["id"]),
        milliseconds(product["updatedAt"]),
        _text(product["title"], product["vendor"], product["productType"], *product["tags"], *(one["sku"] for one in variants)),
        _folded(
            barcode=(one["barcode"] for one in variants),
            gift_card=[str(product["isGiftCard"])],
            handle=[product["handle"]],
            product_type=[product["productType"]],
            published_status=["published" if product["publishedAt"] else "unpublished"],
            sku=(one["sku"] for one in variants),
            status=[product["status"]],
            tag=product["tags"],
            title=[product["title"], *product["title"].split()],
            tracks_inventory=[str(any(one["inventoryItem"]["tracked"] for one in variants))],
            variant_id=(one["legacyResourceId"] for one in variants),
            vendor=[product["vendor"]],
        ),
        created_at=milliseconds(product["createdAt"]),
        published_at=milliseconds(product["publishedAt"]) if product["publishedAt"] else 0,
        inventory_total=total,
        title=product["title"].casefold(),
        vendor=product["vendor"].casefold(),
        product_type=product["productType"].casefold(),
    )


def variant_entry(variant: Node) -> GoodsEntry:
    product, title = variant["product"], variant_title(variant)
    values = [one["value"] for one in variant["selectedOptions"]] + ["", "", ""]
    return GoodsEntry(
        variant["id"],
        number_of(variant["id"]),
        milliseconds(variant["updatedAt"]),
        _text(product["title"], title, variant["sku"], variant["barcode"]),
        _folded(
            barcode=[variant["barcode"]],
            managed=[str(variant["inventoryItem"]["tracked"])],
            option1=[values[0]],
            option2=[values[1]],
            option3=[values[2]],
            product_id=[product["legacyResourceId"]],
            product_ids=[product["legacyResourceId"]],
            product_status=[product["status"]],
            product_type=[product["productType"]],
            sku=[variant["sku"]],
            tag=product["tags"],
            taxable=[str(variant["taxable"])],
            title=[title],
            vendor=[product["vendor"]],
        ),
        created_at=milliseconds(variant["createdAt"]),
        inventory_quantity=stock_of(variant),
        title=f"{product['title']} - {title}".casefold(),
        sku=(variant["sku"] or "").casefold(),
    )


def item_entry(item: Node) -> GoodsEntry:
    sku = item["variant"]["sku"]
    return GoodsEntry(
        item["id"],
        number_of(item["id"]),
        milliseconds(item["updatedAt"]),
        _text(sku),
        _folded(sku=[sku]),
        created_at=milliseconds(item["createdAt"]),
    )


def level_entry(level: Node) -> GoodsEntry:
    number = level["item"]["legacyResourceId"]
    return GoodsEntry(
        level["id"],
        int(number),
        milliseconds(level["updatedAt"]),
        "",
        _folded(inventory_item_id=[number], inventory_group_id=[str(level["_group"])]),
        created_at=milliseconds(level["createdAt"]),
    )


def collection_entry(collection: Node) -> GoodsEntry:
    title = collection["title"]
    return GoodsEntry(
        collection["id"],
        number_of(collection["id"]),
        milliseconds(collection["updatedAt"]),
        _text(title),
        _folded(
            collection_type=["smart" if collection["ruleSet"] else "custom"],
            handle=[collection["handle"]],
            title=[title, *title.split()],
        ),
        title=title.casefold(),
    )


def location_entry(location: Node) -> GoodsEntry:
    return GoodsEntry(
        location["id"],
        number_of(location["id"]),
        milliseconds(location["updatedAt"]),
        _text(location["name"]),
        _folded(active=[str(location["isActive"])], name=[location["name"]]),
        created_at=milliseconds(location["createdAt"]),
        title=location["name"].casefold(),
    )


def _text(*parts: str | None) -> str:
    return " ".join(part for part in parts if part).casefold()


def _folded(**words: Iterable[Any]) -> dict[str, frozenset[str]]:
    return {name: frozenset(str(word).casefold() for word in found if word) for name, found in words.items()}
