"""Over the lines of an order, what they are now adds up to what the order is now: for thousands of drawn orders.

The oracle is the shop's own figures of the order, in Shopify's field names; it shares no code with what is tested.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from syncdb.mapping import SheetMapping, parse_columns
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.shopify.money import read
from syncdb.sandbox.shopify.shop import Shop
from tests.mapping.answering import stored

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Node = dict[str, Any]
SHOWN = parse_columns(
    "line_status, quantity, current_quantity, unit_price, current_line_total, current_line_discount, current_line_tax, "
    "line_refunded, first_line, order_subtotal, order_discounts, order_tax, shipping_tax, shipping_discount, total_refunded, "
    "order_shipping, order_duties, order_fees, tips, order_total"
)
PAYMENTS = SheetMapping("transaction", parse_columns("transaction_net", "transaction").columns, "UTC", "EUR")
REFUNDS = SheetMapping("refund", parse_columns("refund_amount, refund_status", "refund").columns, "UTC", "EUR")


def amount(bag: Node | None) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"]) if bag else Decimal(0)


def summed(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((row[name] for row in rows), Decimal(0))


def shown(order: Node, amounts: str = "every_line") -> list[dict[str, Any]]:
    mapping = SheetMapping("line", SHOWN.columns, "UTC", order["currencyCode"], amounts)  # type: ignore[arg-type]
    return [dict(record.fields) for record in mapping.records(stored(order))]


def check(order: Node) -> None:
    rows = shown(order)
    said = f"{order['name']} {order['currencyCode']}"
    assert summed(rows, "current_line_total") == amount(order["currentSubtotalPriceSet"]), said
    lines_discount = summed(rows, "current_line_discount")
    assert lines_discount + rows[0]["shipping_discount"] == amount(order["currentTotalDiscountsSet"]), said
    assert rows[0]["shipping_discount"] == free_shipping(order), said
    assert summed(rows, "current_line_tax") + rows[0]["shipping_tax"] == amount(order["currentTotalTaxSet"]), said
    assert rows[0]["shipping_tax"] == shipping_tax(order), said
    assert summed(rows, "line_refunded") <= amount(order["totalRefundedSet"]), said
    listed = ("order_subtotal", "order_shipping", "order_duties", "order_fees", "tips")
    whole = sum((rows[0][name] or Decimal(0) for name in listed), Decimal(0))
    assert whole + (0 if order["taxesIncluded"] else rows[0]["order_tax"]) == rows[0]["order_total"], said
    assert rows[0]["order_total"] == amount(order["currentTotalPriceSet"]), said
    assert [row["first_line"] for row in rows] == [True] + [False] * (len(rows) - 1)
    paid = [dict(one.fields) for one in PAYMENTS.records(stored(order))]
    assert summed(paid, "transaction_net") == amount(order["netPaymentSet"]), said
    back = [dict(one.fields) for one in REFUNDS.records(stored(order))]
    assert summed(back, "refund_amount") == amount(order["totalRefundedSet"]), said
    for row in rows:
        assert row["current_line_total"] + row["current_line_discount"] == row["unit_price"] * row["current_quantity"], said
        if not row["current_quantity"]:
            assert row["current_line_total"] == row["current_line_discount"] == row["current_line_tax"] == 0, said
            assert row["line_status"] != "active"


def free_shipping(order: Node) -> Decimal:
    kept = [line for line in order["shippingLines"] if not line["isRemoved"]]
    return sum((amount(line["originalPriceSet"]) - amount(line["discountedPriceSet"]) for line in kept), Decimal(0))


def shipping_tax(order: Node) -> Decimal:
    """What is taxed on shipping, less what was paid back of it."""
    kept = [line for line in order["shippingLines"] if not line["isRemoved"]]
    placed = sum((amount(one["priceSet"]) for line in kept for one in line["taxLines"]), Decimal(0))
    back = [amount(one["taxAmountSet"]) for made in order["refunds"] for one in made["refundShippingLines"]]
    return placed - sum(back, Decimal(0))


def drawn(shop: Shop, rng: random.Random, index: int) -> Node:
    """An order of any kind; some of them have discounts over the whole order that do not divide evenly, or on their shipping."""
    order = new_order(shop, rng, NOON - timedelta(days=rng.randrange(1, 20)), index)
    if order["lineItems"] and rng.random() < 0.3:
        _spread_discount(order, Decimal(rng.randrange(1, 700)) / 1000, shop)
    if order["shippingLines"] and rng.random() < 0.2:
        order["shippingLines"][0]["discountedPriceSet"] = shop.currencies(order["presentmentCurrencyCode"], order["_rate"]).bag(
            read(order["shippingLines"][0]["originalPriceSet"]) * 0
        )
    return shop.changed(order)


def test_every_kind_of_amount_was_among_them() -> None:
    shop = Shop(clock=NOON.timestamp)
    rng = random.Random(8)
    rows = [row for index in range(300) if (order := drawn(shop, rng, index))["lineItems"] for row in shown(order)[:1]]
    for name in ("order_shipping", "order_duties", "order_fees", "tips", "order_tax", "order_discounts", "shipping_discount"):
        assert any(row[name] for row in rows), name


def _spread_discount(order: Node, share: Decimal, shop: Shop) -> None:
    money = shop.currencies(order["presentmentCurrencyCode"], order["_rate"])
    application = {
        "__typename": "ManualDiscountApplication",
        "title": "Alles",
        "description": "Alles",
        "index": len(order["discountApplications"]),
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "value": {"__typename": "MoneyV2", "amount": "10.0", "currencyCode": shop.currency},
    }
    order["discountApplications"].append(application)
    for line in order["lineItems"]:
        taken = [read(one["allocatedAmountSet"]).shop for one in line["discountAllocations"]]
        left = read(line["originalUnitPriceSet"]) * line["quantity"]
        if sum(taken, Decimal(0)) + left.shop * share <= left.shop:
            allocated = money.bag(money.rounded(left * share))
            line["discountAllocations"].append({"allocatedAmountSet": allocated, "discountApplication": application})


def befall(shop: Shop, order: Node, rng: random.Random) -> str:
    """One thing that happens to an order; ValueError where it does not fit."""
    gid = order["id"]
    open_lines = [line for line in order["lineItems"] if line["currentQuantity"] and line["unfulfilledQuantity"]]
    if not open_lines or order["cancelledAt"]:
        raise ValueError("nothing is left")
    line = rng.choice(open_lines)
    units = rng.randrange(1, line["currentQuantity"] + 1)
    fewer = rng.randrange(line["currentQuantity"] - line["unfulfilledQuantity"], line["currentQuantity"])
    price = str(Decimal(rng.randrange(100, 9999)) / 100)
    events: dict[str, Callable[[], object]] = {
        "refund": lambda: shop.refund(gid, {line["id"]: units}, shipping=rng.random() < 0.4),
        "refund of several lines": lambda: shop.refund(gid, {one["id"]: 1 for one in open_lines}, restock="NO_RESTOCK"),
        "goodwill": lambda: shop.refund(gid, goodwill="0.37"),
        "pending": lambda: shop.refund(gid, {line["id"]: units}, status="PENDING"),
        "settled": lambda: shop.settle_refund(gid, rng.choice(("SUCCESS", "FAILURE"))),
        "exchange": lambda: shop.exchange(gid, {line["id"]: units}, [(Item("Other", price), 1)], settle=rng.random() < 0.5),
        "removed": lambda: shop.edit_order(gid, quantities={line["id"]: fewer}, restock=rng.random() < 0.5),
        "grown": lambda: shop.edit_order(gid, quantities={line["id"]: line["currentQuantity"] + rng.randrange(1, 3)}),
        "added": lambda: shop.edit_order(gid, add=[(Item("New", price), rng.randrange(1, 4))]),
        "paid": lambda: shop.mark_paid(gid),
        "paid back": lambda: shop.pay_back(gid),
        "shipped": lambda: shop.fulfil(gid, {line["id"]: 1}),
        "cancelled": lambda: shop.cancel(gid),
    }
    name = rng.choices(list(events), [3, 2, 1, 2, 2, 4, 5, 3, 3, 2, 2, 2, 1])[0]
    events[name]()
    return name


@pytest.mark.parametrize(("currency", "number"), [("EUR", 800), ("USD", 500), ("JPY", 500), ("KWD", 500)])
def test_the_lines_add_up_to_the_order_whatever_befell_it(currency: str, number: int) -> None:
    shop = Shop(clock=NOON.timestamp, currency=currency)
    rng = random.Random(f"{currency} sums")
    happened: Counter[str] = Counter()
    for index in range(number):
        order = drawn(shop, rng, index)
        if not order["lineItems"] or len(order["lineItems"]) > 20:
            continue
        check(order)
        for _ in range(rng.randrange(5)):
            try:
                happened[befall(shop, order, rng)] += 1
            except ValueError:  # this does not fit this order
                continue
            check(order)
        del shop.orders[order["id"]]
    assert len(happened) == 13 and min(happened.values()) > number // 100, happened


def test_amounts_of_the_order_can_stand_on_its_first_line_only() -> None:
    shop = Shop(clock=NOON.timestamp)
    rng = random.Random(4)
    orders = [order for index in range(60) if (order := drawn(shop, rng, index))["lineItems"]]
    once = [row for order in orders for row in shown(order, "first_line")]
    totals = [row["order_subtotal"] for row in once if row["order_subtotal"] is not None]
    assert len(totals) == len(orders) and len(once) > len(orders)
    assert sum(totals) == sum(amount(order["currentSubtotalPriceSet"]) for order in orders)
    every = [row for order in orders for row in shown(order)]
    flagged = [row["order_subtotal"] for row in every if row["first_line"]]
    assert flagged == totals and len(every) == len(once)
    assert all(row["order_tax"] is not None for row in every)
    same = [name for name in once[0] if not name.startswith(("order_", "shipping_", "total_", "tips"))]
    assert [[row[name] for name in same] for row in once] == [[row[name] for name in same] for row in every]


def test_a_line_that_is_gone_takes_no_amounts_along() -> None:
    mapping = SheetMapping("line", SHOWN.columns, "UTC", "EUR", "first_line")
    shop = Shop(clock=NOON.timestamp)
    (first, *_) = mapping.records(stored(drawn(shop, random.Random(1), 1)))
    gone = mapping.removed_record(first.key, first.fields).fields
    assert (gone["order_subtotal"], gone["order_tax"], gone["first_line"]) == (None, None, False)
    assert (gone["current_line_total"], gone["current_line_tax"], gone["unit_price"]) == (0, 0, first.fields["unit_price"])


def test_units_gone_without_a_record_leave_with_their_share() -> None:
    """So that a line is never worth what it was ordered for when the shop does not say how it shrank."""
    shop = Shop(clock=NOON.timestamp)
    order = drawn(shop, random.Random(3), 1)
    line = order["lineItems"][0]
    snapshot = stored(order)
    snapshot["line_items"] = [
        snapshot["line_items"][0]
        | {"quantity": 3, "current_quantity": 2, "original_unit_price": ["48", "EUR"], "original_total": ["144", "EUR"]}
        | {"discount_allocations": [{"allocated_amount": ["28.81", "EUR"]}], "tax_lines": [{"price": ["18.39", "EUR"]}]}
    ]
    (record,) = SheetMapping("line", SHOWN.columns, "UTC", "EUR").records(snapshot)
    assert line["id"].endswith(record.key)
    assert (record.fields["current_line_total"], record.fields["current_line_discount"]) == (Decimal("76.79"), Decimal("19.21"))
    assert record.fields["current_line_tax"] == Decimal("12.26")
