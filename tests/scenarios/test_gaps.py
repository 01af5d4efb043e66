"""An order that reading by time cannot bring leaves a gap in the numbers, and is found by it."""

import random
from typing import Any

from syncdb.sandbox.shopify.generate import new_order
from tests.scenarios.world import World


def hidden_and_seen(world: World, hours: float) -> tuple[dict[str, Any], str]:
    """Two new orders, the first of which the shop's search does not show for so long; and a line id of that one."""
    rng = random.Random(3)
    late = new_order(world.shop, rng, world.sandbox.now(), 1)
    world.shop.hide_from_index(late["id"], world.time + hours * 3600)
    new_order(world.shop, rng, world.sandbox.now(), 1)
    return late, late["lineItems"][0]["id"].rpartition("/")[2]


def test_an_hourly_run_finds_the_order_behind_a_new_gap(world: World) -> None:
    late, key = hidden_and_seen(world, hours=48)
    world.at_once()
    assert key not in world.rows(), "the search does not show it, and it is too early to worry"
    ran = world.synced()
    assert key in world.rows() and ran.counts["orders_missed"] == 1
    assert any(late["name"] in note["message"] for note in ran.data["notes"])


def test_a_gap_that_a_deleted_order_left_is_asked_about_once(world: World) -> None:
    rng = random.Random(3)
    gone = new_order(world.shop, rng, world.sandbox.now(), 1)
    world.shop.delete(gone["id"])
    new_order(world.shop, rng, world.sandbox.now(), 1)
    world.synced()
    asked = world.synced()
    assert asked.counts["orders_missed"] == 0
    assert world.synced().shop_requests <= 2, "nothing new: nothing is asked"


def test_an_order_whose_time_was_passed_is_found_by_the_daily_look(world: World) -> None:
    _, key = hidden_and_seen(world, hours=3)
    world.faults.clear()
    world.pass_time(hours=25)
    ran = world.synced()
    assert key in world.rows() and ran.data["mode"] == "full"
