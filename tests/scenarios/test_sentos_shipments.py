"""What Sentos did with orders comes back: shipped once, with carrier and number, or cancelled where that was allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.tokens import Client
from tests.scenarios.sentos_world import SentosWorld

TRACKING = {"cargo_company": "Yurtiçi Kargo", "tracking_number": "YK1", "tracking_url": "https://kargo.example/YK1"}


@pytest.fixture
def world(make_sentos: Callable[..., SentosWorld]) -> SentosWorld:
    made = make_sentos(env={"SHOPIFY_WRITES": "all,orders.cancelled"})
    made.stock_up()
    made.synced()
    return made


def sold(world: SentosWorld) -> Any:
    order = world.till.sell({"MUG": 2})
    world.synced()
    return order


def shipped(order: Any) -> list[tuple[str | None, str | None]]:
    return [(one["company"], one["number"]) for made in order["fulfillments"] for one in made["trackingInfo"]]


@pytest.mark.parametrize("kind", [None, "apply_then_cut", "cut_before"])
def test_a_shipment_of_sentos_ships_the_order_once(world: SentosWorld, kind: Any) -> None:
    order = sold(world)
    world.clerk.set_status(world.order_id(order), 5, **TRACKING)
    if kind:
        world.faults.add(Fault(kind, lambda seen: "mutation Ship" in str(seen.body_json)))
    world.sync()
    world.synced()
    assert order["displayFulfillmentStatus"] == "FULFILLED" and shipped(order) == [("Yurtiçi Kargo", "YK1")]
    assert world.synced(full=True).written == 0 and world.sent(order)[0]["status"] == 5
    world.clerk.set_status(world.order_id(order), 99)
    assert world.synced(full=True).written == 0
    world.in_step()


def test_a_shipment_is_found_though_sentos_does_not_tell_of_it(world: SentosWorld) -> None:
    world.sentos.behave(tells_moves=False)
    order = sold(world)
    world.pass_time(hours=14)
    world.synced()
    world.clerk.set_status(world.order_id(order), 5, **TRACKING)
    world.pass_time(hours=24)
    world.synced()
    assert shipped(order) == [("Yurtiçi Kargo", "YK1")]


def test_without_a_number_or_without_leave_nothing_is_shipped(world: SentosWorld) -> None:
    order = sold(world)
    world.clerk.set_status(world.order_id(order), 5)
    world.synced()
    assert order["displayFulfillmentStatus"] == "UNFULFILLED"
    world.env["SHOPIFY_WRITES"] = "products,variants,inventory"
    world.clerk.set_status(world.order_id(order), 5, **TRACKING)
    world.clerk.order(world.order_id(order))["cargo_number"] = "YK1"
    world.synced(full=True)
    assert order["displayFulfillmentStatus"] == "UNFULFILLED"


def test_an_order_that_sentos_cancels_is_cancelled_where_that_was_named(world: SentosWorld) -> None:
    order = sold(world)
    world.clerk.set_status(world.order_id(order), 6)
    world.synced()
    world.synced()
    assert order["cancelledAt"] is not None
    assert world.synced(full=True).written == 0
    world.in_step()


def test_a_return_in_sentos_does_not_cancel_what_was_shipped(world: SentosWorld) -> None:
    order = sold(world)
    world.clerk.set_status(world.order_id(order), 5, **TRACKING)
    world.synced()
    world.clerk.set_status(world.order_id(order), 6)
    ran = world.sync()
    assert order["cancelledAt"] is None and "was shipped" in ran.text


def test_without_the_permission_to_ship_that_is_told_and_all_else_goes_on(world: SentosWorld) -> None:
    order = sold(world)
    world.clerk.set_status(world.order_id(order), 5, **TRACKING)
    scopes = {"write_orders", "write_products", "write_inventory", "write_files", "read_locations"}
    world.sandbox.shopify.tokens.add_client(world.sandbox.client_id, Client(world.sandbox.client_secret, frozenset(scopes)))
    world.pass_time(hours=25)  # the token is asked for anew
    ran = world.synced()
    assert "write_merchant_managed_fulfillment_orders" in ran.text and order["displayFulfillmentStatus"] == "UNFULFILLED"


def test_the_commands_that_ask_know_orders_and_goods_of_this_pair(world: SentosWorld) -> None:
    order = sold(world)
    found = world.manage("history", "MUG")
    assert found.code == 0 and "available" in found.out.lower(), found.out
    found = world.manage("history", order["name"])
    assert found.code == 0 and order["name"] in found.out, found.out
