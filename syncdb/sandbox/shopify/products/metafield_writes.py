"""Writing metafields: all of a call or nothing, compared by digest where one is given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.execute import Execution, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import OWNERS, metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.goods import Goods, defined_type
from syncdb.sandbox.shopify.products.metafield_values import BadValue, is_type, kept
from syncdb.sandbox.shopify.products.parts import digest_of, json_value
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

AT_ONCE = 25  # observed
WRITERS = {"Order": "write_orders", "Location": "write_locations", "Customer": "write_customers"}
RESERVED = frozenset({"shopify_standard", "protected", "shopify-l10n-fields"})  # observed
STALE = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."


def owner_of(run: Execution, gid: str) -> Node | None:
    """The node that has metafields under this id: of the goods, or an order."""
    node = goods_of(run).find(gid) or run.context.shop.find(gid, run.context.everything)
    return node if node is not None and node["__typename"] in OWNERS else None


def _set(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    given = args["metafields"]
    if len(given) > AT_ONCE:
        text = f"Exceeded the maximum metafields input limit of {AT_ONCE}."
        problem = refusal(["metafields"], text, "LESS_THAN_OR_EQUAL_TO", elementIndex=None)
        return {"metafields": None, "userErrors": [problem]}
    owners = [owner_of(run, one["ownerId"]) for one in given]
    for owner in owners:
        may_write(run, WRITERS.get(owner["__typename"] if owner else "", "write_products"), step.name)
    problems: list[Node] = []
    for at, (one, owner) in enumerate(zip(given, owners, strict=True)):
        problems += _problems(one, owner, at, goods_of(run))
    if problems:
        return {"metafields": [], "userErrors": problems}
    found = [put_metafield(goods_of(run), owner, one) for one, owner in zip(given, owners, strict=True) if owner]
    _tell(run, [owner for owner, (_, changed) in zip(owners, found, strict=True) if owner and changed])
    return {"metafields": [one for one, _ in found], "userErrors": []}


def _problems(given: Node, owner: Node | None, at: int, goods: Goods) -> list[Node]:
    where: list[str | int] = ["metafields", at]
    if owner is None:
        return [refusal([*where, "ownerId"], "Owner does not exist.", "INVALID_VALUE", elementIndex=None)]
    known = metafield_of(owner, namespace_of(given.get("namespace")), given["key"])
    namespace = namespace_of(given.get("namespace"))
    defined = defined_type(goods, owner["__typename"].upper(), namespace, given["key"])
    found = metafield_problems(given, known, where, defined)
    found = found or [one | {"code": "TAKEN"} for one in unique_problems(given, owner["id"], goods, where)]
    if not found and "compareDigest" in given:
        found = _digest_problems(given, known, where)
    return [one | {"elementIndex": None} for one in found]


def _digest_problems(given: Node, known: Node | None, where: list[str | int]) -> list[Node]:
    """What a digest forbids. The same value again is accepted whatever the digest says (observed)."""
    digest = given["compareDigest"]
    if known is None:
        return [refusal(where, "Invalid `compareDigest` value.", "INVALID_COMPARE_DIGEST")] if digest is not None else []
    same = kept(given.get("type") or known["type"], given["value"]) == known["value"]
    return [] if same or digest == known["compareDigest"] else [refusal(where, STALE, "STALE_OBJECT")]


def metafield_problems(given: Node, known: Node | None, where: Sequence[str | int], defined: str | None = None) -> list[Node]:
    """Refusals of one metafield, whoever writes it. `known` is what is there under its key, `defined` its definition's type."""
    key, kind = given["key"], given.get("type") or defined or (known["type"] if known else None)
    namespace = namespace_of(given.get("namespace"))
    for name, text, least, most in (("namespace", namespace, 3, 255), ("key", key, 2, 64)):
        label = name.capitalize()
        if len(text) < least:
            return [refusal([*where, name], f"{label} is too short (minimum is {least} characters)", "TOO_SHORT")]
        if len(text) > most:
            return [refusal([*where, name], f"{label} is too long (maximum is {most} characters)", "TOO_LONG")]
    if namespace in RESERVED:
        return [refusal([*where, "namespace"], f"Namespace {namespace} is a reserved namespace")]
    if kind is None:
        return [refusal([*where, "type"], "Type can't be blank", "BLANK")]
    if not is_type(kind):
        return [refusal([*where, "type"], f"Type {kind} is not a valid type", "INCLUSION")]
    if defined not in (None, kind):
        text = f"Type must be consistent with the definition's type: {defined}."  # code from the schema, text taken on trust
        return [refusal([*where, "type"], text, "INVALID_TYPE")]
    try:
        kept(kind, given["value"])
    except BadValue as error:
        return [refusal([*where, "value"], str(error), "INVALID_VALUE")]
    return []


VARIANT = "gid://shopify/ProductVariant/"


def unique_problems(given: Node, owner: str, goods: Goods, where: Sequence[str | int]) -> list[Node]:
    """The refusal of a custom id that another product or variant has (that there is one is documented, its text taken on trust).

    `owner` is the id of the one it is for, empty for a product that is made.
    """
    namespace = namespace_of(given.get("namespace"))
    kind, others = ("PRODUCTVARIANT", goods.variants) if owner.startswith(VARIANT) else ("PRODUCT", goods.products)
    if defined_type(goods, kind, namespace, given["key"]) != "id":
        return []
    for one in others.values():
        known = metafield_of(one, namespace, given["key"])
        if one["id"] != owner and known is not None and known["value"] == given["value"]:
            return [refusal([*where, "value"], "Value has already been taken.", "DUPLICATED_METAFIELD_VALUE")]
    return []


def put_metafield(goods: Goods, owner: Node, given: Node) -> tuple[Node, bool]:
    """Write one metafield without problems: what is there now, and whether it is other than before."""
    namespace, key = namespace_of(given.get("namespace")), given["key"]
    known = metafield_of(owner, namespace, key)
    owner_type = owner["__typename"].upper()
    defined = defined_type(goods, owner_type, namespace, key)
    kind = given.get("type") or defined or (known["type"] if known else "")
    value, at = kept(kind, given["value"]), goods.stamp()
    if known is not None:
        changed = (known["type"], known["value"]) != (kind, value)
        if changed:
            known.update(type=kind, value=value, jsonValue=json_value(kind, value), compareDigest=digest_of(value), updatedAt=at)
        return known, changed
    made = anatomy.metafield(goods.new_id(), namespace, key, kind, value, json_value(kind, value), at, owner_type)
    owner["metafields"].append(made)
    goods.metafields[made["id"]] = (owner["id"], made)
    return made, True


def _tell(run: Execution, owners: Iterable[Node]) -> None:
    """Metafields of these owners changed."""
    for owner in {one["id"]: one for one in owners}.values():
        if owner["__typename"] == "Order":
            run.context.shop.changed(owner)
        else:
            goods_of(run).metafield_changed(owner)


def _delete(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    """What was there goes; null for what was not (observed)."""
    gone: list[Node | None] = []
    for one in args["metafields"]:
        owner = owner_of(run, one["ownerId"])
        may_write(run, WRITERS.get(owner["__typename"] if owner else "", "write_products"), step.name)
        known = metafield_of(owner, namespace_of(one["namespace"]), one["key"]) if owner else None
        if owner is not None and known is not None:
            owner["metafields"].remove(known)
            goods_of(run).metafields.pop(known["id"], None)
            _tell(run, [owner])
        gone.append({"ownerId": one["ownerId"], "namespace": one["namespace"], "key": one["key"]} if known else None)
    return {"deletedMetafields": gone, "userErrors": []}


METAFIELD_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "metafieldsSet"): _set,
    ("Mutation", "metafieldsDelete"): _delete,
}
