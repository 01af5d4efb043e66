"""The columns that belong to one refund of an order, for sheets with a row for each refund."""

from collections.abc import Mapping
from decimal import Decimal

import syncdb.mapping.refunds as refunds
from syncdb.mapping.columns import Line, Order, OrderColumn, Pick, as_words, joined, of_line, total
from syncdb.values import Kind

Refund = Mapping[str, object]
TEXT, IDENTIFIER, COUNT, MONEY, MOMENT = Kind.TEXT, Kind.IDENTIFIER, Kind.COUNT, Kind.MONEY, Kind.MOMENT
ITEMS, PAYMENTS, SHIPPING = "refunds.refund_line_items", "refunds.transactions", "refunds.refund_shipping_lines"


def with_payments(order: Order) -> list[Line]:
    """The refunds with which money went back, is on its way, or failed to: records of mere removals are none."""
    return [one for one in order.get("refunds", ()) if refunds.status(order, one) is not None]


def _items(order: Order, refund: Line) -> str | None:
    titles = {one["id"]: one.get("name") or one.get("title") for one in order.get("line_items", ())}
    parts = refund.get("refund_line_items", ())
    return joined((f"{one.get('quantity', 0)} x {titles.get(one['line_item']['id']) or 'removed item'}" for one in parts), "\n")


def _quantity(order: Order, refund: Line) -> int:
    return sum(int(one.get("quantity", 0)) for one in refund.get("refund_line_items", ()))


def _amount(order: Order, refund: Line) -> Decimal | None:
    try:
        return refunds.paid_back(order, refund)
    except refunds.Unsure:
        return None


def _of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    return OrderColumn(name, label, kind, "refund", pick, meaning, needs)


def _at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    return _of(name, label, kind, of_line(path), meaning, f"refunds.{path}")


REFUND_COLUMNS = (
    _at("refund_id", "Refund number", IDENTIFIER, "id", "Shopify's own id of the refund, as text."),
    _at("refund_created_at", "Refund created", MOMENT, "created_at", "When the refund was made in Shopify."),
    _at(
        "refund_processed_at",
        "Refund date",
        MOMENT,
        "processed_at",
        "The day that it counts for.",
    ),
    _of(
        "refund_status",
        "Refund status",
        TEXT,
        lambda order, refund: refunds.status(order, refund),
        "refunded once a payment back went through, pending while one is on its way, else failed.",
        PAYMENTS,
    ),
    _of("refund_amount", "Refund amount", MONEY, _amount, "Money that went back with it.", PAYMENTS),
    _of("refund_quantity", "Refund quantity", COUNT, _quantity, "Units in it.", ITEMS),
    _of("refund_items", "Refund items", TEXT, _items, "What was in it, one a line.", ITEMS),
    _of(
        "refund_subtotal",
        "Refund subtotal",
        MONEY,
        lambda order, refund: total(one.get("subtotal") for one in refund.get("refund_line_items", ())),
        "What its units were worth after discounts.",
        ITEMS,
    ),
    _of(
        "refund_tax",
        "Refund tax",
        MONEY,
        lambda order, refund: total(one.get("total_tax") for one in refund.get("refund_line_items", ())),
        "Taxes on its units.",
        ITEMS,
    ),
    _of(
        "refund_shipping",
        "Refund shipping",
        MONEY,
        lambda order, refund: total(one.get("subtotal_amount") for one in refund.get("refund_shipping_lines", ())),
        "Shipping that was paid back.",
        SHIPPING,
    ),
    _of(
        "refund_restock",
        "Restock",
        TEXT,
        lambda order, refund: joined(as_words(one.get("restock_type")) for one in refund.get("refund_line_items", ())),
        "How its units were restocked.",
        ITEMS,
    ),
    _at("refund_note", "Refund note", TEXT, "note", "Why it was made."),
)
