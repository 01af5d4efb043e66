"""The ledger file: one writer, refused untouched when unfit, and nothing half-recorded."""

import multiprocessing
import os
import sqlite3
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger import Ledger
from syncdb.ledger.orders import Seen
from syncdb.ledger.runs import Problem
from syncdb.model import Action, Attempt, Conflict, Operation, Side, Why
from syncdb.order_snapshot import snapshot_of

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shopify_sync.db"


def save(ledger: Ledger, snapshot: dict[str, Any], updated_at: str = "2026-11-20T10:00:00Z") -> Seen:
    with ledger.transaction():
        (seen,) = ledger.orders.save([snapshot_of({"updated_at": updated_at} | snapshot)], 1, "2026-11-21T07:00:00Z")
        return seen


def test_a_second_writer_is_turned_away(path: Path) -> None:
    with Ledger.open(path, NOW), pytest.raises(LedgerBusy, match="Another run"):
        Ledger.open(path, NOW)
    Ledger.open(path, NOW).close()


def _hold_and_die(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    Ledger.open(path, NOW)
    ready.set()
    os._exit(9)


def test_the_hold_ends_with_the_process_however_it_ends(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold_and_die, args=(path, ready))
    process.start()
    assert ready.wait(30)
    process.join(30)
    Ledger.open(path, NOW).close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_file_is_its_owners_only(path: Path) -> None:
    before = os.umask(0)
    try:
        Ledger.open(path, NOW).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_newer_ledger_is_refused_untouched(path: Path) -> None:
    Ledger.open(path, NOW).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('syncdb', 'm999_future', 'x')")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    for opening in (Ledger.open, Ledger.copy):
        with pytest.raises(LedgerUnusable, match="newer syncdb.*m999_future"):
            opening(path, NOW)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_untouched(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerUnusable, match="not a syncdb ledger"):
        Ledger.open(path, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "header", "pages"])
def test_a_damaged_ledger_is_named_with_the_way_back(path: Path, damage: str) -> None:
    with Ledger.open(path, NOW) as ledger:
        for number in range(300):
            save(ledger, {"id": str(number), "note": "x" * 500})
    if damage == "text":
        path.write_text("this is no database at all, but long enough to look at", encoding="utf-8")
    else:
        data = bytearray(path.read_bytes())
        begin = 0 if damage == "header" else len(data) // 3
        data[begin : begin + 8192] = b"\xa5" * min(8192, len(data) - begin)
        path.write_bytes(bytes(data))
    before = path.read_bytes()
    with pytest.raises(LedgerUnusable) as told:
        Ledger.open(path, NOW + timedelta(days=2))
    assert "damaged" in str(told.value) and "backup" in told.value.next_step
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(LedgerUnusable, match="lock file"):
        Ledger.open(tmp_path / "file" / "x.db", NOW)


def test_a_copy_leaves_the_file_as_it_is(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        save(ledger, {"id": "1"})
    before = path.read_bytes()
    with Ledger.copy(path, NOW) as copy:
        assert copy.orders.count() == 1
        save(copy, {"id": "2"})
        assert copy.orders.count() == 2
    assert path.read_bytes() == before
    with Ledger.open(path, NOW) as ledger:
        assert ledger.orders.count() == 1


def test_a_copy_of_nothing_makes_no_file(path: Path) -> None:
    with Ledger.copy(path, NOW) as copy:
        assert copy.orders.count() == 0
    assert not path.exists()


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        with pytest.raises(RuntimeError), ledger.transaction():
            ledger.orders.save([snapshot_of({"id": "1"})], 1, "now")
            raise RuntimeError
        assert ledger.orders.count() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system which files are open")
def test_new_orders_are_kept_without_copies_of_what_they_change(path: Path) -> None:
    """SQLite keeps such copies in a file of its own, if it may have to undo one statement alone: most of what it would write.

    Numbers follow on one another, leave gaps, close them and come again.
    """
    numbers = [*range(1, 2000), *range(3000, 2000, -1), 2000, *range(50, 60), *range(50, 60)]
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        found = [{"id": str(place), "number": number, "name": "x" * 300} for place, number in enumerate(numbers)]
        ledger.orders.save([snapshot_of(one) for one in found], 1, "2026-11-20T10:00:00Z")
        opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        stretches = ledger.connection.execute("SELECT * FROM number_stretch ORDER BY times").fetchall()
    assert stretches == [(1, 1, 3000), (2, 50, 59), (3, 50, 59)]
    assert not [one for one in opened if "etilqs" in one]


def test_history_follows_each_field(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        assert (
            save(ledger, {"id": "1", "note": None, "lines": [{"id": "7", "quantity": 2}, {"id": "8", "quantity": 1}]}) is Seen.NEW
        )
        assert (
            save(ledger, {"id": "1", "note": None, "lines": [{"id": "7", "quantity": 2}, {"id": "8", "quantity": 1}]})
            is Seen.SAME
        )
        changed = {"id": "1", "note": "gift", "lines": [{"id": "8", "quantity": 1}, {"id": "7", "quantity": 1}]}
        assert save(ledger, changed) is Seen.CHANGED
        rows = ledger.connection.execute("SELECT path, before, after FROM order_change ORDER BY path").fetchall()
        assert rows == [("lines[7].quantity", "2", "1"), ("note", None, '"gift"')]


def test_an_order_may_come_twice_in_one_page(path: Path) -> None:
    """It moved while the page was made: the later version stays, whichever comes first."""
    times = ["2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"]
    early, late = (snapshot_of({"id": "1", "note": time, "updated_at": time}) for time in times)
    for page, expected in (([early, late], Seen.CHANGED), ([late, early], Seen.OLDER), ([late, late], Seen.SAME)):
        with Ledger.copy(path, NOW) as ledger, ledger.transaction():
            assert ledger.orders.save(page, 1, "now") == [Seen.NEW, expected]
            assert ledger.orders.snapshot("1") == late.snapshot


def test_an_older_version_of_an_order_is_not_taken(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        save(ledger, {"id": "1", "note": "new"}, "2026-11-20T10:00:00Z")
        assert save(ledger, {"id": "1", "note": "old"}, "2026-11-20T09:00:00Z") is Seen.OLDER
        assert ledger.orders.snapshot("1") == {"id": "1", "note": "new", "updated_at": "2026-11-20T10:00:00Z"}


def test_an_error_is_counted_not_repeated(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        for run, message in ((1, "first words"), (2, "later words")):
            with ledger.transaction():
                ledger.problems.add(Problem("fetch", "held back", message, "1", "#1001"), run, f"2026-11-2{run}T00:00:00Z")
        row = ledger.connection.execute("SELECT times, message, first_run, last_run FROM sync_errors").fetchall()
        assert row == [(2, "later words", 1, 2)]
        assert ledger.problems.quarantined("fetch") == ["1"]
        with ledger.transaction():
            ledger.problems.resolve("fetch", "1", "read", "2026-11-23T00:00:00Z")
            ledger.problems.add(Problem("fetch", "held back", "again", "1"), 3, "2026-11-24T00:00:00Z")
        assert ledger.connection.execute("SELECT count(*) FROM sync_errors").fetchone() == (2,)


def test_what_failed_belongs_to_its_pair(path: Path) -> None:
    """An order and a product may both have the key `right:3`, each in its pair."""
    at = "2026-11-23T00:00:00Z"
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for pair in ("erp:one:orders", "erp:one:products"):
            ledger.problems.add(Problem("write", "refused", f"No, says {pair}.", "right:3", pair=pair), 1, at)
        ledger.problems.resolve("write", "right:3", "written", at, "erp:one:orders")
        assert ledger.problems.quarantined("write", "erp:one:orders") == ledger.problems.quarantined("write") == []
        assert ledger.problems.quarantined("write", "erp:one:products") == ["right:3"]
        rows = ledger.connection.execute("SELECT pair, message, resolved_at IS NULL FROM sync_errors ORDER BY error_id")
        assert list(rows) == [
            ("erp:one:orders", "No, says erp:one:orders.", 0),
            ("erp:one:products", "No, says erp:one:products.", 1),
        ]


def test_a_line_that_belongs_to_nobody_is_that_of_the_pair_that_meets_it_first(path: Path) -> None:
    """As a ledger from before has it, where it could not be told whose it was."""
    at = "2026-11-23T00:00:00Z"
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for key in ("right:3", "right:4"):
            ledger.problems.add(Problem("write", "refused", "No.", key), 1, "2026-11-20T00:00:00Z")
        ledger.problems.add(Problem("write", "refused", "Still no.", "right:3", pair="erp:one:orders"), 2, at)
        ledger.problems.resolve("write", "right:4", "written", at, "erp:one:products")
        rows = ledger.connection.execute("SELECT pair, order_id, times, first_run, last_run, resolution FROM sync_errors")
        assert list(rows) == [("erp:one:orders", "right:3", 2, 1, 2, None), ("", "right:4", 1, 1, 1, "written")]


def test_an_attempt_survives_in_the_journal(path: Path) -> None:
    operation = Operation(Side.RIGHT, Action.UPDATE, "k", "7", {"f": NOW.replace(tzinfo=None)}, {"f": None}, "changed", {"f": 3})
    attempt = Attempt(2**31 - 1, (operation,), {"row": 7, "cells": [[1, "é"]]})
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.journal("p").begin(attempt, Side.RIGHT, "records", 1, "2026-11-21T07:00:00Z")
    with Ledger.open(path, NOW) as ledger:
        (unfinished,) = ledger.journal("p").unfinished()
        assert unfinished.attempt == attempt and ledger.journal("other").unfinished() == []
        with ledger.transaction():
            ledger.journal("p").end(attempt.token, True, "2026-11-21T07:00:01Z")
        assert ledger.journal("p").unfinished() == []
        assert ledger.journal("p").spent("2026-11-21T08:00:00Z", 10) == [attempt.token]


def test_conflicts_are_replaced_by_what_was_seen_last(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger:
        records = ledger.records("p")
        one, other = Conflict("a", "f", 1, 2, 3, Why.FORMULA), Conflict("b", None, None, None, None, Why.DOUBLED, ("A1", "A2"))
        with ledger.transaction():
            records.conflicts_are(["a", "b"], [one, other], "2026-11-21T07:00:00Z")
        with ledger.transaction():
            records.conflicts_are(["a"], [], "2026-11-21T08:00:00Z")
        assert [(row[0], row[2]) for row in records.conflicts()] == [("b", "doubled")]


def test_a_run_that_was_cut_short_is_closed_by_the_next(path: Path) -> None:
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.runs.start("p", "sync", "2026-11-21T06:00:00Z")
    with Ledger.open(path, NOW) as ledger:
        with ledger.transaction():
            second = ledger.runs.start("p", "sync", "2026-11-21T07:00:00Z")
        rows = ledger.connection.execute(
            "SELECT run_id, exit_code, message FROM sync_history WHERE ended_at IS NOT NULL"
        ).fetchall()
        assert second == 2 and rows == [(1, None, "cut short: the process ended without a word")]
