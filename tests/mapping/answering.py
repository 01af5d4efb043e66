"""An order of the made-up shop as the API would answer it, and as its snapshot."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

from syncdb.connectors.shopify.normalise import Sight, snapshot
from syncdb.connectors.shopify.order_shape import ORDER
from syncdb.connectors.shopify.reading import answered
from syncdb.connectors.shopify.shape import Leaf, Many, On, One, Paged, Parts, answered_as


def as_answered(parts: Parts, node: Mapping[str, Any]) -> dict[str, Any]:
    """The node as GraphQL would answer it: connections wrapped, short names, nothing more than was asked."""
    found: dict[str, Any] = {}
    for name, shape in parts.items():
        value = node.get("__typename" if name == "type" else name)
        key = answered_as(name, shape)
        match shape:
            case On(inner):
                found |= {key: node[key] for key in inner if key in node}
            case Paged(inner):
                items = value["nodes"] if isinstance(value, dict) else value or ()
                found[name] = {"nodes": [as_answered(inner, item) for item in items], "pageInfo": {"hasNextPage": False}}
            case Many(inner):
                found[name] = [as_answered(inner, item) for item in value or ()]
            case One(inner):
                found[name] = as_answered(inner, value) if value else None
            case Leaf(inside=inside):
                found[key] = _selected(value, _selection(inside)) if inside else value
    return found


def _selected(value: Any, chosen: SelectionSetNode | None) -> Any:
    """What a selection shows of a value; fragments, which stand for types, show what the value has of them."""
    if chosen is None or value is None:
        return value
    if isinstance(value, list):
        return [_selected(item, chosen) for item in value]
    found: dict[str, Any] = {}
    for part in chosen.selections:
        if isinstance(part, FieldNode) and part.name.value in value:
            key = part.alias.value if part.alias else part.name.value
            found[key] = _selected(value[part.name.value], part.selection_set)
        elif isinstance(part, InlineFragmentNode):
            found |= _selected(value, part.selection_set)
    return found


@cache
def _selection(text: str) -> SelectionSetNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


def stored(node: Mapping[str, Any]) -> dict[str, Any]:
    """Its snapshot, as this version reads it."""
    return snapshot(answered(ORDER, as_answered(ORDER, node)), Sight("kayra-demo.myshopify.com"))
