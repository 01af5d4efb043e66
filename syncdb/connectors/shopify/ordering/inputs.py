"""Orders as Shopify's inputs, and what keeps an order from being one. Field names: Admin API, 2026-01 to 2026-10."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.ordering.wanted import Address, NewOrder, OrderLine, Parcel
from syncdb.values import iso, minor_digits

Input = dict[str, Any]

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CODE = re.compile(r"[A-Z]{2}")
LONGEST = 255
MOST_LINES = 250  # documented: entries of an input array


def problems(order: NewOrder, currency: str) -> Iterator[str]:
    """What is wrong with an order, each as part of a sentence. `currency` is the shop's."""
    if order.currency != currency:
        yield f"it is in {order.currency or 'no currency'}, and the shop sells in {currency}"
    if not order.lines:
        yield "it has no lines"
    if len(order.lines) > MOST_LINES:
        yield f"it has {len(order.lines)} lines, and Shopify takes {MOST_LINES}"
    for place, line in enumerate(order.lines, 1):
        yield from _line_problems(line, place, minor_digits(currency))
    if order.email and not EMAIL.fullmatch(order.email):
        yield f"{order.email!r} is no e-mail address"
    for name, address in (("shipping", order.shipping_address), ("billing", order.billing_address)):
        if address is not None and address.country is not None and not CODE.fullmatch(address.country):
            yield f"the country of its {name} address is {address.country!r}, and must be its two letters, such as TR"
    if order.total < 0 or order.discount < 0 or order.shipping < 0:
        yield "one of its amounts is below nought"


def _line_problems(line: OrderLine, place: int, digits: int) -> Iterator[str]:
    called = f"line {place}" + (f" ({line.sku})" if line.sku else "")
    if line.quantity < 1:
        yield f"{called} has a quantity of {line.quantity}"
    if not line.variant and not line.title.strip():
        yield f"{called} has neither a product of the shop nor a title"
    if line.price < 0 or line.price != round(line.price, digits):
        yield f"{called} has a price of {line.price}, and must have one from nought on with at most {digits} decimals"


def creation(order: NewOrder) -> Input:
    """The OrderCreateOrderInput of an order that nothing is against."""
    given: Input = {
        "sourceIdentifier": order.source,
        "sourceName": order.origin,
        "currency": order.currency,
        "lineItems": [_line(one, order) for one in order.lines],
        "taxesIncluded": order.taxes_included,
        "test": order.tested,
        "email": order.email,
        "phone": order.phone,
        "note": order.note,
        "poNumber": order.po_number,
        "processedAt": iso(order.processed_at) if order.processed_at else None,
        "tags": list(order.tags),
        "customAttributes": [{"key": key, "value": value} for key, value in order.attributes],
        "shippingAddress": address_input(order.shipping_address) if order.shipping_address else None,
        "billingAddress": address_input(order.billing_address) if order.billing_address else None,
        "shippingLines": _shipping(order),
        "discountCode": _discount(order),
        "customer": _customer(order),
    }
    return {name: value for name, value in given.items() if value not in (None, [], {})} | _payment(order)


def _line(line: OrderLine, order: NewOrder) -> Input:
    given: Input = {"quantity": line.quantity, "priceSet": bag(line.price, order.currency)}
    given |= {"variantId": line.variant} if line.variant else {"title": line.title.strip()[:LONGEST]}
    given |= {"sku": line.sku} if line.sku and (line.own_sku or not line.variant) else {}
    return given | ({"taxLines": [_tax(line.tax, order)]} if line.tax else {"taxable": False})


def _tax(amount: Decimal, order: NewOrder) -> Input:
    return {"title": order.tax_title, "rate": format(order.tax_rate, "f"), "priceSet": bag(amount, order.currency)}


def _shipping(order: NewOrder) -> list[Input]:
    if not order.shipping and not order.shipping_tax:
        return []
    line: Input = {"title": order.shipping_title, "priceSet": bag(order.shipping, order.currency)}
    return [line | ({"taxLines": [_tax(order.shipping_tax, order)]} if order.shipping_tax else {})]


def _discount(order: NewOrder) -> Input:
    """One code for all of it: an order that is made takes no other discounts (documented)."""
    if not order.discount:
        return {}
    fixed = {"code": order.discount_code, "amountSet": bag(order.discount, order.currency)}
    return {"itemFixedDiscountCode": fixed}


def _customer(order: NewOrder) -> Input:
    """The buyer, found by address or made; without an address nobody is."""
    if not order.email:
        return {}
    named = {"email": order.email, "firstName": order.first_name, "lastName": order.last_name}
    return {"toUpsert": {name: value for name, value in named.items() if value}}


def _payment(order: NewOrder) -> Input:
    """What was received. Without a word about it the shop shows no financial status at all (observed)."""
    if not order.paid:
        return {"financialStatus": "PENDING"}
    paid = {"kind": "SALE", "status": "SUCCESS", "gateway": order.gateway, "amountSet": bag(order.paid, order.currency)}
    return {"transactions": [paid | ({"test": True} if order.tested else {})]}


def bag(amount: Decimal, currency: str) -> Input:
    """A MoneyBagInput in one currency."""
    return {"shopMoney": {"amount": format(amount, "f"), "currencyCode": currency}}


def address_input(address: Address) -> Input:
    """A MailingAddressInput; what is empty is left out."""
    given = {
        "firstName": address.first_name,
        "lastName": address.last_name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "provinceCode": address.province,
        "zip": address.postal_code,
        "countryCode": address.country,
        "phone": address.phone,
    }
    return {name: value for name, value in given.items() if value}


def tracking_input(parcel: Parcel) -> Mapping[str, str]:
    """A FulfillmentTrackingInput."""
    given = {"company": parcel.company, "number": parcel.number, "url": parcel.url}
    return {name: value for name, value in given.items() if value}
