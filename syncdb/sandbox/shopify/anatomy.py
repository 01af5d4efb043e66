"""The parts of an order as plain dicts under the API's own field names, complete and unpriced.

Keys with a leading underscore are the shop's own and never leave it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from syncdb.sandbox.shopify.money import ZERO, Amount, Currencies, Node
from syncdb.sandbox.shopify.pricing import tax_line, taxed


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def entity(kind: str, number: int, /, **fields: Any) -> Node:
    """A node with its type, global id and numeric id as text."""
    return {"__typename": kind, "id": gid(kind, number), "legacyResourceId": str(number), **fields}


@dataclass(frozen=True, slots=True)
class Item:
    """What a line sells. `price` is shop money; `grams` for one unit."""

    title: str
    price: str
    sku: str | None = None
    variant_title: str | None = None
    vendor: str | None = "Kayra"
    product_id: int | None = None
    variant_id: int | None = None
    ships: bool = True
    gift_card: bool = False
    grams: int = 250
    attributes: Sequence[tuple[str, str]] = field(default=())


def line_item(number: int, item: Item, quantity: int, money: Currencies, rates: Sequence[tuple[str, float]]) -> Node:
    """A line before `pricing.settle`."""
    nothing = money.bag(ZERO)
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", number),
        "title": item.title,
        "variantTitle": item.variant_title,
        "name": f"{item.title} - {item.variant_title}" if item.variant_title else item.title,
        "sku": item.sku,
        "vendor": item.vendor,
        "quantity": quantity,
        "isGiftCard": item.gift_card,
        "requiresShipping": item.ships and not item.gift_card,
        "taxable": bool(rates),
        "restockable": True,
        "merchantEditable": True,
        "customAttributes": attributes(item.attributes),
        "originalUnitPriceSet": money.bag(money.amount(item.price)),
        "discountAllocations": [],
        "taxLines": [tax_line(title, rate, nothing) for title, rate in rates],
        "duties": [],
        "product": _product(item),
        "variant": _variant(item),
        "lineItemGroup": None,
        "sellingPlan": None,
        "_grams": item.grams,
    }


def _product(item: Item) -> Node | None:
    if item.product_id is None:
        return None
    handle = "".join(sign if sign.isalnum() else "-" for sign in item.title.casefold())
    return entity("Product", item.product_id, title=item.title, vendor=item.vendor or "", productType="", handle=handle)


def _variant(item: Item) -> Node | None:
    if item.variant_id is None:
        return None
    title = item.variant_title or "Default Title"
    return entity("ProductVariant", item.variant_id, title=title, sku=item.sku, barcode=None, price=item.price)


def attributes(pairs: Sequence[tuple[str, str]]) -> list[Node]:
    return [{"key": key, "value": value} for key, value in pairs]


def address(number: int, given: str, family: str, place: Sequence[str], phone: str | None, company: str | None) -> Node:
    """A mailing address; `place` is street, city, zip, country, country code, province, province code."""
    street, city, code, country, country_code, province, province_code = place
    name = f"{given} {family}".strip()
    lines = [street, f"{code} {city}", country]
    return {
        "__typename": "MailingAddress",
        "id": gid("MailingAddress", f"{number}?model_name=Address"),
        "firstName": given,
        "lastName": family,
        "name": name,
        "company": company,
        "address1": street,
        "address2": None,
        "city": city,
        "zip": code,
        "country": country,
        "countryCodeV2": country_code,
        "province": province or None,
        "provinceCode": province_code or None,
        "phone": phone,
        "latitude": None,
        "longitude": None,
        "timeZone": None,
        "coordinatesValidated": False,
        "formatted": [line for line in (name, company, *lines) if line],
        "formattedArea": f"{city}, {country}",
    }


def shipping_line(number: int, title: str, price: Amount, money: Currencies, rate: float, included: bool) -> Node:
    paid = money.bag(price)
    taxes = [tax_line("VAT", rate, money.bag(taxed(price, rate, included, money)))] if rate else []
    return {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", number),
        "title": title,
        "code": title,
        "source": "shopify",
        "custom": False,
        "isRemoved": False,
        "carrierIdentifier": None,
        "deliveryCategory": None,
        "phone": None,
        "shippingRateHandle": f"shopify-{title}",
        "discountAllocations": [],
        "originalPriceSet": paid,
        "discountedPriceSet": paid,
        "currentDiscountedPriceSet": paid,
        "taxLines": taxes,
    }


def transaction(number: int, order: Node, kind: str, gateway: str, amount: Amount, money: Currencies, at: str) -> Node:
    """A successful transaction; an authorization stays open until it is captured or voided."""
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", number),
        "order": order,
        "kind": kind,
        "status": "SUCCESS",
        "gateway": gateway,
        "formattedGateway": gateway.replace("_", " ").title(),
        "amountSet": money.bag(amount),
        "amountRoundingSet": None,
        "totalUnsettledSet": None,
        "accountNumber": "•••• •••• •••• 4242" if gateway == "shopify_payments" else None,
        "authorizationExpiresAt": None,
        "createdAt": at,
        "processedAt": at,
        "errorCode": None,
        "fees": [],
        "manualPaymentGateway": gateway == "manual",
        "manuallyCapturable": kind == "AUTHORIZATION",
        "multiCapturable": False,
        "parentTransaction": None,
        "paymentId": f"#{number}.1",
        "receiptJson": "{}",
        "settlementCurrency": None,
        "settlementCurrencyRate": None,
        "test": order["test"],
        "_open": kind == "AUTHORIZATION",
    }


def refund(number: int, order: Node, note: str | None, at: str, money: Currencies) -> Node:
    return entity(
        "Refund",
        number,
        order=order,
        note=note,
        createdAt=at,
        processedAt=at,
        updatedAt=at,
        duties=[],
        refundLineItems=[],
        refundShippingLines=[],
        orderAdjustments=[],
        transactions=[],
        totalRefundedSet=money.bag(ZERO),
    )


def fulfillment(number: int, order: Node, name: str, tracking: list[Node], at: str, location: Node) -> Node:
    return entity(
        "Fulfillment",
        number,
        order=order,
        name=name,
        createdAt=at,
        updatedAt=at,
        deliveredAt=None,
        inTransitAt=None,
        estimatedDeliveryAt=None,
        status="SUCCESS",
        displayStatus="FULFILLED",
        trackingInfo=tracking,
        fulfillmentLineItems=[],
        totalQuantity=0,
        requiresShipping=True,
        location=location,
    )


def bundle(number: int, title: str, sku: str | None, quantity: int) -> Node:
    """The bundle that lines were sold as parts of."""
    return {
        "__typename": "LineItemGroup",
        "id": gid("LineItemGroup", number),
        "title": title,
        "variantSku": sku,
        "quantity": quantity,
        "productId": None,
        "variantId": None,
        "customAttributes": [],
    }


def payment_terms(number: int, name: str, days: int) -> Node:
    """Terms such as Net 30."""
    return entity("PaymentTerms", number, paymentTermsName=name, translatedName=name, paymentTermsType="NET", dueInDays=days)


def visit(number: int, source: str, at: str, utm: Mapping[str, str] | None = None) -> Node:
    """A visit to the online store that led to an order."""
    named = utm or {}
    found = {name: named.get(name) for name in ("campaign", "content", "medium", "source", "term")}
    landing = f"https://shop.example/?{'&'.join(f'utm_{name}={value}' for name, value in named.items())}".rstrip("?")
    return entity(
        "CustomerVisit",
        number,
        source=source,
        occurredAt=at,
        landingPage=landing,
        referrerUrl=f"https://{source}.example/",
        utmParameters={"__typename": "UTMParameters", **found} if utm else None,
    )


def journey(first: Node, last: Node) -> Node:
    """How a customer came to order."""
    return {"__typename": "CustomerJourneySummary", "ready": True, "firstVisit": first, "lastVisit": last}


def additional_fee(number: int, name: str, price: Node) -> Node:
    return {"__typename": "AdditionalFee", "id": gid("AdditionalFee", number), "name": name, "price": price, "taxLines": []}


def tracking_info(company: str | None, number: str | None, url: str | None) -> Node:
    return {"company": company, "number": number, "url": url}


def metafield(
    number: int, namespace: str, key: str, kind: str, value: str, json_value: Any, at: str, owner: str = "ORDER"
) -> Node:
    return entity(
        "Metafield",
        number,
        namespace=namespace,
        key=key,
        type=kind,
        value=value,
        jsonValue=json_value,
        ownerType=owner,
        compareDigest=hash_text(value),
        createdAt=at,
        updatedAt=at,
    )


def hash_text(value: str) -> str:
    """A digest that is the same in every process."""
    return sha256(value.encode("utf-8")).hexdigest()


def order(number: int, name: str, counter: int, money: Currencies, included: bool, at: str) -> Node:
    """An order without lines, payments or parties; call `pricing.settle` once it is filled."""
    nothing = money.bag(ZERO)
    return entity(
        "Order",
        number,
        name=name,
        number=counter,
        confirmationNumber=hash_text(str(number))[:9].upper(),
        createdAt=at,
        processedAt=at,
        updatedAt=at,
        cancelledAt=None,
        cancelReason=None,
        cancellation=None,
        closedAt=None,
        currencyCode=money.shop,
        presentmentCurrencyCode=money.presented,
        taxesIncluded=included,
        _rate=str(money.rate),
        _micros=number * 7919 % 1_000_000,
        lineItems=[],
        shippingLines=[],
        refunds=[],
        fulfillments=[],
        transactions=[],
        discountApplications=[],
        discountCodes=[],
        discountCode=None,
        metafields=[],
        customAttributes=[],
        tags=[],
        note=None,
        poNumber=None,
        email=None,
        phone=None,
        customer=None,
        billingAddress=None,
        shippingAddress=None,
        displayAddress=None,
        billingAddressMatchesShippingAddress=False,
        customerLocale=None,
        customerAcceptsMarketing=False,
        clientIp=None,
        sourceName="web",
        sourceIdentifier=None,
        registeredSourceUrl=None,
        channelInformation=None,
        publication=None,
        paymentTerms=None,
        customerJourneySummary=None,
        app=None,
        retailLocation=None,
        returnStatus="NO_RETURN",
        risk={"recommendation": "NONE", "assessments": []},
        test=False,
        edited=False,
        confirmed=True,
        estimatedTaxes=False,
        taxExempt=False,
        dutiesIncluded=False,
        productNetwork=False,
        canNotifyCustomer=True,
        merchantEditable=True,
        merchantEditableErrors=[],
        statusPageUrl=f"https://shop.example/orders/{hash_text(name)[:12]}/authenticate",
        totalTipReceivedSet=nothing,
        totalCashRoundingAdjustment={"paymentSet": nothing, "refundSet": nothing},
        additionalFees=[],
    )


def customer(number: int, at: str, currency: str, **fields: Any) -> Node:
    """A customer of whom nothing is known but these fields."""
    plain: dict[str, Any] = {
        **dict.fromkeys(("firstName", "lastName", "email", "phone", "note", "defaultEmailAddress", "defaultPhoneNumber")),
        "defaultAddress": None,
        "displayName": "",
        "locale": "en",
        "numberOfOrders": "0",
        "amountSpent": {"amount": "0.0", "currencyCode": currency},
        "state": "DISABLED",
        "tags": [],
        "taxExempt": False,
        "verifiedEmail": True,
        "metafields": [],
        "createdAt": at,
        "updatedAt": at,
    }
    return entity("Customer", number, **plain | fields)
