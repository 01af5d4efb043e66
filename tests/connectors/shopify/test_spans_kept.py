"""What several bulk operations bring into the ledger: the same as one, also after a kill, and whatever is edited meanwhile."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.engine.progress import Silent
from syncdb.engine.report import Report
from syncdb.errors import Interrupted
from syncdb.ledger import Ledger
from syncdb.ledger.state_keys import READING
from syncdb.orders.intake import Intake, Window
from syncdb.values import iso, moment
from tests.connectors.shopify.conftest import World, bare
from tests.connectors.shopify.test_bulk_spans import bounds, operations

ONE = Cut(least=10**9)
SPANS = Cut(least=60, aim=12, most=20)
FEW = Cut(least=60, aim=25, most=4)
OVERLAP, LOOKBACK = timedelta(minutes=15), timedelta(days=60)


class Ends(Silent):
    """Ends the run at a page, as Ctrl-C does: at the first on which `now` holds."""

    def __init__(self, now: Any) -> None:
        self.now = now

    def stop_if_asked(self) -> None:
        if self.now():
            raise Interrupted("ended")


@contextmanager
def intake(world: World, path: Path, cut: Cut, progress: Silent) -> Iterator[Intake]:
    with Ledger.open(path, world.now()) as ledger:
        with ledger.transaction():
            run_id = ledger.runs.start("orders", "sync", iso(world.now()))
        client = world.client()
        reader = OrderReader(client, bulk_from=60, cut=cut)
        yield Intake(ledger, reader, "orders", Report(run_id, "sync", iso(world.now())), progress, client.clock)


def run(world: World, path: Path, cut: Cut = SPANS, progress: Silent | None = None, whole: bool = False) -> tuple[Window, Report]:
    with intake(world, path, cut, progress or Silent()) as one:
        window = one.window(LOOKBACK, whole=whole)
        one.read(window, OVERLAP)
        return window, one.report


def snapshots(path: Path) -> dict[str, str]:
    """Each order's snapshot, as text."""
    with closing(sqlite3.connect(path)) as ledger:
        return dict(ledger.execute("SELECT order_id, snapshot FROM order_tracking"))


def progress(path: Path) -> Any:
    with Ledger.open(path, moment("2026-11-20T12:00:00Z")) as ledger:
        return ledger.runs.get(READING)


def test_spans_leave_the_same_ledger_as_one_operation_and_as_pages(world: World, tmp_path: Path) -> None:
    world.fill(160)
    ledgers = {}
    for name, cut in (("one", ONE), ("spans", SPANS), ("pages", None)):
        world.app.bulk.operations.clear()
        if cut is None:
            world.app.bulk.ending = "ACCESS_DENIED"
        _, report = run(world, tmp_path / name, cut or ONE)
        ledgers[name] = snapshots(tmp_path / name)
        assert not report.partial
        assert (len(operations(world)) > 8) == (name == "spans")
    assert len(ledgers["one"]) == len(world.shop.orders)
    assert ledgers["one"] == ledgers["spans"] == ledgers["pages"]


@pytest.mark.parametrize("fetches", [1, 3, 6])
def test_a_run_that_is_ended_goes_on_where_it_was(world: World, tmp_path: Path, fetches: int) -> None:
    world.fill(160)
    path, desk = tmp_path / "ledger.db", world.app.bulk
    desk.lasts = 30.0

    def far_enough() -> bool:
        return sum(1 for seen in world.faults.log if "/bulk-operation-outputs/" in seen.path) > fetches

    with pytest.raises(Interrupted):
        run(world, path, progress=Ends(far_enough))
    before, reached = snapshots(path), progress(path)
    assert 0 < len(before) < len(world.shop.orders)
    due = {bare(gid) for gid, one in world.shop.orders.items() if moment(one["updatedAt"]) < moment(reached["at"])}
    assert due and due <= before.keys(), "it says to have read what it has not"
    world.time.seconds += 2
    desk.find("")
    assert not any(one.active for one in operations(world)), "operations of the ended run hold places"
    desk.operations.clear()
    window, report = run(world, path)
    assert window.since == moment(reached["at"]) and not report.partial
    assert report.counts["fetched"] <= len(world.shop.orders) - len(due), "what was read before was read again"
    run(world, tmp_path / "other.db", ONE)
    assert snapshots(path) == snapshots(tmp_path / "other.db")


@pytest.fixture
def slipped(world: World) -> list[str]:
    """The order that will be edited when all spans but a failed one, its own, have been evaluated: no operation sees it."""
    world.fill(90)
    found, desk = list[str](), world.app.bulk
    desk.lasts, desk.endings = 20.0, ["COMPLETED", "FAILED"]

    def edit(body: dict[str, Any]) -> None:
        ended = [one for one in operations(world) if one.done]
        if not found and len(ended) >= 3 and len(ended) == len({one.query for one in operations(world)}):
            since, before = bounds(next(one for one in ended if one.status == "FAILED").query)
            found.append(next(gid for gid, one in world.shop.orders.items() if since < one["updatedAt"] < before))
            world.shop.set_note(found[0], "in between", world.now())

    world.app.tamper = edit
    return found


def test_an_order_edited_between_two_evaluations_comes_with_the_next_reading(world: World, slipped: list[str]) -> None:
    reader = OrderReader(world.client(), bulk_from=60, cut=FEW)
    came = {order.order_id for page in reader.changed(None, world.now()) for order in page.orders}
    assert len(slipped) == 1 and len(came) == len(world.shop.orders) - 1 and bare(slipped[0]) not in came, "it was to be missed"
    assert reader.client.first_dated is not None
    later = OrderReader(world.client()).changed(reader.client.first_dated - OVERLAP, world.now())
    assert bare(slipped[0]) in {order.order_id for page in later for order in page.orders}, "it lies behind the watermark"


def test_an_order_edited_between_two_evaluations_is_kept(world: World, slipped: list[str], tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    run(world, path, FEW)
    world.app.tamper = None
    run(world, path, FEW)
    assert "in between" in snapshots(path)[bare(slipped[0])]
    run(world, tmp_path / "other.db", ONE)
    assert snapshots(path) == snapshots(tmp_path / "other.db")


def test_a_kill_after_an_edit_in_between_loses_nothing(world: World, tmp_path: Path) -> None:
    """As above, but the run is ended at any page: the next one finds what moved all the same."""
    world.fill(90)
    desk, ended_at = world.app.bulk, 0
    for pages in range(1, 60, 9):
        path, edited, seen = tmp_path / f"{pages}.db", list[str](), [0]
        desk.operations.clear()
        desk.lasts, desk.endings = 20.0, ["COMPLETED", "FAILED"]

        def edit(body: dict[str, Any], edited: list[str] = edited) -> None:
            if not edited and sum(one.done is not None for one in operations(world)) >= 3:
                gid = sorted((one["updatedAt"], gid) for gid, one in world.shop.orders.items())[40][1]
                edited.append(gid)
                world.shop.set_note(gid, f"moved {world.time.seconds}", world.now())

        def enough(seen: list[int] = seen, pages: int = pages) -> bool:
            seen[0] += 1
            return seen[0] >= pages

        world.app.tamper = edit
        try:
            run(world, path, FEW, Ends(enough))
        except Interrupted:
            ended_at += 1
        world.app.tamper = None
        run(world, path, FEW)
        world.time.seconds += 3600
        run(world, path, FEW)
        other = tmp_path / f"{pages}-other.db"
        run(world, other, ONE)
        assert snapshots(path) == snapshots(other)
    assert ended_at >= 3


def test_an_error_in_the_ledger_cancels_what_runs(world: World, tmp_path: Path) -> None:
    """Whatever ends the reading, also what has nothing to do with the shop."""
    world.fill(200)
    world.app.bulk.lasts = 60.0

    def broken() -> bool:
        if any(one.active for one in operations(world)):
            raise sqlite3.OperationalError("the disk is full")
        return False

    with pytest.raises(sqlite3.OperationalError):
        run(world, tmp_path / "ledger.db", progress=Ends(broken))
    assert {one.status for one in operations(world)} == {"CANCELING"}
