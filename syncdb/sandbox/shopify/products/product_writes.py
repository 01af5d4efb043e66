"""Writing products: making, changing and deleting them, and tags of anything that has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.goods import Goods, defined_type
from syncdb.sandbox.shopify.products.media_writes import append_media, media_problems
from syncdb.sandbox.shopify.products.metafield_writes import metafield_problems, put_metafield, unique_problems
from syncdb.sandbox.shopify.products.parts import handle_of, tags_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal, too_long

GONE = "Product does not exist"
BUSY = "Another operation already in progress. Please wait until current one is finished."  # observed
OPERATION_TAKES = 2.0  # seconds
CATEGORY = re.compile(r"gid://shopify/TaxonomyCategory/[a-z]{2}(?:-\d+)*")
TEXTS = ("title", "vendor", "productType", "descriptionHtml")  # null leaves them empty
LABELS = {"title": "Title", "vendor": "Vendor", "productType": "Product type", "handle": "Handle"}


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, given, media = goods_of(run), args.get("product") or {}, args.get("media") or ()
    product = goods.products.get(given.get("id") or "")
    if product is None:
        return {"product": None, "userErrors": [refusal(["id"], GONE)]}
    problems = product_problems(given, product, goods, []) + media_problems(media, product, goods)
    if problems:
        return {"product": product, "userErrors": problems}
    append_media(product, media, goods)
    if apply_product(product, given, goods) or media:
        goods.product_changed(product)
    return {"product": product, "userErrors": []}


def product_problems(given: Node, product: Node | None, goods: Goods, where: Sequence[str | int]) -> list[Node]:
    """Refusals of what may be written to a product. `where` is the path its fields are told under."""
    found: list[Node] = []
    if "title" in given and not (given["title"] or "").strip():
        found.append(refusal([*where, "title"], "Title can't be blank"))
    for name, label in LABELS.items():
        found += too_long([*where, name], label, given.get(name))
    handle = handle_of(given["handle"]) if given.get("handle") else None
    if handle and any(one["handle"] == handle and one is not product for one in goods.products.values()):
        text = f"Handle '{given['handle']}' already in use. Please provide a new handle."
        found.append(refusal(["input", "handle"], text))  # the same path in every mutation (observed)
    if any(len(tag.strip()) > 255 for tag in given.get("tags") or ()):
        found.append(refusal([*where, "tags"], "Product tags is invalid"))
    for at, one in enumerate(given.get("metafields") or ()):
        known = metafield_of(product, namespace_of(one.get("namespace")), one["key"]) if product else None
        defined = defined_type(goods, "PRODUCT", namespace_of(one.get("namespace")), one["key"])
        found += metafield_problems(one, known, [*where, "metafields", at], defined)
        found += unique_problems(one, product["id"] if product else "", goods, [*where, "metafields", at])
    if given.get("category") and not CATEGORY.fullmatch(given["category"]):
        found.append(refusal([*where, "category"], "The specified category id is not valid"))  # text taken on trust
    for option in given.get("productOptions") or ():
        if " / " in (option.get("name") or ""):  # that it is refused is observed, its text is not
            found.append(refusal([*where, "productOptions"], "Option name contains reserved characters"))
    for name in ("collectionsToJoin", "collectionsToLeave", "collections"):
        found += [
            refusal([*where, name], "Collection does not exist") for one in given.get(name) or () if one not in goods.collections
        ]
    return found


def apply_product(product: Node, given: Node, goods: Goods) -> bool:
    """Write a product's own fields, all without problems; whether anything is other than before."""
    before = _told(product)
    for name in TEXTS:
        if name in given:
            product[name] = given[name] or ""
    if given.get("handle"):
        product["handle"] = _handle(given["handle"], product, goods)
    if given.get("status"):
        product["status"] = given["status"]
    if "templateSuffix" in given:
        product["templateSuffix"] = given["templateSuffix"] or None
    if "category" in given:
        product["category"] = category_of(given["category"])
    if given.get("requiresSellingPlan") is not None:
        product["requiresSellingPlan"] = given["requiresSellingPlan"]
    if "tags" in given:
        product["tags"] = tags_of(given["tags"] or ())
    if given.get("seo") is not None:
        product["seo"] = product["seo"] | {name: text or None for name, text in given["seo"].items()}
    written = [put_metafield(goods, product, one)[1] for one in given.get("metafields") or ()]
    moved = _collected(product, given, goods)
    return moved or any(written) or _told(product) != before


def _handle(wanted: str, product: Node, goods: Goods) -> str:
    """A handle as it is kept: a blank one is made from the title, one without letters or digits anew (observed)."""
    found = handle_of(wanted)
    if found:
        return found
    others = {one["handle"] for one in goods.products.values() if one is not product}
    return goods.free_handle("" if wanted.strip() else handle_of(product["title"]), taken=others)


def _told(product: Node) -> list[Any]:
    names = (*TEXTS, "handle", "status", "templateSuffix", "tags", "seo", "category", "requiresSellingPlan")
    return [product[name] for name in names]


def category_of(gid: str | None) -> Node | None:
    """A category of the taxonomy, the same in every shop."""
    if not gid:
        return None
    name = gid.rpartition("/")[2]
    return {"__typename": "TaxonomyCategory", "id": gid, "name": name, "fullName": name, "level": 1, "isLeaf": True}


def _collected(product: Node, given: Node, goods: Goods) -> bool:
    """Put a product into collections and take it out of others; whether that changed anything."""
    joins, leaves = set(given.get("collectionsToJoin") or ()), set(given.get("collectionsToLeave") or ())
    if given.get("collections") is not None:
        joins, leaves = set(given["collections"]), set(goods.collections) - set(given["collections"])
    moved = False
    for gid in joins | leaves:
        members = goods.collections[gid]["_products"]
        if goods.collections[gid]["ruleSet"] is None and (product["id"] in members) is not (gid in joins):
            (members.append if gid in joins else members.remove)(product["id"])
            moved = True
    return moved


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, given, media = goods_of(run), args.get("product") or {}, args.get("media") or ()
    problems = product_problems({"title": None} | given, None, goods, []) + media_problems(media, None, goods)
    if problems:
        return {"product": None, "userErrors": problems, "shop": run.context.shop.settings}
    product = new_product(given, goods)
    names = [option["name"] for option in product["options"]]
    firsts = [option["optionValues"][0]["name"] for option in product["options"]]
    add_first_variant(product, list(zip(names, firsts, strict=True)), goods)
    append_media(product, media, goods)
    goods.add_product(product)
    return {"product": product, "userErrors": [], "shop": run.context.shop.settings}


def new_product(given: Node, goods: Goods) -> Node:
    """A product with its own fields and options, not yet listed and without variants."""
    title = given["title"]
    handle = goods.free_handle(handle_of((given.get("handle") or "").strip() or title))
    product = parts.product(goods.new_id(), title, goods.stamp(), handle=handle, vendor=goods.vendor, status="ACTIVE")
    options = [(one["name"], [value["name"] for value in one["values"]]) for one in given.get("productOptions") or ()]
    for position, (name, values) in enumerate(options or [(parts.DEFAULT_CHOICE[0], [parts.DEFAULT_CHOICE[1]])], 1):
        numbered = [(goods.new_id(), value) for value in values]
        product["options"].append(parts.option(goods.new_id(), name, position, numbered))
    apply_product(product, {name: value for name, value in given.items() if name != "handle"}, goods)
    return product


def add_first_variant(product: Node, chosen: list[tuple[str, str]], goods: Goods) -> None:
    """The variant a new product has by itself: free of charge, not tracked, stocked at the first location (observed)."""
    variant = parts.variant(goods.new_id(), goods.new_id(), product, chosen, goods.stamp(), tracked=False)
    first = next(iter(goods.locations.values()))
    variant["inventoryItem"]["inventoryLevels"].append(
        parts.level(first["_group"], variant["inventoryItem"], first, goods.stamp())
    )
    product["variants"].append(variant)


def _delete(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, gid = goods_of(run), args["input"]["id"]
    payload: Node = {"deletedProductId": None, "shop": run.context.shop.settings, "userErrors": []}
    payload |= {"productDeleteOperation": None}
    if gid not in goods.products:
        return payload | {"userErrors": [refusal(["id"], GONE)]}
    if gid in goods.busy:
        return payload | {"userErrors": [refusal(None, BUSY)]}
    if args.get("synchronous") is False:
        return payload | {"productDeleteOperation": _delete_later(goods.products[gid], goods)}
    goods.delete_product(goods.products[gid])
    return payload | {"deletedProductId": gid}


def _delete_later(product: Node, goods: Goods) -> Node:
    """An operation that deletes a product in a moment (observed: CREATED, then ACTIVE, the product still there)."""
    made = goods.operation("ProductDeleteOperation", deletedProductId=None)
    goods.busy.add(product["id"])

    def act() -> None:
        goods.busy.discard(product["id"])
        if product["id"] in goods.products:
            goods.delete_product(product)
        made.update(status="COMPLETE", deletedProductId=product["id"])

    goods.later(OPERATION_TAKES, act)
    return {**made}


def _tags(adding: bool) -> Resolver:
    """tagsAdd and tagsRemove, for products and orders; case does not part tags (observed)."""

    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        node = goods_of(run).products.get(args["id"]) or run.context.shop.orders.get(args["id"])
        if node is None and not args["id"].startswith(("gid://shopify/Product/", "gid://shopify/Order/")):
            raise FieldFailed("invalid id", code="RESOURCE_NOT_FOUND")
        may_write(run, "write_orders" if "/Order/" in args["id"] else "write_products", step.name)
        if node is None:
            kind = "Order" if "/Order/" in args["id"] else "Product"
            return {"node": None, "userErrors": [refusal(["id"], f"{kind} does not exist")]}
        named = {tag.casefold() for tag in tags_of(args["tags"])}
        left = [tag for tag in node["tags"] if tag.casefold() not in named]
        wanted = tags_of([*node["tags"], *args["tags"]]) if adding else left
        if wanted != node["tags"]:
            node["tags"] = wanted
            (goods_of(run).product_changed if node["__typename"] == "Product" else run.context.shop.changed)(node)
        return {"node": node, "userErrors": []}

    return resolve


PRODUCT_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "productUpdate"): _update,
    ("Mutation", "productCreate"): _create,
    ("Mutation", "productDelete"): _delete,
    ("Mutation", "tagsAdd"): _tags(True),
    ("Mutation", "tagsRemove"): _tags(False),
}
