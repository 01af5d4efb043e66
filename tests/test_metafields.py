"""One reading of metafields by the types of their definitions, there and back."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from syncdb.metafields import kind_of, meant, written
from syncdb.values import Kind, Value, same

BERLIN = ZoneInfo("Europe/Berlin")
READ: list[tuple[str, str, Value, Kind]] = [
    ("number_integer", "42", Decimal(42), Kind.NUMBER),
    ("number_integer", "-7", Decimal(-7), Kind.NUMBER),
    ("number_decimal", "0.10", Decimal("0.1"), Kind.NUMBER),
    ("money", '{"amount":"5.99","currency_code":"EUR"}', Decimal("5.99"), Kind.MONEY),
    ("rating", '{"value":"4.5","scale_min":"1.0","scale_max":"5.0"}', Decimal("4.5"), Kind.NUMBER),
    ("boolean", "true", True, Kind.FLAG),
    ("date", "2026-01-05", datetime(2026, 1, 5), Kind.DATE),
    ("date_time", "2026-07-01T15:30:00+00:00", datetime(2026, 7, 1, 17, 30), Kind.MOMENT),
    ("dimension", '{"value":12.5,"unit":"cm"}', "12.5 cm", Kind.TEXT),
    ("weight", '{"value":2.0,"unit":"kg"}', "2 kg", Kind.TEXT),
    ("volume", '{"value":750,"unit":"ml"}', "750 ml", Kind.TEXT),
    ("list.single_line_text_field", '["oak","ash"]', "oak, ash", Kind.TEXT),
    ("list.single_line_text_field", '["oak, old","ash"]', '["oak, old","ash"]', Kind.TEXT),
    ("list.number_integer", "[1,2]", "1, 2", Kind.TEXT),
    ("list.weight", '[{"value":1.5,"unit":"kg"}]', "1.5 kg", Kind.TEXT),
    ("product_reference", "gid://shopify/Product/1", "gid://shopify/Product/1", Kind.IDENTIFIER),
    ("list.product_reference", '["gid://shopify/Product/1"]', "gid://shopify/Product/1", Kind.TEXT),
    ("url", "https://example.com/a,b", "https://example.com/a,b", Kind.TEXT),
    ("color", "#00ff00", "#00ff00", Kind.IDENTIFIER),
    ("json", '{"a":1}', '{"a":1}', Kind.TEXT),
    ("id", "000451", "000451", Kind.IDENTIFIER),
    ("single_line_text_field", "1E5", "1E5", Kind.TEXT),
    ("a type of next year", "x", "x", Kind.TEXT),
]


@pytest.mark.parametrize(("type", "raw", "value", "kind"), READ)
def test_a_text_means_a_value_of_its_type_and_is_written_so_again(type: str, raw: str, value: Value, kind: Kind) -> None:
    assert kind_of(type) is kind
    assert same(meant(type, raw, BERLIN), value) and meant(type, None, BERLIN) is None
    again = written(type, value, raw, "EUR", BERLIN)
    assert same(meant(type, again, BERLIN), value)


@pytest.mark.parametrize("type", ["number_integer", "money", "rating", "boolean", "date", "date_time", "weight", "list.url"])
def test_what_is_none_of_its_type_is_shown_as_it_is(type: str) -> None:
    assert meant(type, "older than its definition", BERLIN) == "older than its definition"
    assert meant(type, "null", BERLIN) == "null"


@pytest.mark.parametrize(
    ("type", "value", "why"),
    [
        ("number_integer", Decimal("1.5"), "whole number"),
        ("number_decimal", "many", "number"),
        ("rating", Decimal(4), "scale"),
        ("boolean", "maybe", "yes or no"),
        ("date", "soon", "date"),
        ("date_time", "soon", "date and time"),
        ("weight", "heavy", "12.5 cm"),
        ("list.number_integer", "1, many", "many"),
        ("list.url", "[1", "list"),
        ("single_line_text_field", Decimal(5), "text"),
    ],
)
def test_what_cannot_be_written_says_what_it_must_be(type: str, value: Value, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        written(type, value, None, "EUR", BERLIN)


def test_units_and_scales_stay() -> None:
    assert written("rating", Decimal(3), '{"value":"4.5","scale_min":"1.0","scale_max":"5.0"}', "EUR", BERLIN) == (
        '{"value": "3", "scale_min": "1.0", "scale_max": "5.0"}'
    )
    assert written("weight", "2,5 lb", None, "EUR", BERLIN) == '{"value":2.5,"unit":"lb"}'
    assert written("list.single_line_text_field", "oak, ash", None, "EUR", BERLIN) == '["oak", "ash"]'
    assert written("date_time", datetime(2026, 7, 1, 17, 30), None, "EUR", BERLIN) == "2026-07-01T15:30:00Z"
