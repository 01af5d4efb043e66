"""The shop's database of goods: products, variants, stock, collections, and what searches see of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.files.desk import FileDesk
from syncdb.sandbox.shopify.index import SearchIndex, milliseconds
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.entries import (
    GoodsEntry,
    collection_entry,
    item_entry,
    level_entry,
    location_entry,
    product_entry,
    stock_of,
    variant_entry,
)
from syncdb.sandbox.shopify.products.idempotency import KeyDesk

FIRST_ID = 2**53 + 10**12 + 1  # ids no floating-point number can tell apart
FIRST_GROUP = 143_273_001_266
ENTRIES: dict[str, Callable[[Node], GoodsEntry]] = {
    "ProductVariant": variant_entry,
    "InventoryItem": item_entry,
    "InventoryLevel": level_entry,
    "Collection": collection_entry,
    "Location": location_entry,
}
KINDS = ("Product", *ENTRIES)
# What moves a parent's updatedAt when something below it changes; see docs/sandbox-shopify.md.
DOCUMENTED_BUMPS = frozenset({"product after stock"})
TRUSTED_BUMPS = frozenset({"product after variant", "owner after metafield", "variant after item"})


class Goods:
    """The goods of one shop. `clock` gives epoch seconds, `lag` the seconds searches and totals stay behind.

    `nodes` holds everything by global id, `by_kind` by type. `bumps` says which changes move the updatedAt of what
    stands above them; take one out to see what happens where Shopify does not do as it is taken to. `keys` remembers
    what was done under idempotency keys. `stores_custom_ids` says whether productSet by a custom id writes that metafield itself
    (observed for customers, on trust for products). `waiting` is what was promised for later, with the moment it is due.
    `happened` is told what becomes of products and levels.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        lag: Callable[[], float],
        currency: str,
        domain: str,
        happened: Callable[[str, Node], None] = lambda what, node: None,
        apart: int = 0,
    ) -> None:
        self.clock, self.lag, self._happened = clock, lag, happened
        self.currency, self.domain = currency, domain
        self.vendor = domain.split(".")[0]  # whom new products are from, unless said otherwise (observed)
        self.by_kind: dict[str, dict[str, Node]] = {kind: {} for kind in KINDS}
        self.indexes: dict[str, SearchIndex[GoodsEntry]] = {kind: SearchIndex() for kind in KINDS}
        self.metafields: dict[str, tuple[str, Node]] = {}
        self.deleted: set[str] = set()
        self.operations: dict[str, Node] = {}
        self.busy: set[str] = set()
        self.bumps = set(DOCUMENTED_BUMPS | TRUSTED_BUMPS)
        self.keys = KeyDesk(clock)
        self.saved_searches: dict[str, Node] = {}  # of products
        self.definitions: dict[tuple[str, str, str], Node] = {}
        self.publications: dict[str, Node] = {}
        self.files = FileDesk(clock, self.stamp, self.new_id)
        self.stores_custom_ids = True
        self.waiting: list[tuple[float, Callable[[], None]]] = []
        self._ids = count(FIRST_ID + apart)
        self._group = FIRST_GROUP + apart
        self._in_order: dict[tuple[str, str | None], tuple[list[int], list[Node]]] = {}

    @property
    def products(self) -> dict[str, Node]:
        return self.by_kind["Product"]

    @property
    def variants(self) -> dict[str, Node]:
        return self.by_kind["ProductVariant"]

    @property
    def items(self) -> dict[str, Node]:
        return self.by_kind["InventoryItem"]

    @property
    def levels(self) -> dict[str, Node]:
        return self.by_kind["InventoryLevel"]

    @property
    def collections(self) -> dict[str, Node]:
        return self.by_kind["Collection"]

    @property
    def locations(self) -> dict[str, Node]:
        return self.by_kind["Location"]

    def new_id(self) -> int:
        return next(self._ids)

    def stamp(self) -> str:
        """Now, as a DateTime scalar: UTC, whole seconds."""
        return datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def operation(self, kind: str, **fields: Any) -> Node:
        """A new operation (ProductSetOperation ...): CREATED when it is told, ACTIVE when it is asked for (observed)."""
        made: Node = {"__typename": kind, "id": gid(kind, self.new_id()), "status": "CREATED", "product": None, "userErrors": []}
        self.operations[str(made["id"])] = made | fields
        return self.operations[str(made["id"])]

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something once some seconds have passed: at the next request after them."""
        self.waiting.append((self.clock() + seconds, act))

    def catch_up(self) -> None:
        """Do what is due by now."""
        now = self.clock()
        due, self.waiting = [one for one in self.waiting if one[0] <= now], [one for one in self.waiting if one[0] > now]
        for _, act in due:
            act()

    def find(self, one: str) -> Node | None:
        """Anything that has an id of its own and is still there."""
        kind = one.removeprefix("gid://shopify/").split("/")[0]
        if kind == "Metafield":
            return self.metafields.get(one, ("", None))[1]
        if one in self.files.files:
            return self.files.files[one]
        return self.by_kind.get(kind, {}).get(one)

    def by_number(self, kind: str, location: str | None = None) -> tuple[list[int], list[Node]]:
        """Numbers of all things of a kind, rising, and the things; of levels those at a location, by their item's number."""
        if (kind, location) not in self._in_order:
            nodes = [one for one in self.by_kind[kind].values() if location is None or one["location"]["id"] == location]
            numbered = sorted(((parts.place_number(one), one) for one in nodes), key=lambda one: one[0])
            self._in_order[kind, location] = [number for number, _ in numbered], [one for _, one in numbered]
        return self._in_order[kind, location]

    def add_location(self, location: Node) -> Node:
        """Take in a location; nothing is stocked there yet."""
        location["_group"] = self._group + 32_768 * len(self.locations)
        return self._take(location)

    def add_product(self, product: Node) -> Node:
        """Take in a product with all that belongs to it."""
        for one in product["metafields"]:
            self.metafields[one["id"]] = (product["id"], one)
        for one in product["media"]:
            self.files.keep(one)
        self.products[product["id"]] = product
        self._in_order.clear()
        for variant in product["variants"]:
            self.add_variant(variant)
        self.show(product)
        self._happened("added", product)
        return product

    def add_variant(self, variant: Node) -> Node:
        """Take in a variant with its inventory item and levels; the product shows it once it is shown itself."""
        for one in variant["metafields"]:
            self.metafields[one["id"]] = (variant["id"], one)
        item = variant["inventoryItem"]
        for node in (variant, item, *item["inventoryLevels"]):
            self._take(node)
        return variant

    def stock(self, item: Node, location: Node, available: int = 0) -> Node:
        """Stock an item at a location where it was not yet; the new level."""
        made = parts.level(location["_group"], item, location, self.stamp(), available)
        item["inventoryLevels"].append(made)
        return self._take(made)

    def add_collection(self, collection: Node) -> Node:
        return self._take(collection)

    def _take(self, node: Node) -> Node:
        self.by_kind[node["__typename"]][node["id"]] = node
        self._in_order.clear()
        self.show(node)
        return node

    def show(self, node: Node) -> None:
        """Bring a node's search entry (and a product's total) in line with it, once the lag has passed."""
        now, kind = self.clock(), node["__typename"]
        at = now if self.indexes[kind].knows(node["id"]) else milliseconds(node["updatedAt"]) / 1000
        seen_from = at + self.lag()
        if kind == "Product":
            total = sum(stock_of(one) for one in node["variants"] if one["inventoryItem"]["tracked"])
            current = [one for one in node["_totals"] if one[0] <= now][-1:]
            node["_totals"] = [*current, *(one for one in node["_totals"] if one[0] > now), (seen_from, total)]
            entry = product_entry(node, total)
        else:
            entry = ENTRIES[kind](node)
        self.indexes[kind].put(node["id"], entry, seen_from, now)

    def total_of(self, product: Node) -> int:
        """What `totalInventory` says by now."""
        now = self.clock()
        return next((total for start, total in reversed(product["_totals"]) if start <= now), 0)

    def touched(self, *nodes: Node) -> None:
        """Record that nodes changed: their updatedAt moves (never backwards), searches follow after the lag."""
        at = self.stamp()
        for node in nodes:
            node["updatedAt"] = max(node["updatedAt"], at)
            self.show(node)
            self._happened("changed", node)

    def product_changed(self, product: Node) -> None:
        """Something of the product itself changed; entries of its variants carry some of that, too."""
        self.touched(product)
        for variant in product["variants"]:
            self.show(variant)

    def variants_changed(self, product: Node, variants: Iterable[Node]) -> None:
        self.touched(*variants)
        if "product after variant" in self.bumps:
            self.touched(product)
        else:
            self.show(product)
            self._happened("changed", product)

    def item_changed(self, item: Node) -> None:
        """An inventory item changed: its sku and whether it is tracked show in the variant and the product."""
        variant = item["variant"]
        self.touched(item)
        if "variant after item" in self.bumps:
            self.variants_changed(variant["product"], [variant])
        else:
            self.show(variant)
            self.show(variant["product"])

    def stock_changed(self, level: Node, names: Iterable[str]) -> None:
        """Quantities of a level changed."""
        at = self.stamp()
        level["_changed"].update(dict.fromkeys((name for name in names if name == "available"), at))
        self.touched(level)
        variant = level["item"]["variant"]
        self.show(variant)
        if "product after stock" in self.bumps:
            self.touched(variant["product"])
        else:
            self.show(variant["product"])
            self._happened("changed", variant["product"])

    def metafield_changed(self, owner: Node) -> None:
        if "owner after metafield" in self.bumps and owner["__typename"] in self.by_kind:
            self.touched(owner)

    def delete_variant(self, variant: Node) -> None:
        """A variant goes, with its inventory item and levels; those after it move up."""
        item, product = variant["inventoryItem"], variant["product"]
        for node in (*item["inventoryLevels"], item, variant):
            self._forget(node)
        product["variants"].remove(variant)
        for position, one in enumerate(product["variants"], 1):
            one["position"] = position

    def delete_product(self, product: Node) -> None:
        for variant in list(product["variants"]):
            self.delete_variant(variant)
        for collection in self.collections.values():
            if product["id"] in collection["_products"]:
                collection["_products"].remove(product["id"])
        self.forget_media(product)
        self._forget(product)
        self._happened("deleted", product)

    def forget_media(self, product: Node) -> None:
        """With a product go the media that no other product uses (documented)."""
        others = [one for one in self.products.values() if one is not product]
        for node in product["media"]:
            if node["id"] in self.files.files and not any(node in one["media"] for one in others):
                self.files.delete(node)

    def delete_collection(self, collection: Node) -> None:
        self._forget(collection)

    def _forget(self, node: Node) -> None:
        gid, kind, now = node["id"], node["__typename"], self.clock()
        del self.by_kind[kind][gid]
        self._in_order.clear()
        for one in node.get("metafields", ()):
            self.metafields.pop(one["id"], None)
        self.deleted.add(gid)
        self.indexes[kind].put(gid, None, now + self.lag(), now)

    def free_handle(self, wanted: str, kind: str = "Product", taken: set[str] | None = None) -> str:
        """The handle, or the next one not `taken` (default: by any of its kind): a number at its end is counted on (observed)."""
        taken = {one["handle"] for one in self.by_kind[kind].values()} if taken is None else taken
        wanted = stem = wanted or kind.casefold()
        head = stem.rstrip("0123456789")
        tail = stem[len(head) :]
        number, stem = (int(tail), head) if tail else (0, f"{stem}-")
        while wanted in taken:
            number += 1
            wanted = f"{stem}{number}"
        return wanted

    def money(self, amount: Any) -> Node:
        return {"amount": amount, "currencyCode": self.currency}


def defined_type(goods: Goods, owner: str, namespace: str, key: str) -> str | None:
    """The type a definition gives to a key of an owner (PRODUCT, PRODUCTVARIANT ...); None where there is none."""
    known: Node | None = goods.definitions.get((owner, namespace, key))
    return str(known["type"]["name"]) if known else None
