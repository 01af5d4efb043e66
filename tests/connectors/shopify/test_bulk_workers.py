"""Other processes help to put orders together: the same orders come, whatever becomes of them, and none is left behind."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from syncdb.connectors.order_source import OrderPage
from syncdb.connectors.shopify.bulk_join import JoinJob, joined
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.bulk_trouble import NotInBulk
from syncdb.connectors.shopify.bulk_wire import answer_received, job_sent, receive, send
from syncdb.connectors.shopify.bulk_worker import serve
from syncdb.connectors.shopify.bulk_workers import Workers
from syncdb.connectors.shopify.normalise import Sight
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.unread import NOTHING

from .conftest import World, orders_of

METAFIELDS = (("custom", "gift_wrap"),)


@pytest.fixture
def workers() -> Iterator[Workers]:
    with closing(Workers(count=2, worth_it=1)) as workers:
        yield workers


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdb.connectors.shopify.bulk_file.ORDERS_A_CHUNK", 7)


def reader(world: World, workers: Workers, **kind: Any) -> OrderReader:
    return OrderReader(world.client(), METAFIELDS, bulk_from=60, workers=workers, **kind)


def texts(pages: list[OrderPage]) -> dict[str, bytes]:
    found = {order.order_id: order.text for page in pages for order in page.orders}
    assert len(found) == len(orders_of(pages)), "an order came twice"
    return found


def by_pages(world: World) -> dict[str, bytes]:
    return texts(list(OrderReader(world.client(), METAFIELDS, bulk_from=None).changed(None, world.now())))


def processes(workers: Workers) -> list[int]:
    return [one.popen.pid for one in workers._started]


@pytest.mark.parametrize("cut", [Cut(), Cut(least=60, aim=60)])
def test_they_bring_the_same_orders_in_the_same_order_of_time(world: World, workers: Workers, cut: Cut) -> None:
    world.fill(300)
    pages, busy = [], set[int]()
    for page in reader(world, workers, cut=cut).changed(None, world.now()):
        busy |= set(processes(workers))
        pages.append(page)
    assert texts(pages) == by_pages(world) and pages[-1].last
    assert len(busy) == 2 and processes(workers) == [], "they start once and end with the reading"
    reached = [page.reached for page in pages[1:] if page.reached]
    assert reached == sorted(reached) and len(set(reached)) > 20


def test_what_a_killed_process_was_to_do_is_done_here(world: World, workers: Workers, caplog: pytest.LogCaptureFixture) -> None:
    world.fill(200)
    pages, killed = [], 0
    for page in reader(world, workers).changed(None, world.now()):
        pages.append(page)
        for process in workers._started if len(pages) in (15, 25) else ():
            process.popen.kill()
            killed += 1
    assert killed == 4 and "its part is done here" in caplog.text
    assert texts(pages) == by_pages(world)


def test_a_line_that_is_none_is_a_reason_for_pages(world: World, workers: Workers) -> None:
    world.fill(200)
    world.app.bulk.damage = lambda lines: [*lines[:-1], lines[-1].replace(b",", b";", 1)]
    pages = list(reader(world, workers).changed(None, world.now()))
    assert {order.order_id: order.text for page in pages for order in page.orders} == by_pages(world)
    assert any("page by page" in notice.message for page in pages for notice in page.notices)


def test_nobody_is_left_where_the_reading_is_given_up(world: World, workers: Workers) -> None:
    world.fill(200)
    with closing(reader(world, workers).changed(None, world.now())) as pages:
        while not workers._started:
            next(pages)
        left = [one.popen for one in workers._started]
        assert all(one.poll() is None for one in left)
    assert all(one.poll() is not None for one in left) and len(left) == 2


def test_what_fails_there_fails_here(workers: Workers) -> None:
    """A defect is met where it can be told, not swallowed with the process."""
    with pytest.raises(AttributeError):
        list(workers.joined(iter([JoinJob(b"", NOTHING, None)]), 1))  # type: ignore[arg-type]


def test_a_process_ends_with_the_one_that_started_it(workers: Workers) -> None:
    """However that ends: a pipe without a writer is at its end."""
    assert workers.ready(1)
    process = workers._started[0].popen
    assert process.stdin is not None and process.poll() is None
    process.stdin.close()
    assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_ctrl_c_is_not_for_them(workers: Workers) -> None:
    assert workers.ready(1)
    assert all(os.getpgid(pid) != os.getpgrp() for pid in processes(workers)) and len(processes(workers)) == 2
    os.kill(processes(workers)[0], signal.SIGKILL)


def test_work_is_answered_job_by_job() -> None:
    broken, empty = JoinJob(b"{}", NOTHING, Sight("a")), JoinJob(b"\n", NOTHING, Sight("a"))
    source, target = io.BytesIO(), io.BytesIO()
    for job in (broken, empty):
        send(source, job_sent(job))
    source.seek(0)
    serve(source, target)
    target.seek(0)
    first, second = receive(target), receive(target)
    with pytest.raises(NotInBulk, match="belongs to no order"):
        answer_received(*first)
    assert answer_received(*second) == joined(empty)


def test_half_an_answer_is_none() -> None:
    whole = io.BytesIO()
    send(whole, (b"small", (b"a text", b"another")))
    for size in range(len(whole.getvalue())):
        with pytest.raises(EOFError):
            receive(io.BytesIO(whole.getvalue()[:size]))
    assert receive(io.BytesIO(whole.getvalue())) == (b"small", b"a textanother")


def test_few_orders_need_no_help(workers: Workers) -> None:
    workers.worth_it = 2
    assert list(workers.joined(iter([JoinJob(b"", NOTHING, Sight("a"))]), 1)) == [joined(JoinJob(b"", NOTHING, Sight("a")))]
    assert processes(workers) == []


def test_where_no_process_can_be_started_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch, workers: Workers) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    job = JoinJob(b"", NOTHING, Sight("a"))
    assert list(workers.joined(iter([job, job]), 2)) == [joined(job), joined(job)]
    assert processes(workers) == []
