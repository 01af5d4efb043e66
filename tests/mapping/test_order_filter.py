"""Which orders a filter takes, in the words of Shopify's admin."""

from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.mapping.order_filter import EVERY_ORDER, parse_filter

ORDER: dict[str, Any] = {
    "id": "1",
    "display_financial_status": "PARTIALLY_REFUNDED",
    "display_fulfillment_status": "UNFULFILLED",
    "tags": ["Wholesale", "sommer-2026"],
    "app": "Online Store",
    "source_name": "web",
    "retail_location": None,
    "fulfillments": [{"location": {"name": "Lager Kreuzberg"}}],
    "created_at": "2026-01-31T23:30:00Z",
    "cancelled_at": None,
    "test": False,
}


def takes(asked: dict[str, Any], order: dict[str, Any] | None = None, zone: Any = UTC) -> bool:
    found, problems = parse_filter(asked)
    assert not problems
    return found.takes(ORDER | (order or {}), zone)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ({}, True),
        ({"financial_status": ["paid", "Partially refunded"]}, True),
        ({"financial_status": ["PARTIALLY_REFUNDED"]}, True),
        ({"financial_status": "paid"}, False),
        ({"fulfillment_status": ["unfulfilled"]}, True),
        ({"tags": ["wholesale", "other"]}, True),
        ({"tags": ["sommer"]}, False),
        ({"without_tags": ["WHOLESALE"]}, False),
        ({"without_tags": ["other"]}, True),
        ({"channels": ["online store"]}, True),
        ({"channels": ["web"]}, True),
        ({"channels": ["Point of Sale"]}, False),
        ({"locations": ["Lager Kreuzberg"]}, True),
        ({"locations": ["Laden"]}, False),
        ({"created_since": "2026-01-31"}, True),
        ({"created_since": "2026-02-01"}, False),
        ({"tags": ["wholesale"], "channels": ["pos"]}, False),
    ],
)
def test_an_order_fits_when_every_condition_does(asked: dict[str, Any], taken: bool) -> None:
    assert takes(asked) is taken


def test_a_day_is_one_of_the_shop() -> None:
    assert takes({"created_since": "2026-02-01"}, zone=ZoneInfo("Europe/Berlin")), "half past midnight there"


def test_test_orders_and_cancelled_ones_are_left_out_when_asked() -> None:
    assert takes({}, {"test": True, "cancelled_at": "2026-02-01T00:00:00Z"})
    assert not takes({"test_orders": False}, {"test": True}) and takes({"test_orders": False})
    assert not takes({"cancelled_orders": False}, {"cancelled_at": "2026-02-01T00:00:00Z"})


def test_a_shop_is_where_it_was_sold() -> None:
    sold = {"retail_location": {"name": "Laden Mitte"}, "fulfillments": []}
    assert takes({"locations": ["laden mitte"]}, sold)


@pytest.mark.parametrize(("asked", "hidden"), [({"tags": ["x"]}, "tags"), ({"locations": ["x"]}, "fulfillments")])
def test_what_is_withheld_leaves_no_order_out(asked: dict[str, Any], hidden: str) -> None:
    assert not takes(asked) and takes(asked, {"withheld": [hidden], hidden: None})


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["paid"], "must be an object"),
        ({"financial": ["paid"]}, ".financial: there is no such condition; did you mean financial_status?"),
        ({"financial_status": ["payed"]}, ".financial_status: there is no payed; there are authorized"),
        ({"tags": []}, ".tags: must be a list of words"),
        ({"tags": [1]}, ".tags: must be a list of words"),
        ({"created_since": "31.01.2026"}, ".created_since: must be a day such as 2026-01-31"),
        ({"test_orders": "no"}, ".test_orders: must be true or false"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(asked: Any, told: str) -> None:
    found, problems = parse_filter(asked)
    assert found == EVERY_ORDER and len(problems) == 1 and problems[0].startswith(told)


def test_a_filter_that_asks_for_nothing_is_none() -> None:
    found, problems = parse_filter({"test_orders": True})
    assert found == EVERY_ORDER and not problems and found.data == []
    assert parse_filter({"created_since": "2026-02-01", "tags": ["b", "a"]})[0].data[2] == ["tags", ["a", "b"]]
    assert parse_filter({"created_since": "2026-02-01"})[0].created_since == date(2026, 2, 1)
