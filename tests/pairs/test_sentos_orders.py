"""An order of the shop as Sentos wants it: to the cent whatever the amounts, and never with anything invented."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncdb.connectors.sentos.order_request import CannotBeSent
from syncdb.pairs.shopify_sentos.order_request import phone_in, request_of
from syncdb.pairs.shopify_sentos.order_wishes import OrderWishes

WISHES = OrderWishes(3, 1)
HOME = {
    "name": "Ayşe Örnek",
    "address1": "Örnek Sok. 1",
    "city": "Kadıköy",
    "province": "İstanbul",
    "country_code_v2": "TR",
    "phone": "+90 532 123 45 67",
    "zip": "34710",
}
money = st.integers(0, 10**7).map(lambda kurus: Decimal(kurus) / 100)


def line(worth: Decimal, pieces: int, sku: str = "A", **other: Any) -> dict[str, Any]:
    bag = [str(worth), "TRY"]
    known = {"id": sku, "sku": sku, "name": f"Thing {sku}", "quantity": pieces, "current_quantity": pieces, "original_total": bag}
    return known | {"original_unit_price": [str(worth / pieces), "TRY"]} | other


def order(lines: list[dict[str, Any]], rest: Decimal = Decimal("49.90"), **other: Any) -> dict[str, Any]:
    total = sum((Decimal(one["original_total"][0]) for one in lines), Decimal(0)) + rest
    return {
        "id": "1",
        "name": "#1001",
        "currency_code": "TRY",
        "taxes_included": True,
        "current_total_price": [str(total), "TRY"],
        "current_shipping_price": [str(rest), "TRY"],
        "display_financial_status": "PAID",
        "payment_gateway_names": ["shopify_payments"],
        "created_at": "2026-11-20T22:30:00Z",
        "line_items": lines,
        "shipping_address": HOME,
        "billing_address": HOME,
    } | other


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(money, st.integers(1, 40)), min_size=1, max_size=6), money)
def test_lines_and_shipping_come_to_the_total_in_whole_kurus(lines: list[tuple[Decimal, int]], rest: Decimal) -> None:
    shown = order([line(worth, pieces, f"S{number}") for number, (worth, pieces) in enumerate(lines)], rest)
    made = request_of(shown, "shop-1", WISHES)
    assert sum((one.price * one.quantity for one in made.lines), Decimal(0)) + made.head["shipping_total"] == made.total
    assert all(one.price == one.price.quantize(Decimal("0.01")) >= 0 for one in made.lines)
    pieces: dict[str, int] = {}
    for one in made.lines:
        pieces[one.sku] = pieces.get(one.sku, 0) + one.quantity
    assert pieces == {f"S{number}": count for number, (_, count) in enumerate(lines)}


def test_an_order_as_sentos_wants_it() -> None:
    made = request_of(order([line(Decimal("100"), 3)], note="gift"), "shop-1", WISHES)
    assert [(one.quantity, str(one.price)) for one in made.lines] == [(2, "33.33"), (1, "33.34")]
    head: Mapping[str, Any] = made.head
    assert (head["order_id"], head["order_code"], head["status"], head["currency"]) == ("shop-1", "#1001", 2, "TL")
    assert head["order_date"] == "2026-11-21 01:30:00", "Turkish clocks"
    assert head["shipment_address"]["city"] == "İstanbul" and head["shipment_address"]["district"] == "Kadıköy"
    assert head["shipment_address"]["phone"] == "905321234567" and "gift" in head["note"]
    assert "turkishIdentityNumber" not in head["invoice_address"]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"shipping_address": {**HOME, "phone": None}, "billing_address": {**HOME, "phone": ""}}, "telephone"),
        ({"shipping_address": None, "billing_address": None}, "no address"),
        ({"shipping_address": {**HOME, "address1": None}}, "street"),
        ({"currency_code": "EUR"}, "lira"),
        ({"payment_gateway_names": ["mystery"]}, "sentos_payment_methods"),
        ({"line_items": [line(Decimal("5"), 1, sku="")]}, "no SKU"),
        ({"current_total_price": ["1", "TRY"]}, "more than its total"),
    ],
)
def test_what_an_order_lacks_is_said(other: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotBeSent, match=why):
        request_of(order([line(Decimal("5"), 1)]) | other, "shop-1", WISHES)


def test_identity_numbers_come_from_the_customer_or_hold_the_order_back() -> None:
    wishes = OrderWishes(3, 1, tax_attributes={"turkishIdentityNumber": "TC", "taxNumber": "Vergi No"})
    given_number = order([line(Decimal("5"), 1)], custom_attributes=[["TC", "11111111110"]])
    assert request_of(given_number, "shop-1", wishes).head["invoice_address"]["turkishIdentityNumber"] == "11111111110"
    with pytest.raises(CannotBeSent, match="identity number"):
        request_of(order([line(Decimal("5"), 1)]), "shop-1", wishes)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+90 532 123 45 67", "905321234567"),
        ("0532 123 45 67", "905321234567"),
        ("532 123 45 67", "905321234567"),
        ("0090 532 123 45 67", "905321234567"),
        ("+49 151 12345678", "4915112345678"),
        ("123", None),
        ("", None),
        (None, None),
    ],
)
def test_telephone_numbers(written: Any, number: str | None) -> None:
    assert phone_in(written) == number


@pytest.mark.parametrize(
    ("wishes", "other", "wanted"),
    [
        ({}, {}, True),
        ({}, {"test": True}, False),
        ({}, {"cancelled_at": "2026-11-20T23:00:00Z"}, False),
        ({}, {"display_financial_status": "REFUNDED"}, False),
        ({"statuses": {"paid": 2}}, {"display_financial_status": "PENDING"}, False),
        ({"since": date(2026, 11, 21)}, {}, True),
        ({"since": date(2026, 11, 22)}, {}, False),
        ({"tags": ("vip",)}, {"tags": ["VIP"]}, True),
        ({"tags": ("vip",)}, {}, False),
        ({"tags": ("-hold",)}, {"tags": ["hold"]}, False),
        ({"locations": ("online",)}, {}, True),
        ({"locations": ("Kadıköy",)}, {}, False),
        ({"locations": ("Kadıköy",)}, {"retail_location": {"name": "Kadıköy"}}, True),
    ],
)
def test_which_orders_are_sent(wishes: dict[str, Any], other: dict[str, Any], wanted: bool) -> None:
    assert OrderWishes(3, 1, **wishes).wants(order([line(Decimal("5"), 1)]) | other) == wanted
