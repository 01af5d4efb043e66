"""What a shop records as refunds, told apart: money that went back, money on its way, and items that left without any.

Shopify records under `refunds` whatever leaves an order: refunds, items removed by an edit, cancelling, returns that were
exchanged. The rule, also in docs/columns.md: a record counts as a refund once one of its payments back went through. Units in any
other record were not refunded; what became of them follows from its payments, the order and how they were restocked.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from syncdb.mapping.columns import Line, Order, shop_amount, total
from syncdb.values import minor_digits

Fate = Literal["refund pending", "refunded", "returned", "cancelled", "removed"]
Refund = Mapping[str, Any]

FATES: tuple[Fate, ...] = ("refund pending", "refunded", "returned", "cancelled", "removed")
ON_ITS_WAY = frozenset({"PENDING", "AWAITING_RESPONSE", "UNKNOWN"})
TAKEN_BACK = frozenset({"RETURN", "LEGACY_RESTOCK"})


class Unsure(Exception):
    """An order stored by a version that did not read what would tell: it is known once the order is read again."""


def paid_back(order: Order, refund: Refund) -> Decimal:
    """The money that went back with a refund, in the order's currency. Raises Unsure where that is not stored.

    Of an order that was stored without its refunds' payments, their sum is known; whether all went through, the order's own
    payments tell where they agree.
    """
    if "transactions" in refund:
        return total(one.get("amount") for one in _payments(refund) if one.get("status") == "SUCCESS")
    amount = shop_amount(refund.get("total_refunded")) or Decimal(0)
    statuses = {one.get("status") for one in _payments(order)}
    if not amount or statuses <= {"SUCCESS"}:
        return amount
    if "SUCCESS" not in statuses:
        return Decimal(0)
    raise Unsure


def _payments(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in holder.get("transactions", ()) if one.get("kind") == "REFUND"]


def _on_its_way(order: Order, refund: Refund) -> bool:
    """Whether money is still to arrive; asked of records with which none went back yet."""
    if "transactions" in refund:
        return any(one.get("status") in ON_ITS_WAY for one in _payments(refund))
    return bool(shop_amount(refund.get("total_refunded"))) and any(one.get("status") in ON_ITS_WAY for one in _payments(order))


def status(order: Order, refund: Refund) -> str | None:
    """What became of the money of a refund; None for a record that no payment back belongs to, and where that is not known."""
    try:
        if paid_back(order, refund) > 0:
            return "refunded"
    except Unsure:
        return None
    if _on_its_way(order, refund):
        return "pending"
    return "failed" if _payments(refund) else None


def made(order: Order) -> list[Refund]:
    """The refunds with which money went back. Raises Unsure."""
    return [one for one in order.get("refunds", ()) if paid_back(order, one) > 0]


def count(order: Order, line: Line) -> int | None:
    try:
        return len(made(order))
    except Unsure:
        return None


def last(order: Order, line: Line) -> str | None:
    """When the last refund was made; ISO texts in UTC compare as moments do."""
    try:
        return max((one["processed_at"] for one in made(order) if one.get("processed_at")), default=None)
    except Unsure:
        return None


def parts(refund: Refund, line: Line) -> Iterator[Mapping[str, Any]]:
    """What a refund says of a line."""
    return (one for one in refund.get("refund_line_items", ()) if one["line_item"]["id"] == line.get("id"))


def refunded_quantity(order: Order, line: Line) -> int | None:
    """Units for which money went back."""
    if not line:
        return None
    try:
        return sum(int(one.get("quantity", 0)) for refund in made(order) for one in parts(refund, line))
    except Unsure:
        return None


def refunded_amount(order: Order, line: Line) -> Decimal | None:
    """Money that went back for a line, without taxes where prices exclude them."""
    if not line:
        return None
    try:
        return sum((_share(order, refund, line) for refund in made(order)), Decimal(0))
    except Unsure:
        return None


def _share(order: Order, refund: Refund, line: Line) -> Decimal:
    """A line's share of a refund: what its units were worth; where less went back than all was worth, in proportion.

    Shares are differences of rounded running sums, so that together they come to no more than what went back.
    """
    whole, money = _worth(order, refund), paid_back(order, refund)
    if money >= whole:
        return total(one.get("subtotal") for one in parts(refund, line))
    digits = minor_digits(order.get("currency_code"))
    running, share = Decimal(0), Decimal(0)
    for one in refund.get("refund_line_items", ()):
        before, running = running, running + (shop_amount(one.get("subtotal")) or Decimal(0))
        if one["line_item"]["id"] == line.get("id"):
            share += _rounded(running * money / whole, digits) - _rounded(before * money / whole, digits)
    return share


def _rounded(amount: Decimal, digits: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _worth(order: Order, refund: Refund) -> Decimal:
    """What everything in a refund was worth to the customer."""
    items, shipping = refund.get("refund_line_items", ()), refund.get("refund_shipping_lines", ())
    worth = total(one.get("subtotal") for one in items) + total(one.get("subtotal_amount") for one in shipping)
    if order.get("taxes_included"):
        return worth
    return worth + total(one.get("total_tax") for one in items) + total(one.get("tax_amount") for one in shipping)


def line_status(order: Order, line: Line) -> str | None:
    """Active while units of it stand; else what became of them, of most of them where that differs.

    None where it hangs on a payment back that was not stored.
    """
    if not line:
        return None
    if line.get("current_quantity", 0) > 0:
        return "cancelled" if order.get("cancelled_at") else "active"
    try:
        return _most(_fates(order, line))
    except Unsure:
        return None


def _fates(order: Order, line: Line) -> dict[Fate, int]:
    """How many units of a line met which fate. Units that no record names were removed."""
    found: dict[Fate, int] = dict.fromkeys(FATES, 0)
    for refund in order.get("refunds", ()):
        for one in parts(refund, line):
            found[_fate(order, refund, one)] += one.get("quantity", 0)
    unnamed = line.get("quantity", 0) - sum(found.values())
    found["cancelled" if order.get("cancelled_at") else "removed"] += max(0, unnamed)
    return found


def _most(units: Mapping[Fate, int]) -> Fate:
    """The fate of most units; of equals the first of `FATES`."""
    return max(FATES, key=lambda fate: units[fate]) if any(units.values()) else "removed"


def _fate(order: Order, refund: Refund, part: Mapping[str, Any]) -> Fate:
    if paid_back(order, refund) > 0:
        return "refunded"
    if _on_its_way(order, refund):
        return "refund pending"
    if part.get("restock_type") in TAKEN_BACK:
        return "returned"
    return "cancelled" if order.get("cancelled_at") else "removed"
