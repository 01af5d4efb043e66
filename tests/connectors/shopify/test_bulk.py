"""Many orders by a bulk operation: the same snapshots as by pages, whatever order its lines come in, and pages where it fails."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.bulk_convoy import BUSY_WAITS
from syncdb.connectors.shopify.bulk_file import BulkFile
from syncdb.connectors.shopify.bulk_operation import BulkResultFile
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.order_shape import ALONG
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.order_snapshot import snapshot_hash
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.bulk import FOLDER
from tests.connectors.shopify.conftest import NOON, TOKEN, World, bare, orders_of

METAFIELDS = (("custom", "gift_wrap"), ("custom", "delivery_note"))
Lines = list[bytes]


def marks(pages: list[OrderPage]) -> dict[str, str]:
    """The hash of each order, in the way the ledger keeps it."""
    found = {order["id"]: snapshot_hash(order) for order in orders_of(pages)}
    assert len(found) == len(orders_of(pages)), "an order came twice"
    return found


def by_pages(world: World, **kind: Any) -> dict[str, str]:
    return marks(list(OrderReader(world.client(), bulk_from=None, **kind).changed(None, world.now())))


def in_bulk(world: World, **kind: Any) -> list[OrderPage]:
    return list(OrderReader(world.client(), bulk_from=60, **kind).changed(None, world.now()))


def fetched(world: World) -> int:
    return sum(1 for seen in world.faults.log if seen.path.startswith(FOLDER))


def fell_back(pages: list[OrderPage]) -> list[str]:
    return [notice.message for page in pages for notice in page.notices if notice.code == "bulk"]


def several_of_all(world: World) -> None:
    """An order with several of what the generated ones have one of at most."""
    gid, shop = world.order(4), world.shop
    order = shop.orders[gid]
    for line in [line["id"] for line in order["lineItems"]][1:3]:
        shop.refund(gid, {line: 1}, at=NOON)
    discounted = next(one for one in shop.orders.values() if one["discountApplications"])
    discounted["discountApplications"].append(discounted["discountApplications"][0] | {"index": 1})
    shipped = next(one for one in shop.orders.values() if one["shippingLines"])
    shipped["shippingLines"].append(shipped["shippingLines"][0] | {"id": f"gid://shopify/ShippingLine/{shop.new_id()}"})
    for one in (discounted, shipped):  # late in the listing, so that the first page does not bring them
        shop.changed(one, NOON)


def test_fifteen_hundred_orders_of_every_kind_are_the_same_as_by_pages(world: World) -> None:
    world.fill(1500)
    several_of_all(world)
    expected = by_pages(world, metafields=METAFIELDS, along=tuple(ALONG))
    before = world.faults.count("shopify")
    pages = list(OrderReader(world.client(), METAFIELDS, along=tuple(ALONG)).changed(None, world.now()))
    assert marks(pages) == expected
    assert len(expected) == len(world.shop.orders) > 1450 and fetched(world) == 1 and fell_back(pages) == []
    assert not any(page.partial or page.quarantined for page in pages) and pages[-1].last
    orders = orders_of(pages)
    for part in ("payment_terms", "customer_journey_summary"):
        assert any(part in order for order in orders), f"no order with {part} was compared"
    for part in ("line_items", "shipping_lines", "discount_applications", "refunds", "fulfillments", "transactions"):
        assert any(len(order.get(part, ())) > 1 for order in orders), f"no order with several {part} was compared"
    assert any(fulfillment.get("fulfillment_line_items") for order in orders for fulfillment in order.get("fulfillments", ()))
    assert any(refund.get("refund_line_items") for order in orders for refund in order.get("refunds", ()))
    assert max(len(order.get("line_items", ())) for order in orders) > 100
    assert world.faults.count("shopify") - before < 40


@pytest.mark.parametrize("layout", ["after", "before", "parents_first", "mixed"])
def test_lines_may_come_in_any_order(world: World, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdb.connectors.shopify.bulk_file.BUCKET", 100_000)  # several files, also for so few orders
    world.fill(130)
    world.app.bulk.order = layout
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world)
    assert fetched(world) == 1 and fell_back(pages) == [] and pages[-1].last
    so_far = [page.reached for page in pages if page.orders][1:]
    assert all(so_far) if layout == "after" else not any(so_far)
    assert pages[-1].reached is not None


def test_few_orders_are_read_by_pages(world: World) -> None:
    world.fill(130)
    pages = list(OrderReader(world.client()).changed(None, world.now()))
    assert len(marks(pages)) == len(world.shop.orders) and world.app.bulk.operations == {}


def test_only_the_window_is_read(world: World) -> None:
    world.fill(200)
    since = NOON - timedelta(days=12)
    expected = marks(list(OrderReader(world.client(), bulk_from=None).changed(since, world.now())))
    found = marks(list(OrderReader(world.client(), bulk_from=60).changed(since, world.now())))
    assert found == expected and 60 < len(found) < 200 and fetched(world) == 1


def drop_last_line(lines: Lines) -> Lines:
    return lines[:-1]


def cut_last_line(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1][:-9]]


def break_a_line(lines: Lines) -> Lines:
    return [*lines[:-1], b'{"id":' + b" " * (len(lines[-1]) - 8) + b"}\n"]


def lose_an_order(lines: Lines) -> Lines:
    """Its children stay, and something else of the same length takes its place."""
    at = next(place for place in range(1, len(lines)) if b"__parentId" not in lines[place] and b"__parentId" in lines[place - 1])
    other = lines[0]
    return [*lines[:at], other, *lines[at + 1 :]]


@pytest.mark.parametrize("damage", [drop_last_line, cut_last_line, break_a_line, lose_an_order])
@pytest.mark.parametrize("layout", ["after", "mixed"])
def test_a_damaged_result_is_not_believed(world: World, damage: Callable[[Lines], Lines], layout: str) -> None:
    world.fill(130)
    world.app.bulk.order, world.app.bulk.damage = layout, damage
    pages = in_bulk(world)
    assert len(fell_back(pages)) == 1 and pages[-1].last
    assert {order["id"]: snapshot_hash(order) for order in orders_of(pages)} == by_pages(world)


@pytest.mark.parametrize("ending", ["FAILED", "CANCELED", "EXPIRED"])
def test_an_operation_that_fails_is_tried_again_then_pages_are_read(world: World, ending: str) -> None:
    world.fill(130)
    world.app.bulk.ending = ending
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world)
    assert len(world.app.bulk.operations) == 2 and fetched(world) == 0
    assert len(fell_back(pages)) == 1 and ending in fell_back(pages)[0]


def test_a_result_that_has_run_out_is_asked_for_anew(world: World) -> None:
    world.fill(130)
    world.app.bulk.reachable = False
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world) and len(world.app.bulk.operations) == 2 and fell_back(pages)


def test_all_places_taken_is_waited_for_and_then_done_without(world: World) -> None:
    world.fill(130)
    world.app.bulk.lasts = 1e9
    for _ in range(5):
        world.app.bulk.submit("{ orders { edges { node { id } } } }", False, "", lambda _: None, lambda *_: ("Order", []))  # type: ignore[arg-type,return-value]
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world) and len(world.app.bulk.operations) == 5
    assert "already in progress" in fell_back(pages)[0]
    assert sum(world.time.slept) >= sum(BUSY_WAITS)


def test_a_throttled_submit_is_waited_for(world: World) -> None:
    world.fill(130)
    world.app.bucket.spend(1980)
    pages = in_bulk(world)
    assert len(marks(pages)) == len(world.shop.orders) and fetched(world) == 1 and fell_back(pages) == []


def test_waiting_gives_way_and_becomes_patient(world: World) -> None:
    world.fill(130)
    world.app.bulk.lasts = 300.0
    pages = in_bulk(world)
    assert len(marks(pages)) == len(world.shop.orders)
    assert len([page for page in pages if not page.orders]) > 20, "nobody could have stopped the run meanwhile"
    assert min(world.time.slept) < 0.5 and max(world.time.slept) == 10.0


def test_where_each_shipment_is_charged_pages_are_read(world: World) -> None:
    """What bulk leaves out is asked for by ids, which may cost by the id: then pages, which bring all of it, are cheaper."""
    world.fill(130)
    expected = by_pages(world)
    world.app.charges_each_node = True
    pages = list(OrderReader(world.client(), bulk_from=60, cut=Cut(least=60, aim=50)).changed(None, world.now()))
    assert marks(pages) == expected
    (told,) = fell_back(pages)
    assert "the shop charges" in told and "page by page" in told and " changed " not in told.partition("page by page")[0]
    assert not world.app.bulk.operations or not any(one.active for one in world.app.bulk.operations.values())


def test_a_standstill_is_not_waited_for_for_ever(world: World) -> None:
    world.fill(130)
    world.app.bulk.lasts = 1e9
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world) and "no headway" in fell_back(pages)[0]
    assert [one.status for one in world.app.bulk.operations.values()] == ["CANCELING"]


def test_fewer_orders_than_there_are_is_no_result(world: World) -> None:
    """Observed at others: operations that ended well and brought a part of the orders."""
    world.fill(130)
    world.app.bulk.leaves_out = len(world.shop.orders) - 100
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world) and "it found 100 orders" in fell_back(pages)[0]


def test_a_cut_fetch_goes_on(world: World) -> None:
    world.fill(130)
    world.faults.add(Fault("apply_then_cut", lambda seen: seen.path.startswith(FOLDER)))
    pages = in_bulk(world)
    assert len(marks(pages)) == len(world.shop.orders) and fetched(world) == 2 and fell_back(pages) == []


@pytest.mark.parametrize(("after", "then"), [(1, 200), (300_000, 206)])
def test_a_fetch_cut_in_its_middle_goes_on_from_there(world: World, after: int, then: int) -> None:
    world.fill(130)
    world.app.bulk.cut_after = after
    pages = in_bulk(world)
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert [seen.status for seen in world.faults.log if seen.path.startswith(FOLDER)] == [200, then]


def test_an_order_edited_meanwhile_is_read_anew(world: World) -> None:
    world.fill(130)
    shipped = max((one["updatedAt"], gid) for gid, one in world.shop.orders.items() if one["fulfillments"])[1]

    def edit(body: dict[str, Any]) -> None:
        state = (body.get("data") or {}).get("bulkOperation") or {}
        if state.get("status") == "COMPLETED":
            world.shop.changed(world.shop.orders[shipped])

    world.app.tamper = edit
    pages = in_bulk(world)
    world.app.tamper = None
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert next(one for one in orders_of(pages) if one["id"] == bare(shipped))["updated_at"] >= "2026-11-20T12"


def test_the_token_stays_with_the_shop(world: World) -> None:
    world.fill(130)
    sent: list[dict[str, str]] = []
    respond = world.app.respond

    def watched(request: Any) -> Any:
        if request.path.startswith(FOLDER):
            sent.append(dict(request.headers))
        return respond(request)

    world.app.respond = watched  # type: ignore[method-assign]
    in_bulk(world)
    assert len(sent) == 1 and "Authorization" not in sent[0] and TOKEN not in json.dumps(sent)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/result",
        "http://storage.googleapis.com/x",
        "https://storage.googleapis.com.evil.example/x",
        "https://storage.googleapis.com@evil.example/x",
        "file:///etc/passwd",
    ],
)
def test_nothing_is_fetched_from_elsewhere(world: World, url: str) -> None:
    with BulkFile(BulkResultFile(url, 1, 1, 10), lambda _: []) as file, pytest.raises(NotInBulk, match="unexpected place"):
        list(file.fetch(world.client()))


@pytest.mark.skipif(os.name == "nt", reason="Windows shows the name of a file that goes with its process")
@pytest.mark.parametrize("layout", ["after", "mixed"])
def test_a_process_that_is_killed_leaves_no_customers_data_behind(
    world: World, layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot clean up, so there must be nothing to clean up at any moment."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    world.fill(130)
    world.app.bulk.order = layout
    full = 0
    for page in OrderReader(world.client(), bulk_from=60).changed(None, world.now()):
        assert list(tmp_path.iterdir()) == []
        full += bool(page.orders)
    assert full > 1 and fetched(world) == 1


def test_a_failing_order_costs_only_itself(world: World) -> None:
    ids = world.fill(130)
    world.shop.fail_order(ids[100])
    pages = in_bulk(world)
    assert [held.order_id for page in pages for held in page.quarantined] == [bare(ids[100])]
    assert len(marks(pages)) == len(world.shop.orders) - 1 and "INTERNAL_SERVER_ERROR" in fell_back(pages)[0]


@pytest.mark.parametrize(
    ("shown", "spoilt", "why"),
    [
        (b'"taxable":true', b'"taxable":12.5', "cannot be read"),
        (b'"email":"kunde1', rb'"email":"\ud8aa', "half of a character"),
    ],
)
def test_an_order_that_cannot_be_read_costs_only_itself(world: World, shown: bytes, spoilt: bytes, why: str) -> None:
    world.fill(130)

    def spoil(lines: Lines) -> Lines:
        at = next(place for place in reversed(range(len(lines))) if shown in lines[place])
        return [*lines[:at], lines[at].replace(shown, spoilt, 1), *lines[at + 1 :]]

    world.app.bulk.damage = spoil
    pages = in_bulk(world)
    (held,) = [one for page in pages for one in page.quarantined]
    assert why in held.why and held.name.startswith("#")
    assert len(marks(pages)) == len(world.shop.orders) - 1 and fell_back(pages) == [] and fetched(world) == 1


def test_what_the_shop_hides_is_not_asked_for(world: World) -> None:
    world.fill(130)
    world.app.unapproved = frozenset({"Customer", "email"})
    pages = in_bulk(world)
    assert fetched(world) == 1 and fell_back(pages) == []
    assert all(order["withheld"] for order in orders_of(pages))
    assert marks(pages) == by_pages(world)
