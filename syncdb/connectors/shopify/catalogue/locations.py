"""The locations of a shop, and which of them is the primary one."""

from collections.abc import Mapping
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.answered import page_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.documents import SHOP
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import flag, understood
from syncdb.errors import RetryLater

# documented: `location` without an id is the primary one
FIRST = f"""query ShopAndLocations {{ {SHOP} primary: location {{ id }}
  locations(first: 250) {{ nodes {{ id name isActive }} pageInfo {{ hasNextPage endCursor }} }}
}}"""
MORE = """query MoreLocations($after: String) {
  locations(first: 250, after: $after) { nodes { id name isActive } pageInfo { hasNextPage endCursor } }
}"""
WHAT = "Asking for the shop's locations"


@dataclass(frozen=True, slots=True)
class ShopLocation:
    """A location. `id` is its global id; `active` says whether stock can lie there, `primary` that it is the shop's main one."""

    id: str
    name: str
    active: bool
    primary: bool

    def called(self, wanted: str) -> bool:
        """Whether a person means it by this name or id."""
        return wanted.strip() in (self.name, self.id, bare_id(self.id))


def read_locations(conversation: Conversation) -> list[ShopLocation]:
    """All locations of the shop, with what the shop says of itself in the same answer. Raises Refused and RetryLater."""
    data = whole(conversation.ask(FIRST, lambda: {}, WHAT), WHAT)
    primary = text_or_none_at(data, "primary", "id") if data.get("primary") else None
    found: dict[str, ShopLocation] = {}
    while True:
        page = page_in(data.get("locations"))
        for node in page.nodes:
            one = _location(node, primary)
            found[one.id] = one
        if not page.more:
            return list(found.values())
        if not page.nodes or not page.cursor:
            raise RetryLater("Shopify's locations go round in a circle.", next_step="Run it again later.")
        variables = {"after": page.cursor}
        data = whole(conversation.ask(MORE, lambda given=variables: given, WHAT), WHAT)  # type: ignore[misc]


@understood("Shopify")
def _location(node: Mapping[str, object] | None, primary: str | None) -> ShopLocation:
    id = text_at(node, "id")
    assert node is not None, "text_at would have raised"
    return ShopLocation(id, text_at(node, "name"), flag(node["isActive"]), id == primary)
