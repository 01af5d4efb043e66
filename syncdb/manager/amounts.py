"""Amounts of money as people read them. Exact: nothing is rounded away."""

from decimal import Decimal


def amount(total: Decimal) -> str:
    """An exact amount with at least two decimals."""
    exponent = total.normalize().as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{total:.{places}f}"


def grouped(total: Decimal) -> str:
    """The same with narrow spaces between thousands."""
    whole, _, rest = amount(total).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", "\u202f") + f".{rest}"
