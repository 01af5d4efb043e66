"""The parts of a REST order: lines, shipments, refunds, discounts, taxes, and how amounts and moments are written."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Node = dict[str, Any]
ZONE = ZoneInfo("Europe/Berlin")
DISCOUNTS = {
    "AutomaticDiscountApplication": "automatic",
    "DiscountCodeApplication": "discount_code",
    "ManualDiscountApplication": "manual",
}
NO_DECIMALS = frozenset({"JPY"})
SIDES = {"shop_money": "shopMoney", "presentment_money": "presentmentMoney"}


def line_item(line: Node, quantity: int | None = None) -> Node:
    """A line, or `quantity` units of it where it stands below a shipment."""
    left = line["unfulfilledQuantity"]
    return {
        "id": number_of(line),
        "admin_graphql_api_id": line["id"],
        "attributed_staffs": [],
        "current_quantity": line["currentQuantity"],
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": None if left == line["quantity"] else "partial" if left else "fulfilled",
        "gift_card": line["isGiftCard"],
        "grams": line["_grams"],
        "name": line["name"],
        "price": amount(line["originalUnitPriceSet"]["shopMoney"]),
        "price_set": bag(line["originalUnitPriceSet"]),
        "product_exists": line["product"] is not None,
        "product_id": line["product"] and number_of(line["product"]),
        "properties": pairs(line["customAttributes"]),
        "quantity": line["quantity"] if quantity is None else quantity,
        "requires_shipping": line["requiresShipping"],
        "sku": line["sku"],
        "taxable": line["taxable"],
        "title": line["title"],
        "total_discount": amount(line["totalDiscountSet"]["shopMoney"]),
        "total_discount_set": bag(line["totalDiscountSet"]),
        "variant_id": line["variant"] and number_of(line["variant"]),
        "variant_inventory_management": "shopify" if line["variant"] else None,
        "variant_title": line["variantTitle"],
        "vendor": line["vendor"],
        "tax_lines": [tax_line(one) for one in line["taxLines"]],
        "duties": [_duty(one) for one in line["duties"]],
        "discount_allocations": [_allocation(one) for one in line["discountAllocations"]],
    }


def fulfillment(made: Node, order: Node) -> Node:
    numbers = [one["number"] for one in made["trackingInfo"]]
    urls = [one["url"] for one in made["trackingInfo"]]
    return {
        "id": number_of(made),
        "admin_graphql_api_id": made["id"],
        "created_at": moment(made["createdAt"]),
        "location_id": number_of(made["location"]),
        "name": made["name"],
        "order_id": number_of(order),
        "origin_address": {},
        "receipt": {},
        "service": "manual",
        "shipment_status": None,
        "status": made["status"].lower(),
        "tracking_company": made["trackingInfo"][0]["company"] if numbers else None,
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "updated_at": moment(made["updatedAt"]),
        "line_items": [line_item(one["lineItem"], one["quantity"]) for one in made["fulfillmentLineItems"]],
    }


def refund(made: Node, order: Node) -> Node:
    none = nothing(made["totalRefundedSet"])
    return {
        "id": number_of(made),
        "admin_graphql_api_id": made["id"],
        "created_at": moment(made["createdAt"]),
        "note": made["note"],
        "order_id": number_of(order),
        "processed_at": moment(made["processedAt"]),
        "restock": any(one["restocked"] for one in made["refundLineItems"]),
        "total_additional_fees_set": none,
        "total_duties_set": none,
        "user_id": None,
        "order_adjustments": [_adjustment(one, made, order) for one in made["orderAdjustments"]],
        "transactions": [_transaction(one, order) for one in made["transactions"]],
        "refund_line_items": [_refunded(one) for one in made["refundLineItems"]],
        "duties": [],
        "additional_fees": [],
    }


def _refunded(one: Node) -> Node:
    return {
        "id": number_of(one),
        "line_item_id": number_of(one["lineItem"]),
        "location_id": one["location"] and number_of(one["location"]),
        "quantity": one["quantity"],
        "restock_type": one["restockType"].lower(),
        "subtotal": float(one["subtotalSet"]["shopMoney"]["amount"]),
        "subtotal_set": bag(one["subtotalSet"]),
        "total_tax": float(one["totalTaxSet"]["shopMoney"]["amount"]),
        "total_tax_set": bag(one["totalTaxSet"]),
        "line_item": line_item(one["lineItem"]),
    }


def _adjustment(one: Node, refund: Node, order: Node) -> Node:
    return {
        "id": number_of(one),
        "amount": amount(one["amountSet"]["shopMoney"]),
        "amount_set": bag(one["amountSet"]),
        "kind": "refund_discrepancy",
        "order_id": number_of(order),
        "reason": "Refund discrepancy",
        "refund_id": number_of(refund),
        "tax_amount": amount(one["taxAmountSet"]["shopMoney"]),
        "tax_amount_set": bag(one["taxAmountSet"]),
    }


def _transaction(one: Node, order: Node) -> Node:
    return {
        "id": number_of(one),
        "admin_graphql_api_id": one["id"],
        "amount": amount(one["amountSet"]["presentmentMoney"]),
        "authorization": None,
        "created_at": moment(one["createdAt"]),
        "currency": one["amountSet"]["presentmentMoney"]["currencyCode"],
        "device_id": None,
        "error_code": one["errorCode"],
        "gateway": one["gateway"],
        "kind": one["kind"].lower(),
        "location_id": None,
        "message": "Transaction approved",
        "order_id": number_of(order),
        "parent_id": one["parentTransaction"] and number_of(one["parentTransaction"]),
        "payment_id": one["paymentId"],
        "processed_at": moment(one["processedAt"]),
        "receipt": {},
        "source_name": order["sourceName"],
        "status": one["status"].lower(),
        "test": one["test"],
        "user_id": None,
    }


def shipping_line(line: Node) -> Node:
    return {
        "id": number_of(line),
        "carrier_identifier": line["carrierIdentifier"],
        "code": line["code"],
        "discounted_price": amount(line["discountedPriceSet"]["shopMoney"]),
        "discounted_price_set": bag(line["discountedPriceSet"]),
        "is_removed": line["isRemoved"],
        "phone": line["phone"],
        "price": amount(line["originalPriceSet"]["shopMoney"]),
        "price_set": bag(line["originalPriceSet"]),
        "requested_fulfillment_service_id": None,
        "source": line["source"],
        "title": line["title"],
        "tax_lines": [tax_line(one) for one in line["taxLines"]],
        "discount_allocations": [_allocation(one) for one in line["discountAllocations"]],
    }


def application(one: Node) -> Node:
    return {
        "target_type": one["targetType"].lower(),
        "type": DISCOUNTS[one["__typename"]],
        "value": str(one["value"]["percentage"]),
        "value_type": "percentage",
        "allocation_method": one["allocationMethod"].lower(),
        "target_selection": one["targetSelection"].lower(),
        **{name: one[name] for name in ("code", "title", "description") if name in one},
    }


def _allocation(one: Node) -> Node:
    return {
        "amount": amount(one["allocatedAmountSet"]["shopMoney"]),
        "amount_set": bag(one["allocatedAmountSet"]),
        "discount_application_index": one["discountApplication"]["index"],
    }


def tax_line(one: Node) -> Node:
    return {
        "channel_liable": one["channelLiable"],
        "price": amount(one["priceSet"]["shopMoney"]),
        "price_set": bag(one["priceSet"]),
        "rate": one["rate"],
        "title": one["title"],
    }


def _duty(one: Node) -> Node:
    return {
        "id": number_of(one),
        "harmonized_system_code": one["harmonizedSystemCode"],
        "country_code_of_origin": one["countryCodeOfOrigin"],
        "shop_money": _money(one["price"]["shopMoney"]),
        "presentment_money": _money(one["price"]["presentmentMoney"]),
        "tax_lines": [],
        "admin_graphql_api_id": one["id"],
    }


def bag(both: Node | None) -> Node | None:
    return both and {side: _money(both[name]) for side, name in SIDES.items()}


def _money(money: Node) -> Node:
    return {"amount": amount(money), "currency_code": money["currencyCode"]}


def amount(money: Node) -> str:
    """REST writes all decimals of the currency, GraphQL as few as one (observed)."""
    return f"{Decimal(money['amount']):.{0 if money['currencyCode'] in NO_DECIMALS else 2}f}"


def moment(written: str | None) -> str | None:
    """In the shop's time zone, with its offset."""
    return datetime.fromisoformat(written).astimezone(ZONE).isoformat() if written else None


def pairs(attributes: list[Node]) -> list[Node]:
    return [{"name": one["key"], "value": one["value"]} for one in attributes]


def number_of(node: Node) -> int:
    return int(node["id"].rpartition("/")[2])


def nothing(like: Node) -> Node:
    """No money, in the currencies of another amount."""
    return {side: _money({"amount": "0", "currencyCode": like[name]["currencyCode"]}) for side, name in SIDES.items()}
