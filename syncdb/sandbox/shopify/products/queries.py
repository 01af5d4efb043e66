"""What answers the reading fields of products, variants, stock and collections that are more than a look-up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.money import Node, written
from syncdb.sandbox.shopify.paging import MAX_PAGE, Place, listed, page, page_size, placed
from syncdb.sandbox.shopify.products import entries
from syncdb.sandbox.shopify.products.collecting import collections_of, products_in
from syncdb.sandbox.shopify.products.entries import GoodsEntry, stock_of, variant_title
from syncdb.sandbox.shopify.products.goods import ENTRIES, Goods
from syncdb.sandbox.shopify.products.parts import QUANTITIES, place_number, plain, unlisted
from syncdb.sandbox.shopify.search import Grammar, read_search

Pair = tuple[GoodsEntry, Node]
ROOTS: dict[str, tuple[str, Grammar, str]] = {  # field -> type, how it is searched, default sort key
    "products": ("Product", entries.PRODUCTS, "ID"),
    "productVariants": ("ProductVariant", entries.VARIANTS, "ID"),
    "inventoryItems": ("InventoryItem", entries.ITEMS, "ID"),
    "collections": ("Collection", entries.COLLECTIONS, "ID"),
    "locations": ("Location", entries.LOCATIONS, "NAME"),
}
COUNTS = {"productsCount": "products", "productVariantsCount": "productVariants", "collectionsCount": "collections"}
SORTS = {
    "ID": "number",
    "UPDATED_AT": "updated_at",
    "CREATED_AT": "created_at",
    "PUBLISHED_AT": "published_at",
    "TITLE": "title",
    "FULL_TITLE": "title",
    "NAME": "title",
    "VENDOR": "vendor",
    "PRODUCT_TYPE": "product_type",
    "INVENTORY_TOTAL": "inventory_total",
    "INVENTORY_QUANTITY": "inventory_quantity",
    "SKU": "sku",
}
MOST_OF_ONE = 2000  # documented: variants of a single product in one page
FIELDS = {"updated_at": "updatedAt", "created_at": "createdAt", "published_at": "publishedAt"}
READERS = {
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "Collection": ("read_products",),
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "Location": ("read_locations", "read_inventory"),
}


def goods_of(run: Execution) -> Goods:
    goods: Goods = run.context.shop.goods
    return goods


def may_read(run: Execution, kind: str, name: str) -> None:
    """Raise FieldFailed unless the app has one of the scopes that open this type (from the schema's own list)."""
    scopes = READERS.get(kind, ("read_products",))
    held = run.context.scopes
    if not any(one in held or one.replace("read_", "write_") in held for one in scopes):
        run.context.require(scopes[0], name)


def found(run: Execution, one: str, name: str) -> Node | None:
    """A node of the goods by global id, if there is such a thing and the app may read it."""
    node = goods_of(run).find(one)
    if node is not None:
        may_read(run, node["__typename"], name)
    return node


def matching(run: Execution, step: Step, kind: str, grammar: Grammar, query: str | None) -> tuple[list[Pair], bool]:
    """What a search finds, and whether the index was asked: for anything but a search by id."""
    goods, asker = goods_of(run), run.context
    search = read_search(query, asker.shop.timezone, grammar)
    if query and (search.warnings or asker.explain):
        asker.searches.append(search.report([step.key], query))
    nodes = goods.by_kind[kind]
    if bool((query or "").strip()) and not search.databased:
        seen = goods.indexes[kind].entries(goods.clock())
        return [(entry, nodes[entry.gid]) for entry in seen if entry.gid in nodes and search.test(entry)], True
    pairs = ((_bare(node), node) for node in nodes.values())
    return [(entry, node) for entry, node in pairs if search.test(entry)], False


def _bare(node: Node) -> GoodsEntry:
    """An entry that knows nothing but its number; lists without a search, and searches by id, need no more."""
    return GoodsEntry(node["id"], place_number(node), 0, "", {})


def _entry(node: Node, goods: Goods) -> GoodsEntry:
    kind = node["__typename"]
    return entries.product_entry(node, goods.total_of(node)) if kind == "Product" else ENTRIES[kind](node)


def _place(entry: GoodsEntry, node: Node, key: str, indexed: bool) -> Place:
    """Where a node stands: whole seconds in the index, microseconds in the database (observed for orders)."""
    name = SORTS[key]
    value = getattr(entry, name)
    if key == "ID":
        return str(value), entry.number
    if name in FIELDS and not indexed:
        at = node[FIELDS[name]] or ""
        value = f"{at[:10]} {at[11:19]}.{node['_micros']:06}"
    return value, entry.number


def in_order(pairs: list[Pair], key: str, indexed: bool, falling: bool) -> list[tuple[Place, Node]]:
    """Each thing with its place in a listing, sorted."""
    placed = [(_place(entry, node, key, indexed), node) for entry, node in pairs]
    by_number = key == "ID"  # their sort value is text, which would put 10 before 9
    placed.sort(key=(lambda one: one[0][1]) if by_number else (lambda one: one[0]), reverse=falling)
    return placed


def _sorted_page(pairs: list[Pair], key: str, indexed: bool, args: dict[str, Any]) -> Node:
    falling = bool(args.get("reverse"))
    placed = in_order(pairs, key, indexed, falling)
    return page([node for _, node in placed], [place for place, _ in placed], args, falling)


def _plain_page(goods: Goods, kind: str, args: dict[str, Any], location: str | None = None) -> Node:
    """A page of everything by number: only the stretch it needs is looked at, with one more on either side."""
    numbers, nodes = goods.by_number(kind, location)
    start, end = 0, len(nodes)
    if args.get("first") is not None and not args.get("before"):
        after = placed(args["after"], ("", 0))[1] if args.get("after") else 0
        start = max(0, bisect_right(numbers, after) - 1)
        end = start + page_size(args) + 2
    places: list[Place] = [(str(number), number) for number in numbers[start:end]]
    return page(nodes[start:end], places, args)


def _list(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    kind, grammar, default = ROOTS[step.name]
    may_read(run, kind, step.name)
    key, query = args.get("sortKey") or default, words_searched(args, goods_of(run))
    if key not in SORTS:
        raise FieldFailed(f"sortKey {key} is not served here", code="BAD_REQUEST")
    if key == "ID" and not query and not args.get("reverse") and kind != "Location":
        return _plain_page(goods_of(run), kind, args)
    pairs, indexed = to_be_sorted(run, step, kind, grammar, query, key)
    if kind == "Location" and not args.get("includeInactive"):  # documented: only active ones by default
        pairs = [(entry, node) for entry, node in pairs if node["isActive"]]
    return _sorted_page(pairs, key, indexed, args)


def to_be_sorted(run: Execution, step: Step, kind: str, grammar: Grammar, query: str | None, key: str) -> tuple[list[Pair], bool]:
    """What a search finds, with all that it can be sorted by; and whether the index was asked."""
    pairs, indexed = matching(run, step, kind, grammar, query)
    if not indexed and key != "ID" and SORTS[key] not in FIELDS:
        pairs = [(_entry(node, goods_of(run)), node) for _, node in pairs]
    return pairs, indexed


def words_searched(args: dict[str, Any], goods: Goods) -> str | None:
    """What is searched for: the words given, or those of a saved search."""
    saved = goods.saved_searches.get(args.get("savedSearchId") or "")
    if args.get("savedSearchId") and saved is None:
        raise FieldFailed("Saved search not found", code="NOT_FOUND")  # taken on trust
    return str(saved["query"]) if saved else args.get("query")


def _saved_searches(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_read(run, "Product", step.name)
    return listed(list(goods_of(run).saved_searches.values()), args)


def _count(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    kind, grammar, _default = ROOTS[COUNTS[step.name]]
    may_read(run, kind, step.name)
    pairs, _indexed = matching(run, step, kind, grammar, args.get("query"))
    limit = args.get("limit", 10_000)
    if limit is not None and len(pairs) > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": len(pairs), "precision": "EXACT"}


def _one(kind: str) -> Resolver:
    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
        may_read(run, kind, step.name)
        if args.get("id") is None:
            return next(iter(goods_of(run).by_kind[kind].values()), None)
        node = goods_of(run).find(args["id"])
        return node if node is not None and node["__typename"] == kind else None

    return resolve


def _levels(source: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """Levels of an item or at a location, by the number of the item; searches among them ask the index."""
    may_read(run, "InventoryLevel", step.name)
    side = "item" if source["__typename"] == "InventoryItem" else "location"
    if side == "item" and not args.get("query"):
        return listed(source["inventoryLevels"], args)
    if side == "location" and not args.get("query") and not args.get("reverse"):
        return _plain_page(goods_of(run), "InventoryLevel", args, source["id"])
    pairs, indexed = matching(run, step, "InventoryLevel", entries.LEVELS, args.get("query"))
    return _sorted_page([(entry, level) for entry, level in pairs if level[side] is source], "ID", indexed, args)


def _level(source: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    may_read(run, "InventoryLevel", step.name)
    if source["__typename"] == "Location":
        item = goods_of(run).items.get(args["inventoryItemId"])
        return level_at(item, source["id"]) if item else None
    return level_at(source, args["locationId"])


def level_at(item: Node, location_id: str) -> Node | None:
    """The level of an item at a location; None where it is not stocked there."""
    return next((one for one in item["inventoryLevels"] if one["location"]["id"] == location_id), None)


def _quantities(source: Source, args: dict[str, Any], _: Execution, __: Step) -> list[Node]:
    """Quantities by name, unknown ones left out. Only "available" says when it changed (observed)."""
    number = source["id"].removeprefix("gid://shopify/InventoryLevel/")
    return [
        {
            "__typename": "InventoryQuantity",
            "id": gid("InventoryQuantity", f"{number}&name={name}"),
            "name": name,
            "quantity": source["_counts"][name],
            "updatedAt": source["_changed"].get(name),
        }
        for name in args["names"]
        if name in QUANTITIES
    ]


def _unit_cost(source: Source, _: dict[str, Any], run: Execution, __: Step) -> Node | None:
    cost = source["_cost"]
    return None if cost is None else goods_of(run).money(written(Decimal(cost)))


def _duplicates(source: Source, _: dict[str, Any], run: Execution, step: Step) -> int:
    may_read(run, "InventoryLevel", step.name)
    sku = source["variant"]["sku"]
    return sum(1 for one in goods_of(run).variants.values() if sku and one["sku"] == sku and one["inventoryItem"] is not source)


def _all_variants(source: Source, args: dict[str, Any], run: Execution, _: Step) -> Node:
    """Variants of a product: 250 at once, of a single product 2,000 (documented)."""
    single = len(run.path) == 1
    return listed(source["variants"], args, MOST_OF_ONE if single else MAX_PAGE)


def _chosen(source: Source, _: dict[str, Any], __: Execution, ___: Step) -> list[Node]:
    """The values of a variant, with those of its product's options that they are."""
    known = {(option["name"], one["name"]): one for option in source["product"]["options"] for one in option["optionValues"]}
    return [one | {"optionValue": known[one["name"], one["value"]] | {"hasVariants": True}} for one in source["selectedOptions"]]


def _options(source: Source, args: dict[str, Any], _: Execution, __: Step) -> list[Node]:
    """Options with their values, and which of these a variant has."""
    used = {(one["name"], one["value"]) for variant in source["variants"] for one in variant["selectedOptions"]}
    shown = []
    for option in source["options"][: args.get("first")]:
        values = [one | {"hasVariants": (option["name"], one["name"]) in used} for one in option["optionValues"]]
        shown.append(option | {"optionValues": values, "values": [one["name"] for one in values if one["hasVariants"]]})
    return shown


def _description(source: Source, args: dict[str, Any], _: Execution, __: Step) -> str:
    text = plain(source["descriptionHtml"])
    return text[: args["truncateAt"]] if args.get("truncateAt") is not None else text


def _online_address(source: Source, _: dict[str, Any], run: Execution, __: Step) -> str | None:
    open_to_all = source["status"] in ("ACTIVE", "UNLISTED") and source["publishedAt"]
    return f"https://{goods_of(run).domain}/products/{source['handle']}" if open_to_all else None


def _sold_out(source: Source, *_: Any) -> bool:
    return any(one["inventoryItem"]["tracked"] and stock_of(one) <= 0 for one in source["variants"])


def _only_default(source: Source, *_: Any) -> bool:
    return [variant_title(one) for one in source["variants"]] == ["Default Title"]


def _for_sale(source: Source, *_: Any) -> bool:
    free = source["inventoryPolicy"] == "CONTINUE" or not source["inventoryItem"]["tracked"]
    return source["product"]["status"] == "ACTIVE" and (free or stock_of(source) > 0)


def _exactly(items: Iterable[Any]) -> Node:
    return {"count": sum(1 for _ in items), "precision": "EXACT"}


def _collection_products(source: Source, args: dict[str, Any], run: Execution, _: Step) -> Node:
    return listed(products_in(source, goods_of(run)), args)


def _product_collections(source: Source, args: dict[str, Any], run: Execution, _: Step) -> Node:
    return listed(collections_of(source, goods_of(run)), args)


def sold(name: str) -> Resolver:
    """What an order's line was of: the product or variant as it is now, null once it was deleted.

    Goods that were never in the catalogue are told as the order knew them.
    """

    def resolve(source: Source, _: dict[str, Any], run: Execution, step: Step) -> Node | None:
        run.context.require("read_products", step.name)
        known = source[name]
        goods = goods_of(run)
        if known is None or known["id"] in goods.deleted:
            return None
        return goods.find(known["id"]) or unlisted(source)[0 if name == "product" else 1]

    return resolve


@cache
def readers() -> dict[tuple[str, str], Resolver]:
    """What answers the reading fields of goods."""
    ones = {"product": "Product", "productVariant": "ProductVariant", "inventoryItem": "InventoryItem"}
    ones |= {"inventoryLevel": "InventoryLevel", "collection": "Collection", "location": "Location"}
    plain_ones: dict[tuple[str, str], Resolver] = {
        ("LineItem", "product"): sold("product"),
        ("LineItem", "variant"): sold("variant"),
        ("Product", "description"): _description,
        ("Product", "collections"): _product_collections,
        ("Product", "featuredMedia"): lambda source, *_: source["media"][0] if source["media"] else None,
        ("Product", "hasOnlyDefaultVariant"): _only_default,
        ("Product", "hasOutOfStockVariants"): _sold_out,
        ("Product", "onlineStoreUrl"): _online_address,
        ("Product", "options"): _options,
        ("Product", "totalInventory"): lambda source, _, run, __: goods_of(run).total_of(source),
        ("Product", "tracksInventory"): lambda source, *_: any(one["inventoryItem"]["tracked"] for one in source["variants"]),
        ("Product", "variantsCount"): lambda source, *_: _exactly(source["variants"]),
        ("Product", "variants"): _all_variants,
        ("Product", "inCollection"): lambda source, args, run, _: any(
            one["id"] == args["id"] for one in collections_of(source, goods_of(run))
        ),
        ("QueryRoot", "productSavedSearches"): _saved_searches,
        ("Product", "mediaCount"): lambda source, *_: _exactly(source["media"]),
        ("Product", "hasVariantsThatRequiresComponents"): lambda source, *_: any(
            one["requiresComponents"] for one in source["variants"]
        ),
        ("ProductVariant", "selectedOptions"): _chosen,
        ("ProductVariant", "image"): lambda source, *_: None,
        ("ProductVariant", "title"): lambda source, *_: variant_title(source),
        ("ProductVariant", "displayName"): lambda source, *_: f"{source['product']['title']} - {variant_title(source)}",
        ("ProductVariant", "availableForSale"): _for_sale,
        ("ProductVariant", "inventoryQuantity"): lambda source, *_: stock_of(source),
        ("InventoryItem", "sku"): lambda source, *_: source["variant"]["sku"],
        ("InventoryItem", "unitCost"): _unit_cost,
        ("InventoryItem", "duplicateSkuCount"): _duplicates,
        ("InventoryItem", "locationsCount"): lambda source, *_: _exactly(source["inventoryLevels"]),
        ("InventoryLevel", "quantities"): _quantities,
        ("Collection", "description"): _description,
        ("Collection", "products"): _collection_products,
        ("Collection", "productsCount"): lambda source, _, run, __: _exactly(products_in(source, goods_of(run))),
        ("Collection", "hasProduct"): lambda source, args, run, _: any(
            one["id"] == args["id"] for one in products_in(source, goods_of(run))
        ),
    }
    both: dict[tuple[str, str], Resolver] = {(owner, "inventoryLevel"): _level for owner in ("InventoryItem", "Location")}
    both |= {(owner, "inventoryLevels"): _levels for owner in ("InventoryItem", "Location")}
    return (
        plain_ones
        | both
        | {("QueryRoot", name): _list for name in ROOTS}
        | {("QueryRoot", name): _count for name in COUNTS}
        | {("QueryRoot", name): _one(kind) for name, kind in ones.items()}
    )
