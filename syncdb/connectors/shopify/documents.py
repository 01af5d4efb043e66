"""The GraphQL documents, put together from the shapes. A test holds every one against Shopify's published schemas."""

from collections.abc import Iterator
from dataclasses import dataclass

from syncdb.connectors.shopify.shape import Many, One, Paged, Parts, connection, selection

SHOP = """
  shop { id name myshopifyDomain ianaTimezone currencyCode }
  currentAppInstallation { accessScopes { handle } }
"""
_WINDOW = "first: $first, after: $after, query: $query, sortKey: UPDATED_AT"

# What belongs to an order but is read on its own says so with a way back to the order, to see whether it was edited meanwhile.
PARENTS = {"Order": "id updatedAt", "Refund": "id order { id updatedAt }", "Fulfillment": "id order { id updatedAt }"}
CHILDREN = {"refunds": "Refund", "fulfillments": "Fulfillment"}
LARGEST_PAGE = 250  # documented: `first` is at most 250


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents for one shape of an order."""

    order: Parts

    @property
    def first_page(self) -> str:
        """A page of changed orders together with what is needed to know about the shop: one request for an idle run."""
        return _window(f"{SHOP} {self._orders()}")

    @property
    def page(self) -> str:
        return _window(self._orders())

    @property
    def index(self) -> str:
        """The same page with nothing but who changed when: what is asked when the page itself cannot be answered."""
        return _window(f"orders({_WINDOW}) {{ nodes {{ id name updatedAt }} pageInfo {{ hasNextPage endCursor }} }}")

    @property
    def cursors(self) -> str:
        """The same page without any order in it: what is asked when even the index fails over one of them."""
        return _window(f"orders({_WINDOW}) {{ edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }}")

    @property
    def by_ids(self) -> str:
        return f"query OrdersById($ids: [ID!]!) {{ {self._nodes()} }}"

    @property
    def by_ids_with_shop(self) -> str:
        return f"query OrdersByIdAndShop($ids: [ID!]!) {{ {SHOP} {self._nodes()} }}"

    def _nodes(self) -> str:
        return f"nodes(ids: $ids) {{ ... on Order {{ {selection(self.order)} }} }}"

    def _orders(self) -> str:
        return f"orders({_WINDOW}) {{ nodes {{ {selection(self.order)} }} pageInfo {{ hasNextPage endCursor }} }}"


def _window(body: str) -> str:
    return f"query ChangedOrders($first: Int!, $after: String, $query: String) {{ {body} }}"


def rest_of(parent: str, name: str, shape: Many | Paged) -> str:
    """The document that reads on in a list of a `parent` type: a connection after a cursor, a plain list as a whole, larger."""
    if isinstance(shape, Paged):
        listed = connection(name, shape.parts, f"first: $first, after: $after{shape.arguments}")
        variables = "$id: ID!, $first: Int!, $after: String"
    else:
        listed = f"{name}(first: $first) {{ {selection(shape.parts)} }}"
        variables = "$id: ID!, $first: Int!"
    return f"query RestOf({variables}) {{ node(id: $id) {{ ... on {parent} {{ {PARENTS[parent]} {listed} }} }} }}"


def rests(parts: Parts, parent: str = "Order") -> Iterator[tuple[str, str, Many | Paged]]:
    """Every list in the shape that can be cut short: (parent type, field, shape)."""
    for name, shape in parts.items():
        if isinstance(shape, Paged) or (isinstance(shape, Many) and shape.first is not None):
            yield parent, name, shape
        if isinstance(shape, Many | Paged | One):
            yield from rests(shape.parts, CHILDREN.get(name, parent))
