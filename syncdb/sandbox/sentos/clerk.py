"""What the people of the company do in the panel of Sentos, for tests and demonstrations."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal

from syncdb.sandbox.sentos import orders
from syncdb.sandbox.sentos.app import SentosApp
from syncdb.sandbox.sentos.books import Article, Json, Picture, Product

COLORS, SIZES = ("Kırmızı", "Lacivert", "Siyah"), ("S", "M", "L", "XL")


class Clerk:
    """Acts on what a Sentos keeps. Goods are named by SKU; KeyError where there is no such thing."""

    def __init__(self, app: SentosApp) -> None:
        self.app, self.books = app, app.books

    def add_product(
        self,
        name: str,
        sku: str,
        price: str,
        *,
        stock: Mapping[int, int] | None = None,
        variants: Sequence[tuple[str, str, str]] = (),
        barcode: str = "",
        brand: str | None = "Acme",
        list_price: str | None = None,
    ) -> Product:
        """A new product. `variants` are SKU, colour and size of each; every one starts with `stock` (by warehouse)."""
        pieces = dict(stock or {1: 0})
        own = Article(self.books.new_id(), sku, barcode, stock={} if variants else dict(pieces))
        made = Product(self.books.new_id(), name, own, Decimal(price), brand, detail=f"<p>{name}</p>")
        made.variants = [
            Article(self.books.new_id(), sku, barcode=f"869{self.books.new_id():010d}", color=color, size=("Beden", size),
                    stock=dict(pieces))
            for sku, color, size in variants
        ]  # fmt: skip
        made.prices["b2c"] = (Decimal(list_price or price), Decimal(price))
        self.books.products[made.id] = made
        return made

    def product(self, sku: str) -> Product:
        found = self.books.with_sku(sku)
        if found is None:
            raise KeyError(sku)
        return found[0]

    def article(self, sku: str) -> Article:
        found = self.books.with_sku(sku)
        if found is None:
            raise KeyError(sku)
        return found[1]

    def price(self, sku: str, price: str, list_price: str | None = None) -> None:
        """Another sale price, and list price (the same where none is given)."""
        product = self.product(sku)
        product.sale_price = Decimal(price)
        product.prices["b2c"] = (Decimal(list_price or price), Decimal(price))

    def receive(self, sku: str, pieces: int, warehouse: int = 1) -> None:
        """Pieces come in, or leave where negative (sold elsewhere)."""
        self.article(sku)
        self.books.move(sku, warehouse, pieces)

    def count(self, sku: str, pieces: int, warehouse: int = 1) -> None:
        self.article(sku).stock[warehouse] = pieces

    def stock(self, sku: str) -> int:
        return sum(self.article(sku).stock.values())

    def remove(self, sku: str) -> Product:
        """The product is deleted."""
        return self.books.products.pop(self.product(sku).id)

    def picture(self, sku: str, name: str, content: bytes, *, of_variant: bool = False) -> None:
        """Upload a picture under this name; one that is there already is replaced under the same address."""
        article = self.article(sku)
        shown = article.images if of_variant else self.product(sku).images
        if name not in shown:
            shown.append(name)
        self.books.pictures[name] = Picture(content, self.books.clock())

    def drop_picture(self, sku: str, name: str) -> None:
        """Take a picture off a product."""
        self.product(sku).images.remove(name)

    def order(self, order_id: str) -> Json:
        """The order of that order_id; it must be the only one."""
        (found,) = self.books.with_order_id(order_id)
        return found

    def set_status(self, order_id: str, status: int, **data: str) -> None:
        """Move an order on, as in the panel; `data` is the shipment's."""
        orders.change(self.books, self.app.habits, self.order(order_id), {"status": status, "data": data})

    def order_elsewhere(self, sku: str, pieces: int = 1, order_id: str = "TY-1") -> Json:
        """An order comes from a marketplace."""
        person = {
            "name": "Mehmet Örnek",
            "phone": "905321112233",
            "address": "Çarşı Cad. 2",
            "city": "Ankara",
            "district": "Çankaya",
        }
        line = {"warehouse_id": 1, "sku": sku, "quantity": pieces, "price": str(self.product(sku).sale_price)}
        body = {"order_id": order_id, "status": 2, "channel_id": next(iter(self.books.channels)), "lines": [line]}
        body |= {"payment_method": "KREDIKARTI/BANKAKARTI", "invoice_address": person, "shipment_address": person}
        return orders.create(self.books, self.app.habits, body)

    def fill(self, count: int, seed: int = 7) -> None:
        """`count` made-up products: three of four with variants."""
        rng = random.Random(seed)
        for number in range(1, count + 1):
            price = Decimal(rng.randrange(1_990, 250_000)) / 100
            dearer = price + Decimal(rng.choice((0, 0, 5_000))) / 100
            sku = f"STS-{number:05}"
            chosen = [(color, size) for color in COLORS[: rng.randrange(1, 3)] for size in SIZES[: rng.randrange(1, 4)]]
            variants = [(f"{sku}-{color[:3].upper()}-{size}", color, size) for color, size in chosen] if number % 4 else []
            stock = {1: rng.randrange(0, 40), 2: rng.randrange(0, 5)}
            barcode = "" if variants else f"8680000{number:06}"
            self.add_product(
                f"Ürün {number}", sku, str(price), stock=stock, variants=variants, barcode=barcode, list_price=str(dearer)
            )
