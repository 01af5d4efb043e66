"""An order of the shop as a record: what others can be held against, whoever made it.

`content` says in one text what was bought and what it comes to, so that two sides that mean the same write the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import text_at, text_or_none_at
from syncdb.connectors.shopify.shape import bare_id
from syncdb.decoding import flag, listed, mapping, understood, whole
from syncdb.values import Value, canonical_json, iso, moment, money

PENDING = "pending"
AMOUNTS = ("discount", "shipping", "tax", "total")
ADDRESS = ("name", "company", "address1", "address2", "city", "postal_code", "country", "phone")
TRACKED = ("company", "number", "url")
# the parts of an address, and what Shopify calls them (`MailingAddress`)
PLACE: Mapping[str, str] = {
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "postal_code": "zip",
    "country": "countryCodeV2",
}
_SHOWN = {**PLACE, "phone": "phone"}
_BAG = "{ shopMoney { amount currencyCode } }"
ADDRESSED = "firstName lastName company address1 address2 city province provinceCode zip countryCodeV2 phone"
LINE = f"id sku title quantity currentQuantity originalUnitPriceSet {_BAG}"
ORDER = f"""id name sourceIdentifier createdAt updatedAt cancelledAt cancelReason currencyCode test note email phone
  displayFinancialStatus displayFulfillmentStatus
  currentTotalPriceSet {_BAG} currentTotalTaxSet {_BAG} currentTotalDiscountsSet {_BAG} currentShippingPriceSet {_BAG}
  customer {{ id firstName lastName defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} }}
  shippingAddress {{ {ADDRESSED} }}
  fulfillments(first: 20) {{ id status createdAt trackingInfo {{ company number url }} }}
  lineItems(first: 20) {{ nodes {{ {LINE} }} pageInfo {{ hasNextPage endCursor }} }}"""
# which fields of a record rest on which field of the answer
RESTS_ON = {
    "customer": ("buyer",),
    "shippingAddress": ("address", "ships_to"),
    "email": ("email",),
    "phone": ("phone",),
    "fulfillments": ("tracking",),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What of an order the other side has a place for: its amounts, parts of its address and of its tracking, the titles of lines
    without an SKU. Only that is compared, and written.
    """

    amounts: tuple[str, ...] = AMOUNTS
    address: tuple[str, ...] = ADDRESS
    tracked: tuple[str, ...] = TRACKED
    titles: bool = True


EVERYTHING = Kept()


def content(lines: Iterable[Sequence[Any]], amounts: Mapping[str, Decimal], parts: Iterable[str] = AMOUNTS) -> str:
    """What was bought (SKU or title, pieces, price of one) and the amounts that count, as text: equal for what means the same."""
    pieces: dict[tuple[str, str], Decimal] = {}
    for called, quantity, price in lines:
        place = (str(called), plain(price))
        pieces[place] = pieces.get(place, Decimal(0)) + Decimal(quantity)
    rows = [[called, counted(count), price] for (called, price), count in sorted(pieces.items()) if count]
    return canonical_json({"lines": rows} | {name: plain(amounts.get(name) or Decimal(0)) for name in parts})


def counted(pieces: Decimal) -> int | str:
    """How many pieces, as a number where they are whole."""
    return int(pieces) if pieces == pieces.to_integral_value() else plain(pieces)


def plain(amount: Decimal) -> str:
    """An amount without needless noughts."""
    return format(amount.normalize() if amount else Decimal(0), "f")


def tracking(told: Mapping[str, str | None], kept: Iterable[str] = TRACKED) -> str | None:
    """Who brings it, its number and where it can be followed, as one text; None where there is nothing of it. `told` by the
    names of TRACKED, of which `kept` count.
    """
    parts = [(told.get(name) or "").replace("|", "/").strip() if name in kept else "" for name in TRACKED]
    return "|".join(parts) if any(parts) else None


def address_text(parts: Mapping[str, str | None], kept: Iterable[str] = ADDRESS) -> str | None:
    """An address as one text; None for an empty one. `kept` are the parts that count."""
    told = {name: (parts.get(name) or "").strip() for name in ADDRESS if name in kept}
    return canonical_json({name: text for name, text in told.items() if text}) if any(told.values()) else None


@understood("Shopify")
def record_fields(
    node: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], hidden: Iterable[str], kept: Kept = EVERYTHING
) -> dict[str, Value]:
    """The fields of an order. `lines` are all its line items, `hidden` fields of the answer that this app may not see,
    `kept` what counts.

    What a cancelled order came to is nobody's news. Raises NotUnderstood.
    """
    amounts = {name: _amount(node, field) for name, field in _AMOUNT_FIELDS.items()}
    cancelled = text_or_none_at(node, "cancelledAt") is not None
    fields: dict[str, Value] = {
        "shop_id": bare_id(text_at(node, "id")),
        "order_name": text_at(node, "name"),
        "source": text_or_none_at(node, "sourceIdentifier"),
        "currency": text_at(node, "currencyCode"),
        "test": flag(node["test"]),
        "placed_at": iso(moment(text_at(node, "createdAt"))),
        "cancelled": cancelled,
        "cancel_reason": _lower(node, "cancelReason"),
        "payment": _lower(node, "displayFinancialStatus") or PENDING,
        "shipped": text_at(node, "displayFulfillmentStatus") == "FULFILLED",
        "tracking": _tracking(node, kept.tracked),
        "note": text_or_none_at(node, "note"),
        "email": text_or_none_at(node, "email"),
        "phone": text_or_none_at(node, "phone"),
        "address": address_text(_address(node), kept.address),
        "ships_to": canonical_json(_address(node)),
        "buyer": _buyer(node),
        "lines": canonical_json([_line(one) for one in lines]),
    }
    if not cancelled:
        fields["content"] = content((_bought(one, kept.titles) for one in lines), amounts, kept.amounts)
    unseen = {name for field in hidden for name in RESTS_ON.get(field, ())}
    return {name: value for name, value in fields.items() if name not in unseen}


_AMOUNT_FIELDS = {
    "discount": "currentTotalDiscountsSet",
    "shipping": "currentShippingPriceSet",
    "tax": "currentTotalTaxSet",
    "total": "currentTotalPriceSet",
}


def _amount(node: Mapping[str, Any], field: str) -> Decimal:
    if node[field] is None:
        return Decimal(0)
    return money(text_at(node, field, "shopMoney", "amount")) or Decimal(0)


def _lower(node: Mapping[str, Any], field: str) -> str | None:
    found = text_or_none_at(node, field)
    return found.lower() if found else None


def _tracking(node: Mapping[str, Any], kept: Iterable[str]) -> str | None:
    """That of what was shipped last."""
    sent = [one for one in listed(node["fulfillments"] or []) if text_at(one, "status") == "SUCCESS"]
    for one in sorted(sent, key=lambda one: (text_at(one, "createdAt"), text_at(one, "id")), reverse=True):
        for told in listed(one["trackingInfo"]):
            return tracking({name: text_or_none_at(told, name) for name in TRACKED}, kept)
    return None


def _address(node: Mapping[str, Any]) -> dict[str, str | None]:
    there = node["shippingAddress"]
    if there is None:
        return {}
    names = [text_or_none_at(there, name) for name in ("firstName", "lastName")]
    parts = {ours: text_or_none_at(there, theirs) for ours, theirs in _SHOWN.items()}
    parts["name"] = " ".join(one for one in names if one) or None
    parts["province"] = text_or_none_at(there, "province") or text_or_none_at(there, "provinceCode")
    parts["province_code"] = text_or_none_at(there, "provinceCode")
    return parts


def _buyer(node: Mapping[str, Any]) -> str | None:
    there = node["customer"]
    if there is None:
        return None
    email, phone = mapping(there)["defaultEmailAddress"], there["defaultPhoneNumber"]
    told = {
        "id": bare_id(text_at(there, "id")),
        "first_name": text_or_none_at(there, "firstName"),
        "last_name": text_or_none_at(there, "lastName"),
        "email": text_at(email, "emailAddress") if email else None,
        "phone": text_at(phone, "phoneNumber") if phone else None,
    }
    return canonical_json(told)


def _bought(line: Mapping[str, Any], titles: bool) -> tuple[str, int, Decimal]:
    called = text_or_none_at(line, "sku") or (text_at(line, "title") if titles else "")
    return called, whole(line["currentQuantity"]), _amount(line, "originalUnitPriceSet")


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": bare_id(text_at(line, "id")),
        "sku": text_or_none_at(line, "sku"),
        "title": text_at(line, "title"),
        "quantity": whole(line["currentQuantity"]),
        "price": plain(_amount(line, "originalUnitPriceSet")),
    }
