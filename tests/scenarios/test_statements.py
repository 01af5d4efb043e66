"""What a run and a `status` ask of the ledger: no statement goes through a table that grows with the shop, and none does more
work the more orders there are.
"""

import json
import random
import sqlite3
from collections.abc import Callable, Iterator

import pytest

from syncdb.sandbox.shopify.generate import new_order
from tests.cli.conftest import manage
from tests.scenarios.watched import GROWS, Begin, watching
from tests.scenarios.world import World


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    with watching(monkeypatch) as begin:
        yield begin


def an_hour_of_changes(world: World) -> None:
    """Some orders changed, some are new, one was deleted before it was seen, and a number stands twice."""
    rng = random.Random(5)
    for gid in list(world.shop.orders)[:3]:
        world.shop.add_tag(gid, "seen")
    gone = new_order(world.shop, rng, world.sandbox.now(), 1)
    world.shop.delete(gone["id"])
    again = [new_order(world.shop, rng, world.sandbox.now(), 1) for _ in range(3)]
    again[1]["number"] = again[0]["number"]


def test_no_statement_goes_through_a_table_that_grows(make: Callable[..., World], watched: Begin) -> None:
    world = make(orders=20)
    world.synced()
    an_hour_of_changes(world)
    run = watched()
    ran = world.synced()
    assert ran.data["mode"] == "incremental" and ran.counts["orders_new"] >= 3
    status = watched()
    assert manage("status", "--json", "--db", world.env["DB_PATH"]).code in (0, 1)
    assert len(run.plans) > 60 and len(status.plans) > 15
    assert run.touched() >= GROWS - {"journal", "link"} and status.touched() >= {"sync_history", "sync_errors"}
    assert run.scans() == {} and status.scans() == {}


ROUTES = {
    "refunds": {"target_worksheet": "Refunds", "rows": "refund"},
    "customers": {"target_worksheet": "Customers", "rows": "customer"},
    "products": {"target_worksheet": "Products", "rows": "product"},
    "gone": {"target_spreadsheet": "1" * 44, "target_worksheet": "Gone"},
}


def test_nor_does_one_of_runs_into_several_tabs(make: Callable[..., World], watched: Begin) -> None:
    """Rows of refunds, tabs that show other things than orders, and a place that cannot be reached: an open error."""
    world = make(orders=6, env={"ROUTES": json.dumps(ROUTES)})
    world.sync()
    an_hour_of_changes(world)
    run = watched()
    assert world.sync().code == 4
    status = watched()
    assert manage("status", "--json", "--db", world.env["DB_PATH"]).code in (0, 1)
    assert len(run.plans) > 80 and run.touched() >= GROWS - {"journal", "link", "cell_write"}
    assert run.scans() == {} and status.scans() == {}


def test_the_work_follows_what_changed_not_how_many_orders_there_are(make: Callable[..., World], watched: Begin) -> None:
    """Counted in steps of SQLite's machine, which no other load of the computer changes."""
    steps: dict[int, list[int]] = {}
    for orders in (40, 400):
        world = make(orders=orders)
        world.synced()
        an_hour_of_changes(world)
        run = watched()
        assert world.synced().data["mode"] == "incremental"
        status = watched()
        manage("status", "--json", "--db", world.env["DB_PATH"])
        steps[orders] = [run.steps, status.steps]
    (small_run, small_status), (run_steps, status_steps) = steps[40], steps[400]
    assert min(small_run, small_status) > 1000
    assert run_steps <= 1.2 * small_run and status_steps <= 1.2 * small_status, steps


def test_the_watch_sees_a_scan(make: Callable[..., World], watched: Begin) -> None:
    world = make(orders=5)
    world.synced()
    seen = watched()
    connection = sqlite3.connect(world.env["DB_PATH"])
    connection.execute("SELECT count(*) FROM order_tracking WHERE total = '1'").fetchone()
    connection.close()
    assert len(seen.scans()) == 1 and seen.steps > 0
