"""Amounts in two currencies at once, and Shopify's way of writing them.

Shop and presentment money are added and subtracted side by side; converting happens once per price, never per
total. So the totals of an order add up exactly in both currencies, as they do at Shopify.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Node = dict[str, Any]

# ISO 4217: currencies without a minor unit, and those whose minor unit is a thousandth.
WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "VND", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"})
IN_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A shop amount and the same amount as the customer saw it."""

    shop: Decimal
    presented: Decimal

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.shop + other.shop, self.presented + other.presented)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.shop - other.shop, self.presented - other.presented)

    def __mul__(self, factor: int | Decimal) -> Amount:
        return Amount(self.shop * factor, self.presented * factor)

    def __neg__(self) -> Amount:
        return Amount(-self.shop, -self.presented)


ZERO = Amount(Decimal(0), Decimal(0))


def total(amounts: Iterable[Amount]) -> Amount:
    return sum(amounts, ZERO)


@dataclass(frozen=True, slots=True)
class Currencies:
    """The shop's currency, the customer's, and what one unit of the shop's is worth in the customer's."""

    shop: str
    presented: str
    rate: Decimal

    def amount(self, shop_amount: Decimal | str) -> Amount:
        """A price, converted and rounded once."""
        price = Decimal(shop_amount)
        return self.rounded(Amount(price, price * self.rate))

    def rounded(self, amount: Amount) -> Amount:
        return Amount(in_minor_units(amount.shop, self.shop), in_minor_units(amount.presented, self.presented))

    def bag(self, amount: Amount) -> Node:
        """The amount as a MoneyBag."""
        return {
            "shopMoney": {"amount": written(amount.shop), "currencyCode": self.shop},
            "presentmentMoney": {"amount": written(amount.presented), "currencyCode": self.presented},
        }


def in_minor_units(amount: Decimal, currency: str) -> Decimal:
    """An amount rounded to what its currency can be paid in: 1 yen, 1 cent, 1 fils."""
    digits = 0 if currency in WITHOUT_CENTS else 3 if currency in IN_THOUSANDTHS else 2
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def written(amount: Decimal) -> str:
    """A Decimal scalar as Shopify writes it: no trailing zeros but one, as in "55.0" (observed)."""
    plain = format(amount.normalize(), "f") if amount else "0"
    return plain if "." in plain else plain + ".0"


def read(bag: Node) -> Amount:
    """The amount in a MoneyBag."""
    return Amount(Decimal(bag["shopMoney"]["amount"]), Decimal(bag["presentmentMoney"]["amount"]))


def currencies_of(order: Node) -> Currencies:
    return Currencies(order["currencyCode"], order["presentmentCurrencyCode"], Decimal(order["_rate"]))
