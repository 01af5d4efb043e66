"""Amounts of money as people read them: with their currency's decimals, and exact, so nothing is rounded away."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from syncdb.values import minor_digits

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def amount(total: Decimal, currency: str | None = None) -> str:
    """An exact amount with at least the decimals that its currency has (two where none is named)."""
    exponent = total.normalize().as_tuple().exponent
    places = max(minor_digits(currency), -exponent if isinstance(exponent, int) else 0)
    return f"{total:.{places}f}"


def priced(total: str | Decimal | None, currency: str | None) -> str:
    """An amount with its currency behind it; empty for none."""
    return "" if total is None else f"{amount(Decimal(total), currency)} {currency or ''}".rstrip()


def grouped(total: Decimal, currency: str | None = None) -> str:
    """An amount with narrow spaces between thousands."""
    whole, point, rest = amount(total, currency).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", "\u202f") + point + rest


def is_bag(stored: Any) -> bool:
    """Whether a part of a stored order is money: amount and currency of the shop, and the buyer's where that is another."""
    if not isinstance(stored, list) or len(stored) not in (2, 4) or not all(isinstance(part, str) for part in stored):
        return False
    return all(map(_NUMBER.fullmatch, stored[::2])) and all(map(_CURRENCY.fullmatch, stored[1::2]))


def bag(stored: Sequence[str]) -> str:
    """Such money in words: 49.90 EUR, or 49.90 EUR (8300 JPY)."""
    shop, *buyer = (priced(number, currency) for number, currency in zip(stored[::2], stored[1::2], strict=True))
    return f"{shop} ({buyer[0]})" if buyer else shop
