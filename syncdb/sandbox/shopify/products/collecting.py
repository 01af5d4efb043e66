"""Which products are in a collection: those put there, or those that fit its rules."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.entries import stock_of, variant_title
from syncdb.sandbox.shopify.products.goods import Goods

# What a rule looks at, by column.
COLUMNS: dict[str, Callable[[Node], list[Any]]] = {
    "TITLE": lambda product: [product["title"]],
    "TYPE": lambda product: [product["productType"]],
    "VENDOR": lambda product: [product["vendor"]],
    "TAG": lambda product: product["tags"],
    "VARIANT_PRICE": lambda product: [one["price"] for one in product["variants"]],
    "VARIANT_COMPARE_AT_PRICE": lambda product: [one["compareAtPrice"] for one in product["variants"]],
    "VARIANT_TITLE": lambda product: [variant_title(one) for one in product["variants"]],
    "VARIANT_INVENTORY": lambda product: [stock_of(one) for one in product["variants"]],
}
TEXTS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "STARTS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": operator.contains,
    "NOT_CONTAINS": lambda value, wanted: wanted not in value,
}
FIGURES: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
}
COUNTED = frozenset({"VARIANT_PRICE", "VARIANT_COMPARE_AT_PRICE", "VARIANT_INVENTORY"})


def products_in(collection: Node, goods: Goods) -> list[Node]:
    """The products of a collection; those of a smart one as its rules are now."""
    rules = collection["ruleSet"]
    if rules is None:
        return [goods.products[one] for one in collection["_products"] if one in goods.products]
    return [product for product in goods.products.values() if fits(product, rules)]


def collections_of(product: Node, goods: Goods) -> list[Node]:
    """The collections a product is in."""
    return [
        one
        for one in goods.collections.values()
        if (fits(product, one["ruleSet"]) if one["ruleSet"] else product["id"] in one["_products"])
    ]


def fits(product: Node, rules: Node) -> bool:
    """Whether a product is in a smart collection: all rules must fit, or with `appliedDisjunctively` any."""
    answers = (_fits_one(product, rule) for rule in rules["rules"])
    return any(answers) if rules["appliedDisjunctively"] else all(answers)


def _fits_one(product: Node, rule: Node) -> bool:
    values = COLUMNS[rule["column"]](product)
    if rule["relation"] in ("IS_SET", "IS_NOT_SET"):
        return any(value is not None for value in values) is (rule["relation"] == "IS_SET")
    if rule["column"] in COUNTED:
        wanted = _figure(rule["condition"])
        figures = [figure for value in values if value is not None and (figure := _figure(value)) is not None]
        return wanted is not None and any(FIGURES[rule["relation"]](one, wanted) for one in figures)
    test, wanted_text = TEXTS[rule["relation"]], rule["condition"].casefold()
    return any(test(str(value).casefold(), wanted_text) for value in values)


def _figure(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
