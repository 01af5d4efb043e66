"""History that is older than wanted goes; orders, agreements and what something unsettled refers to stay."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import syncdb.engine.retention as retention
from syncdb.clock import Clock
from syncdb.engine.progress import Silent
from syncdb.ledger import Ledger
from syncdb.ledger.queries.integrity import relations
from syncdb.ledger.queries.reader import reading
from syncdb.values import iso
from tests.cli.conftest import manage
from tests.scenarios.test_everyday import first_order
from tests.scenarios.world import World

TABLES = ("order_change", "cell_write", "sync_history", "journal", "sync_errors", "order_tracking", "record")
DAY = 24


def ledger(world: World) -> Path:
    return Path(world.env["DB_PATH"])


def ask(world: World, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(ledger(world))) as connection:
        return connection.execute(query).fetchall()


def counts(world: World) -> dict[str, int]:
    return {table: int(str(ask(world, f"SELECT count(*) FROM {table}")[0][0])) for table in TABLES}


def days_ago(world: World, days: int) -> str:
    return iso(world.sandbox.now() - timedelta(days=days))


def sound(world: World) -> bool:
    with reading(ledger(world)) as reader:
        return all(one.sound for one in relations(reader))


def busy_weeks(world: World, weeks: int) -> Iterator[str]:
    """Each week somebody changes the note of an order."""
    for week in range(weeks):
        gid = list(world.shop.orders)[week % 5]
        world.shop.set_note(gid, f"week {week}")
        world.pass_time(hours=7 * DAY)
        world.synced()
        yield gid


@pytest.fixture
def kept(make: Callable[..., World]) -> World:
    """A shop whose ledger keeps all, with half a year of changes."""
    world = make(orders=12)
    world.synced()
    for _ in busy_weeks(world, 26):
        pass
    return world


def test_all_is_kept_unless_something_else_is_wanted(kept: World) -> None:
    assert counts(kept)["sync_history"] == 27 and counts(kept)["order_change"] >= 26


def test_what_is_older_goes_and_all_else_stays(kept: World) -> None:
    before, sheet = counts(kept), kept.grid()
    kept.env["HISTORY_DAYS"] = "60"
    kept.synced()
    after = counts(kept)
    oldest = days_ago(kept, 60)
    assert before["order_change"] > after["order_change"] > 0 and before["sync_history"] > after["sync_history"] > 0
    assert before["cell_write"] > after["cell_write"] > 0
    assert ask(kept, f"SELECT count(*) FROM order_change WHERE seen_at < '{oldest}'") == [(0,)]
    assert ask(kept, f"SELECT count(*) FROM cell_write WHERE written_at < '{oldest}'") == [(0,)]
    assert (after["order_tracking"], after["record"]) == (before["order_tracking"], before["record"])
    assert sound(kept) and kept.grid() == sheet
    assert kept.synced(full=True).writes == 0


def test_once_a_day_is_enough(kept: World) -> None:
    kept.env["HISTORY_DAYS"] = "60"
    kept.synced()
    with closing(sqlite3.connect(ledger(kept))) as connection, connection:
        connection.execute("UPDATE cell_write SET written_at = '2020-01-01T00:00:00Z'")
    count = counts(kept)["cell_write"]
    kept.synced()
    assert counts(kept)["cell_write"] == count
    kept.pass_time(hours=DAY)
    kept.synced()
    assert counts(kept)["cell_write"] == 0


def test_what_something_open_refers_to_stays(kept: World) -> None:
    gid, _ = first_order(kept)
    order_id = gid.rpartition("/")[2]
    mine = f"SELECT count(*) FROM order_change WHERE order_id = '{order_id}'"
    kept.shop.set_note(gid, "and again")
    kept.synced()
    kept.shop.fail_order(gid)
    assert kept.sync(full=True).code == 3
    before = ask(kept, mine)
    kept.env["HISTORY_DAYS"] = "7"
    kept.pass_time(hours=20 * DAY)
    assert kept.sync().code == 3
    assert ask(kept, mine) == before and counts(kept)["order_change"] == before[0][0] and sound(kept)
    kept.shop.heal(gid)
    kept.synced(full=True)
    kept.pass_time(hours=9 * DAY)
    kept.synced()
    assert ask(kept, mine) == [(0,)] and sound(kept)
    assert counts(kept)["sync_errors"] == 0 and counts(kept)["sync_history"] < 30
    last = "SELECT max(run_id) FROM sync_history GROUP BY pair, mode"
    told = f"ended_at < '{days_ago(kept, 7)}' AND run_id NOT IN (SELECT run_id FROM journal) AND run_id NOT IN ({last})"
    assert ask(kept, f"SELECT run_id FROM sync_history WHERE {told}") == []


def test_it_goes_in_steps_and_the_next_run_goes_on(kept: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 4)
    monkeypatch.setattr(retention, "MOST_STEPS", 3)
    total = counts(kept)["order_change"]
    progress, clock = Silent(), Clock(now=lambda: kept.sandbox.now())
    kept.pass_time(hours=400 * DAY)
    with Ledger.open(ledger(kept), kept.sandbox.now()) as opened:
        removed = [retention.cut_history(opened, timedelta(days=30), clock, progress) for _ in range(200)]
    assert removed[0] == 12 and max(removed) == 12 and removed[-1] == 0 and sum(removed) > total
    assert counts(kept)["order_change"] == 0 == counts(kept)["cell_write"] and sound(kept)


def test_a_dry_run_removes_nothing(kept: World) -> None:
    kept.env["HISTORY_DAYS"] = "7"
    before = ledger(kept).read_bytes()
    assert kept.sync(test=True).code == 0
    assert ledger(kept).read_bytes() == before


def test_the_room_is_told_and_given_back(kept: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(ledger(kept))) as connection, connection:
        rows = ((1, "9", "2020-01-01T00:00:00Z", "note", "x" * 4000) for _ in range(500))
        connection.executemany("INSERT INTO order_change (run_id, order_id, seen_at, path, after) VALUES (?, ?, ?, ?, ?)", rows)
    kept.env["HISTORY_DAYS"] = "90"
    kept.synced()
    size = ledger(kept).stat().st_size
    told = manage("check", "--json", "--quick", "--db", str(ledger(kept))).data
    assert told["free_bytes"] > 2_000_000 and told["given_back_bytes"] == 0
    given = manage("check", "--json", "--vacuum", "--db", str(ledger(kept))).data
    assert given["given_back_bytes"] == size - ledger(kept).stat().st_size > 2_000_000
    assert manage("check", "--json", "--db", str(ledger(kept))).data["free_bytes"] == 0
    assert kept.synced(full=True).writes == 0
