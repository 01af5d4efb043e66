"""An order of the local shop as the REST Admin API sends it, with every field of the order resource.

Derived from the order that the GraphQL side serves, so that both describe the same sale. The fields, their nesting (a shipped
and a refunded line carry the whole line item again) and the way amounts and moments are written are those of the bodies in the
tests of Shopify's own client library for Ruby (version 2026-07), no more and no fewer: 17 KB for three lines, shipped and
refunded, 5 to 7 KB for one line. Where the local shop knows nothing (browser, landing page), there stands what an order from
a web shop usually has.
"""

from decimal import Decimal
from typing import Any

from benchmarks.extractors_rest_parts import (
    SIDES,
    amount,
    application,
    bag,
    fulfillment,
    line_item,
    moment,
    number_of,
    pairs,
    refund,
    shipping_line,
    tax_line,
)

Node = dict[str, Any]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
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


def rest_order(order: Node) -> Node:
    """The body of one order as it stands in a page of `orders.json`."""
    number = order["number"]
    return {
        **_head(order),
        **{name: amount(order[key]["shopMoney"]) for name, key in TOTALS.items()},
        **{f"{name}_set": bag(order[key]) for name, key in TOTALS.items()},
        **{name: bag(order[key]) for name, key in SETS.items()},
        "total_cash_rounding_payment_adjustment_set": bag(order["totalCashRoundingAdjustment"]["paymentSet"]),
        "total_cash_rounding_refund_adjustment_set": bag(order["totalCashRoundingAdjustment"]["refundSet"]),
        "total_line_items_price": amount(_sum(order)["shopMoney"]),
        "total_line_items_price_set": bag(_sum(order)),
        "total_outstanding": amount(order["totalOutstandingSet"]["shopMoney"]),
        "total_tip_received": amount(order["totalTipReceivedSet"]["shopMoney"]),
        "number": number - 1000,
        "order_number": number,
        "tax_lines": [tax_line(one) for one in order["taxLines"]],
        "billing_address": _address(order["billingAddress"]),
        "customer": _customer(order["customer"], order["presentmentCurrencyCode"]),
        "discount_applications": [application(one) for one in order["discountApplications"]],
        "fulfillments": [fulfillment(one, order) for one in order["fulfillments"]],
        "line_items": [line_item(one) for one in order["lineItems"]],
        "payment_terms": None,
        "refunds": [refund(one, order) for one in order["refunds"]],
        "shipping_address": _address(order["shippingAddress"]),
        "shipping_lines": [shipping_line(one) for one in order["shippingLines"]],
    }


def _head(order: Node) -> Node:
    key, web = order["confirmationNumber"].lower(), order["sourceName"] == "web"
    return {
        "id": number_of(order),
        "admin_graphql_api_id": order["id"],
        "app_id": number_of(order["app"]),
        "browser_ip": order["clientIp"],
        "buyer_accepts_marketing": order["customerAcceptsMarketing"],
        "cancel_reason": order["cancelReason"] and order["cancelReason"].lower(),
        "cancelled_at": moment(order["cancelledAt"]),
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
        "closed_at": moment(order["closedAt"]),
        "confirmation_number": order["confirmationNumber"],
        "confirmed": order["confirmed"],
        "contact_email": order["email"],
        "created_at": moment(order["createdAt"]),
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
        "location_id": order["retailLocation"] and number_of(order["retailLocation"]),
        "merchant_business_entity_id": "MTkyODkxMjUwOTk0",
        "merchant_of_record_app_id": None,
        "name": order["name"],
        "note": order["note"],
        "note_attributes": pairs(order["customAttributes"]),
        "order_status_url": f"https://kayra-demo.myshopify.com/92891250994/orders/{key}0c1e0f7b2a9d4e6f{key[:7]}"
        f"/authenticate?key={key}{key}&none=UgVbVEVTUF1eQQ",
        "payment_gateway_names": order["paymentGatewayNames"],
        "phone": order["phone"],
        "po_number": order["poNumber"],
        "presentment_currency": order["presentmentCurrencyCode"],
        "processed_at": moment(order["processedAt"]),
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
        "updated_at": moment(order["updatedAt"]),
        "user_id": None,
    }


def _customer(customer: Node | None, currency: str) -> Node | None:
    if customer is None:
        return None
    address = customer["defaultAddress"]
    opted = {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    return {
        "id": number_of(customer),
        "email": customer["email"],
        "created_at": moment(customer["createdAt"]),
        "updated_at": moment(customer["updatedAt"]),
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
            "customer_id": number_of(customer),
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


def _code(code: str, order: Node) -> Node:
    return {"code": code, "amount": amount(order["totalDiscountsSet"]["shopMoney"]), "type": "percentage"}


def _sum(order: Node) -> Node:
    """What the lines cost before discounts, in both currencies."""

    def total(side: str) -> Node:
        amounts = [Decimal(line["originalTotalSet"][side]["amount"]) for line in order["lineItems"]]
        return {"amount": str(sum(amounts)), "currencyCode": order["totalPriceSet"][side]["currencyCode"]}

    return {side: total(side) for side in SIDES.values()}


def _shipped(status: str) -> str | None:
    return {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(status)
