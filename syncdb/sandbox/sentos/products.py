"""Products as clients find and change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncdb.sandbox.sentos.books import Article, Json, Product
from syncdb.sandbox.sentos.habits import Habits
from syncdb.sandbox.sentos.orders import amount
from syncdb.sandbox.sentos.wire import Refusal


def has_sku(product: Product, wanted: str, *, exact: bool) -> bool:
    skus = [product.article.sku, *(one.sku for one in product.variants)]
    return wanted in skus if exact else any(wanted in sku for sku in skus)


def change(product: Product, body: Json, habits: Habits) -> None:
    """Prices and absolute stock. A variant that is left out is deleted where the habits say so. Raises Refusal."""
    prices = {name: amount(body[name]) for name in ("purchase_price", "sale_price") if name in body}
    if wrong := [name for name, value in prices.items() if value is None]:
        raise Refusal(422, "Hata", {name: ["geçersiz"] for name in wrong})
    for name, value in prices.items():
        setattr(product, name, value)
    for channel, both in (body.get("prices") or {}).items():
        known = product.prices.get(channel, (product.sale_price, product.sale_price))
        product.prices[channel] = (amount(both.get("list_price")) or known[0], amount(both.get("sale_price")) or known[1])
    _stock(product.article, body)
    given = {str(one.get("sku")): one for one in body.get("variants") or []}
    for article in product.variants:
        if article.sku in given:
            _stock(article, given[article.sku])
    if given and habits.drops_left_out:
        product.variants = [article for article in product.variants if article.sku in given]


def _stock(article: Article, body: Mapping[str, Any]) -> None:
    for one in body.get("stocks") or []:
        warehouse = one["warehouse"]["id"] if isinstance(one["warehouse"], dict) else one["warehouse"]
        article.stock[int(warehouse)] = int(one["stock"])
