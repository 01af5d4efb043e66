"""An order of the local shop as the REST Admin API sends it, with every field of the order resource.

Derived from the order that the GraphQL side serves, so that both describe the same sale. The fields, their nesting (a shipped
and a refunded line carry the whole line item again) and the way amounts and moments are written are those of the bodies in the
tests of Shopify's own client library for Ruby (version 2026-07), no more and no fewer: 17 KB for three lines, shipped and
refunded, 5 to 7 KB for one line. Where the local shop knows nothing (browser, landing page), there stands what an order from
a web shop usually has.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Node = dict[str, Any]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
ZONE = ZoneInfo("Europe/Berlin")
TOTALS = {
    "current_subtotal_price": "currentSubtotalPriceSet",
    "current_total_discounts": "currentTotalDiscountsSet",
    "current_total_price": "currentTotalPriceSet",
    "current_total_tax": "currentTotalTaxSet",
    "subtotal_price": "subtotalPriceSet",
    "total_discounts": "totalDiscountsSet",
    "total_price": "totalPriceSet",
    "total_tax": "totalTaxSet",
}
SETS = {
    "current_total_additional_fees_set": "currentTotalAdditionalFeesSet",
    "current_total_duties_set": "currentTotalDutiesSet",
    "original_total_additional_fees_set": "originalTotalAdditionalFeesSet",
    "original_total_duties_set": "originalTotalDutiesSet",
    "total_shipping_price_set": "totalShippingPriceSet",
}
DISCOUNTS = {
    "AutomaticDiscountApplication": "automatic",
    "DiscountCodeApplication": "discount_code",
    "ManualDiscountApplication": "manual",
}
NO_DECIMALS = frozenset({"JPY"})


def rest_order(order: Node) -> Node:
    """The body of one order as it stands in a page of `orders.json`."""
    number = order["number"]
    return {
        **_head(order),
        **{name: _amount(order[key]["shopMoney"]) for name, key in TOTALS.items()},
        **{f"{name}_set": _bag(order[key]) for name, key in TOTALS.items()},
        **{name: _bag(order[key]) for name, key in SETS.items()},
        "total_cash_rounding_payment_adjustment_set": _bag(order["totalCashRoundingAdjustment"]["paymentSet"]),
        "total_cash_rounding_refund_adjustment_set": _bag(order["totalCashRoundingAdjustment"]["refundSet"]),
        "total_line_items_price": _amount(_sum(order)["shopMoney"]),
        "total_line_items_price_set": _bag(_sum(order)),
        "total_outstanding": _amount(order["totalOutstandingSet"]["shopMoney"]),
        "total_tip_received": _amount(order["totalTipReceivedSet"]["shopMoney"]),
        "number": number - 1000,
        "order_number": number,
        "tax_lines": [_tax(one) for one in order["taxLines"]],
        "billing_address": _address(order["billingAddress"]),
        "customer": _customer(order["customer"], order["presentmentCurrencyCode"]),
        "discount_applications": [_application(one) for one in order["discountApplications"]],
        "fulfillments": [_fulfillment(one, order) for one in order["fulfillments"]],
        "line_items": [_line(one, order) for one in order["lineItems"]],
        "payment_terms": None,
        "refunds": [_refund(one, order) for one in order["refunds"]],
        "shipping_address": _address(order["shippingAddress"]),
        "shipping_lines": [_shipping(one) for one in order["shippingLines"]],
    }


def _head(order: Node) -> Node:
    key, web = order["confirmationNumber"].lower(), order["sourceName"] == "web"
    return {
        "id": _id(order),
        "admin_graphql_api_id": order["id"],
        "app_id": _id(order["app"]),
        "browser_ip": order["clientIp"],
        "buyer_accepts_marketing": order["customerAcceptsMarketing"],
        "cancel_reason": order["cancelReason"] and order["cancelReason"].lower(),
        "cancelled_at": _moment(order["cancelledAt"]),
        "cart_token": f"hWN{key}K3ZDPDF1OYB0QK{key}" if web else None,
        "checkout_id": 29_000_000_000_000 + order["number"] if web else None,
        "checkout_token": f"{key}0c1e0f7b2a9d4e6f{key[:7]}" if web else None,
        "client_details": {
            "accept_language": order["customerLocale"] if web else None,
            "browser_height": None,
            "browser_ip": order["clientIp"],
            "browser_width": None,
            "session_hash": None,
            "user_agent": AGENT if web else None,
        },
        "closed_at": _moment(order["closedAt"]),
        "confirmation_number": order["confirmationNumber"],
        "confirmed": order["confirmed"],
        "contact_email": order["email"],
        "created_at": _moment(order["createdAt"]),
        "currency": order["currencyCode"],
        "customer_locale": order["customerLocale"],
        "device_id": None,
        "discount_codes": [_code(one, order) for one in order["discountCodes"]],
        "duties_included": order["dutiesIncluded"],
        "email": order["email"] or "",
        "estimated_taxes": order["estimatedTaxes"],
        "financial_status": order["displayFinancialStatus"].lower(),
        "fulfillment_status": _shipped(order["displayFulfillmentStatus"]),
        "landing_site": "/collections/all?utm_source=newsletter&utm_medium=email&utm_campaign=sommer" if web else None,
        "landing_site_ref": None,
        "location_id": order["retailLocation"] and _id(order["retailLocation"]),
        "merchant_business_entity_id": "MTkyODkxMjUwOTk0",
        "merchant_of_record_app_id": None,
        "name": order["name"],
        "note": order["note"],
        "note_attributes": _pairs(order["customAttributes"]),
        "order_status_url": f"https://kayra-demo.myshopify.com/92891250994/orders/{key}0c1e0f7b2a9d4e6f{key[:7]}"
        f"/authenticate?key={key}{key}&none=UgVbVEVTUF1eQQ",
        "payment_gateway_names": order["paymentGatewayNames"],
        "phone": order["phone"],
        "po_number": order["poNumber"],
        "presentment_currency": order["presentmentCurrencyCode"],
        "processed_at": _moment(order["processedAt"]),
        "reference": None,
        "referring_site": "https://www.google.com/" if web else None,
        "source_identifier": order["sourceIdentifier"],
        "source_name": order["sourceName"],
        "source_url": None,
        "tags": ", ".join(order["tags"]),
        "tax_exempt": order["taxExempt"],
        "taxes_included": order["taxesIncluded"],
        "test": order["test"],
        "token": f"{key}7d21a9c0b54e8f36{key[:7]}",
        "total_weight": int(order["totalWeight"]),
        "updated_at": _moment(order["updatedAt"]),
        "user_id": None,
    }


def _line(line: Node, order: Node, quantity: int | None = None) -> Node:
    left = line["unfulfilledQuantity"]
    return {
        "id": _id(line),
        "admin_graphql_api_id": line["id"],
        "attributed_staffs": [],
        "current_quantity": line["currentQuantity"],
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": None if left == line["quantity"] else "partial" if left else "fulfilled",
        "gift_card": line["isGiftCard"],
        "grams": line["_grams"],
        "name": line["name"],
        "price": _amount(line["originalUnitPriceSet"]["shopMoney"]),
        "price_set": _bag(line["originalUnitPriceSet"]),
        "product_exists": line["product"] is not None,
        "product_id": line["product"] and _id(line["product"]),
        "properties": _pairs(line["customAttributes"]),
        "quantity": line["quantity"] if quantity is None else quantity,
        "requires_shipping": line["requiresShipping"],
        "sku": line["sku"],
        "taxable": line["taxable"],
        "title": line["title"],
        "total_discount": _amount(line["totalDiscountSet"]["shopMoney"]),
        "total_discount_set": _bag(line["totalDiscountSet"]),
        "variant_id": line["variant"] and _id(line["variant"]),
        "variant_inventory_management": "shopify" if line["variant"] else None,
        "variant_title": line["variantTitle"],
        "vendor": line["vendor"],
        "tax_lines": [_tax(one) for one in line["taxLines"]],
        "duties": [_duty(one) for one in line["duties"]],
        "discount_allocations": [_allocation(one) for one in line["discountAllocations"]],
    }


def _fulfillment(made: Node, order: Node) -> Node:
    numbers = [one["number"] for one in made["trackingInfo"]]
    urls = [one["url"] for one in made["trackingInfo"]]
    return {
        "id": _id(made),
        "admin_graphql_api_id": made["id"],
        "created_at": _moment(made["createdAt"]),
        "location_id": _id(made["location"]),
        "name": made["name"],
        "order_id": _id(order),
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
        "updated_at": _moment(made["updatedAt"]),
        "line_items": [_line(one["lineItem"], order, one["quantity"]) for one in made["fulfillmentLineItems"]],
    }


def _refund(made: Node, order: Node) -> Node:
    nothing = _nothing(made["totalRefundedSet"])
    return {
        "id": _id(made),
        "admin_graphql_api_id": made["id"],
        "created_at": _moment(made["createdAt"]),
        "note": made["note"],
        "order_id": _id(order),
        "processed_at": _moment(made["processedAt"]),
        "restock": any(one["restocked"] for one in made["refundLineItems"]),
        "total_additional_fees_set": nothing,
        "total_duties_set": nothing,
        "user_id": None,
        "order_adjustments": [_adjustment(one, made, order) for one in made["orderAdjustments"]],
        "transactions": [_transaction(one, order) for one in made["transactions"]],
        "refund_line_items": [_refunded(one, order) for one in made["refundLineItems"]],
        "duties": [],
        "additional_fees": [],
    }


def _refunded(one: Node, order: Node) -> Node:
    return {
        "id": _id(one),
        "line_item_id": _id(one["lineItem"]),
        "location_id": one["location"] and _id(one["location"]),
        "quantity": one["quantity"],
        "restock_type": one["restockType"].lower(),
        "subtotal": float(one["subtotalSet"]["shopMoney"]["amount"]),
        "subtotal_set": _bag(one["subtotalSet"]),
        "total_tax": float(one["totalTaxSet"]["shopMoney"]["amount"]),
        "total_tax_set": _bag(one["totalTaxSet"]),
        "line_item": _line(one["lineItem"], order),
    }


def _adjustment(one: Node, refund: Node, order: Node) -> Node:
    return {
        "id": _id(one),
        "amount": _amount(one["amountSet"]["shopMoney"]),
        "amount_set": _bag(one["amountSet"]),
        "kind": "refund_discrepancy",
        "order_id": _id(order),
        "reason": "Refund discrepancy",
        "refund_id": _id(refund),
        "tax_amount": _amount(one["taxAmountSet"]["shopMoney"]),
        "tax_amount_set": _bag(one["taxAmountSet"]),
    }


def _transaction(one: Node, order: Node) -> Node:
    return {
        "id": _id(one),
        "admin_graphql_api_id": one["id"],
        "amount": _amount(one["amountSet"]["presentmentMoney"]),
        "authorization": None,
        "created_at": _moment(one["createdAt"]),
        "currency": one["amountSet"]["presentmentMoney"]["currencyCode"],
        "device_id": None,
        "error_code": one["errorCode"],
        "gateway": one["gateway"],
        "kind": one["kind"].lower(),
        "location_id": None,
        "message": "Transaction approved",
        "order_id": _id(order),
        "parent_id": one["parentTransaction"] and _id(one["parentTransaction"]),
        "payment_id": one["paymentId"],
        "processed_at": _moment(one["processedAt"]),
        "receipt": {},
        "source_name": order["sourceName"],
        "status": one["status"].lower(),
        "test": one["test"],
        "user_id": None,
    }


def _shipping(line: Node) -> Node:
    return {
        "id": _id(line),
        "carrier_identifier": line["carrierIdentifier"],
        "code": line["code"],
        "discounted_price": _amount(line["discountedPriceSet"]["shopMoney"]),
        "discounted_price_set": _bag(line["discountedPriceSet"]),
        "is_removed": line["isRemoved"],
        "phone": line["phone"],
        "price": _amount(line["originalPriceSet"]["shopMoney"]),
        "price_set": _bag(line["originalPriceSet"]),
        "requested_fulfillment_service_id": None,
        "source": line["source"],
        "title": line["title"],
        "tax_lines": [_tax(one) for one in line["taxLines"]],
        "discount_allocations": [_allocation(one) for one in line["discountAllocations"]],
    }


def _customer(customer: Node | None, currency: str) -> Node | None:
    if customer is None:
        return None
    address = customer["defaultAddress"]
    opted = {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    return {
        "id": _id(customer),
        "email": customer["email"],
        "created_at": _moment(customer["createdAt"]),
        "updated_at": _moment(customer["updatedAt"]),
        "first_name": customer["firstName"],
        "last_name": customer["lastName"],
        "state": customer["state"].lower(),
        "note": customer["note"],
        "verified_email": customer["verifiedEmail"],
        "multipass_identifier": None,
        "tax_exempt": customer["taxExempt"],
        "phone": customer["phone"],
        "email_marketing_consent": opted,
        "sms_marketing_consent": opted | {"consent_collected_from": "OTHER"} if customer["phone"] else None,
        "tags": ", ".join(customer["tags"]),
        "currency": currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": customer["id"],
        "default_address": {
            "id": int(address["id"].rpartition("/")[2].partition("?")[0]),
            "customer_id": _id(customer),
            **{name: value for name, value in (_address(address) or {}).items() if name not in ("latitude", "longitude")},
            "country_name": address["country"],
            "default": True,
        },
    }


def _address(address: Node | None) -> Node | None:
    if address is None:
        return None
    return {
        "first_name": address["firstName"],
        "address1": address["address1"],
        "phone": address["phone"],
        "city": address["city"],
        "zip": address["zip"],
        "province": address["province"],
        "country": address["country"],
        "last_name": address["lastName"],
        "address2": address["address2"],
        "company": address["company"],
        "latitude": address["latitude"],
        "longitude": address["longitude"],
        "name": address["name"],
        "country_code": address["countryCodeV2"],
        "province_code": address["provinceCode"],
    }


def _application(one: Node) -> Node:
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
    amount = one["allocatedAmountSet"]
    return {
        "amount": _amount(amount["shopMoney"]),
        "amount_set": _bag(amount),
        "discount_application_index": one["discountApplication"]["index"],
    }


def _code(code: str, order: Node) -> Node:
    return {"code": code, "amount": _amount(order["totalDiscountsSet"]["shopMoney"]), "type": "percentage"}


def _tax(one: Node) -> Node:
    return {
        "channel_liable": one["channelLiable"],
        "price": _amount(one["priceSet"]["shopMoney"]),
        "price_set": _bag(one["priceSet"]),
        "rate": one["rate"],
        "title": one["title"],
    }


def _duty(one: Node) -> Node:
    return {
        "id": _id(one),
        "harmonized_system_code": one["harmonizedSystemCode"],
        "country_code_of_origin": one["countryCodeOfOrigin"],
        "shop_money": _money(one["price"]["shopMoney"]),
        "presentment_money": _money(one["price"]["presentmentMoney"]),
        "tax_lines": [],
        "admin_graphql_api_id": one["id"],
    }


def _sum(order: Node) -> Node:
    """What the lines cost before discounts, in both currencies."""
    total = _nothing(order["totalPriceSet"], "currencyCode")
    for line in order["lineItems"]:
        for side, money in total.items():
            money["amount"] = str(Decimal(money["amount"]) + Decimal(line["originalTotalSet"][_camel(side)]["amount"]))
    return {_camel(side): money for side, money in total.items()}


def _camel(side: str) -> str:
    return {"shop_money": "shopMoney", "presentment_money": "presentmentMoney"}[side]


def _nothing(like: Node, currency: str = "currency_code") -> Node:
    zero = {side: like[_camel(side)]["currencyCode"] for side in ("shop_money", "presentment_money")}
    return {side: {"amount": "0.00", currency: code} for side, code in zero.items()}


def _bag(bag: Node | None) -> Node | None:
    if bag is None:
        return None
    return {"shop_money": _money(bag["shopMoney"]), "presentment_money": _money(bag["presentmentMoney"])}


def _money(money: Node) -> Node:
    return {"amount": _amount(money), "currency_code": money["currencyCode"]}


def _amount(money: Node) -> str:
    """REST writes all decimals of the currency, GraphQL as few as one (observed)."""
    return f"{Decimal(money['amount']):.{0 if money['currencyCode'] in NO_DECIMALS else 2}f}"


def _moment(written: str | None) -> str | None:
    """In the shop's time zone, with its offset."""
    return datetime.fromisoformat(written).astimezone(ZONE).isoformat() if written else None


def _shipped(status: str) -> str | None:
    return {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(status)


def _pairs(attributes: list[Node]) -> list[Node]:
    return [{"name": one["key"], "value": one["value"]} for one in attributes]


def _id(node: Node) -> int:
    return int(node["id"].rpartition("/")[2])
