"""Only some orders are wanted in the sheet: the rest is in the ledger, and nothing is missed for it."""

import json
from collections.abc import Callable

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.shop import Shop
from syncdb.sandbox.shopify.tokens import ALL_SCOPES, Client
from tests.scenarios.world import Ran, World


def tagged(shop: Shop, tag: str) -> set[str]:
    return {order["name"] for order in shop.orders.values() if tag in order["tags"]}


def tag_some(world: World, tag: str) -> list[str]:
    gids = [gid for gid, order in world.shop.orders.items() if order["lineItems"]][:7]
    for gid in gids:
        world.shop.set_tags(gid, [tag])
    return gids


def names(world: World) -> set[str]:
    return {row["Order"] for row in world.rows().values()}


def test_only_orders_that_fit_get_rows_and_none_counts_as_missing(make: Callable[..., World]) -> None:
    world = make(orders=30)
    tag_some(world, "branch north")
    world.env["ORDER_FILTER"] = json.dumps({"tags": ["Branch North"]})
    ran = world.synced()
    assert names(world) == tagged(world.shop, "branch north") and len(names(world)) == 7
    assert ran.counts["fetched"] == 30
    assert world.synced().writes == 0
    assert world.synced(full=True).writes == 0


def test_an_order_that_leaves_the_filter_keeps_its_row_and_the_run_says_so(make: Callable[..., World]) -> None:
    world = make(orders=30)
    gids = tag_some(world, "branch north")
    world.env["ORDER_FILTER"] = json.dumps({"tags": ["branch north"]})
    world.synced()
    world.pass_time(hours=1)
    world.shop.set_tags(gids[0], ["retail"])
    name = world.shop.orders[gids[0]]["name"]
    ran = world.synced()
    assert f"1 order left the filter: {name}." in str(ran.data["notes"])
    kept = [row for row in world.rows().values() if row["Order"] == name]
    assert kept and all(row["Tags"] == "retail" for row in kept), "and they stay true"
    quiet = world.synced(full=True)
    assert quiet.writes == 0 and not quiet.data["notes"], "told once"


def test_an_order_that_comes_to_fit_gets_its_rows(make: Callable[..., World]) -> None:
    world = make(orders=30)
    gids = tag_some(world, "branch north")
    world.env["ORDER_FILTER"] = json.dumps({"tags": ["branch north"]})
    world.synced()
    late = next(gid for gid, order in world.shop.orders.items() if gid not in gids and order["lineItems"])
    world.pass_time(hours=1)
    world.shop.set_tags(late, ["branch north"])
    world.synced()
    assert world.shop.orders[late]["name"] in names(world)


def test_a_filter_that_is_widened_brings_what_is_in_the_ledger_without_asking_the_shop_again(make: Callable[..., World]) -> None:
    world = make(orders=30)
    tag_some(world, "branch north")
    world.env["ORDER_FILTER"] = json.dumps({"tags": ["branch north"]})
    world.synced()
    world.pass_time(hours=1)
    del world.env["ORDER_FILTER"]
    ran = world.synced()
    assert names(world) == {order["name"] for order in world.shop.orders.values()} and ran.counts["fetched"] == 0


def test_what_was_expected_before_and_never_written_is_expected_no_more(make: Callable[..., World]) -> None:
    world = make(orders=30)
    gids = tag_some(world, "branch north")
    world.faults.add(Fault("refuse", "sheets write", skip=1, times=None))  # the tab is made, no row is
    assert world.sync().code != 0
    world.faults.clear()
    assert not world.rows()
    world.env["ORDER_FILTER"] = json.dumps({"tags": ["branch north"]})
    world.synced()
    assert names(world) == {world.shop.orders[gid]["name"] for gid in gids}


def notes(ran: Ran) -> list[str]:
    return [one["message"] for one in ran.data["notes"]]


def test_a_location_that_the_shop_has_not_is_told_when_it_is_new_and_once_a_day(make: Callable[..., World]) -> None:
    world = make(orders=5)
    closed = world.shop.goods.add_location(parts.location(77, "Closed years ago", world.shop.goods.stamp()))
    closed["isActive"] = False
    world.env["ORDER_FILTER"] = json.dumps({"locations": ["closed years AGO", "Lager Kreuzberg"]})
    assert not notes(world.synced())
    world.env["ORDER_FILTER"] = json.dumps({"locations": ["Nirgends"]})
    ran = world.synced()
    told, left = notes(ran)
    assert told == 'The shop has no location "nirgends", which order_filter.locations names: no order fits by it.'
    assert "left the filter" in left
    assert '"Closed years ago", "Lager Kreuzberg"' in ran.data["notes"][0]["next_step"]
    assert not notes(world.synced())
    world.pass_time(hours=25)
    assert len(notes(world.synced())) == 1
    app = Client(world.sandbox.client_secret, ALL_SCOPES - {"read_locations", "read_inventory", "write_inventory"})
    world.sandbox.shopify.tokens.add_client(world.sandbox.client_id, app)
    assert "may not see locations" in " ".join(notes(world.synced(full=True)))
