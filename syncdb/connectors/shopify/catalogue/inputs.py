"""From a field's value to what a mutation is sent, and whether it will do at all.

Checked before anything is sent, since one value that does not fit its GraphQL type makes Shopify refuse everything sent with it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from syncdb.connectors.shopify.catalogue.fields import WORD_LISTS, ShopField, split
from syncdb.connectors.shopify.shape import Path
from syncdb.metafields import written
from syncdb.values import Kind, Value, canonical, minor_digits

LARGEST_QUANTITY = 1_000_000_000  # documented (INVALID_QUANTITY_TOO_HIGH)
COUNTRY = re.compile("[A-Z]{2}")  # ISO 3166-1, as Shopify's CountryCode
NOTHING_KNOWN = "{}"  # in place of the text that a metafield has
LARGEST_AMOUNT = Decimal(10) ** 15


class UnfitInput(Exception):
    """A value that its field cannot take, and why, for a person."""


def sent(field: ShopField, value: Value, currency: str) -> Any:
    """The value as JSON for its mutation. Raises Unfit, naming field and value."""
    if not field.written:
        raise UnfitInput(f"{field.name} cannot be written in Shopify")
    wanted = canonical(value)
    if wanted is None:
        if field.required:
            raise UnfitInput(f"{field.name} cannot be empty")
        return [] if field.name in WORD_LISTS else field.cleared
    try:
        return metafield_text(field, wanted, NOTHING_KNOWN, currency, UTC) if field.metafield else _sent(field, wanted, currency)
    except UnfitInput as error:
        raise UnfitInput(f"{field.name} {_shown(value)!r}: {error}") from None


def metafield_text(field: ShopField, wanted: Value, before: str | None, currency: str, zone: tzinfo) -> str:
    """The text of a metafield for a value. `before` is what stands there. Raises UnfitInput."""
    try:
        return written(field.type, wanted, before, currency, zone)
    except ValueError as error:
        raise UnfitInput(str(error)) from None


def _sent(field: ShopField, wanted: Value, currency: str) -> Any:
    match field.kind:
        case Kind.COUNT:
            return _count(wanted)
        case Kind.MONEY if field.name == "weight":
            return float(_amount(wanted, None))
        case Kind.MONEY:
            return _amount(wanted, currency if field.name != "cost" else None)
        case Kind.FLAG:
            if not isinstance(wanted, bool):
                raise UnfitInput("it must be yes or no")
            return wanted
        case _:
            return _text(field, wanted)


def _count(wanted: Value) -> int:
    if not isinstance(wanted, Decimal) or wanted != wanted.to_integral_value():
        raise UnfitInput("it must be a whole number")
    if abs(wanted) > LARGEST_QUANTITY:
        raise UnfitInput(f"it must lie between -{LARGEST_QUANTITY} and {LARGEST_QUANTITY}")
    return int(wanted)


def _amount(wanted: Value, currency: str | None) -> str:
    """An amount with no more decimals than its currency has: Shopify would round it, and the two sides would differ again."""
    if not isinstance(wanted, Decimal):
        raise UnfitInput("it must be an amount")
    if not 0 <= wanted < LARGEST_AMOUNT:
        raise UnfitInput("it must be nought or more, and less than a thousand million million")
    if currency is not None and -_exponent(wanted) > minor_digits(currency):
        raise UnfitInput(f"amounts in {currency} have {minor_digits(currency)} decimals")
    return format(wanted, "f")


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "canonical numbers are finite"
    return exponent


def _text(field: ShopField, wanted: Value) -> Any:
    if not isinstance(wanted, str):
        raise UnfitInput("it must be text")
    if field.choices and wanted not in field.choices:
        raise UnfitInput(f"it must be one of {', '.join(field.choices)}")
    if field.name == "country_of_origin" and not COUNTRY.fullmatch(wanted):
        raise UnfitInput("it must be a country's two letters, such as DE")
    if field.name == "category" and not wanted.startswith("gid://shopify/TaxonomyCategory/"):
        raise UnfitInput("it must be the id of a category, such as gid://shopify/TaxonomyCategory/aa-1")
    return split(wanted) if field.name in WORD_LISTS else wanted


def _shown(value: Value) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def nested(values: Mapping[Path, Any]) -> dict[str, Any]:
    """An input object from values by their paths."""
    found: dict[str, Any] = {}
    for path, value in values.items():
        inner = found
        for step in path[:-1]:
            inner = inner.setdefault(step, {})
        inner[path[-1]] = value
    return found


def by_name(fields: Iterable[ShopField]) -> dict[str, ShopField]:
    """Fields by their names."""
    return {one.name: one for one in fields}
