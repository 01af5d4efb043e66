"""A shop that changes its time zone or its currency: every date moves, and nobody did anything to the rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncdb.values import from_serial
from tests.scenarios.world import World


@pytest.fixture
def large(make: Callable[..., World]) -> World:
    """More rows than the guard lets change unasked."""
    world = make(orders=140)
    world.synced()
    assert len(world.rows()) > 210
    return world


def dates(world: World) -> dict[str, Any]:
    return {key: from_serial(row["Date"]) for key, row in world.rows().items()}


def move(world: World, zone: str) -> None:
    world.shop.settings["ianaTimezone"] = world.shop.timezone = zone


def test_the_guard_names_the_time_zone_and_lets_it_by_once(large: World) -> None:
    before = dates(large)
    move(large, "America/New_York")
    ran = large.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and dates(large) == before
    told = " ".join(ran.text.split())
    assert "time zone changed from Europe/Berlin to America/New_York" in told and "--accept time-zone" in told
    assert large.sync().code == 5, "asking again is no consent"
    dry = large.sync(test=True)
    assert any("time zone changed" in note["message"] for note in dry.data["notes"])
    large.synced(accept=("time-zone",))
    moved = {before[key] - date for key, date in dates(large).items()}
    assert moved <= {timedelta(hours=hours) for hours in (5, 6, 7)} and before.keys() == dates(large).keys()
    assert large.synced().writes == 0


def test_the_consent_is_for_nothing_else(large: World) -> None:
    large.colleague.delete_rows(2, len(large.rows()))
    ran = large.sync(full=True, accept=("time-zone",), as_json=False)
    assert ran.code == 5 and "are gone and would be added again" in ran.text and "time zone" not in ran.text
    assert ran.writes == 0


def test_rows_that_changed_with_the_consent_but_without_the_cause_are_held_back(large: World) -> None:
    for order in large.shop.orders.values():
        order["name"] += "-B"
        large.shop.changed(order)
    ran = large.sync(accept=("time-zone",), as_json=False)
    assert ran.code == 5 and "--force" in ran.text and "--accept" not in ran.text


def test_a_small_shop_just_follows(make: Callable[..., World]) -> None:
    world = make(orders=5)
    world.synced()
    before = dates(world)
    move(world, "Asia/Tokyo")
    world.synced()
    assert all(date > before[key] for key, date in dates(world).items())
    move(world, "Europe/Berlin")
    world.synced()
    assert dates(world) == before


def test_another_currency_of_the_shop_changes_no_row(large: World) -> None:
    """Orders stay in the currency they were placed in."""
    before = large.grid()
    large.shop.currency = large.shop.settings["currencyCode"] = "USD"
    assert large.synced().writes == 0 and large.grid() == before


def test_another_shop_than_the_one_that_was_asked_writes_nothing(make: Callable[..., World]) -> None:
    """With a base URL whoever listens there answers, whatever the shop is called."""
    world = make(orders=3)
    world.env["SHOPIFY_STORE_NAME"] = "somebody-else"
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0
    assert "somebody-else.myshopify.com is configured, but kayra-demo.myshopify.com answered" in ran.text
    world.env["SHOPIFY_STORE_NAME"] = "kayra-demo"
    world.synced()


def test_a_shop_that_the_ledger_knows_may_take_another_domain(world: World) -> None:
    world.synced()
    world.shop.settings["myshopifyDomain"] = "kayra-tea.myshopify.com"
    assert world.synced().code == 0
