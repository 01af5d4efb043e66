"""The inventory items of what was ordered: an order says of no level of stock that it moved, but of which it may have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import found_at, objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole
from syncdb.connectors.shopify.shape import bare_id

AT_ONCE = 20  # orders in one question
SCOPE = "read_orders"
_LINES = "nodes { variant { inventoryItem { id } } } pageInfo { hasNextPage endCursor }"
SOLD = f"query SoldItems($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {{ id lineItems(first: 50) {{ {_LINES} }} }} }} }}"
MORE_SOLD = f"""query MoreSoldItems($id: ID!, $after: String) {{
  order(id: $id) {{ id lineItems(first: 50, after: $after) {{ {_LINES} }} }} }}"""
WHAT = "Reading what was ordered"


@dataclass(frozen=True, slots=True)
class SoldItems:
    """Asks one shop. Raises Refused and RetryLater."""

    conversation: Conversation

    def of(self, orders: Sequence[str]) -> tuple[str, ...]:
        """The ids (without prefix) of the inventory items in these orders; none where the app may not see orders."""
        if not orders or not self.conversation.shop().may(SCOPE):
            return ()
        gids = [f"gid://shopify/Order/{id}" for id in orders]
        groups = (gids[start : start + AT_ONCE] for start in range(0, len(gids), AT_ONCE))
        return tuple(dict.fromkeys(item for group in groups for item in self._in(group)))

    def _in(self, gids: Sequence[str]) -> Iterator[str]:
        for node in objects(self._ask(SOLD, {"ids": gids}).get("nodes")):
            if node:  # one that is gone says nothing
                yield from self._lines(node)

    def _lines(self, order: Mapping[str, Any]) -> Iterator[str]:
        page = page_in(order["lineItems"])
        while True:
            items = (found_at(line, "variant", "inventoryItem") for line in page.nodes)
            yield from (bare_id(text_at(item, "id")) for item in items if item is not None)
            if not page.more or not page.cursor:
                return
            there = self._ask(MORE_SOLD, {"id": text_at(order, "id"), "after": page.cursor}).get("order")
            if there is None:
                return
            page = page_in(there["lineItems"])

    def _ask(self, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        return whole(self.conversation.ask(document, lambda: variables, WHAT), WHAT)
