"""Every field of a customer that is shown. Names and types: Shopify Admin API, 2026-01 to 2026-10. None of them is written."""

from datetime import tzinfo
from typing import Any

from syncdb.connectors.shopify.catalogue.fields import TAGS, ShopField, as_instant, as_money, as_truth, as_words, number_of
from syncdb.values import Kind, Value

HOME = "defaultAddress"
AMOUNT = "{ amount currencyCode }"


def _counted(answered: Any, zone: tzinfo) -> Value:
    """An UnsignedInt64, which is answered as text."""
    return int(answered)


def in_words(answered: Any, zone: tzinfo) -> Value:
    """A status such as NOT_SUBSCRIBED as people write it; statuses not known yet read the same way."""
    return str(as_words(answered, zone)).lower().replace("_", " ")


def _currency(answered: Any, zone: tzinfo) -> Value:
    return as_words(answered["currencyCode"], zone)


def currency_of(amount: str) -> ShopField:
    """The currency of an amount that is asked for as well, and so under another name."""
    return ShopField("currency", Kind.TEXT, ("currency",), _currency, "{ currencyCode }", amount)


def _of_home(name: str, path: str) -> ShopField:
    return ShopField(name, Kind.TEXT, (HOME, path), as_words)


CUSTOMER = (
    ShopField("name", Kind.TEXT, ("displayName",), as_words),
    ShopField("first_name", Kind.TEXT, ("firstName",), as_words),
    ShopField("last_name", Kind.TEXT, ("lastName",), as_words),
    ShopField("email", Kind.TEXT, ("defaultEmailAddress", "emailAddress"), as_words),
    ShopField("email_marketing", Kind.TEXT, ("defaultEmailAddress", "marketingState"), in_words),
    ShopField("phone", Kind.IDENTIFIER, ("defaultPhoneNumber", "phoneNumber"), as_words),
    ShopField("orders", Kind.COUNT, ("numberOfOrders",), _counted),
    ShopField("spent", Kind.MONEY, ("amountSpent",), as_money, AMOUNT),
    currency_of("amountSpent"),
    ShopField("state", Kind.TEXT, ("state",), in_words),
    ShopField("tags", Kind.TEXT, TAGS.path, TAGS.read),
    ShopField("note", Kind.TEXT, ("note",), as_words),
    _of_home("company", "company"),
    _of_home("address", "address1"),
    ShopField("postcode", Kind.IDENTIFIER, (HOME, "zip"), as_words),
    _of_home("city", "city"),
    _of_home("country", "countryCodeV2"),
    ShopField("language", Kind.TEXT, ("locale",), as_words),
    ShopField("tax_exempt", Kind.FLAG, ("taxExempt",), as_truth),
    ShopField("verified_email", Kind.FLAG, ("verifiedEmail",), as_truth),
    ShopField("created_at", Kind.MOMENT, ("createdAt",), as_instant),
    number_of("customer"),
)
