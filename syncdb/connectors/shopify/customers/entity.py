"""A customer as a record: its fields, what Shopify is asked for them, and as what they are written.

Field names and types: Shopify Admin API, 2026-01 to 2026-10.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import words
from syncdb.connectors.shopify.catalogue.entities import ShopEntity
from syncdb.connectors.shopify.catalogue.fields import TAGS, ShopField
from syncdb.connectors.shopify.ordering.shown import PLACE
from syncdb.values import Kind, Value, canonical_json

SUBSCRIBED = "SUBSCRIBED"


def address_text(parts: Mapping[str, Any], kept: Iterable[str] = tuple(PLACE)) -> str | None:
    """Where a customer lives as one text, equal for what means the same; None for nothing. `parts` by the names of PLACE.

    `kept` are the parts that count: what the other side has no place for says nothing.
    """
    told = {name: str(parts.get(name) or "").strip() for name in kept}
    return canonical_json({name: text for name, text in told.items() if text}) if any(told.values()) else None


def _text(answered: Any, zone: tzinfo) -> Value:
    return words(answered)


def _subscribed(answered: Any, zone: tzinfo) -> Value:
    return words(answered) == SUBSCRIBED


def _plain(name: str, path: str, kind: Kind = Kind.TEXT) -> ShopField:
    return ShopField(name, kind, tuple(path.split(".")), _text, written=(path.partition(".")[0],))


def address_field(kept: Iterable[str] = tuple(PLACE)) -> ShopField:
    """The field of a customer's usual address, of which these parts count."""
    asked = [name for name in PLACE if name in set(kept)]

    def read(answered: Any, zone: tzinfo) -> Value:
        told = {name: answered[PLACE[name]] for name in asked}
        return address_text({name: words(part) for name, part in told.items() if part is not None}, asked)

    return ShopField("address", Kind.TEXT, ("defaultAddress",), read, "{ id " + " ".join(PLACE[name] for name in asked) + " }")


FIELDS = (
    _plain("email", "defaultEmailAddress.emailAddress", Kind.IDENTIFIER),
    _plain("phone", "defaultPhoneNumber.phoneNumber", Kind.IDENTIFIER),
    _plain("first_name", "firstName"),
    _plain("last_name", "lastName"),
    _plain("note", "note"),
    TAGS,
    address_field(),
    ShopField("accepts_marketing", Kind.FLAG, ("defaultEmailAddress", "marketingState"), _subscribed),
)
# what `customerSet` calls them; an address is written by itself, consent never
SET: Mapping[str, str] = {
    "email": "email",
    "phone": "phone",
    "first_name": "firstName",
    "last_name": "lastName",
    "note": "note",
    "tags": "tags",
}
CUSTOMERS = ShopEntity(
    "customers",
    "Customer",
    "customer",
    "customers",
    FIELDS,
    ("read_customers",),
    "write_customers",
    title=("email",),
    metafields=False,
)
