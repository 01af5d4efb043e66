"""Definitions of metafields: what type values under a key have, and whether each may stand only once."""

from __future__ import annotations

import re
from typing import Any

from syncdb.sandbox.shopify.anatomy import gid
from syncdb.sandbox.shopify.execute import Execution, FieldFailed, Resolver, Source, Step
from syncdb.sandbox.shopify.metafields import metafield_of, namespace_of
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import listed
from syncdb.sandbox.shopify.products.goods import Goods, defined_type
from syncdb.sandbox.shopify.products.metafield_values import is_type
from syncdb.sandbox.shopify.products.queries import goods_of
from syncdb.sandbox.shopify.products.writing import may_write, refusal

NO_DEFINITION = "Metafield definition of type 'id' is required when using custom ids."
LENGTHS = (("namespace", 3, 255), ("key", 2, 64))
MOST = 256  # observed: definitions of one kind of owner
SCOPES = {"ORDER": "write_orders", "CUSTOMER": "write_customers", "LOCATION": "write_locations"}


def _create(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    given = dict(args["definition"])
    given["namespace"] = namespace_of(given.get("namespace"))
    may_write(run, SCOPES.get(given["ownerType"], "write_products"), step.name)
    problems = _problems(given, goods_of(run))
    if problems:
        return {"createdDefinition": None, "userErrors": problems}
    return {"createdDefinition": define(goods_of(run), **given), "userErrors": []}


def define(goods: Goods, ownerType: str, namespace: str, key: str, name: str, type: str, **more: Any) -> Node:
    """Make a definition, without looking whether it may be made."""
    unique = type == "id" or bool(((more.get("capabilities") or {}).get("uniqueValues") or {}).get("enabled"))
    node: dict[str, Any] = {
        "__typename": "MetafieldDefinition",
        "id": gid("MetafieldDefinition", goods.new_id()),
        "name": name,
        "namespace": namespace,
        "key": key,
        "ownerType": ownerType,
        "description": more.get("description"),
        "type": {"name": type, "category": "ID" if type == "id" else "TEXT"},
        "capabilities": {"uniqueValues": {"enabled": unique, "eligible": type in UNIQUE}},
    }
    goods.definitions[ownerType, namespace, key] = node
    return node


UNIQUE = frozenset({"id", "single_line_text_field", "number_integer", "url"})


def _problems(given: Node, goods: Goods) -> list[Node]:
    """Refusals of a definition (texts observed)."""
    found = []
    for name, least, most in LENGTHS:
        text, label = given[name], name.capitalize()
        if len(text) < least:
            found.append(refusal(["definition", name], f"{label} is too short (minimum is {least} characters)", "TOO_SHORT"))
        elif len(text) > most:
            found.append(refusal(["definition", name], f"{label} is too long (maximum is {most} characters)", "TOO_LONG"))
        elif not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            said = f"{label} contains one or more invalid characters."
            found.append(refusal(["definition", name], said, "INVALID_CHARACTER"))
    if len(given["name"]) > 255:
        found.append(refusal(["definition", "name"], "Name is too long (maximum is 255 characters)", "TOO_LONG"))
    if not is_type(given["type"]):
        found.append(refusal(["definition", "type"], f"Type name {given['type']} is not a valid type.", "INCLUSION"))
    return found or _standing_problems(given, goods)


def _standing_problems(given: Node, goods: Goods) -> list[Node]:
    kind, namespace, key = given["ownerType"], given["namespace"], given["key"]
    unique = ((given.get("capabilities") or {}).get("uniqueValues") or {}).get("enabled")
    if given["type"] == "id" and unique is False:
        text = "Capability unique_values is required for type id but is disabled"
        return [refusal(["definition"], text, "CAPABILITY_REQUIRED_BUT_DISABLED")]
    if (kind, namespace, key) in goods.definitions:
        text = f"Key is in use for {kind.capitalize()} metafields on the '{namespace}' namespace."
        return [refusal(["definition", "key"], text, "TAKEN")]
    if sum(one["ownerType"] == kind for one in goods.definitions.values()) >= MOST:
        text = f"Stores can only have {MOST} definitions for each store resource."
        return [refusal(["definition"], text, "RESOURCE_TYPE_LIMIT_EXCEEDED")]
    return []


def _list(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node:
    run.context.require("read_products", step.name)
    namespace = namespace_of(args["namespace"]) if args.get("namespace") else None
    found = [
        one
        for one in goods_of(run).definitions.values()
        if one["ownerType"] == args["ownerType"]
        and namespace in (None, one["namespace"])
        and args.get("key") in (None, one["key"])
    ]
    return listed(found, args)


def by_custom_id(goods: Goods, given: Node, kind: str = "PRODUCT") -> Node | None:
    """The product or variant with this custom id, None where there is none.

    Raises FieldFailed without a definition of type `id`.
    """
    namespace = namespace_of(given.get("namespace"))
    if defined_type(goods, kind, namespace, given["key"]) != "id":
        raise FieldFailed(NO_DEFINITION, code="NOT_FOUND")
    for one in (goods.products if kind == "PRODUCT" else goods.variants).values():
        known = metafield_of(one, namespace, given["key"])
        if known is not None and known["value"] == given["value"]:
            return one
    return None


def _by_identifier(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_products", step.name)
    goods, given = goods_of(run), args["identifier"]
    if given.get("customId"):
        return by_custom_id(goods, given["customId"])
    if given.get("handle"):
        return next((one for one in goods.products.values() if one["handle"] == given["handle"]), None)
    found: Node | None = goods.products.get(given.get("id") or "")
    return found


def _variant_by_identifier(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_products", step.name)
    goods, given = goods_of(run), args["identifier"]
    if given.get("customId"):
        return by_custom_id(goods, given["customId"], "PRODUCTVARIANT")
    found: Node | None = goods.variants.get(given.get("id") or "")
    return found


def _collection_by_identifier(_: Source, args: dict[str, Any], run: Execution, step: Step) -> Node | None:
    run.context.require("read_products", step.name)
    goods, given = goods_of(run), args["identifier"]
    if given.get("handle"):
        return next((one for one in goods.collections.values() if one["handle"] == given["handle"]), None)
    found: Node | None = goods.collections.get(given.get("id") or "")
    return found


DEFINITION_WRITES: dict[tuple[str, str], Resolver] = {
    ("Mutation", "metafieldDefinitionCreate"): _create,
    ("QueryRoot", "metafieldDefinitions"): _list,
    ("QueryRoot", "productByIdentifier"): _by_identifier,
    ("QueryRoot", "productVariantByIdentifier"): _variant_by_identifier,
    ("QueryRoot", "collectionByIdentifier"): _collection_by_identifier,
}
