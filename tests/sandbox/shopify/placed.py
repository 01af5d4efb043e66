"""An order of which every figure is known."""

from __future__ import annotations

from typing import Any

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.money import read
from syncdb.sandbox.shopify.pricing import settle
from syncdb.sandbox.shopify.shop import Shop


def placed(shop: Shop, *lines: tuple[str, int], paid: bool = True, included: bool = True, discount: str = "0") -> dict[str, Any]:
    """An order with 19 % tax and 4.90 for shipping, paid in full unless said otherwise; `discount` is taken off each line."""
    money = shop.currencies()
    number = shop.next_number()
    order = anatomy.order(shop.new_id(), f"#{number}", number, money, included, shop.stamp())
    for place, (price, quantity) in enumerate(lines):
        line = anatomy.line_item(shop.new_id(), Item(f"Thing {place}", price), quantity, money, (("MwSt", 0.19),))
        order["lineItems"].append(line)
        if discount != "0":
            line["discountAllocations"].append(_allocation(order, money.bag(money.amount(discount))))
    order["shippingLines"] = [anatomy.shipping_line(shop.new_id(), "Post", money.amount("4.90"), money, 0.19, included)]
    settle(order)
    if paid:
        price = read(order["totalPriceSet"])
        order["transactions"].append(anatomy.transaction(shop.new_id(), order, "SALE", "cash", price, money, shop.stamp()))
    return shop.add_order(order)


def _allocation(order: dict[str, Any], amount: dict[str, Any]) -> dict[str, Any]:
    if not order["discountApplications"]:
        order["discountApplications"].append(
            {
                "__typename": "DiscountCodeApplication",
                "code": "LESS",
                "index": 0,
                "allocationMethod": "ACROSS",
                "targetSelection": "ALL",
                "targetType": "LINE_ITEM",
                "value": {"__typename": "PricingPercentageValue", "percentage": 20.0},
            }
        )
    return {"allocatedAmountSet": amount, "discountApplication": order["discountApplications"][0]}
