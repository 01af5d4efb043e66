"""What a run and a `status` ask of the ledger: no statement goes through a table that grows with the shop, and none does more
work the more orders there are.
"""

import json
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncdb.sandbox.shopify.generate import new_order
from tests.cli.conftest import manage
from tests.scenarios.world import World

PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE")
GROWS = {"link", "order_tracking", "record", "order_change", "cell_write", "sync_history", "sync_errors", "journal", "pending"}
# going through one of these is no more work in a larger shop: what is open or waits for a person, and what is not of the shop
FEW = {
    "order_missing": "orders that the shop did not show, until the next run has asked for them",
    "one_open_error": "errors that are open",
    "journal_open": "writes whose outcome is not known",
    "history_open": "runs that have not ended",
    "one_open_verdict": "decisions that wait for a run",
    "conflict": "what waits for a person",
    "number_stretch": "the gaps in the numbers",
    "order_count": "one line for each state",
    "meta": "what is remembered by name",
    "pair": "the pairs that had runs",
    "source": "the systems that the ledger knows",
    "_sqlite_migrations": "the schema",
    "sqlite_master": "the schema",
    "snapshot_dictionary": "one, of 64 KB",
    "sqlite_schema": "the schema",
    "CONSTANT": "values that stand in the statement itself",
    "(subquery-1)": "what a statement selected before",
}
# so many lines from the end of the key, however many there are before
LAST_ONES = re.compile(r"FROM sync_history ORDER BY run_id DESC LIMIT \d+$")


@dataclass
class Watched:
    """Every statement made through any connection meanwhile, how SQLite carries it out, and how much work it was."""

    plans: dict[str, list[str]] = field(default_factory=dict)
    steps: int = 0

    def scans(self) -> dict[str, list[str]]:
        """By statement, what it goes through as a whole and should not."""
        found: dict[str, list[str]] = {}
        for statement, plan in self.plans.items():
            for line in plan:
                scanned = re.match(r"SCAN (\S+)(?:.* USING (?:COVERING )?INDEX (\S+))?", line)
                if scanned and not LAST_ONES.search(statement) and not FEW.keys() & {scanned[1], scanned[2]}:
                    found.setdefault(statement, []).append(line)
        return found

    def touched(self) -> set[str]:
        return {table for table in GROWS for statement in self.plans if re.search(rf"\b{table}\b", statement)}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Watched]]:
    """Begins to watch. SQLite itself is asked, on the very connection, before that is closed."""
    seen: list[Watched] = []

    class Told(sqlite3.Connection):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.statements = dict[str, None]()
            self.set_trace_callback(self._note)
            self.set_progress_handler(self._step, 50)

        def _note(self, statement: str) -> None:
            if statement.lstrip().upper().startswith(PLANNED):
                self.statements[statement] = None

        def _step(self) -> int:
            if seen:
                seen[-1].steps += 50
            return 0

        def close(self) -> None:
            self.set_trace_callback(None)
            self.set_progress_handler(None, 0)
            for statement in self.statements if seen else ():
                plan = [row[3] for row in self.execute(f"EXPLAIN QUERY PLAN {statement}")]
                seen[-1].plans[statement] = plan
            self.statements.clear()
            super().close()

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **{"factory": Told} | named))

    def begin() -> Watched:
        seen.append(Watched())
        return seen[-1]

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


def test_no_statement_goes_through_a_table_that_grows(make: Callable[..., World], watched: Callable[[], Watched]) -> None:
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


def test_nor_does_one_of_runs_into_several_tabs(make: Callable[..., World], watched: Callable[[], Watched]) -> None:
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


def test_the_work_follows_what_changed_not_how_many_orders_there_are(
    make: Callable[..., World], watched: Callable[[], Watched]
) -> None:
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


def test_the_watch_sees_a_scan(make: Callable[..., World], watched: Callable[[], Watched]) -> None:
    world = make(orders=5)
    world.synced()
    seen = watched()
    connection = sqlite3.connect(world.env["DB_PATH"])
    connection.execute("SELECT count(*) FROM order_tracking WHERE total = '1'").fetchone()
    connection.close()
    assert len(seen.scans()) == 1 and seen.steps > 0
