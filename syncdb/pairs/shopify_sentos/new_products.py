"""A product of Sentos as a whole new product of the shop: its options in their order, its variants, prices and stock."""

import re
from collections.abc import Callable, Iterable, Mapping

from syncdb.connectors.sentos.goods import Article
from syncdb.connectors.sentos.goods import Product as SentosProduct
from syncdb.connectors.shopify.products.whole import DEFAULT_OPTION, DEFAULT_VALUE, Option, Product, Stock, Variant

SIZES = ("xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "2xl", "xxxl", "3xl", "4xl", "5xl")
PLAIN = "Seçenek"  # the option of variants that Sentos gives neither colour nor size


def new_product(
    product: SentosProduct, texts: Mapping[str, str | None], status: str, stock: Callable[[Article], Iterable[tuple[str, int]]]
) -> Product:
    """The product to be made. `stock` gives the pieces of an article by the id of the location."""
    names = _options(product.articles)
    options = tuple(Option(name, tuple(in_order(_value(one, name) for one in product.articles))) for name in names)
    places = {option.name: {value: place for place, value in enumerate(option.values)} for option in options}
    variants = [
        new_variant(one, product, tuple(_value(one, name) for name in names) or (DEFAULT_VALUE,), stock)
        for one in product.articles
    ]
    variants.sort(key=lambda made: [places[name][value] for name, value in zip(names, made.values, strict=True)] if names else [])
    return Product(
        title=texts.get("title") or product.name,
        description_html=texts.get("description_html"),
        vendor=texts.get("vendor"),
        product_type=texts.get("product_type"),
        status=status,
        options=options or (Option(DEFAULT_OPTION, (DEFAULT_VALUE,)),),
        variants=tuple(variants),
    )


def new_variant(
    one: Article, product: SentosProduct, values: tuple[str, ...], stock: Callable[[Article], Iterable[tuple[str, int]]]
) -> Variant:
    """A variant to be made, with these values of its options."""
    above = product.price is not None and product.list_price is not None and product.list_price > product.price
    return Variant(
        values,
        sku=one.sku or None,
        barcode=one.barcode or None,
        price=product.price,
        compare_at_price=product.list_price if above else None,
        tracked=True,
        stock=tuple(Stock(place, count) for place, count in stock(one)),
    )


def _options(articles: Iterable[Article]) -> list[str]:
    """The names of the options that all variants have; one of our own where they do not tell the variants apart."""
    known = list(articles)
    if len(known) == 1 and not known[0].options:
        return []
    names = list(dict.fromkeys(name for one in known for name, _ in one.options))
    told = [tuple(dict(one.options).get(name, "") for name in names) for one in known]
    apart = len(set(told)) == len(told) and all(all(values) for values in told)
    return names if names and apart and len(names) <= 3 else [PLAIN]


def _value(one: Article, name: str) -> str:
    return dict(one.options).get(name) or one.sku


def in_order(values: Iterable[str]) -> list[str]:
    """Each once: sizes by size, numbers by number, anything else as it came."""
    known = list(dict.fromkeys(values))
    if all(one.casefold() in SIZES for one in known):
        return sorted(known, key=lambda one: SIZES.index(one.casefold()))
    if all(re.fullmatch(r"\d+([.,]\d+)?", one) for one in known):
        return sorted(known, key=lambda one: float(one.replace(",", ".")))
    return known
