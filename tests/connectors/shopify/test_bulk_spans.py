"""Several bulk operations side by side: each order once, in order of time; only what fails is repeated; none is left running."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.bulk_convoy import AT_ONCE, BUSY_WAITS
from syncdb.connectors.shopify.bulk_operation import PARTING
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.errors import Refused
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.bulk import FOLDER, Operation
from tests.connectors.shopify.conftest import World
from tests.connectors.shopify.test_bulk import by_pages, fell_back, fetched, marks

CUT = Cut(least=60, aim=12, most=20)
BOUNDS = re.compile(r"updated_at:>='([^']*)'|updated_at:<'([^']*)'")


def reader(world: World, cut: Cut = CUT, **kind: Any) -> OrderReader:
    return OrderReader(world.client(**kind), bulk_from=60, cut=cut)


def side_by_side(world: World, **kind: Any) -> list[OrderPage]:
    return list(reader(world, **kind).changed(None, world.now()))


def operations(world: World) -> list[Operation]:
    return list(world.app.bulk.operations.values())


def asked(world: World, word: str) -> list[dict[str, Any]]:
    """The variables of all requests whose query holds a word."""
    bodies = [seen.body_json for seen in world.faults.log if isinstance(seen.body_json, dict)]
    return [body["variables"] for body in bodies if word in body["query"]]


def bounds(search: str) -> tuple[str, str]:
    """(since, before) of a search, "" where it is open."""
    found = BOUNDS.findall(search.replace('\\"', '"'))
    return max((since for since, _ in found), default=""), max((before for _, before in found), default="")


@pytest.fixture
def busiest(world: World) -> Iterator[Callable[[], int]]:
    """How many operations ran at once at most."""
    most = [0]
    respond = world.app.respond

    def watched(request: Any) -> Any:
        response = respond(request)
        most.append(sum(one.active for one in operations(world)))
        return response

    world.app.respond = watched  # type: ignore[method-assign]
    yield lambda: max(most)


@pytest.mark.parametrize("layout", ["after", "mixed"])
def test_spans_bring_what_pages_bring_each_order_once_and_in_order(world: World, layout: str) -> None:
    world.fill(160)
    world.app.bulk.order = layout
    expected = by_pages(world)
    pages = side_by_side(world)
    assert marks(pages) == expected and fell_back(pages) == []
    assert len(operations(world)) == fetched(world) >= 8
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    so_far = [page.reached for page in pages if page.reached]
    assert so_far == sorted(so_far) and len(so_far) >= len(operations(world))
    spans = [bounds(one.query) for one in operations(world)]
    assert [before for _, before in spans[:-1]] == [since for since, _ in spans[1:]]
    assert spans[0][0] == spans[-1][1] == ""


def test_nothing_is_shown_past_what_was_read(world: World) -> None:
    """Whatever a page says was reached, all that changed before has come by then."""
    world.fill(160)
    times = {gid.rpartition("/")[2]: one["updatedAt"] for gid, one in world.shop.orders.items()}
    world.app.bulk.endings = ["COMPLETED", "FAILED", "COMPLETED", "COMPLETED", "FAILED"]
    came, told = set[str](), 0
    for page in reader(world).changed(None, world.now()):
        came |= {order.order_id for order in page.orders}
        if page.reached:
            told += 1
            reached = page.reached.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert {one for one, at in times.items() if at < reached} <= came
    assert told > 8 and came == times.keys()


def test_they_run_side_by_side_but_never_more_than_four(world: World, busiest: Callable[[], int]) -> None:
    world.fill(160)
    world.app.bulk.lasts = 100.0
    before = world.time.seconds
    pages = side_by_side(world)
    number = len(operations(world))
    assert len(marks(pages)) == len(world.shop.orders) and number >= 8
    assert busiest() == AT_ONCE == 4
    assert world.time.seconds - before < 100.0 * number / AT_ONCE + 100.0 + 40.0, "they ran one after the other"


def test_a_shop_that_allows_one_operation_gets_one(world: World, busiest: Callable[[], int]) -> None:
    world.fill(200)
    world.app.bulk.at_once, world.app.bulk.lasts = 1, 30.0
    pages = side_by_side(world)
    number = len(operations(world))
    assert marks(pages) == by_pages(world) and fell_back(pages) == [] and number >= 5
    assert busiest() == 1
    assert len(asked(world, "mutation SubmitBulk")) <= 2 * number, "a refused submit is not repeated at every look"


def test_places_that_others_take_are_waited_for(world: World, busiest: Callable[[], int]) -> None:
    world.fill(200)
    desk = world.app.bulk
    for number in range(4):
        gid = f"gid://shopify/BulkOperation/{number}"
        desk.operations[gid] = Operation(gid, "", "", world.time.seconds, "COMPLETED", False, lambda: ([], 0), 70.0)
    desk.lasts = 30.0
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and fell_back(pages) == [] and busiest() == 5


def test_all_places_taken_by_others_for_good(world: World) -> None:
    world.fill(130)
    for number in range(5):
        gid = f"gid://shopify/BulkOperation/{number}"
        world.app.bulk.operations[gid] = Operation(gid, "", "", world.time.seconds + 1e9, "", False, lambda: ([], 0))
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and len(operations(world)) == 5 and "already in progress" in fell_back(pages)[0]
    assert sum(BUSY_WAITS) <= sum(world.time.slept) < 4 * sum(BUSY_WAITS)


def test_a_span_that_fails_is_repeated_alone(world: World) -> None:
    world.fill(160)
    world.app.bulk.endings = ["COMPLETED", "CANCELED"]
    pages = side_by_side(world)
    queries = [one.query for one in operations(world)]
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert [queries.count(one) for one in dict.fromkeys(queries)] == [1, 2] + [1] * (len(queries) - 3)


@pytest.mark.parametrize("ending", ["FAILED", "CANCELED", "EXPIRED", "INTERNAL_SERVER_ERROR"])
def test_a_span_that_fails_twice_is_read_by_pages_and_only_that(world: World, ending: str) -> None:
    world.fill(160)
    world.app.bulk.endings = ["COMPLETED", ending, "COMPLETED", "COMPLETED", ending]
    pages = side_by_side(world)
    failed = [bounds(one.query) for one in operations(world) if one.status != "COMPLETED"]
    assert len(failed) == 2 and failed[0] == failed[1] and all(failed[0])
    read = {bounds(one["query"] or "") for one in asked(world, "query ChangedOrders")[1:]}
    assert read == {failed[0]}, "other spans were read by pages"
    assert [failed[0][0] in said and failed[0][1] in said for said in fell_back(pages)] == [True]
    assert marks(pages) == by_pages(world)


def test_the_last_span_may_fail_like_any_other(world: World) -> None:
    world.fill(90)
    side_by_side(world, cut=Cut(60, 25, 3))
    number = len(operations(world))
    assert 2 <= number <= AT_ONCE, "all are submitted in order, then the failed ones"
    world.app.bulk.endings = ["COMPLETED"] * (number - 1) + ["FAILED"] * 2
    pages = side_by_side(world, cut=Cut(60, 25, 3))
    assert marks(pages) == by_pages(world) and pages[-1].last and not any(page.last for page in pages[:-1])
    assert len(fell_back(pages)) == 1 and len(operations(world)) == 2 * number + 1


def test_one_that_takes_too_long_is_halved(world: World) -> None:
    world.fill(160)
    world.app.bulk.endings = ["COMPLETED", "TIMEOUT"]
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    late = next(one for one in operations(world) if one.code == "TIMEOUT")
    since, before = bounds(late.query)
    halves = [
        found for one in operations(world) if (found := bounds(one.query)) != (since, before) and since <= found[0] < before
    ]
    assert len(halves) == 2 and halves[0][0] == since and halves[0][1] == halves[1][0] and halves[1][1] == before


def test_halves_that_take_too_long_are_read_by_pages(world: World) -> None:
    world.fill(200)
    world.app.bulk.ending = "TIMEOUT"
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and len(fell_back(pages)) == 3
    assert fetched(world) == 0 and len(operations(world)) <= 16, "it went on trying"
    assert not any(one.active and one.status != "CANCELING" for one in operations(world))


def test_a_cut_file_is_asked_for_again_alone(world: World) -> None:
    world.fill(200)
    files = [0]

    def damage(lines: list[bytes]) -> list[bytes]:
        files[0] += 1
        return lines[:-1] if files[0] == 2 else lines

    world.app.bulk.damage = damage
    pages = side_by_side(world)
    queries = [one.query for one in operations(world)]
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert len(queries) == len(set(queries)) + 1 == files[0]


def test_fewer_orders_than_counted_in_one_span(world: World) -> None:
    world.fill(200)

    def leaves_out(body: dict[str, Any]) -> None:
        world.app.bulk.leaves_out = 3 if len(operations(world)) == 2 else 0

    world.app.tamper, world.app.bulk.lasts = leaves_out, 0.0
    pages = side_by_side(world)
    world.app.tamper = None
    assert marks(pages) == by_pages(world)


def test_an_address_that_ran_out_while_waiting_is_asked_for_anew(world: World) -> None:
    world.fill(200)
    desk = world.app.bulk
    desk.lasts, desk.address_lasts, desk.endings = 20.0, 5.0, ["FAILED"]
    pages = side_by_side(world)
    queries = [one.query for one in operations(world)]
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert len(queries) == len(set(queries)) + 1, "only what failed was submitted again"
    assert [seen.status for seen in world.faults.log if seen.path.startswith(FOLDER)].count(400) >= 2


def test_an_address_that_stays_bad_is_not_asked_for_for_ever(world: World) -> None:
    world.fill(130)
    world.app.bulk.reachable = False
    pages = side_by_side(world)
    queries = [one.query for one in operations(world)]
    assert marks(pages) == by_pages(world) and all(queries.count(one) <= 2 for one in queries) and fell_back(pages)


def test_an_order_that_fails_costs_its_span_only(world: World) -> None:
    ids = world.fill(160)
    world.shop.fail_order(ids[80])
    pages = side_by_side(world)
    assert [held.order_id for page in pages for held in page.quarantined] == [ids[80].rpartition("/")[2]]
    assert len(marks(pages)) == len(world.shop.orders) - 1 and len(fell_back(pages)) == 1
    assert fetched(world) >= 8


def test_spans_that_have_become_empty(world: World) -> None:
    """All orders of a span are edited before it is evaluated: its result has no address, and they are in the last one's."""
    world.fill(200)
    moved = list[str]()

    def edit(body: dict[str, Any]) -> None:
        if moved or not operations(world):
            return
        world.time.seconds += 60
        times = sorted((one["updatedAt"], gid) for gid, one in world.shop.orders.items())
        for _, gid in times[60:140]:
            moved.append(gid)
            world.shop.set_note(gid, "moved", world.now())

    world.app.tamper = edit
    pages = side_by_side(world)
    world.app.tamper = None
    assert moved and any(one.done and not one.lines for one in operations(world))
    assert marks(pages) == by_pages(world) and fell_back(pages) == []


def test_all_orders_in_one_second_are_one_operation(world: World) -> None:
    world.fill(200)
    for gid in world.shop.orders:
        world.shop.set_note(gid, "imported", world.now())
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and len(operations(world)) == fetched(world) == 1


def test_a_search_that_is_not_understood_is_not_relied_on(world: World) -> None:
    """Such a search finds everything (observed), which a count must not be made of."""
    world.fill(130)

    def warn(body: dict[str, Any]) -> None:
        if "ordersCount" in (body.get("data") or {}):
            warning = {"field": "updated_at", "message": "Invalid search field for this query.", "code": "invalid_field"}
            body["extensions"]["search"] = [{"path": ["ordersCount"], "warnings": [warning]}]

    world.app.tamper = warn
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world) and operations(world) == [] and "did not understand" in fell_back(pages)[0]


def test_no_headway_is_waited_for_once(world: World) -> None:
    world.fill(160)
    world.app.bulk.lasts = 1e9
    pages = side_by_side(world)
    assert marks(pages) == by_pages(world)
    assert sum(world.time.slept) < 2100 and len(fell_back(pages)) == 3
    world.time.seconds += 2
    assert world.app.bulk.find("") is None and not any(one.active for one in operations(world))


def until(pages: Iterator[OrderPage], fits: Callable[[OrderPage], object]) -> None:
    next(page for page in pages if fits(page))


def test_what_nobody_will_fetch_is_cancelled(world: World) -> None:
    world.fill(160)
    world.app.bulk.lasts = 60.0
    pages = reader(world).changed(None, world.now())
    until(pages, lambda _: fetched(world))
    before = world.faults.count("shopify")
    pages.close()
    assert world.faults.count("shopify") == before + 1 and len(asked(world, "mutation CancelBulk")) == 1
    world.time.seconds += 2
    world.app.bulk.find("")
    states = [one.status for one in operations(world)]
    assert set(states) == {"COMPLETED", "CANCELED"}
    assert marks(side_by_side(world)) == by_pages(world), "the next run has all places"


def test_the_waiting_can_be_ended_at_once(world: World) -> None:
    world.fill(160)
    world.app.bulk.lasts = 1e6
    pages = reader(world).changed(None, world.now())
    until(pages, lambda _: sum(one.active for one in operations(world)) == AT_ONCE and len(world.time.slept) > 5)
    pages.close()
    assert [one.status for one in operations(world)] == ["CANCELING"] * AT_ONCE


def test_cancelling_is_not_insisted_on(world: World) -> None:
    world.fill(160)
    world.app.bulk.lasts = 60.0
    pages = reader(world).changed(None, world.now())
    until(pages, lambda _: fetched(world))
    world.faults.add(Fault("refuse", "shopify", times=None))
    before = world.time.seconds
    pages.close()
    assert world.time.seconds - before <= PARTING


def test_a_refusal_stays_a_refusal(world: World) -> None:
    world.fill(160)
    world.app.bulk.lasts = 60.0
    pages = reader(world).changed(None, world.now())
    until(pages, lambda _: fetched(world))
    world.faults.add(Fault("forbidden", "shopify", times=None))
    with pytest.raises(Refused, match="403"):
        list(pages)
    assert asked(world, "mutation CancelBulk")


def test_one_span_costs_what_it_did(world: World) -> None:
    world.fill(130)
    pages = list(OrderReader(world.client(), bulk_from=60).changed(None, world.now()))
    assert len(marks(pages)) == len(world.shop.orders)
    kinds = [json.dumps(seen.body_json)[:60] if seen.body_json else "file" for seen in world.faults.log]
    words = ("ChangedOrders", "CountOrders", "SubmitBulk", "BulkOperation(", "LeftOut", "file")
    counts = [sum(word in kind for kind in kinds) for word in words]
    assert counts == [1, 1, 1, len(world.time.slept) + 1, counts[4], 1] and sum(counts) == len(kinds)
