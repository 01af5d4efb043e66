"""Generated shops: the same seed gives the same shop, and every figure of an order agrees with the others."""

from __future__ import annotations

import json
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from syncdb.sandbox.shopify.documents import read_document
from syncdb.sandbox.shopify.execute import Execution
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.money import WITHOUT_CENTS, read
from syncdb.sandbox.shopify.resolvers import RESOLVERS, Asker
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import ALL_SCOPES
from tests.sandbox.shopify.asking import NOW, Asking, everything

WIDE = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { %s } } }"


@pytest.fixture(scope="module")
def big() -> Asking:
    return Asking(orders=600, seed=11)


def answered(asking: Asking) -> list[dict[str, Any]]:
    """Every order with every field, read straight through the executor (a query that wide would be refused)."""
    document = read_document(WIDE % everything("Order", 4))
    found: list[dict[str, Any]] = []
    for start in range(0, len(asking.ids), 250):
        ids = asking.ids[start : start + 250]
        run = Execution(document, {"ids": ids}, RESOLVERS, Asker(asking.shop, ALL_SCOPES, "2026-10"))
        data = run.run(document.operation(None))
        assert run.errors == [] and data is not None
        found += data["nodes"]
    return found


def test_every_field_of_the_schema_has_a_value_or_null(big: Asking) -> None:
    orders = answered(big)
    assert len(orders) == len(big.ids) > 580
    assert all(len(order) > 100 for order in orders)


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two, other = (answered(Asking(orders=80, seed=seed)) for seed in (5, 5, 6))
    assert json.dumps(one) == json.dumps(two)
    assert json.dumps(one) != json.dumps(other)


def amount(order: dict[str, Any], field: str, side: str) -> Decimal:
    return Decimal(order[field][side]["amount"])


def check(order: dict[str, Any], side: str) -> None:
    def of(field: str) -> Decimal:
        return amount(order, field, side)

    lines = order["lineItems"]
    duties = sum((Decimal(duty["price"][side]["amount"]) for line in lines for duty in line["duties"]), Decimal(0))
    taxes = Decimal(0) if order["taxesIncluded"] else of("totalTaxSet")
    now_taxes = Decimal(0) if order["taxesIncluded"] else of("currentTotalTaxSet")
    fees = sum((Decimal(fee["price"][side]["amount"]) for fee in order["additionalFees"]), Decimal(0))
    extra = of("totalTipReceivedSet") + duties + fees
    assert of("totalPriceSet") == of("subtotalPriceSet") + of("totalShippingPriceSet") + taxes + extra
    whole = of("currentSubtotalPriceSet") + of("currentShippingPriceSet") + now_taxes + extra
    assert of("currentTotalPriceSet") == whole
    original = sum((Decimal(line["originalTotalSet"][side]["amount"]) for line in lines), Decimal(0))
    assert original - of("totalDiscountsSet") == of("subtotalPriceSet")
    good = [one for one in order["transactions"] if one["status"] == "SUCCESS"]
    refunded = sum((Decimal(one["amountSet"][side]["amount"]) for one in good if one["kind"] == "REFUND"), Decimal(0))
    assert refunded == of("totalRefundedSet")
    assert refunded == sum((Decimal(one["totalRefundedSet"][side]["amount"]) for one in order["refunds"]), Decimal(0))
    assert of("netPaymentSet") == of("totalReceivedSet") - refunded
    kinds = sum((Decimal(one["priceSet"][side]["amount"]) for one in order["taxLines"]), Decimal(0))
    assert kinds == of("totalTaxSet")
    for field in ("totalPriceSet", "totalRefundedSet", "totalTaxSet"):
        cents = order[field][side]["amount"].partition(".")[2]
        assert len(cents) == 1 if order[field][side]["currencyCode"] in WITHOUT_CENTS else len(cents) <= 2


def check_quantities(order: dict[str, Any]) -> None:
    for line in order["lineItems"]:
        refunded = sum(one["quantity"] for made in order["refunds"] for one in made["refundLineItems"] if one["lineItem"] is line)
        shipped = sum(
            one["quantity"] for made in order["fulfillments"] for one in made["fulfillmentLineItems"] if one["lineItem"] is line
        )
        assert line["currentQuantity"] == line["quantity"] - refunded >= 0
        assert line["unfulfilledQuantity"] == max(0, line["currentQuantity"] - shipped)


@pytest.mark.parametrize("side", ["shopMoney", "presentmentMoney"])
def test_money_adds_up_in_both_currencies(big: Asking, side: str) -> None:
    for order in big.shop.orders.values():
        check(order, side)


def test_it_still_adds_up_after_any_changes() -> None:
    asking = Asking(orders=120, seed=3)
    rng = random.Random(9)
    made = Counter[str]()
    for _ in range(400):
        asking.clock.forward(60)
        name, order_id = asking.shop.random_change(rng)
        made[name] += 1
        order = asking.shop.orders[order_id]
        assert order["updatedAt"] == asking.shop.stamp()
        check(order, "shopMoney")
        check(order, "presentmentMoney")
        check_quantities(order)
    assert len(made) == 13, made


def test_a_fully_refunded_order_owes_nothing(big: Asking) -> None:
    refunded = [one for one in big.shop.orders.values() if one["displayFinancialStatus"] in ("REFUNDED", "PARTIALLY_REFUNDED")]
    assert len(refunded) > 30
    assert {amount(one, "totalOutstandingSet", "presentmentMoney") for one in refunded} == {Decimal(0)}


def test_all_the_awkward_kinds_are_there(big: Asking) -> None:
    orders = list(big.shop.orders.values())
    kinds = {
        "without lines": [one for one in orders if not one["lineItems"]],
        "over 100 lines": [one for one in orders if len(one["lineItems"]) > 100],
        "without a customer": [one for one in orders if one["customer"] is None],
        "a name of its own": [one for one in orders if one["name"].startswith("WEB-2026-#") and one["name"].endswith("-A")],
        "test": [one for one in orders if one["test"]],
        "cancelled": [one for one in orders if one["cancelledAt"]],
        "edited": [one for one in orders if one["edited"]],
        "several fulfillments": [one for one in orders if len(one["fulfillments"]) > 1],
        "tip": [one for one in orders if amount(one, "totalTipReceivedSet", "shopMoney")],
        "gift card": [one for one in orders if any(line["isGiftCard"] for line in one["lineItems"])],
        "duties": [one for one in orders if one["originalTotalDutiesSet"]],
        "additional fees": [one for one in orders if one["currentTotalAdditionalFeesSet"]],
        "a bundle": [one for one in orders if any(line["lineItemGroup"] for line in one["lineItems"])],
        "a subscription": [one for one in orders if any(line["sellingPlan"] for line in one["lineItems"])],
        "rounded cash": [one for one in orders if read(one["totalCashRoundingAdjustment"]["paymentSet"]).shop],
        "several taxes": [one for one in orders if len(one["taxLines"]) > 1],
        "failed payment": [one for one in orders if any(x["status"] == "FAILURE" for x in one["transactions"])],
        "cash change": [one for one in orders if any(x["kind"] == "CHANGE" for x in one["transactions"])],
        "refunded shipping": [one for one in orders if any(x["refundShippingLines"] for x in one["refunds"])],
        "goodwill": [one for one in orders if any(x["orderAdjustments"] for x in one["refunds"])],
        "point of sale": [one for one in orders if one["sourceName"] == "pos"],
        "draft": [one for one in orders if one["sourceName"] == "shopify_draft_order"],
        "yen": [one for one in orders if one["presentmentCurrencyCode"] == "JPY"],
        "long note": [one for one in orders if len(one["note"] or "") > 5000],
        "several lines of note": [one for one in orders if "\n" in (one["note"] or "")],
        "leading zeros": [one for one in orders if any((x["sku"] or "").startswith("00") for x in one["lineItems"])],
    }
    assert [name for name, found in kinds.items() if not found] == []
    starts = {one["note"][0] for one in orders if one["note"]}
    assert starts >= set("=+-@")


def test_ids_do_not_survive_a_float_and_numbers_have_gaps(big: Asking) -> None:
    ids = [int(one["legacyResourceId"]) for one in big.shop.orders.values()]
    assert min(ids) > 2**53 and any(int(float(one)) != one for one in ids)
    numbers = [one["number"] for one in big.shop.orders.values()]
    assert numbers == sorted(numbers) and numbers[-1] - numbers[0] + 1 > len(numbers)


def test_orders_stay_within_their_days() -> None:
    shop = Shop(clock=NOW.timestamp)
    generate(shop, 40, 2, NOW, days=10)
    times = [order["createdAt"] for order in shop.orders.values()]
    assert min(times) >= "2026-11-10T12:00:00Z" and max(times) < "2026-11-20T12:00:00Z"
    assert all(order["updatedAt"] >= order["createdAt"] for order in shop.orders.values())


def test_one_customer_has_one_name(big: Asking) -> None:
    names: dict[str, set[str]] = {}
    for order in big.shop.orders.values():
        if order["customer"]:
            names.setdefault(order["customer"]["id"], set()).add(order["customer"]["displayName"])
    assert len(names) > 100
    assert {len(found) for found in names.values()} == {1}
