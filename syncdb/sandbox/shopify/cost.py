"""What a query costs, and the leaky bucket that pays for it.

Shopify documents points for objects and says connections are "sized by first/last" without giving the rule.
The rule here was fitted to recorded answers of real development stores (observed; exact for about nine queries
in ten, see docs/sandbox-shopify.md). It may change at any time, as Shopify's may.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
)

MAX_QUERY_COST = 1000  # documented: a query asking for more is refused before it runs
FREE = frozenset(
    {"MoneyBag", "MoneyV2", "PageInfo", "ApiVersion", "WebhookHttpEndpoint", "WebhookSubscriptionEndpoint"}
)  # observed
ROOT_COUNT = 10  # observed for ordersCount and its siblings
MUTATION = 10  # observed for submitting and cancelling a bulk operation


def connection_size(first: int) -> int:
    """How many times a connection of `first` items is charged: 1 for 1, 7 for 50, 11 for 250 (observed)."""
    return max(1, math.floor(2 * math.log(first))) if first > 0 else 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Prices an operation: by its arguments before it runs, by what it found after it ran."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    each_node: bool = False  # whether objects asked for by their ids are charged one by one (not observed, nor ruled out)

    def requested(self, operation: OperationDefinitionNode) -> int:
        root = self.schema.get_root_type(operation.operation)
        return self._set(operation.selection_set, root, None) if root else 0

    def actual(self, operation: OperationDefinitionNode, data: Mapping[str, Any] | None) -> int:
        root = self.schema.get_root_type(operation.operation)
        return self._set(operation.selection_set, root, data) if root and data else 0

    def _set(self, selections: SelectionSetNode, parent: GraphQLNamedType, found: Mapping[str, Any] | None) -> int:
        points = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                points += self._field(node, parent, found)
            elif isinstance(node, InlineFragmentNode):
                on = self.schema.type_map[node.type_condition.name.value] if node.type_condition else parent
                points += self._set(node.selection_set, on, found)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                on = self.schema.type_map[fragment.type_condition.name.value]
                points += self._set(fragment.selection_set, on, found)
        return points

    def _field(self, node: FieldNode, parent: GraphQLNamedType, found: Mapping[str, Any] | None) -> int:
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or node.name.value not in parent.fields:
            return 0
        kind = parent.fields[node.name.value].type
        if parent is self.schema.mutation_type:
            return MUTATION + self._payload(node, get_named_type(kind), found)
        named = get_named_type(kind)
        if not is_composite_type(named) or named.name in FREE or node.selection_set is None:
            return 0
        key = node.alias.value if node.alias else node.name.value
        value = found.get(key) if found is not None else None
        if found is not None and value is None:
            return 1  # an object that is not there was still looked for (observed)
        if named is not None and named.name.endswith("Connection"):
            return self._connection(node, named, value)
        if parent is self.schema.query_type and named.name == "Count":
            return ROOT_COUNT
        if self.each_node and parent is self.schema.query_type and node.name.value == "nodes":
            values = [None] * len(self.variables.get("ids") or ()) if found is None else value or []
            return sum(1 + self._set(node.selection_set, named, one) for one in values)
        if isinstance(get_nullable_type(kind), GraphQLList) and found is not None:
            return self._listed(node.selection_set, named, value or [])
        return 1 + self._set(node.selection_set, named, value)

    def _payload(self, node: FieldNode, payload: GraphQLNamedType | None, found: Mapping[str, Any] | None) -> int:
        """What a mutation's answer adds: what stands directly in its payload is free, what is below is not (observed)."""
        assert isinstance(payload, GraphQLObjectType) and node.selection_set is not None
        value = found.get(node.alias.value if node.alias else node.name.value) if found is not None else None
        if found is not None and value is None:
            return 0
        points = 0
        for child in self._fields(node.selection_set):
            named = get_named_type(payload.fields[child.name.value].type) if child.name.value in payload.fields else None
            if named is None or child.selection_set is None or named.name.endswith("Connection"):
                continue
            inner = value.get(child.alias.value if child.alias else child.name.value) if value is not None else None
            for one in inner if isinstance(inner, list) else [inner]:
                if value is None or one is not None:
                    points += self._set(child.selection_set, named, one)
                    break
        return points

    def _listed(self, selections: SelectionSetNode, item: GraphQLNamedType, values: list[Any]) -> int:
        """A list is charged once, with its dearest item: observed for lists of one and two transactions."""
        return 1 + max((self._set(selections, item, value) for value in values if value is not None), default=0)

    def _connection(self, node: FieldNode, connection: GraphQLNamedType, value: Any) -> int:
        assert node.selection_set is not None
        size = connection_size(self._page_size(node))
        per_item = 0
        for child in self._fields(node.selection_set):
            if child.name.value == "nodes":
                per_item = self._per_item(child, connection, value)
            elif child.name.value == "edges":
                per_item = self._per_edge(child, connection, value)
        if value is not None:
            found = len(value.get("nodes") or value.get("edges") or ())
            size = connection_size(found) if found else size
        return 2 + size * (1 + per_item)

    def _per_item(self, nodes: FieldNode, connection: GraphQLNamedType, value: Any) -> int:
        assert isinstance(connection, GraphQLObjectType) and nodes.selection_set is not None
        item = get_named_type(connection.fields["nodes"].type)
        return self._dearest(nodes.selection_set, item, None if value is None else value.get("nodes", []))

    def _per_edge(self, edges: FieldNode, connection: GraphQLNamedType, value: Any) -> int:
        assert isinstance(connection, GraphQLObjectType) and edges.selection_set is not None
        edge = get_named_type(connection.fields["edges"].type)
        node = next((child for child in self._fields(edges.selection_set) if child.name.value == "node"), None)
        if node is None or node.selection_set is None or not isinstance(edge, GraphQLObjectType):
            return 0
        found = None if value is None else [one.get("node") for one in value.get("edges", [])]
        return self._dearest(node.selection_set, get_named_type(edge.fields["node"].type), found)

    def _dearest(self, selections: SelectionSetNode, item: GraphQLNamedType, found: list[Any] | None) -> int:
        if found is None:
            return self._set(selections, item, None)
        return max((self._set(selections, item, one) for one in found if one is not None), default=0)

    def _fields(self, selections: SelectionSetNode) -> list[FieldNode]:
        flat: list[FieldNode] = []
        for node in selections.selections:
            if isinstance(node, FieldNode):
                flat.append(node)
            elif isinstance(node, InlineFragmentNode):
                flat.extend(self._fields(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                flat.extend(self._fields(self.fragments[node.name.value].selection_set))
        return flat

    def _page_size(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                if isinstance(value, VariableNode) and self.variables.get(value.name.value) is not None:
                    return int(self.variables[value.name.value])
        return 0


class Bucket:
    """Points an app may spend on one shop; they come back at a steady rate (documented: 100 a second on Standard).

    `clock` gives seconds. `maximum` and `rate` are points and points a second; 2000 and 100 on every recorded store. `spent` is
    all that was ever paid.
    """

    def __init__(self, clock: Callable[[], float], maximum: float = 2000.0, rate: float = 100.0) -> None:
        self.maximum, self.rate = maximum, rate
        self._clock = clock
        self._level = maximum
        self._at = clock()
        self.spent = 0.0

    def available(self) -> float:
        now = self._clock()
        self._level = min(self.maximum, self._level + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._level

    def spend(self, points: float) -> None:
        self._level = self.available() - points
        self.spent += points

    def status(self) -> dict[str, Any]:
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available()),
            "restoreRate": float(self.rate),
        }
