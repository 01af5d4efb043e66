"""The documents of a bulk operation, made from the same shapes as the pages.

A bulk query writes out whole connections, but refuses connections below a plain list (observed): an order's refunds and
fulfillments come without their lines, which are then asked for by the ids of the refunds and fulfillments.
"""

import json
from collections.abc import Mapping

from syncdb.connectors.shopify.documents import CHILDREN, PARENTS
from syncdb.connectors.shopify.shape import Leaf, Many, On, One, Paged, Parts, Shape, connection, selection

SUBMIT = """mutation SubmitBulk($query: String!) {
  bulkOperationRunQuery(query: $query) { bulkOperation { id status } userErrors { message code } }
}"""
_SHOWN = "id status errorCode objectCount rootObjectCount fileSize url"
STATE = f"query BulkOperation($id: ID!) {{ bulkOperation(id: $id) {{ {_SHOWN} }} }}"
# that nodes() shows operations, too, is observed
STATES = f"query BulkOperations($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on BulkOperation {{ {_SHOWN} }} }} }}"
COUNT = "query CountOrders($query: String) { ordersCount(query: $query, limit: null) { count precision } }"

# To which list of an order a line of the result belongs, by the type in its id. Discount applications have no id.
LIST_OF = {"LineItem": "lineItems", "ShippingLine": "shippingLines", "": "discountApplications"}


def bulk_query(order: Parts, search: str | None) -> str:
    """The query to be run in bulk: every order that `search` finds, oldest change first."""
    query = f"query: {json.dumps(search)}, " if search else ""
    return f"{{ orders({query}sortKey: UPDATED_AT) {{ edges {{ node {{ {_selection(order, False)} }} }} }} }}"


def count_of(name: str) -> str:
    """The document that counts all things of a kind."""
    return f"query CountAll {{ {name}(limit: null) {{ count precision }} }}"


def cancellation(number: int) -> str:
    """The document that cancels so many operations, `$id0` and so on, at once."""
    given = ", ".join(f"$id{place}: ID!" for place in range(number))
    asked = "bulkOperation { status } userErrors { message }"
    cancels = " ".join(f"c{place}: bulkOperationCancel(id: $id{place}) {{ {asked} }}" for place in range(number))
    return f"mutation CancelBulk({given}) {{ {cancels} }}"


def connections_of(order: Parts) -> list[str]:
    """The lists of an order that come as lines of their own."""
    return [name for name, shape in order.items() if isinstance(shape, Paged)]


def left_out(order: Parts) -> dict[str, dict[str, Paged]]:
    """What bulk refuses: connections by the plain list of the order that they belong to."""
    lists = {name: shape for name, shape in order.items() if isinstance(shape, Many)}
    found = {name: {key: one for key, one in shape.parts.items() if isinstance(one, Paged)} for name, shape in lists.items()}
    return {name: connections for name, connections in found.items() if connections}


def completion(order: Parts) -> str:
    """The document that brings what was left out, by the ids of the refunds and fulfillments."""
    asked = " ".join(_of_one(CHILDREN[name], connections) for name, connections in left_out(order).items())
    return f"query LeftOut($ids: [ID!]!) {{ nodes(ids: $ids) {{ {asked} }} }}"


def _of_one(kind: str, connections: Mapping[str, Paged]) -> str:
    listed = (connection(name, shape.parts, f"first: {shape.first}{shape.arguments}") for name, shape in connections.items())
    return f"... on {kind} {{ {PARENTS[kind]} {' '.join(listed)} }}"


def _selection(parts: Parts, in_list: bool) -> str:
    return " ".join(filter(None, (_asked(name, shape, in_list) for name, shape in parts.items())))


def _asked(name: str, shape: Shape, in_list: bool) -> str:
    match shape:
        case Paged(parts, _, arguments):
            given = f"({arguments.lstrip(', ')})" if arguments else ""
            return "" if in_list else f"{name}{given} {{ edges {{ node {{ {selection(parts)} }} }} }}"
        case Many(parts, first):
            return f"{name}{f'(first: {first})' if first else ''} {{ {_selection(parts, True)} }}"
        case One(parts):
            return f"{name} {{ {_selection(parts, in_list)} }}"
        case Leaf() | On():
            return selection({name: shape})
