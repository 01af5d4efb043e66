"""What a Sentos keeps: warehouses, goods with their stock, sales channels and orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
ISTANBUL = timedelta(hours=3)


@dataclass(slots=True)
class Article:
    """Something that is stocked: a variant, or a product without variants. `stock` is by warehouse."""

    id: int
    sku: str
    barcode: str = ""
    color: str = ""
    size: tuple[str, str] | None = None  # its name (Beden) and value (S)
    stock: dict[int, int] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Product:
    """A product. Without `variants` its own `article` is what is stocked. `prices` are list and sale price by channel."""

    id: int
    name: str
    article: Article
    sale_price: Decimal
    brand: str | None = None
    category: int = 14
    detail: str = ""
    purchase_price: Decimal = Decimal("0")
    vat_rate: int = 20
    prices: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    variants: list[Article] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    status: int = 1

    @property
    def stocked(self) -> list[Article]:
        return self.variants or [self.article]


@dataclass(frozen=True, slots=True)
class Picture:
    """A file of the tenant's picture store. `changed_at` is epoch seconds."""

    content: bytes
    changed_at: float


@dataclass(slots=True)
class Books:
    """All of it. `clock` gives epoch seconds."""

    clock: Callable[[], float]
    products: dict[int, Product] = field(default_factory=dict)
    orders: dict[int, Json] = field(default_factory=dict)
    warehouses: dict[int, str] = field(default_factory=lambda: {1: "Merkez Depo", 2: "Mağaza"})
    channels: dict[int, str] = field(default_factory=lambda: {3: "Web"})
    categories: dict[int, str] = field(default_factory=lambda: {14: "Tişört", 15: "Mutfak"})
    pictures: dict[str, Picture] = field(default_factory=dict)
    identity_needed: bool = False
    _given: int = 1200

    def new_id(self) -> int:
        self._given += 1
        return self._given

    def local_time(self) -> str:
        """Now, as Sentos writes moments: Turkish local time without a zone."""
        return (datetime.fromtimestamp(self.clock(), UTC) + ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")

    def articles(self) -> Iterator[tuple[Product, Article]]:
        for product in self.products.values():
            for article in product.stocked:
                yield product, article

    def with_sku(self, sku: str) -> tuple[Product, Article] | None:
        return next((one for one in self.articles() if one[1].sku == sku), None)

    def with_order_id(self, order_id: str) -> list[Json]:
        return [order for order in self.orders.values() if order["order_id"] == order_id]

    def move(self, sku: str, warehouse: int, pieces: int) -> None:
        """Pieces come into a warehouse (or leave it, if negative). An unknown SKU moves nothing."""
        found = self.with_sku(sku)
        if found is not None:
            found[1].stock[warehouse] = found[1].stock.get(warehouse, 0) + pieces
