"""The types that an answer is decoded into. Amounts are text: they must stay exact.

Objects of a shape get a type of their own (`reading`); these are the ones that are the same everywhere.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

Plain = str | bool | int | None


class Money(Struct, gc=False):
    """An amount as text, and its currency."""

    a: str
    c: str


class ShopMoney(Struct, gc=False):
    """An amount in the shop's money."""

    s: Money


class BothMoneys(Struct, gc=False):
    """An amount in the shop's money and in the buyer's."""

    s: Money
    b: Money


class Wanted(Struct, gc=False):
    """An object of which one plain value is wanted."""

    v: Plain


class Attribute(Struct, gc=False):
    key: Plain
    value: Plain


class DiscountValue(Struct, gc=False):
    """A percentage, or an amount with its currency."""

    percentage: float | UnsetType = UNSET
    amount: str | UnsetType = UNSET
    currencyCode: str | UnsetType = UNSET


class OfOrder(Struct, gc=False):
    """The order that a part belongs to, as it was then."""

    updatedAt: Plain


class PageInfo(Struct, gc=False):
    hasNextPage: bool
    endCursor: str | None = None


class Connection(Struct, gc=False):
    """A list that may go on. Each shape has a type of its own, with nodes of its type."""

    nodes: list[Any]
    pageInfo: PageInfo


WHOLE = PageInfo(False)
ANSWERED: dict[str, Any] = {
    "plain": Plain,
    "text": str,
    "number": int | float | str,
    "count": int | str,
    "amount": Money,
    "shop money": ShopMoney,
    "both moneys": BothMoneys,
    "wanted": Wanted,
    "texts": list[str],
    "attributes": list[Attribute],
    "discount value": DiscountValue,
}
LISTS = frozenset({"texts", "attributes"})
