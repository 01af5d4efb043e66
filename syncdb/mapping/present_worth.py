"""What is left of a line after refunds, edits and exchanges. Over the lines of an order it adds up to what the order is now.

What left a line is on record in the order's refunds, with or without money (see `refunds`): each part says what its units were
worth after all discounts, and their tax. What the order is now is what it was less those, to the cent.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncdb.mapping.columns import Line, Order, find, shop_amount, total
from syncdb.mapping.refunds import parts
from syncdb.values import minor_digits

# the paths in a snapshot that say what is left of a line
LEFT = ("line_items.quantity", "line_items.current_quantity", "refunds.refund_line_items", "currency_code")
LEFT_OF_TOTAL = ("line_items.original_total", "line_items.discount_allocations", *LEFT)


def line_discount(order: Order, line: Line) -> Decimal | None:
    """Everything taken off the line, its share of discounts on the whole order included."""
    return total(one.get("allocated_amount") for one in line.get("discount_allocations", ())) if line else None


def line_total(order: Order, line: Line) -> Decimal | None:
    """The line's price for the ordered quantity less all discounts."""
    full = shop_amount(line.get("original_total"))
    return None if full is None else full - (line_discount(order, line) or Decimal(0))


def line_tax(order: Order, line: Line) -> Decimal | None:
    return total(one.get("price") for one in line.get("tax_lines", ())) if line else None


def current_total(order: Order, line: Line) -> Decimal | None:
    """What the units still on the order cost, after all discounts."""
    whole = line_total(order, line)
    return None if whole is None else _left(order, line, whole, "subtotal")


def current_tax(order: Order, line: Line) -> Decimal | None:
    """The taxes on the units still on the order."""
    whole = line_tax(order, line)
    return None if whole is None else _left(order, line, whole, "total_tax")


def current_discount(order: Order, line: Line) -> Decimal | None:
    """What was taken off the price of the units still on the order."""
    price, now = shop_amount(line.get("original_unit_price")), current_total(order, line)
    return None if price is None or now is None else price * line.get("current_quantity", 0) - now


def _left(order: Order, line: Line, whole: Decimal, name: str) -> Decimal:
    """`whole` less what left with units. Units that are gone without a record leave with their share of the rest."""
    gone = [one for refund in order.get("refunds", ()) for one in parts(refund, line)]
    rest = whole - total(one.get(name) for one in gone)
    units = line.get("quantity", 0) - sum(one.get("quantity", 0) for one in gone)
    now = line.get("current_quantity", 0)
    return rest if units <= 0 or now >= units else _rounded(order, rest * now / units)


def _rounded(order: Order, amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-minor_digits(order.get("currency_code"))), ROUND_HALF_UP)


def tax_on_no_line(order: Order, line: Line) -> Decimal | None:
    """Taxes now that belong to no line item: on shipping, in the main."""
    return _remainder(order, "current_total_tax", current_tax)


def discount_on_no_line(order: Order, line: Line) -> Decimal | None:
    """Discounts now that belong to no line item: on shipping."""
    return _remainder(order, "current_total_discounts", current_discount)


def _remainder(order: Order, path: str, of_line: Any) -> Decimal | None:
    whole = shop_amount(find(order, path))
    shares: list[Decimal | None] = [of_line(order, one) for one in order.get("line_items", ())]
    if whole is None or None in shares:
        return None
    return whole - sum((one for one in shares if one is not None), Decimal(0))


def is_first(order: Order, line: Line) -> bool:
    """Whether a row is the one of its order on which amounts of the order may be added up."""
    lines: list[Mapping[str, Any]] = order.get("line_items") or []
    return not lines or line.get("id") == lines[0].get("id")
