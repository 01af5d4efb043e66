"""What happens to an order: figures, statuses and updatedAt after each kind of change."""

from __future__ import annotations

from typing import Any

import pytest

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.money import read
from syncdb.sandbox.shopify.pricing import settle
from tests.sandbox.shopify.asking import Asking


@pytest.fixture
def asking() -> Asking:
    return Asking()


def placed(asking: Asking, *lines: tuple[str, int], paid: bool = True, currency: str = "EUR", rate: str = "1") -> dict[str, Any]:
    """A simple order: 19 % VAT included, 4.90 shipping, paid in full unless said otherwise."""
    shop = asking.shop
    money = shop.currencies(currency, rate)
    order = anatomy.order(shop.new_id(), "#1", shop.next_number(), money, True, shop.stamp())
    for price, quantity in lines:
        item = Item("Ware", price, sku="001")
        order["lineItems"].append(anatomy.line_item(shop.new_id(), item, quantity, money, (("MwSt", 0.19),)))
    order["shippingLines"].append(anatomy.shipping_line(shop.new_id(), "Post", money.amount("4.90"), money, 0.19, True))
    settle(order)
    if paid:
        total = read(order["totalPriceSet"])
        order["transactions"].append(anatomy.transaction(shop.new_id(), order, "SALE", "cash", total, money, shop.stamp()))
    shop.add_order(order)
    asking.clock.forward(60)
    return order


def shop_amounts(order: dict[str, Any], *fields: str) -> list[str]:
    return [order[field]["shopMoney"]["amount"] for field in fields]


def test_a_new_order(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2), ("5.55", 1))
    assert shop_amounts(order, "subtotalPriceSet", "totalPriceSet", "totalTaxSet") == ["25.55", "30.45", "4.86"]
    assert (order["displayFinancialStatus"], order["displayFulfillmentStatus"]) == ("PAID", "UNFULFILLED")


def test_a_partial_refund(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2))
    line = order["lineItems"][0]
    made = asking.shop.refund(order["id"], {line["id"]: 1}, note="kaputt")
    assert made["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    assert (line["quantity"], line["currentQuantity"], line["refundableQuantity"]) == (2, 1, 1)
    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert shop_amounts(order, "currentTotalPriceSet", "totalPriceSet", "totalRefundedSet") == ["14.9", "24.9", "10.0"]
    assert order["updatedAt"] == asking.shop.stamp()


def test_a_full_refund_with_shipping(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2))
    asking.shop.refund(order["id"], {order["lineItems"][0]["id"]: 2}, shipping=True)
    assert order["displayFinancialStatus"] == "REFUNDED"
    assert shop_amounts(order, "currentTotalPriceSet", "netPaymentSet", "totalRefundedShippingSet") == ["0.0", "0.0", "4.9"]


def test_shipping_is_refunded_once(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    asking.shop.refund(order["id"], shipping=True)
    again = asking.shop.refund(order["id"], shipping=True)
    assert again["refundShippingLines"] == [] and again["transactions"] == []


def test_goodwill_leaves_the_lines_alone(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    made = asking.shop.refund(order["id"], goodwill="1.50")
    assert made["orderAdjustments"][0]["amountSet"]["shopMoney"]["amount"] == "-1.5"
    assert order["lineItems"][0]["currentQuantity"] == 1
    assert shop_amounts(order, "totalRefundedSet", "totalOutstandingSet", "currentTotalPriceSet") == ["1.5", "0.0", "14.9"]


def test_more_than_there_is_cannot_be_refunded(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    before = order["updatedAt"]
    with pytest.raises(ValueError, match="only 1"):
        asking.shop.refund(order["id"], {order["lineItems"][0]["id"]: 2})
    assert order["refunds"] == [] and order["updatedAt"] == before


def test_a_removed_line_stays_on_record(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2), ("3.00", 1))
    asking.shop.edit_order(order["id"], quantities={order["lineItems"][0]["id"]: 0})
    line = order["lineItems"][0]
    assert (line["quantity"], line["currentQuantity"], order["edited"]) == (2, 0, True)
    assert shop_amounts(order, "currentTotalPriceSet", "originalTotalPriceSet") == ["7.9", "27.9"]


def test_an_edit_of_an_unpaid_order_leaves_a_refund_without_money(asking: Asking) -> None:
    """As Shopify does (recorded): subtotal and taxes stay as they were placed, only the current ones move."""
    order = placed(asking, ("100.00", 2), paid=False)
    line = order["lineItems"][0]
    taxes = line["taxLines"][0]["priceSet"]
    asking.shop.edit_order(order["id"], quantities={line["id"]: 1})
    (made,) = order["refunds"]
    (part,) = made["refundLineItems"]
    assert (part["quantity"], part["restockType"], made["transactions"], made["orderAdjustments"]) == (1, "CANCEL", [], [])
    assert made["totalRefundedSet"]["shopMoney"]["amount"] == "0.0"
    assert shop_amounts(order, "subtotalPriceSet", "currentSubtotalPriceSet", "totalPriceSet") == ["200.0", "100.0", "204.9"]
    assert line["taxLines"][0]["priceSet"] == taxes
    assert shop_amounts(order, "totalTaxSet", "currentTotalTaxSet") == ["32.71", "16.75"]
    assert shop_amounts(order, "totalOutstandingSet", "totalRefundedSet") == ["104.9", "0.0"]


def test_an_edit_of_a_paid_order_is_owed_until_it_is_paid_back(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2))
    asking.shop.edit_order(order["id"], quantities={order["lineItems"][0]["id"]: 1}, restock=False)
    (made,) = order["refunds"]
    assert [one["reason"] for one in made["orderAdjustments"]] == ["PENDING_REFUND_DISCREPANCY"]
    assert made["refundLineItems"][0]["restockType"] == "NO_RESTOCK" and made["transactions"] == []
    assert shop_amounts(order, "totalOutstandingSet", "totalRefundedSet") == ["-10.0", "0.0"]
    asking.shop.pay_back(order["id"])
    assert shop_amounts(order, "totalOutstandingSet", "totalRefundedSet", "currentTotalPriceSet") == ["0.0", "10.0", "14.9"]
    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    with pytest.raises(ValueError, match="nothing is owed"):
        asking.shop.pay_back(order["id"])


def test_an_exchange_takes_back_and_adds(asking: Asking) -> None:
    order = placed(asking, ("50.00", 5), ("40.00", 2))
    made = asking.shop.exchange(order["id"], {order["lineItems"][0]["id"]: 1}, [(Item("Other size", "50.00"), 1)])
    assert (made["transactions"], made["refundLineItems"][0]["restockType"]) == ([], "RETURN")
    assert shop_amounts(order, "currentSubtotalPriceSet", "totalOutstandingSet", "totalRefundedSet") == ["330.0", "0.0", "0.0"]
    cheaper = asking.shop.exchange(order["id"], {order["lineItems"][1]["id"]: 1}, [(Item("Smaller", "30.00"), 1)])
    assert cheaper["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    assert shop_amounts(order, "currentSubtotalPriceSet", "totalOutstandingSet", "totalRefundedSet") == ["320.0", "0.0", "10.0"]
    asking.shop.exchange(order["id"], {order["lineItems"][2]["id"]: 1}, [(Item("Larger", "60.00"), 1)])
    assert shop_amounts(order, "totalOutstandingSet", "totalRefundedSet") == ["10.0", "10.0"]


@pytest.mark.parametrize("end", ["SUCCESS", "FAILURE"])
def test_a_refund_can_be_pending(asking: Asking, end: str) -> None:
    order = placed(asking, ("10.00", 2))
    made = asking.shop.refund(order["id"], {order["lineItems"][0]["id"]: 2}, status="PENDING")
    assert made["totalRefundedSet"]["shopMoney"]["amount"] == "20.0"
    assert shop_amounts(order, "totalRefundedSet", "currentSubtotalPriceSet") == ["0.0", "0.0"]
    assert order["displayFinancialStatus"] == "PAID"
    asking.clock.forward(60)
    asking.shop.settle_refund(order["id"], end)
    assert order["updatedAt"] == asking.shop.stamp()
    assert shop_amounts(order, "totalRefundedSet") == ["20.0" if end == "SUCCESS" else "0.0"]


def test_the_last_unit_takes_what_rounding_left(asking: Asking) -> None:
    order = placed(asking, ("9.99", 3))
    line = order["lineItems"][0]
    asking.shop.edit_order(order["id"], quantities={line["id"]: 2})
    asking.shop.edit_order(order["id"], quantities={line["id"]: 5})
    for left in (4, 3, 2, 1, 0):
        asking.shop.edit_order(order["id"], quantities={line["id"]: left})
    assert shop_amounts(order, "currentSubtotalPriceSet", "currentTotalTaxSet") == ["0.0", "0.78"]


def test_an_added_line_is_owed(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    asking.shop.edit_order(order["id"], add=[(Item("Extra", "2.00"), 1)])
    assert shop_amounts(order, "totalOutstandingSet", "originalTotalPriceSet", "totalPriceSet") == ["2.0", "14.9", "16.9"]
    assert order["displayFinancialStatus"] == "PARTIALLY_PAID"
    asking.shop.mark_paid(order["id"])
    assert order["displayFinancialStatus"] == "PAID"


def test_shipping_in_parts_with_tracking(asking: Asking) -> None:
    order = placed(asking, ("10.00", 3))
    line = order["lineItems"][0]
    asking.shop.fulfil(order["id"], {line["id"]: 1}, [("DHL", "001", "https://dhl.example/001")])
    assert (order["displayFulfillmentStatus"], line["unfulfilledQuantity"]) == ("PARTIALLY_FULFILLED", 2)
    asking.shop.fulfil(order["id"])
    assert order["displayFulfillmentStatus"] == "FULFILLED" and len(order["fulfillments"]) == 2
    with pytest.raises(ValueError, match="nothing left"):
        asking.shop.fulfil(order["id"])
    asking.shop.update_tracking(order["id"], [("UPS", "1Z", None)])
    assert order["fulfillments"][-1]["trackingInfo"] == [{"company": "UPS", "number": "1Z", "url": None}]


def test_cancelling_pays_back_and_voids(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    asking.shop.cancel(order["id"], "FRAUD", "doppelt")
    assert (order["cancelReason"], order["displayFinancialStatus"], order["closed"]) == ("FRAUD", "REFUNDED", True)
    assert order["lineItems"][0]["currentQuantity"] == 0 and order["cancelledAt"] == asking.shop.stamp()
    unpaid = placed(asking, ("10.00", 1), paid=False)
    asking.shop.cancel(unpaid["id"])
    assert unpaid["displayFinancialStatus"] == "VOIDED"
    with pytest.raises(ValueError, match="cannot be cancelled"):
        asking.shop.cancel(order["id"])


def test_two_currencies_each_in_its_own_cents(asking: Asking) -> None:
    order = placed(asking, ("9.99", 3), currency="JPY", rate="163.27")
    line = order["lineItems"][0]["originalTotalSet"]
    assert line["shopMoney"] == {"amount": "29.97", "currencyCode": "EUR"}
    assert line["presentmentMoney"] == {"amount": "4893.0", "currencyCode": "JPY"}


def test_three_decimals_are_kept(asking: Asking) -> None:
    order = placed(asking, ("9.99", 1), currency="KWD", rate="0.33333")
    paid = order["transactions"][0]["amountSet"]["presentmentMoney"]
    assert order["lineItems"][0]["originalTotalSet"]["presentmentMoney"] == {"amount": "3.33", "currencyCode": "KWD"}
    assert order["shippingLines"][0]["originalPriceSet"]["presentmentMoney"]["amount"] == "1.633"
    assert paid == {"amount": "4.963", "currencyCode": "KWD"}


@pytest.mark.parametrize("what", ["tag", "note", "address", "close"])
def test_small_changes_move_updated_at(what: str) -> None:
    asking = Asking(orders=10)
    order = next(one for one in asking.shop.orders.values() if one["shippingAddress"])
    asking.clock.forward(500)
    shop = asking.shop
    {
        "tag": lambda: shop.add_tag(order["id"], "neu"),
        "note": lambda: shop.set_note(order["id"], "=1"),
        "address": lambda: shop.change_address(order["id"], city="Ulm"),
        "close": lambda: shop.close(order["id"]),
    }[what]()
    assert order["updatedAt"] == shop.stamp()


def test_a_child_can_change_without_moving_updated_at(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    before = order["updatedAt"]
    asking.shop.touch_child_without_bump(order["id"])
    assert order["lineItems"][0]["customAttributes"] and order["updatedAt"] == before
    asking.shop.fulfil(order["id"], tracking=[("DHL", "1", None)])
    stamp = order["updatedAt"]
    asking.clock.forward(60)
    asking.shop.touch_child_without_bump(order["id"])
    assert order["fulfillments"][0]["trackingInfo"][0]["number"].startswith("LATE") and order["updatedAt"] == stamp


def test_updated_at_never_goes_back(asking: Asking) -> None:
    order = placed(asking, ("10.00", 1))
    asking.shop.add_tag(order["id"], "a")
    latest = order["updatedAt"]
    asking.clock.forward(-3600)
    asking.shop.add_tag(order["id"], "b")
    assert order["updatedAt"] == latest


def test_an_edit_that_does_not_fit_changes_nothing(asking: Asking) -> None:
    order = placed(asking, ("10.00", 2), ("3.00", 1))
    first, second = order["lineItems"]
    asking.shop.fulfil(order["id"], {second["id"]: 1})
    with pytest.raises(ValueError, match="shipped already"):
        asking.shop.edit_order(order["id"], quantities={first["id"]: 1, second["id"]: 0})
    assert first["currentQuantity"] == 2 and not order["edited"]
