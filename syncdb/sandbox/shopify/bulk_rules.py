"""What a bulk query may look like. The rules and their words are those of recorded answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
)

from syncdb.sandbox.shopify.documents import schema

MOST_CONNECTIONS = 5
DEEPEST = 2
LONGEST = 65_535  # bytes


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection of a bulk query: where it stands and what it selects."""

    node: FieldNode
    depth: int
    in_list: bool
    parent: Connection | None

    @property
    def name(self) -> str:
        return self.node.name.value

    @property
    def contents(self) -> SelectionSetNode | None:
        """What is selected of each object, if it is selected by edges and node."""
        edges = _field(self.node.selection_set, "edges")
        node = _field(edges.selection_set, "node") if edges else None
        return node.selection_set if node else None


def connections(operation: OperationDefinitionNode) -> list[Connection]:
    """Every connection of the query, outer ones first."""
    root = schema().query_type
    assert root is not None
    return list(_walk(operation.selection_set, root, None, False))


def _walk(
    selections: SelectionSetNode | None, owner: GraphQLNamedType, above: Connection | None, listed: bool
) -> Iterator[Connection]:
    for node in selections.selections if selections else ():
        if isinstance(node, InlineFragmentNode):
            kind = schema().type_map[node.type_condition.name.value] if node.type_condition else owner
            yield from _walk(node.selection_set, kind, above, listed)
        if not isinstance(node, FieldNode) or not isinstance(owner, GraphQLObjectType | GraphQLInterfaceType):
            continue
        if node.name.value not in owner.fields:
            continue
        kind = owner.fields[node.name.value].type
        named = get_named_type(kind)
        if named.name.endswith("Connection"):
            found = Connection(node, above.depth + 1 if above else 0, listed, above)
            yield found
            yield from _walk(found.contents, _item(named), found, False)
        else:
            in_list = listed or isinstance(get_nullable_type(kind), GraphQLList)
            yield from _walk(node.selection_set, named, above, in_list)


def _item(connection: GraphQLNamedType) -> GraphQLNamedType:
    assert isinstance(connection, GraphQLObjectType)
    item: GraphQLNamedType = get_named_type(connection.fields["nodes"].type)
    return item


def _field(selections: SelectionSetNode | None, name: str) -> FieldNode | None:
    nodes = selections.selections if selections else ()
    return next((node for node in nodes if isinstance(node, FieldNode) and node.name.value == name), None)


def problems(text: str, operation: OperationDefinitionNode) -> list[str]:
    """What forbids running this query in bulk; empty where nothing does."""
    if operation.operation is not OperationType.QUERY:
        return ["Invalid operation type. Only `query` operations are supported."]
    found = connections(operation)
    return [*_at_the_top(operation), *_counted(text, found), *_selected(found)]


def _at_the_top(operation: OperationDefinitionNode) -> list[str]:
    tops = [node.name.value for node in operation.selection_set.selections if isinstance(node, FieldNode)]
    return [f"Bulk queries cannot contain a top level `{name}` field." for name in tops if name in ("node", "nodes")]


def _counted(text: str, found: list[Connection]) -> list[str]:
    wrong = []
    if len(text.encode("utf-8")) > LONGEST:
        wrong.append(f"Bulk query is too long; it may have {LONGEST} bytes.")
    if not found:
        wrong.append("Bulk queries must contain at least one connection.")
    if any(one.depth > DEEPEST for one in found):
        wrong.append(f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}.")
    if len(found) > MOST_CONNECTIONS:
        wrong.append(f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.")
    if any(one.in_list for one in found):
        wrong.append("Queries that contain a connection field within a list field are not currently supported.")
    return wrong


def _selected(found: list[Connection]) -> list[str]:
    wrong = []
    by_nodes = [one.name for one in found if one.contents is None]
    if by_nodes:
        wrong.append(
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
            f"'{by_nodes[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
            f"Invalid connection fields: {', '.join(repr(name) for name in by_nodes)}."
        )
    parents = {id(one.parent): one.parent for one in found if one.parent is not None}
    nameless = [one.name for one in parents.values() if not _has_id(one.contents)]
    if nameless:
        wrong.append(
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of "
            f"'ID' return type. Connection fields without 'id': {', '.join(nameless)}."
        )
    return wrong


def _has_id(selections: SelectionSetNode | None) -> bool:
    node = _field(selections, "id")
    return node is not None and node.alias is None
