"""Which variant of the shop an SKU is. SKUs are not unique there, and a search that finds them lags: each hit is compared."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.answered import page_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation, whole

FIND = """query VariantsBySku($query: String!) {
  productVariants(first: 100, query: $query) { nodes { id sku } pageInfo { hasNextPage endCursor } }
}"""
WHAT = "Looking for variants by SKU"
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class VariantFinder:
    """Finds variants of one shop."""

    conversation: Conversation

    def by_sku(self, skus: Iterable[str]) -> dict[str, list[str]]:
        """The global ids of the variants with exactly each of these SKUs. Raises Refused and RetryLater."""
        wanted = list(dict.fromkeys(skus))
        found: dict[str, list[str]] = {sku: [] for sku in wanted}
        for start in range(0, len(wanted), AT_ONCE):
            query = " OR ".join(f"sku:'{_quoted(sku)}'" for sku in wanted[start : start + AT_ONCE])
            data = whole(self.conversation.ask(FIND, lambda asked=query: {"query": asked}, WHAT), WHAT)  # type: ignore[misc]
            for node in page_in(data.get("productVariants")).nodes:
                sku = text_or_none_at(node, "sku") if node is not None else None
                if sku in found:
                    found[sku].append(text_at(node, "id"))
        return found


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
