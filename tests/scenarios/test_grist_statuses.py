"""Statuses that people type in Grist are carried out in the shop where that is switched on, each once; else they are told."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

COLUMNS = ["order_name", "order_status", "fulfillment_status", "tracking_numbers", "tracking_companies", "note"]
STATUSES = ["order_status", "fulfillment_status", "tracking_numbers", "tracking_companies", "note"]


def with_orders(make: Callable[..., GristWorld], from_grist: list[str], **more: Any) -> GristWorld:
    chosen = {"columns": COLUMNS, "from_grist": from_grist, **more}
    world = make(products=2, orders=12, env={"GRIST_SYNC": json.dumps({"orders": chosen})})
    world.synced()
    return world


@pytest.fixture
def world(make: Callable[..., GristWorld]) -> GristWorld:
    return with_orders(make, STATUSES)


def opened(world: GristWorld) -> Iterator[Any]:
    """Orders of which nothing is shipped yet, paid or not."""
    for one in world.shop.orders.values():
        if (
            not (one["cancelledAt"] or one["closedAt"] or one["fulfillments"])
            and one["displayFulfillmentStatus"] == "UNFULFILLED"
        ):
            yield one


def key_of(order: Any) -> str:
    return str(order["id"].rpartition("/")[2])


def test_a_number_and_fulfilled_ship_an_order_once(world: GristWorld) -> None:
    order = next(opened(world))
    for column, text in (("Tracking numbers", "T-1"), ("Carriers", "DHL"), ("Fulfillment status", "Fulfilled")):
        world.edit("orders", key_of(order), column, text)
    world.synced()
    (shipment,) = order["fulfillments"]
    assert [(one["company"], one["number"]) for one in shipment["trackingInfo"]] == [("DHL", "T-1")]
    assert world.shown("orders", key_of(order), "Fulfillment status") == "fulfilled"
    world.edit("orders", key_of(order), "Tracking numbers", "T-2")
    world.synced()
    assert len(order["fulfillments"]) == 1 and order["fulfillments"][0]["trackingInfo"][0]["number"] == "T-2"
    assert world.synced(full=True).written == 0


def test_a_number_alone_ships_nothing_and_is_told(world: GristWorld) -> None:
    order = next(opened(world))
    world.edit("orders", key_of(order), "Tracking numbers", "T-1")
    ran = world.sync()
    errors = world.manage("errors").out
    assert ran.code == 3 and not order["fulfillments"] and "write fulfilled" in " ".join(errors.split()), errors
    world.edit("orders", key_of(order), "Fulfillment status", "fulfilled")
    assert world.sync().code == 0
    assert order["fulfillments"][0]["trackingInfo"][0]["number"] == "T-1"


def test_an_order_is_archived_opened_and_cancelled_without_paying_back(world: GristWorld) -> None:
    order = next(one for one in opened(world) if one["displayFinancialStatus"] == "PAID")
    world.edit("orders", key_of(order), "Order status", "archived")
    world.edit("orders", key_of(order), "Note", "as agreed")
    world.synced()
    assert order["closedAt"] and order["note"] == "as agreed"
    assert world.shown("orders", key_of(order), "Order status") == "closed"
    world.edit("orders", key_of(order), "Order status", "open")
    world.synced()
    assert order["closedAt"] is None
    world.edit("orders", key_of(order), "Order status", "cancelled")
    world.synced()
    assert order["cancelledAt"] and not [one for one in order["transactions"] if one["kind"] == "REFUND"]
    world.synced()
    assert world.synced(full=True).written == 0
    world.edit("orders", key_of(order), "Order status", "open")
    world.sync()
    assert order["cancelledAt"] and "stays cancelled" in " ".join(world.manage("errors").out.split())


def test_what_the_shop_cannot_do_is_told(world: GristWorld) -> None:
    order = next(opened(world))
    world.edit("orders", key_of(order), "Fulfillment status", "in a moment")
    assert world.sync().code == 3 and not order["fulfillments"]
    assert "only fulfilled can" in " ".join(world.manage("errors").out.split())


def test_many_cancelled_orders_are_asked_about(world: GristWorld) -> None:
    orders = list(opened(world))
    assert len(orders) >= 6
    for order in orders[:6]:
        world.edit("orders", key_of(order), "Order status", "cancelled")
    ran = world.sync()
    assert ran.code == 5 and not any(order["cancelledAt"] for order in orders[:6])


@pytest.mark.parametrize("kind", ["apply_then_cut", pytest.param("cut_before", marks=pytest.mark.long)])
@pytest.mark.parametrize("status", ["fulfilled", "cancelled"])
def test_a_lost_answer_does_nothing_twice(world: GristWorld, kind: Any, status: str) -> None:
    order = next(opened(world))
    column = "Fulfillment status" if status == "fulfilled" else "Order status"
    world.edit("orders", key_of(order), column, status)
    world.faults.add(Fault(kind, "shopify write"))
    world.sync()
    world.faults.clear()
    world.synced()
    world.synced(full=True)
    assert len(order["fulfillments"]) == (status == "fulfilled") and bool(order["cancelledAt"]) is (status == "cancelled")
    assert world.shown("orders", key_of(order), column) == status


def test_a_status_that_moved_in_the_shop_meanwhile_is_a_conflict(world: GristWorld) -> None:
    order = next(opened(world))
    world.edit("orders", key_of(order), "Order status", "cancelled")
    world.shop.close(order["id"])
    ran = world.sync()
    assert ran.conflicts == 1 and not order["cancelledAt"]


def test_where_it_is_not_switched_on_nothing_is_done_and_that_is_told(make: Callable[..., GristWorld]) -> None:
    world = with_orders(make, ["note"])
    order = next(opened(world))
    world.edit("orders", key_of(order), "Order status", "cancelled")
    ran = world.synced(full=True)
    assert not order["cancelledAt"] and world.shown("orders", key_of(order), "Order status") == "open"
    (note,) = [note for one in ran.data["runs"] for note in one["notes"] if note["code"] == "status_put_back"]
    assert f'"cancelled" of {order["name"]}' in note["message"] and "from_grist" in note["next_step"]
