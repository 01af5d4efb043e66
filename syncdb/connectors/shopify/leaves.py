"""The kinds of values in an answer: of which type each is answered (`answer_types`) and how it is kept. Amounts stay text."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from syncdb.connectors.shopify.shape import Leaf, bare_id
from syncdb.values import iso, moment, money

if TYPE_CHECKING:  # loaded where orders are read only
    from syncdb.connectors.shopify.answer_types import Attribute, BothMoneys, DiscountValue, Money, Plain, ShopMoney, Wanted


def exact(amount: str) -> str:
    """An amount so that equal amounts are equal text ("55.0" and "55.00" are "55"). Raises ValueError where it is none."""
    if amount.strip("0123456789") == "." and (amount[0] > "0" or amount[:2] == "0."):  # as Shopify writes amounts
        if amount[-1] > "0":
            return amount
        if amount[-2:] == ".0":
            return amount[:-2]
    number = money(amount)
    if number is None:
        raise ValueError("an amount is missing")
    return format(number.normalize() if number else abs(number).normalize(), "f")


@lru_cache(maxsize=256, typed=True)  # a shop has few rates; what is equal may be written otherwise
def _number(number: int | float | str) -> str:
    return exact(str(number))


def _amount(found: "Money") -> list[str]:
    """[amount, currency]."""
    return [exact(found.a), found.c]


def shop_money(bag: "ShopMoney") -> list[str]:
    """[amount, currency] in the shop's money."""
    return [exact(bag.s.a), bag.s.c]


def both_moneys(bag: "BothMoneys") -> list[str]:
    """[amount, currency] in the shop's money, followed by the buyer's where that is another."""
    shop, buyer = bag.s, bag.b
    one = [exact(shop.a), shop.c]
    if shop.a == buyer.a and shop.c == buyer.c:
        return one
    other = [exact(buyer.a), buyer.c]
    return one if one == other else [*one, *other]


def _discount_value(value: "DiscountValue") -> list[str]:
    if isinstance(value.percentage, float):
        return [exact(str(value.percentage)), "%"]
    if isinstance(value.amount, str) and isinstance(value.currencyCode, str):
        return [exact(value.amount), value.currencyCode]
    raise ValueError("a discount has neither a percentage nor an amount")


_AS_STORED = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII)  # as Shopify writes moments (observed)


@lru_cache(maxsize=1 << 12)  # most moments of an order are the same two or three
def _instant(text: str) -> str:
    if _AS_STORED.fullmatch(text):
        datetime.fromisoformat(text)  # raises ValueError where there is no such day
        return text
    return iso(moment(text))


def _attributes(items: "Sequence[Attribute]") -> list[list[Any]]:
    return [[item.key, item.value or ""] for item in items]


def _wanted(found: "Wanted") -> "Plain":
    return found.v


def _as_it_is(value: Any) -> Any:
    return value


ID = Leaf(bare_id, answered="text")
PLAIN = Leaf(_as_it_is, short=True)
MOMENT = Leaf(_instant, short=True, answered="text")
NUMBER = Leaf(_number, answered="number")  # a Float such as a tax rate
COUNTED = Leaf(int, short=True, answered="count")  # UnsignedInt64 comes as text
_PRICED = "{ a: amount c: currencyCode }"
AMOUNT = Leaf(_amount, _PRICED, answered="amount")  # in one currency only
MONEY = Leaf(shop_money, f"{{ s: shopMoney {_PRICED} }}", short=True, answered="shop money")
BOTH_MONEYS = Leaf(both_moneys, f"{{ s: shopMoney {_PRICED} b: presentmentMoney {_PRICED} }}", short=True, answered="both moneys")
ATTRIBUTES = Leaf(_attributes, "{ key value }", short=True, answered="attributes")
TEXTS = Leaf(_as_it_is, short=True, answered="texts")
SORTED_TEXTS = Leaf(sorted, answered="texts")
TYPE_NAME = Leaf(_as_it_is, call="__typename", answered="text")
DISCOUNT_VALUE = Leaf(
    _discount_value,
    "{ ... on MoneyV2 { amount currencyCode } ... on PricingPercentageValue { percentage } }",
    answered="discount value",
)


def inner(field: str) -> Leaf:
    """An object of which one plain value is wanted, read as that value."""
    return Leaf(_wanted, f"{{ v: {field} }}", short=True, answered="wanted")


def metafield(namespace: str, key: str) -> Leaf:
    """One chosen metafield, to be asked under an alias."""
    call = f"metafield(namespace: {json.dumps(namespace)}, key: {json.dumps(key)})"
    return Leaf(_wanted, "{ v: value }", call, answered="wanted")
