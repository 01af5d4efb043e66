"""The columns that belong to one payment of an order, for sheets with a row for each transaction."""

from decimal import Decimal

from syncdb.mapping.columns import Line, Order, OrderColumn, Pick, as_words, line_buyer_money, line_money, of_line, shop_amount
from syncdb.values import Kind

TEXT, IDENTIFIER, MONEY, MOMENT, FLAG = Kind.TEXT, Kind.IDENTIFIER, Kind.MONEY, Kind.MOMENT, Kind.FLAG
# what a till gave as change is no part of a sale's amount
SIGNS = {"SALE": 1, "CAPTURE": 1, "REFUND": -1}


def _net(order: Order, payment: Line) -> Decimal:
    """What it changed of what the shop has: nothing for an authorization, or for one that did not go through."""
    amount = shop_amount(payment.get("amount")) or Decimal(0)
    return amount * (SIGNS.get(str(payment.get("kind")), 0) if payment.get("status") == "SUCCESS" else 0)


def _of(name: str, label: str, kind: Kind, pick: Pick, meaning: str, *needs: str) -> OrderColumn:
    return OrderColumn(name, label, kind, "transaction", pick, meaning, needs)


def _at(name: str, label: str, kind: Kind, path: str, meaning: str) -> OrderColumn:
    pick = line_money(path) if kind is MONEY else of_line(path)
    return _of(name, label, kind, pick, meaning, f"transactions.{path}")


def _status(name: str, label: str, path: str, meaning: str) -> OrderColumn:
    return _of(name, label, TEXT, lambda order, payment: as_words(payment.get(path)), meaning, f"transactions.{path}")


TRANSACTION_COLUMNS = (
    _at("transaction_id", "Transaction number", IDENTIFIER, "id", "Shopify's own id of the transaction, as text."),
    _at("transaction_created_at", "Transaction created", MOMENT, "created_at", "When it was made in Shopify."),
    _of(
        "transaction_at",
        "Transaction date",
        MOMENT,
        lambda order, payment: payment.get("processed_at") or payment.get("created_at"),
        "When it was processed.",
        "transactions.processed_at",
        "transactions.created_at",
    ),
    _status("transaction_kind", "Transaction kind", "kind", "sale, authorization, capture, refund, void or change."),
    _status("transaction_status", "Transaction status", "status", "Whether it went through: success, pending, failure, error."),
    _at("transaction_amount", "Amount", MONEY, "amount", "Its amount, without a sign."),
    _of(
        "transaction_net",
        "Net",
        MONEY,
        _net,
        "What it changed of what the shop received: sales and captures that went through, less refunds. Over an order "
        "it adds up to Net payment.",
        "transactions.amount",
    ),
    _of(
        "transaction_gateway",
        "Gateway",
        TEXT,
        lambda order, payment: payment.get("formatted_gateway") or payment.get("gateway"),
        "How it was paid.",
        "transactions.formatted_gateway",
        "transactions.gateway",
    ),
    _at("transaction_test", "Test payment", FLAG, "test", "Whether it was made in a gateway's test mode."),
    OrderColumn(
        "transaction_buyer_amount",
        "Amount (buyer)",
        MONEY,
        "transaction",
        line_buyer_money("amount"),
        "Its amount in the buyer's currency.",
        ("transactions.amount",),
        buyer=True,
    ),
)
