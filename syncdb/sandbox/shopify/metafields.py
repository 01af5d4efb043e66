"""Reading metafields of whatever owns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncdb.sandbox.shopify.execute import Execution, Source, Step
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.paging import listed

OWNERS = ("Order", "Customer", "Product", "ProductVariant", "Collection", "Location")
APP_NAMESPACE = "app--347082227713"  # where keys without a namespace belong (observed, with the number of that app)


def namespace_of(given: str | None) -> str:
    """The namespace meant: the app's own where none is given, and "$app" written out (observed)."""
    if not given:
        return APP_NAMESPACE
    if given == "$app" or given.startswith("$app:"):
        return APP_NAMESPACE + given.removeprefix("$app").replace(":", "--")
    return given


def full_key(namespace: str | None, key: str) -> tuple[str, str]:
    """A key may carry its namespace before a dot."""
    before, dot, after = key.rpartition(".")
    return (namespace_of(before), after) if dot and namespace is None else (namespace_of(namespace), key)


def metafield_of(owner: Node, namespace: str, key: str) -> Node | None:
    return next((one for one in owner["metafields"] if (one["namespace"], one["key"]) == (namespace, key)), None)


def metafield(source: Source, args: dict[str, Any], _: Execution, __: Step) -> Node | None:
    return metafield_of(source, *full_key(args.get("namespace"), args["key"]))


def metafields(source: Source, args: dict[str, Any], _: Execution, __: Step) -> Node:
    wanted = [full_key(args.get("namespace"), key) for key in args.get("keys") or ()]
    items: Sequence[Node] = source["metafields"]
    if args.get("namespace"):
        items = [one for one in items if one["namespace"] == namespace_of(args["namespace"])]
    if wanted:
        items = [one for one in items if (one["namespace"], one["key"]) in wanted]
    return listed(items, args)
