"""Writing collections: their own fields, the products of custom ones, the rules of smart ones."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.products.collecting import COLUMNS
from syncdb.sandbox.shopify.products.goods import Goods
from syncdb.sandbox.shopify.products.metafield_writes import metafield_problems, put_metafield
from syncdb.sandbox.shopify.products.parts import handle_of
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal, too_long

GONE = "Collection does not exist"


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, given = goods_of(run), args["input"]
    if given.get("id"):
        problem = refusal(["id"], "id cannot be specified on collection creation")
        return {"collection": None, "userErrors": [problem]}
    problems = _problems({"title": None} | given, None, goods)
    if problems:
        return {"collection": None, "userErrors": problems}
    handle = goods.free_handle(handle_of(given.get("handle") or given["title"]), "Collection")
    made = parts.collection(goods.new_id(), given["title"], goods.stamp(), _rules(given), handle=handle)
    made["_products"] = list(dict.fromkeys(given.get("products") or ()))
    _apply(made, {name: value for name, value in given.items() if name != "handle"}, goods)
    goods.add_collection(made)
    return {"collection": made, "userErrors": []}


def _problems(given: Node, collection: Node | None, goods: Goods) -> list[Node]:
    found: list[Node] = []
    if "title" in given and not (given["title"] or "").strip():
        found.append(refusal(["title"], "Title can't be blank"))
    found += too_long(["title"], "Title", given.get("title"))
    found += too_long(["handle"], "Handle", given.get("handle"))
    handle = handle_of(given["handle"]) if given.get("handle") and collection is not None else None
    if handle and any(one["handle"] == handle and one is not collection for one in goods.collections.values()):
        found.append(refusal(["handle"], "Handle has already been taken"))
    unknown = [at for at, one in enumerate(given.get("products") or ()) if one not in goods.products]
    found += [refusal(["products", at], "Product does not exist") for at in unknown]
    found += _rule_problems(given, collection)
    for at, one in enumerate(given.get("metafields") or ()):
        known = metafield_of(collection, namespace_of(one.get("namespace")), one["key"]) if collection else None
        found += metafield_problems(one, known, ["metafields", at])
    return found


def _rule_problems(given: Node, collection: Node | None) -> list[Node]:
    if given.get("ruleSet") is None:
        return []
    if collection is not None and collection["ruleSet"] is None:
        return [refusal(["id"], "Cannot update rule set of a custom collection")]
    rules = given["ruleSet"].get("rules") or []
    if not rules:
        return [refusal(["ruleSet", "rules"], "Rules cannot be an empty set")]
    strange = [one["column"] for one in rules if one["column"] not in COLUMNS]
    if strange:
        raise FieldFailed(f"rules by {strange[0]} are not served here", code="BAD_REQUEST")
    return []


def _rules(given: Node) -> Node | None:
    if given.get("ruleSet") is None:
        return None
    rules = [{name: one[name] for name in ("column", "relation", "condition")} for one in given["ruleSet"]["rules"]]
    return {"appliedDisjunctively": given["ruleSet"]["appliedDisjunctively"], "rules": rules}


def _apply(collection: Node, given: Node, goods: Goods) -> bool:
    """Write a collection's own fields; whether anything is other than before."""
    names = ("title", "handle", "descriptionHtml", "sortOrder", "templateSuffix", "seo", "ruleSet")
    before = [collection[name] for name in names]
    for name in ("title", "sortOrder"):
        if given.get(name):
            collection[name] = given[name]
    if given.get("handle"):
        collection["handle"] = handle_of(given["handle"])
    if "descriptionHtml" in given:
        collection["descriptionHtml"] = given["descriptionHtml"] or ""
    if "templateSuffix" in given:
        collection["templateSuffix"] = given["templateSuffix"] or None
    if given.get("seo") is not None:
        collection["seo"] = collection["seo"] | {name: text or None for name, text in given["seo"].items()}
    collection["ruleSet"] = _rules(given) or collection["ruleSet"]
    written = [put_metafield(goods, collection, one)[1] for one in given.get("metafields") or ()]
    return any(written) or [collection[name] for name in names] != before


def _update(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, given = goods_of(run), args["input"]
    if given.get("id") is None:
        raise FieldFailed("id must be specified on collectionUpdate", code="BAD_REQUEST")
    collection = goods.collections.get(given["id"])
    if collection is None:
        return {"collection": None, "job": None, "userErrors": [refusal(None, GONE)]}
    problems = _problems(given, collection, goods)
    if problems:
        return {"collection": None, "job": None, "userErrors": problems}
    if _apply(collection, given, goods):
        goods.touched(collection)
    return {"collection": collection, "job": _job(goods) if given.get("ruleSet") else None, "userErrors": []}


def _job(goods: Goods) -> Node:
    """A job as it is told at once; it is done by the time anybody could ask."""
    return {"id": gid("Job", goods.new_id()), "done": False}


def _delete(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    may_write(run, "write_products", step.name)
    goods, wanted = goods_of(run), args["input"]["id"]
    payload: Node = {"deletedCollectionId": None, "shop": run.context.shop.settings, "userErrors": []}
    if wanted not in goods.collections:
        return payload | {"userErrors": [refusal(["id"], GONE)]}
    goods.delete_collection(goods.collections[wanted])
    return payload | {"deletedCollectionId": wanted}


def _members(adding: bool) -> Resolver:
    """collectionAddProducts and collectionRemoveProducts. Adding one that is there already is refused (trusted)."""

    def resolve(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
        may_write(run, "write_products", step.name)
        goods, collection = goods_of(run), goods_of(run).collections.get(args["id"])
        problems = _member_problems(collection, args["productIds"], goods, adding)
        if problems or collection is None:
            return {"collection": None, "job": None, "userErrors": problems}
        members = collection["_products"]
        left = [one for one in members if one not in args["productIds"]]
        collection["_products"] = members + list(dict.fromkeys(args["productIds"])) if adding else left
        if collection["_products"] != members:
            goods.touched(collection)
        return {"collection": collection, "job": _job(goods), "userErrors": []}

    return resolve


def _member_problems(collection: Node | None, wanted: list[str], goods: Goods, adding: bool) -> list[Node]:
    if collection is None:
        return [refusal(["id"], GONE)]
    if collection["ruleSet"] is not None:
        told = "add products to" if adding else "remove products from"
        return [refusal(["id"], f"Can't manually {told} a smart collection")]
    if not adding:
        return []
    unknown = [one for one in wanted if one not in goods.products]
    there = [one for one in wanted if one in collection["_products"]]
    text = "Error adding {} to collection: Product is already in the collection"
    return [refusal(["productIds"], "Product does not exist") for _ in unknown] + [
        refusal(["productIds"], text.format(goods.products[one]["title"])) for one in there
    ]


COLLECTION_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "collectionCreate"): _create,
    ("Mutation", "collectionUpdate"): _update,
    ("Mutation", "collectionDelete"): _delete,
    ("Mutation", "collectionAddProducts"): _members(True),
    ("Mutation", "collectionRemoveProducts"): _members(False),
}
