"""Sheets with a row for each refund or each payment of an order."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from syncdb.mapping import SheetMapping, default_columns, parse_columns
from syncdb.mapping.choice import Rows, all_columns
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.shopify.shop import Shop
from tests.mapping.answering import stored

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def paid_order() -> tuple[Shop, dict[str, Any], dict[str, Any]]:
    """A shop, an order of it that is paid, and a line of two units or more."""
    shop, rng = Shop(clock=NOON.timestamp), random.Random(5)
    for index in range(400):
        order = new_order(shop, rng, NOON, index)
        lines = [one for one in order["lineItems"] if one["currentQuantity"] > 1]
        if lines and order["displayFinancialStatus"] == "PAID" and not order["refunds"] and not order["cancelledAt"]:
            return shop, order, lines[0]
    raise AssertionError("no such order was drawn")


def rows(kind: Rows, order: dict[str, Any]) -> list[dict[str, Any]]:
    mapping = SheetMapping(kind, all_columns(kind), "Europe/Berlin", order["currencyCode"])
    return [dict(record.fields) for record in mapping.records(stored(order))]


def test_an_order_has_a_row_for_each_refund_and_none_without_any() -> None:
    shop, order, line = paid_order()
    assert rows("refund", order) == [] and not SheetMapping("refund", default_columns("refund"), "UTC", "EUR").takes(
        stored(order)
    )
    shop.refund(order["id"], {line["id"]: 1})
    (refund,) = rows("refund", order)
    made = order["refunds"][0]
    assert refund["key"] == made["id"].rpartition("/")[2]
    assert refund["refund_amount"] == Decimal(order["totalRefundedSet"]["shopMoney"]["amount"]) > 0
    assert refund["refund_quantity"] == 1 and refund["refund_items"] == f"1 x {line['name']}"
    assert refund["refund_status"] == "refunded" and refund["order_name"] == order["name"]


def test_a_refund_on_its_way_and_one_that_failed_say_so() -> None:
    shop, order, line = paid_order()
    shop.refund(order["id"], {line["id"]: 1}, status="PENDING")
    assert [(one["refund_status"], one["refund_amount"]) for one in rows("refund", order)] == [("pending", 0)]
    shop.settle_refund(order["id"], "FAILURE")
    assert [(one["refund_status"], one["refund_amount"]) for one in rows("refund", order)] == [("failed", 0)]


def test_what_only_left_the_order_is_no_refund() -> None:
    shop, order, line = paid_order()
    shop.edit_order(order["id"], quantities={line["id"]: line["currentQuantity"] - 1})
    assert order["refunds"] and rows("refund", order) == []


def test_each_payment_has_a_row_and_the_net_is_what_the_shop_has() -> None:
    shop, order, line = paid_order()
    shop.refund(order["id"], {line["id"]: 1})
    payments = rows("transaction", order)
    assert [one["key"] for one in payments] == [one["id"].rpartition("/")[2] for one in order["transactions"]]
    assert sum(one["transaction_net"] for one in payments) == Decimal(order["netPaymentSet"]["shopMoney"]["amount"])
    assert payments[-1]["transaction_kind"] == "refund" and payments[-1]["transaction_net"] < 0
    assert payments[-1]["transaction_amount"] == -payments[-1]["transaction_net"]


def test_columns_of_other_parts_are_refused_by_name() -> None:
    told = parse_columns(["sku", "transaction_kind", "refund_amount"], "refund").problems
    assert told == (
        "columns, number 1: sku belongs to a line item, but the sheet has one row per refund.",
        "columns, number 2: transaction_kind belongs to a payment, but the sheet has one row per refund.",
    )
    assert parse_columns(["refund_amount"], "order").problems[0].endswith("one row per order.")
