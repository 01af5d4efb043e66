"""A local shop with goods, and ways to ask it."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify.products.generate import generate_goods
from tests.sandbox.shopify.asking import NOW, Asking


class Stocked(Asking):
    """A shop with n products besides its orders."""

    def __init__(self, products: int = 20, orders: int = 0, seed: int = 1, index_lag: float = 0.0) -> None:
        super().__init__(orders, seed, index_lag=index_lag)
        self.goods = self.shop.goods
        self.products = generate_goods(self.goods, products, seed, NOW)

    def listed(self, root: str, search: str | None, **more: Any) -> list[str]:
        """The ids a search finds, page by page."""
        rest = "".join(f", {name}: {value}" for name, value in more.items())
        query = f"query($q: String, $after: String) {{ {root}(first: 250, query: $q, after: $after{rest})"
        query += " { nodes { id } pageInfo { hasNextPage endCursor } } }"
        found: list[str] = []
        after: str | None = None
        while True:
            page = self.data(query, q=search, after=after)[root]
            found += [one["id"] for one in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]
