"""What fits a field of the shop and what is sent for it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.entities import ENTITIES
from syncdb.connectors.shopify.catalogue.fields import joined, split
from syncdb.connectors.shopify.catalogue.inputs import UnfitInput, nested, sent
from syncdb.values import Value


def given(entity: str, name: str, value: Value, currency: str = "EUR") -> Any:
    (field,) = ENTITIES[entity].chosen([name])
    return sent(field, value, currency)


@pytest.mark.parametrize(
    ("entity", "name", "value", "wanted"),
    [
        ("products", "title", "Tasse", "Tasse"),
        ("products", "tags", "b, a,, a ", ["a", "b"]),
        ("products", "tags", None, []),
        ("products", "vendor", None, ""),
        ("products", "description_html", "<p>\r\n</p>", "<p>\n</p>"),
        ("variants", "price", Decimal("12.50"), "12.5"),
        ("variants", "price", 12, "12"),
        ("variants", "price", Decimal("1E+3"), "1000"),
        ("variants", "compare_at_price", None, None),
        ("variants", "cost", Decimal("1.2345"), "1.2345"),
        ("variants", "sku", None, ""),
        ("variants", "weight", Decimal("0.10"), 0.1),
        ("variants", "country_of_origin", None, None),
        ("products", "category", None, None),
        ("variants", "taxable", False, False),
        ("inventory", "available", Decimal("3.0"), 3),
        ("inventory", "available", -2, -2),
        ("collections", "sort_order", "MANUAL", "MANUAL"),
    ],
)
def test_what_fits_is_sent_in_shopifys_form(entity: str, name: str, value: Value, wanted: object) -> None:
    found = given(entity, name, value)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    ("entity", "name", "value", "why"),
    [
        ("products", "title", "", "title cannot be empty"),
        ("products", "title", Decimal("3"), "title '3'.*must be text"),
        ("products", "status", "active", "status 'active'.*must be one of ACTIVE"),
        ("products", "url", "https://x", "url cannot be written"),
        ("variants", "price", None, "price cannot be empty"),
        ("variants", "price", Decimal("-1"), "price.*nought or more"),
        ("variants", "price", Decimal("1.005"), "amounts in EUR have 2 decimals"),
        ("variants", "price", "12.50", "price '12.50'.*must be an amount"),
        ("variants", "taxable", 1, "taxable.*must be yes or no"),
        ("variants", "weight", None, "weight cannot be empty"),
        ("variants", "weight_unit", "STONES", "must be one of GRAMS"),
        ("variants", "country_of_origin", "Germany", "two letters"),
        ("products", "category", "Kleidung", "must be the id of a category"),
        ("inventory", "available", Decimal("1.5"), "available.*must be a whole number"),
        ("inventory", "available", True, "available.*must be a whole number"),
        ("inventory", "available", 1_000_000_001, "available.*must lie between"),
        ("inventory", "location", "Laden", "location cannot be written"),
        ("products", "created_at", datetime(2026, 1, 1), "created_at cannot be written"),
    ],
)
def test_what_does_not_fit_is_named(entity: str, name: str, value: Value, why: str) -> None:
    with pytest.raises(UnfitInput, match=why):
        given(entity, name, value)


def test_currencies_without_decimals() -> None:
    assert given("variants", "price", Decimal("1200"), "JPY") == "1200"
    with pytest.raises(UnfitInput, match="amounts in JPY have 0 decimals"):
        given("variants", "price", Decimal("1200.5"), "JPY")


def test_tags_survive_being_text() -> None:
    assert split(joined(["Größe: XL", "b", "a", " b "])) == ["Größe: XL", "a", "b"]
    assert joined([]) == "" and split("") == []


def test_inputs_nest_by_path() -> None:
    assert nested({("id",): 1, ("seo", "title"): "a", ("seo", "description"): "b"}) == {
        "id": 1,
        "seo": {"title": "a", "description": "b"},
    }
