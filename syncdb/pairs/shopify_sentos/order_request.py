"""An order of the shop as Sentos wants it: lines by SKU whose prices, with shipping, come to the shop's total to the cent.

What an order lacks is never invented: it is held back, with a sentence that says what to do.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncdb.connectors.sentos.order_request import CannotBeSent, OrderLine, OrderRequest
from syncdb.mapping.columns import find, shop_amount, value_of
from syncdb.mapping.present_worth import current_tax, current_total
from syncdb.pairs.shopify_sentos.order_wishes import OrderWishes, ordered_at

CURRENCIES = {"TRY": "TL"}
NEXT = "Put it right in the Shopify admin; the next run sends the order."


def request_of(snapshot: Mapping[str, Any], order_id: str, wishes: OrderWishes) -> OrderRequest:
    """The order to be made. Raises CannotBeSent."""
    name = str(snapshot.get("name") or order_id)
    currency = str(snapshot.get("currency_code") or "")
    if currency not in CURRENCIES:
        raise CannotBeSent(
            f"Order {name} is in {currency or 'no currency'}: only orders in Turkish lira are sent to Sentos.",
            "Leave it out by a tag (sentos_order_tags), or enter it in the panel of Sentos.",
        )
    method = wishes.method(snapshot)
    if method is None:
        gateways = ", ".join(snapshot.get("payment_gateway_names") or ()) or "none"
        raise CannotBeSent(
            f"Order {name}: which payment method of Sentos its gateway ({gateways}) is, nobody said.",
            "Name it in sentos_payment_methods; the next run sends the order.",
        )
    total = shop_amount(snapshot.get("current_total_price"))
    if total is None:
        raise CannotBeSent(f"Order {name} shows no total.", "Run with --full to read it again.")
    lines = tuple(_lines(snapshot, name))
    shipping = total - sum((line.price * line.quantity for line in lines), Decimal(0))
    if shipping < 0:
        raise CannotBeSent(
            f"Order {name}: its items come to {total - shipping}, more than its total of {total}.",
            "Enter it in the panel of Sentos.",
        )
    head = _head(snapshot, order_id, name, method, shipping, wishes)
    return OrderRequest(order_id, name, head, lines, total)


def _head(
    snapshot: Mapping[str, Any], order_id: str, name: str, method: str, shipping: Decimal, wishes: OrderWishes
) -> dict[str, Any]:
    invoice, shipment = _addresses(snapshot, name)
    invoice |= _numbers(snapshot, name, wishes)
    return {
        "order_id": order_id,
        "order_code": name,
        "status": wishes.status(snapshot) or 1,
        "channel_id": wishes.channel,
        "order_date": ordered_at(snapshot).strftime("%Y-%m-%d %H:%M:%S"),
        "currency": CURRENCIES["TRY"],
        "payment_method": method,
        "shipping_total": shipping,
        "note": _note(snapshot, name, shipping),
        "customer": {"name": invoice["name"], "phone": invoice["phone"], "mail_address": str(snapshot.get("email") or "")},
        "invoice_address": invoice,
        "shipment_address": shipment,
    }


def _note(snapshot: Mapping[str, Any], name: str, shipping: Decimal) -> str:
    """The order's name and note, and what beside shipping is in `shipping_total` (tips, fees, duties, taxes on shipping)."""
    beside = shipping - (shop_amount(snapshot.get("current_shipping_price")) or Decimal(0))
    parts = [f"Shopify {name}", str(snapshot.get("note") or "")]
    parts += [f"shipping_total holds {beside} beside shipping (tips, fees, duties, taxes)"] if beside else []
    return " | ".join(part for part in parts if part)[:1000]


# --- lines


def _lines(snapshot: Mapping[str, Any], name: str) -> Iterator[OrderLine]:
    for line in snapshot.get("line_items") or ():
        pieces = line.get("current_quantity", 0)
        if pieces <= 0:
            continue
        sku, title = str(line.get("sku") or "").strip(), str(line.get("name") or line.get("title") or "")
        if not sku:
            raise CannotBeSent(f'Order {name}: its item "{title}" has no SKU, so Sentos cannot know it.', f"Give it one. {NEXT}")
        yield from _spread(_worth(snapshot, line, name), pieces, sku, title, _rate(line))


def _worth(snapshot: Mapping[str, Any], line: Mapping[str, Any], name: str) -> Decimal:
    """What the pieces that are left of a line cost, discounts taken off and taxes in."""
    worth = current_total(snapshot, line)
    if worth is None:
        raise CannotBeSent(f"Order {name}: what its items cost cannot be seen.", "Run with --full to read it again.")
    return worth if snapshot.get("taxes_included") else worth + (current_tax(snapshot, line) or Decimal(0))


def _spread(worth: Decimal, pieces: int, sku: str, title: str, rate: int | None) -> Iterator[OrderLine]:
    """Pieces at prices in whole kuruş that come to their worth: where it cannot be divided, some cost a kuruş more."""
    each, dearer = divmod(int(worth * 100), pieces)
    for count, price in ((pieces - dearer, each), (dearer, each + 1)):
        if count:
            yield OrderLine(sku, title, count, Decimal(price) / 100, rate)


def _rate(line: Mapping[str, Any]) -> int | None:
    rates = [Decimal(str(one["rate"])) for one in line.get("tax_lines") or () if one.get("rate") is not None]
    return int((sum(rates, Decimal(0)) * 100).to_integral_value()) if rates else None


# --- people


def _addresses(snapshot: Mapping[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    shipping, billing = snapshot.get("shipping_address"), snapshot.get("billing_address")
    if not (shipping or billing):
        raise CannotBeSent(f"Order {name} has no address.", f"Give it one. {NEXT}")
    return _address(snapshot, billing or shipping or {}, name), _address(snapshot, shipping or billing or {}, name)


def _address(snapshot: Mapping[str, Any], given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An address as Sentos divides it: the province is its city, what Shopify calls city its district."""
    phone = phone_in(given.get("phone") or snapshot.get("phone") or _other_phone(snapshot))
    if phone is None:
        raise CannotBeSent(f"Order {name} has no telephone number, which Sentos wants.", f"Add it to its address. {NEXT}")
    province, town = str(given.get("province") or ""), str(given.get("city") or "")
    street = ", ".join(str(given[part]) for part in ("company", "address1", "address2") if given.get(part))
    found = {
        "name": str(given.get("name") or ""),
        "phone": phone,
        "address": street,
        "country": "Türkiye" if given.get("country_code_v2") == "TR" else str(given.get("country") or ""),
        "city": province or town,
        "district": town if province else "",
        "zipCode": str(given.get("zip") or ""),
    }
    lacking = [word for word, part in (("name", "name"), ("street", "address"), ("city", "city")) if not found[part]]
    if lacking:
        raise CannotBeSent(f"Order {name}: its address lacks {' and '.join(lacking)}.", NEXT)
    return found


def _other_phone(snapshot: Mapping[str, Any]) -> Any:
    places = ("shipping_address.phone", "billing_address.phone", "customer.default_phone_number")
    return next((found for place in places if (found := find(snapshot, place))), None)


def phone_in(given: Any) -> str | None:
    """A telephone number in digits, with the country's (905321234567); None where it is none."""
    digits = re.sub(r"\D", "", str(given or "")).lstrip("0")
    if len(digits) == 10 and not str(given).strip().startswith(("+", "00")):
        digits = f"90{digits}"
    return digits if 10 <= len(digits) <= 15 else None


def _numbers(snapshot: Mapping[str, Any], name: str, wishes: OrderWishes) -> dict[str, str]:
    """The numbers that an invoice needs, as the customer entered them."""
    found = {
        number: text.strip()
        for number, attribute in wishes.tax_attributes.items()
        if (text := value_of(snapshot.get("custom_attributes"), attribute)) and text.strip()
    }
    if wishes.tax_attributes and not found.keys() & {"turkishIdentityNumber", "taxNumber"}:
        asked = ", ".join(wishes.tax_attributes.values())
        raise CannotBeSent(f"Order {name} has neither an identity number nor a tax number ({asked}).", f"Add one. {NEXT}")
    return found
