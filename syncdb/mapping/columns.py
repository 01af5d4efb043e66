"""What a column is, and the small readers that columns are made of.

A reader takes a stored order snapshot and one of its parts, a line, refund or payment (an empty mapping where there is none), and
gives a raw value: text, count, flag, exact amount, or a moment as ISO text, which the sheet's mapping turns into the shop's wall
clock.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from syncdb.values import Kind

Order = Mapping[str, Any]
Line = Mapping[str, Any]
Raw = str | bool | int | Decimal | datetime | None
Pick = Callable[[Order, Line], Raw]
Level = Literal["order", "line", "refund", "transaction"]


@dataclass(frozen=True, slots=True)
class OrderColumn:
    """One thing that can be shown of an order. `meaning` tells people what and where it comes from.

    `needs` are the paths in a snapshot that it can be made from, each good enough alone unless `every`: where Shopify withholds
    them, the column says nothing. `buyer` marks money in the buyer's currency, which differs from order to order.
    """

    name: str
    label: str
    kind: Kind
    level: Level
    pick: Pick
    meaning: str
    needs: tuple[str, ...] = ()
    buyer: bool = False
    every: bool = False

    def hidden(self, withheld: Iterable[str]) -> bool:
        """Whether everything that it could be made from is withheld."""
        unseen = tuple(withheld)
        missing = [any(_within(need, path) for path in unseen) for need in self.needs]
        return any(missing) if self.every else bool(missing) and all(missing)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")


def find(data: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    found: Any = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def text(path: str) -> Pick:
    """A text, count or flag of the order as it is."""
    return lambda order, line: find(order, path)


def of_line(path: str) -> Pick:
    """A text, count or flag of the line as it is."""
    return lambda order, line: find(line, path)


def words(path: str) -> Pick:
    """A status such as PARTIALLY_PAID as people write it: "partially paid". Statuses not known yet read the same way."""
    return lambda order, line: as_words(find(order, path))


def as_words(status: str | None) -> str | None:
    return status.lower().replace("_", " ") if status else None


def shop_amount(bag: list[str] | None) -> Decimal | None:
    """A stored amount in the shop's currency."""
    return Decimal(bag[0]) if bag else None


def buyer_amount(bag: list[str] | None) -> Decimal | None:
    """A stored amount in the currency the buyer saw."""
    return Decimal(bag[-2]) if bag else None


def money(path: str) -> Pick:
    return lambda order, line: shop_amount(find(order, path))


def buyer_money(path: str) -> Pick:
    return lambda order, line: buyer_amount(find(order, path))


def line_money(path: str) -> Pick:
    return lambda order, line: shop_amount(find(line, path))


def line_buyer_money(path: str) -> Pick:
    return lambda order, line: buyer_amount(find(line, path))


def total(bags: Iterable[list[str] | None]) -> Decimal:
    """The sum of stored amounts in the shop's currency."""
    return sum((shop_amount(bag) or Decimal(0) for bag in bags), Decimal(0))


def joined(parts: Iterable[str | None], by: str = ", ") -> str | None:
    """Texts as one, each once, in their order; None where there are none."""
    return by.join(dict.fromkeys(part for part in parts if part)) or None


def pairs(attributes: Iterable[list[str]] | None) -> str | None:
    """Key and value pairs, one a line."""
    return "\n".join(f"{key}: {value}" for key, value in attributes or ()) or None


def value_of(attributes: Iterable[list[str]] | None, key: str) -> str | None:
    """The value of one key among pairs; the first where it is repeated."""
    return next((value for name, value in attributes or () if name == key), None)
