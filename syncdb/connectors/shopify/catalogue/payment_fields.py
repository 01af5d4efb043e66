"""Every field of a payout and of a balance transaction. Names and types: Shopify Admin API, 2026-01 to 2026-10.

A payout's net is the sum of its parts, each with a gross amount and a fee: net = gross - fees (as in the documented example of
the REST resource, whose refunds have negative amounts and negative fees).
"""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.catalogue.customer_fields import AMOUNT, currency_of, in_words
from syncdb.connectors.shopify.catalogue.fields import ShopField, as_instant, as_money, as_truth, as_words
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import text
from syncdb.values import Kind, Value, money

GROSS = {
    "charges": "chargesGross",
    "refunds": "refundsFeeGross",
    "adjustments": "adjustmentsGross",
    "reserved": "reservedFundsGross",
    "retried": "retriedPayoutsGross",
    "advances": "advanceGross",
    "rebates": "usdcRebateCreditAmount",
}
FEES = {
    "charge_fees": "chargesFee",
    "refund_fees": "refundsFee",
    "adjustment_fees": "adjustmentsFee",
    "reserved_fees": "reservedFundsFee",
    "retried_fees": "retriedPayoutsFee",
    "advance_fees": "advanceFees",
}


def _number(answered: Any, zone: tzinfo) -> Value:
    """The number of a thing: a BigInt, which is answered as text, or the end of a global id."""
    return bare_id(text(answered)) if isinstance(answered, str) else str(answered)


def _sum_of(names: Sequence[str]) -> Callable[[Any, tzinfo], Value]:
    def read(answered: Any, zone: tzinfo) -> Value:
        return sum((money(text(answered[name]["amount"])) or Decimal(0) for name in names), Decimal(0))

    return read


def _total(name: str, parts: Sequence[str]) -> ShopField:
    inside = "{ " + " ".join(f"{part} {AMOUNT}" for part in parts) + " }"
    return ShopField(name, Kind.MONEY, (name,), _sum_of(parts), inside, "summary")


def _amount(name: str, *path: str) -> ShopField:
    return ShopField(name, Kind.MONEY, path, as_money, AMOUNT)


PAYOUT = (
    ShopField("issued_at", Kind.MOMENT, ("issuedAt",), as_instant),
    ShopField("status", Kind.TEXT, ("status",), in_words),
    ShopField("direction", Kind.TEXT, ("transactionType",), in_words),
    _total("gross", tuple(GROSS.values())),
    _total("fees", tuple(FEES.values())),
    _amount("net", "net"),
    currency_of("net"),
    *(_amount(name, "summary", part) for name, part in GROSS.items()),
    *(_amount(name, "summary", part) for name, part in FEES.items()),
    ShopField("bank_reference", Kind.IDENTIFIER, ("externalTraceId",), as_words),
    ShopField("payout_number", Kind.IDENTIFIER, ("legacyResourceId",), _number),
)

PAYOUT_TRANSACTION = (
    ShopField("at", Kind.MOMENT, ("transactionDate",), as_instant),
    ShopField("type", Kind.TEXT, ("type",), in_words),
    ShopField("order_name", Kind.TEXT, ("associatedOrder", "name"), as_words),
    _amount("amount", "amount"),
    _amount("fee", "fee"),
    _amount("net", "net"),
    currency_of("amount"),
    ShopField("payout_number", Kind.IDENTIFIER, ("associatedPayout", "id"), _number),
    ShopField("payout_status", Kind.TEXT, ("associatedPayout", "status"), in_words),
    ShopField("order_id", Kind.IDENTIFIER, ("associatedOrder", "id"), _number),
    ShopField("source", Kind.TEXT, ("sourceType",), in_words),
    ShopField("order_transaction_id", Kind.IDENTIFIER, ("sourceOrderTransactionId",), _number),
    ShopField("reason", Kind.TEXT, ("adjustmentReason",), as_words),
    ShopField("test", Kind.FLAG, ("test",), as_truth),
)
