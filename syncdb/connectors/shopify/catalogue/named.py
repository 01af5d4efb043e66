"""The keys of what somebody named: products with their variants, and the stock of inventory items wherever it lies.

Asked by id, so of the shop's database: what its search index does not know yet is found, too.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import objects, page_in, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole

AT_ONCE = 20  # products of which up to a hundred variants each are named in one answer
VARIANTS = 100
LEVELS = 50
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
PRODUCTS = f"""query NamedProducts($ids: [ID!]!) {{
  nodes(ids: $ids) {{ id ... on Product {{ variants(first: {VARIANTS}) {{ nodes {{ id }} {_PAGE_INFO} }} }} }}
}}"""
MORE_VARIANTS = f"""query MoreVariants($id: ID!, $after: String) {{
  product(id: $id) {{ variants(first: {VARIANTS}, after: $after) {{ nodes {{ id }} {_PAGE_INFO} }} }}
}}"""
ITEMS = f"""query NamedItems($ids: [ID!]!) {{
  nodes(ids: $ids) {{ id ... on InventoryItem {{ inventoryLevels(first: {LEVELS}) {{ nodes {{ id }} {_PAGE_INFO} }} }} }}
}}"""
MORE_ITEM_LEVELS = f"""query MoreItemLevels($id: ID!, $after: String) {{
  inventoryItem(id: $id) {{ inventoryLevels(first: {LEVELS}, after: $after) {{ nodes {{ id }} {_PAGE_INFO} }} }}
}}"""


@dataclass(frozen=True, slots=True)
class NamedThings:
    """Finds the keys of the chosen `entities`."""

    conversation: Conversation
    entities: Collection[str]

    def keys(self, named: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        """By entity, what ids of some kinds ("products", "inventory_items", "collections"; without prefix) stand for.

        A product that is gone is named, too, its variants are not. Raises Refused, and RetryLater where anything is lacking.
        """
        products = [f"gid://shopify/Product/{id}" for id in named.get("products", ())]
        found = {"products": products, "variants": [], "inventory": [], "collections": []}
        found["collections"] = [f"gid://shopify/Collection/{id}" for id in named.get("collections", ())]
        if "variants" in self.entities:
            found["variants"] = list(self._below(products, PRODUCTS, MORE_VARIANTS, "product", "variants"))
        if "inventory" in self.entities:
            items = [f"gid://shopify/InventoryItem/{id}" for id in named.get("inventory_items", ())]
            found["inventory"] = list(self._below(items, ITEMS, MORE_ITEM_LEVELS, "inventoryItem", "inventoryLevels"))
        return {entity: tuple(dict.fromkeys(keys)) for entity, keys in found.items() if keys and entity in self.entities}

    def _below(self, gids: Sequence[str], document: str, more: str, root: str, listing: str) -> Iterator[str]:
        """The ids in a listing of each of these; those that are gone have none."""
        for start in range(0, len(gids), AT_ONCE):
            group = list(gids[start : start + AT_ONCE])
            for node in objects(self._ask(document, {"ids": group})["nodes"]):
                if node is not None and listing in node:
                    yield from self._pages(node, more, root, listing)

    def _pages(self, node: Mapping[str, Any], more: str, root: str, listing: str) -> Iterator[str]:
        page = page_in(node[listing])
        while True:
            yield from (text_at(one, "id") for one in page.nodes)
            if not page.more or not page.cursor:
                return
            there = self._ask(more, {"id": text_at(node, "id"), "after": page.cursor}).get(root)
            if there is None:  # it went meanwhile
                return
            page = page_in(there[listing])

    def _ask(self, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        what = "Reading what was named"
        return whole(self.conversation.ask(document, lambda: variables, what), what)
