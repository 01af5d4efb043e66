"""Reading a window of orders from a local shop: completeness, pages, what is told, and how little an idle run costs."""

from datetime import timedelta

import pytest

from syncdb.connectors.order_source import Absence
from syncdb.connectors.shopify.orders import _Window
from syncdb.errors import Refused
from syncdb.sandbox.shopify.tokens import ALL_SCOPES
from tests.connectors.shopify.conftest import NOON, TOKEN, World, bare, orders_of


def test_every_order_comes_once_and_whole(world: World) -> None:
    ids = world.fill(230)
    pages = world.read()
    found = orders_of(pages)
    assert sorted(order["id"] for order in found) == sorted(map(bare, ids))
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert not any(page.partial or page.quarantined for page in pages)
    for order in found:
        state = world.shop.orders[f"gid://shopify/Order/{order['id']}"]
        assert len(order.get("line_items", ())) == len(state["lineItems"])
        assert len(order.get("refunds", ())) == len(state["refunds"])
        assert len(order.get("fulfillments", ())) == len(state["fulfillments"])
    assert max(len(order.get("line_items", ())) for order in found) > 100, "the generator's long order was to be among them"


def test_only_what_changed_since_comes_also_within_a_day(world: World) -> None:
    """An unquoted time would be read as a date: everything of that day would come."""
    world.order(days_ago=0.2)
    late = world.order(days_ago=0.05)
    assert [order["id"] for order in orders_of(world.read(NOON - timedelta(days=0.1)))] == [bare(late)]


def test_an_idle_run_costs_one_request(world: World) -> None:
    world.fill(20)
    reader = world.reader()
    pages = world.read(NOON + timedelta(seconds=1), reader)
    assert orders_of(pages) == []
    assert len(pages) == 1 and pages[0].last
    assert world.faults.count("shopify") == 1
    facts = pages[0].facts
    assert (facts.domain, facts.zone, facts.currency) == ("kayra-demo.myshopify.com", "Europe/Berlin", "EUR")
    assert facts.version == "2026-10" and facts.sees_all_orders


@pytest.mark.parametrize("lines", [101, 260, 520])
def test_orders_of_many_lines_are_drained(world: World, lines: int) -> None:
    gid = world.order(lines)
    (order,) = orders_of(world.read())
    expected = [bare(line["id"]) for line in world.shop.orders[gid]["lineItems"]]
    assert len(expected) >= lines
    assert [line["id"] for line in order["line_items"]] == expected


def test_many_refunds_and_shipments_are_drained(world: World) -> None:
    gid = world.order(60)
    shop, lines = world.shop, [line["id"] for line in world.shop.orders[gid]["lineItems"]]
    shop.refund(gid, dict.fromkeys(lines[1:14], 1), at=NOON)
    for line in lines[14:40]:
        shop.fulfil(gid, {line: 1}, at=NOON)
    for line in lines[40:]:
        shop.refund(gid, {line: 1}, at=NOON)
    (order,) = orders_of(world.read())
    state = shop.orders[gid]
    assert [one["id"] for one in order["fulfillments"]] == [bare(one["id"]) for one in state["fulfillments"]]
    assert len(order["fulfillments"]) == 26
    assert sum(len(one["refund_line_items"]) for one in order["refunds"]) == 13 + len(lines) - 40
    assert len(order["refunds"]) == 1 + len(lines) - 40


def test_a_list_of_exactly_the_asked_length_is_not_taken_for_granted(world: World) -> None:
    gid = world.order(25)
    lines = [line["id"] for line in world.shop.orders[gid]["lineItems"]]
    for line in lines[1:21]:
        world.shop.fulfil(gid, {line: 1}, at=NOON)
    (order,) = orders_of(world.read())
    assert len(order["fulfillments"]) == 20
    assert world.faults.count("shopify") >= 2 + 1, "lines and fulfillments had to be asked for once more"


def test_an_order_edited_between_its_pages_is_read_again(world: World) -> None:
    from syncdb.sandbox.faults import Fault

    gid = world.order(150)
    world.faults.add(Fault("meanwhile", "shopify read", skip=1, action=lambda: world.shop.add_tag(gid, "late", world.now())))
    world.time.sleep(60)
    (order,) = orders_of(world.read())
    assert "late" in order["tags"]
    assert order["updated_at"] == world.shop.orders[gid]["updatedAt"]


def test_an_order_that_is_edited_all_the_time_is_held_back(world: World) -> None:
    from syncdb.sandbox.faults import Fault

    gid, calm = world.order(150), world.order(days_ago=0.5)

    def edit() -> None:
        world.time.seconds += 10
        world.shop.set_note(gid, str(world.time.seconds))

    world.faults.add(Fault("meanwhile", lambda seen: "RestOf" in str(seen.body_json), times=None, action=edit))
    pages = world.read()
    held = [one for page in pages for one in page.quarantined]
    assert {one.order_id for one in held} == {bare(gid)}
    assert "3 times" in held[0].why and held[0].name == world.shop.orders[gid]["name"]
    assert bare(calm) in {order["id"] for order in orders_of(pages)}


def test_an_order_that_moves_while_pages_are_read_is_used_as_it_is_last(world: World) -> None:
    from syncdb.sandbox.faults import Fault

    ids = [world.order(days_ago=10 - n) for n in range(9)]
    world.faults.add(Fault("meanwhile", "shopify read", skip=1, action=lambda: world.shop.add_tag(ids[0], "moved", world.now())))
    found = orders_of(world.read(reader=world.reader(size=3)))
    assert {order["id"] for order in found} == set(map(bare, ids))
    assert [("moved" in order.get("tags", ())) for order in found if order["id"] == bare(ids[0])] == [False, True]
    assert len(found) == 10


def test_what_pages_showed_is_not_remembered_for_ever() -> None:
    """Many pages after each other: their orders are given out once each, and few of them are kept in mind."""
    window, given, most = _Window(None, NOON), 0, 0
    for page in range(200):
        times = [(NOON - timedelta(days=1) + timedelta(seconds=page * 50 + place)).isoformat() for place in range(50)]
        nodes = [{"id": f"gid://shopify/Order/{page * 50 + place}", "updatedAt": at} for place, at in enumerate(times)]
        given += len(window.fresh(nodes))
        again = window.fresh(nodes[-1:])
        assert window.move_past({"nodes": nodes, "pageInfo": {"hasNextPage": True, "endCursor": f"after {page}"}})
        assert again == [] == window.fresh(nodes[-1:]), "the last one is known: a restart shows it again"
        most = max(most, len(window.seen))
    assert given == 10_000 and most <= 101


def test_horizon_is_told(world: World) -> None:
    old, young = world.order(days_ago=70), world.order(days_ago=3)
    world.app.tokens.add_token(TOKEN, ALL_SCOPES - {"read_all_orders"})
    pages = world.read(NOON - timedelta(days=90))
    assert [order["id"] for order in orders_of(pages)] == [bare(young)]
    assert [notice.code for page in pages for notice in page.notices] == ["horizon"]
    assert not pages[0].partial
    assert [page.notices for page in world.read(NOON - timedelta(days=30))] == [()]
    reader = world.reader()
    looked = reader.by_ids([bare(old), "1"], {"1": NOON - timedelta(days=5)})
    assert looked.absent == {bare(old): Absence.HIDDEN_OR_DELETED, "1": Absence.DELETED}


def test_orders_by_id_come_from_the_database(world: World) -> None:
    hidden, deleted = world.order(), world.order()
    world.shop.hide_from_index(hidden, NOON.timestamp() + 3600)
    world.shop.delete(deleted)
    assert orders_of(world.read(NOON - timedelta(days=5))) == []
    looked = world.reader().by_ids([bare(hidden), bare(deleted)])
    assert [order.order_id for order in looked.orders] == [bare(hidden)]
    assert looked.absent == {bare(deleted): Absence.DELETED}
    assert looked.facts.currency == "EUR" and not looked.partial
    nothing = world.reader().by_ids([])
    assert (nothing.orders, nothing.absent, nothing.facts.currency) == ((), {}, "EUR")


def test_metafields_are_read_along(world: World) -> None:
    gid = world.order()
    from syncdb.sandbox.shopify import anatomy

    world.shop.orders[gid]["metafields"] = [
        anatomy.entity("Metafield", 77, namespace="custom", key="wrap", value="red", type="single_line_text_field")
    ]
    (order,) = orders_of(world.read(reader=world.reader(metafields=(("custom", "wrap"), ("custom", "none")))))
    assert order["metafields"] == {"custom.wrap": "red", "custom.none": None}


def test_without_read_orders_nothing_goes(world: World) -> None:
    world.order()
    world.app.tokens.add_token(TOKEN, frozenset({"read_customers"}))
    with pytest.raises(Refused, match="read_orders"):
        world.read()
