"""An order of the made-up shop as the API would answer it, and as its snapshot."""

from collections.abc import Mapping
from typing import Any

from syncdb.connectors.shopify.normalise import Sight, snapshot
from syncdb.connectors.shopify.order_shape import ORDER
from syncdb.connectors.shopify.shape import Leaf, Many, On, One, Paged, Parts


def answered(parts: Parts, node: Mapping[str, Any]) -> dict[str, Any]:
    """The node as GraphQL would answer it: connections wrapped, nothing more than was asked."""
    found: dict[str, Any] = {}
    for name, shape in parts.items():
        value = node.get("__typename" if name == "type" else name)
        match shape:
            case On(inner):
                found |= {key: node[key] for key in inner if key in node}
            case Paged(inner):
                found[name] = {"nodes": [answered(inner, item) for item in value or ()], "pageInfo": {"hasNextPage": False}}
            case Many(inner):
                found[name] = [answered(inner, item) for item in value or ()]
            case One(inner):
                found[name] = answered(inner, value) if value else None
            case Leaf():
                found[name] = value
    return found


def stored(node: Mapping[str, Any]) -> dict[str, Any]:
    """Its snapshot, as this version reads it."""
    return snapshot(answered(ORDER, node), Sight("kayra-demo.myshopify.com"))
