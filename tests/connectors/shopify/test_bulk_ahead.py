"""The next result is fetched while one is read: the same orders come, and what goes wrong is met when its turn comes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.bulk import FOLDER

from .conftest import World
from .test_bulk import by_pages, fell_back, fetched, in_bulk, marks

SPANS = Cut(least=60, aim=40)


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdb.connectors.shopify.bulk_ahead.WORTH_IT", 1)
    monkeypatch.setattr("syncdb.connectors.shopify.bulk_file.ORDERS_A_CHUNK", 7)


def is_fetch(seen: Seen) -> bool:
    return seen.path.startswith(FOLDER)


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def ahead() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bulk result"]


@pytest.fixture(autouse=True)
def several_at_once(world: World) -> None:
    """All results are there when the first is read."""
    world.fill(120)
    world.app.bulk.lasts = 0.0


def pages_of(world: World) -> Iterator[OrderPage]:
    return OrderReader(world.client(), bulk_from=60, cut=SPANS).changed(None, world.now())


def test_it_is_there_before_the_one_before_it_is_read(world: World) -> None:
    pages, begun = list[OrderPage](), False
    for page in pages_of(world):
        if page.orders and fetched(world) and not begun:
            begun = True
            until(lambda: fetched(world) == 2)
        pages.append(page)
    assert fetched(world) == len(world.app.bulk.operations) >= 3 and begun and ahead() == []
    assert marks(pages) == by_pages(world) and fell_back(pages) == []


def test_a_fetch_that_fails_on_the_way_goes_on(world: World) -> None:
    world.faults.add(Fault("apply_then_cut", is_fetch, skip=1))
    pages = in_bulk(world, cut=SPANS)
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert fetched(world) == len(world.app.bulk.operations) + 1


def test_an_address_that_ran_out_meanwhile_is_asked_for_anew(world: World) -> None:
    passed = Fault("meanwhile", is_fetch, skip=1, action=lambda: world.time.sleep(8 * 86_400))
    world.faults.add(passed)
    pages = in_bulk(world, cut=SPANS)
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert 400 in statuses(world)


def test_what_is_no_result_is_found_when_its_turn_comes(world: World) -> None:
    made = list[int]()

    def damage(lines: list[bytes]) -> list[bytes]:
        made.append(len(lines))
        return lines[:-1] if len(made) == 2 else lines

    world.app.bulk.damage = damage
    pages = in_bulk(world, cut=SPANS)
    queries = [one.query for one in world.app.bulk.operations.values()]
    assert marks(pages) == by_pages(world) and fell_back(pages) == []
    assert len(queries) == len(set(queries)) + 1, "only that span is submitted once more"


def test_nothing_goes_on_where_the_reading_is_given_up(world: World) -> None:
    held = threading.Event()
    world.faults.add(Fault("meanwhile", is_fetch, skip=1, action=lambda: held.wait(60)))
    with closing(pages_of(world)) as pages:  # type: ignore[type-var]
        while not (next(pages).orders and fetched(world)):
            continue
        until(lambda: bool(ahead()))
    held.set()
    until(lambda: ahead() == [])
    assert fetched(world) == 2


def statuses(world: World) -> list[int | None]:
    return [seen.status for seen in world.faults.log if is_fetch(seen)]
