"""Products and orders as the API shows them, spelt as the habits say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from syncdb.sandbox.sentos.books import Article, Books, Json, Product
from syncdb.sandbox.sentos.habits import Habits
from syncdb.sandbox.sentos.pictures import FOLDER
from syncdb.sandbox.sentos.wire import money

MONEY_OF_ORDERS = ("total", "shipping_total", "carrying_charge", "service_fee")
MONEY_OF_LINES = ("list_price", "price", "discount", "amount")


def product(one: Product, books: Books, habits: Habits, place: str = "") -> Json:
    """A product as a listing shows it. `place` is the address of the tenant."""
    own = [] if one.variants else stocks(one.article, books, habits)
    shown: Json = {
        "id": one.id,
        "category_id": one.category,
        "sku": one.article.sku,
        "name": one.name,
        "invoice_name": one.name,
        "brand": one.brand,
        "description": "",
        "description_detail": one.detail,
        "currency": "TL",
        "purchase_price": money(one.purchase_price, habits),
        "sale_price": money(one.sale_price, habits),
        "vat_rate": one.vat_rate,
        "volumetric_weight": money(Decimal("1"), habits),
        "barcode": one.article.barcode,
        "stocks": own,
        "images": images(one.images, one.id, habits, place),
        "prices": {name: _prices(both, habits) for name, both in one.prices.items()},
        "variants": [variant(article, books, habits, place) for article in one.variants],
    }
    if not one.variants and habits.no_variants != "list":
        shown["variants"] = None
        if habits.no_variants == "absent":
            del shown["variants"]
    return shown


def _prices(both: tuple[Decimal, Decimal], habits: Habits) -> Json:
    return {"list_price": money(both[0], habits), "sale_price": money(both[1], habits)}


def variant(one: Article, books: Books, habits: Habits, place: str = "") -> Json:
    shown: Json = {"id": one.id, "sku": one.sku, "barcode": one.barcode, "color": one.color, "model": None}
    if one.size is not None:
        name, value = one.size
        shown["model"] = {"name": name, "value": value} if habits.model == "object" else value
    return shown | {"stocks": stocks(one, books, habits), "images": images(one.images, one.id, habits, place)}


def images(names: list[str], owner: int, habits: Habits, place: str) -> list[Json]:
    """Pictures by their address; whole addresses (of others) as they were entered."""
    at = urlsplit(place).path if habits.pictures == "path" else place
    return [
        {"id": owner * 10 + number, "url": name if "://" in name else f"{at}/{FOLDER}/{name}"}
        for number, name in enumerate(names)
    ]


def stocks(one: Article, books: Books, habits: Habits) -> list[Json]:
    """The stock by warehouse: its number or an object, pieces as a number or as text; mixed is by turns."""
    shown = []
    for place, (warehouse, pieces) in enumerate(one.stock.items()):
        odd = (place + one.id) % 2 == 1
        as_object = habits.warehouse == "object" or (habits.warehouse == "mixed" and odd)
        as_text = habits.stock == "text" or (habits.stock == "mixed" and odd)
        where: Any = {"id": warehouse, "name": books.warehouses.get(warehouse, "")} if as_object else warehouse
        shown.append({"warehouse": where, "stock": str(pieces) if as_text else pieces})
    return shown


def order(one: Json, habits: Habits) -> Json:
    """An order as it is kept, its amounts as text."""
    shown = {name: value for name, value in one.items() if not name.startswith("_")}
    shown |= {name: money(one[name], habits) for name in MONEY_OF_ORDERS}
    shown["lines"] = [line | {name: money(line[name], habits) for name in MONEY_OF_LINES} for line in one["lines"]]
    return shown
