"""A ledger is there whole or not at all, wherever its making is cut off and whatever of it a power cut takes."""

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.errors import LedgerUnusable
from syncdb.ledger import Ledger, file
from syncdb.ledger.backup import back_up, restore
from syncdb.ledger.queries.reader import reading
from syncdb.orders.redaction import catch_up

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CUT = 77
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is cut off by what only Unix has")
# what may become of a file whose bytes were never asked to be on the disk
LOSSES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda content: content,
    "everything": lambda content: b"",
    "the rest": lambda content: content[: len(content) // 2],
    "a page": lambda content: content[:4096] + bytes(4096) + content[8192:],
}


def cut_off(work: Callable[[], Any], folder: Path, step: int) -> bool:
    """Do the work in a process that ends at its step-th touch of a file in the folder; whether it was cut off."""
    if (child := os.fork()) == 0:
        touched = 0

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal touched
            if event in ("open", "sqlite3.connect", "os.rename", "os.remove", "os.truncate") and str(folder) in str(arguments):
                touched += 1
                if touched == step:
                    os._exit(CUT)

        sys.addaudithook(hook)
        try:
            work()
        except BaseException:  # noqa: BLE001 - a child must end here, whatever happened
            os._exit(1)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, CUT), "the work itself failed"
    return ended == CUT


def used(path: Path) -> str:
    """Open the ledger as a run does; its identity."""
    with Ledger.open(path, NOW) as ledger:
        assert ledger.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        with ledger.transaction():
            ledger.runs.put("a note", 1)
        return ledger.id


@needs_fork
@pytest.mark.parametrize("lost", LOSSES)
def test_a_making_that_is_cut_off_anywhere_is_made_good(tmp_path: Path, lost: str) -> None:
    step, cut = 0, True
    while cut:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        cut = cut_off(lambda folder=folder: Ledger.open(folder / "ledger.db", NOW), folder, step)  # type: ignore[misc]
        whole = folder / "ledger.db"
        settled = whole.exists() and whole.stat().st_size > 0
        for one in folder.iterdir():
            if not (settled and one.name.startswith("ledger.db")):  # what has its name was on the disk before
                one.write_bytes(LOSSES[lost](one.read_bytes()))
        assert used(whole) and {one.name for one in folder.iterdir()} <= {
            "ledger.db",
            "ledger.db-wal",
            "ledger.db-shm",
            "ledger.db.lock",
        }
    assert step > 5


@needs_fork
def test_restoring_that_is_cut_off_anywhere_leaves_the_old_or_the_new_ledger(tmp_path: Path) -> None:
    kept, present = tmp_path / "kept.db", tmp_path / "present.db"
    with Ledger.open(present, NOW) as ledger, ledger.transaction():
        ledger.runs.put("which", "old")
    back_up(present, kept)
    with Ledger.open(present, NOW) as ledger, ledger.transaction():
        ledger.runs.put("which", "new")
    step, cut, found = 0, True, set()
    while cut:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        shutil.copy(present, folder / "ledger.db")
        cut = cut_off(lambda folder=folder: restore(kept, folder / "ledger.db", NOW, catch_up), folder, step)  # type: ignore[misc]
        for one in folder.glob(".*"):
            one.write_bytes(b"")
        with Ledger.open(folder / "ledger.db", NOW) as ledger:
            found.add(ledger.runs.get("which"))
    assert found == {"old", "new"} and step > 5


def test_a_making_cut_off_by_an_earlier_version_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE _sqlite_migrations (id TEXT PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)"
        )
    assert used(path)


def test_another_programs_database_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (id TEXT)")
    with pytest.raises(LedgerUnusable, match="not a syncdb ledger"):
        Ledger.open(path, NOW)


@pytest.mark.parametrize("how", ["run", "restore"])
def test_a_log_whose_ledger_was_deleted_is_not_read_into_a_new_one(tmp_path: Path, how: str) -> None:
    path, kept = tmp_path / "ledger.db", tmp_path / "kept.db"
    used(kept)
    with Ledger.open(path, NOW) as ledger:
        with ledger.transaction():
            ledger.runs.put("whose", "the deleted one")
        log = path.with_name("ledger.db-wal").read_bytes()
        assert log
    path.unlink()
    path.with_name("ledger.db-wal").write_bytes(log)
    if how == "restore":
        restore(kept, path, NOW, catch_up)
    with Ledger.open(path, NOW) as ledger:
        assert ledger.runs.get("whose") is None
    assert path.with_name("ledger.db-wal.left").read_bytes() == log


@pytest.mark.skipif(os.name != "posix", reason="rights as Unix has them")
def test_a_new_ledger_is_its_owners_alone_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "ledger.db"
    path.symlink_to(tmp_path / "disk" / "real.db")
    used(path)
    assert path.is_symlink() and (tmp_path / "disk" / "real.db").stat().st_mode & 0o777 == 0o600


def _cut_off_in_a_rollback_journal(path: Path, kept: Path) -> None:
    """A ledger as a backup is (a single file), in whose midst a transaction was cut off: its rollback journal lies beside it."""
    with Ledger.open(kept, NOW) as ledger, ledger.transaction():
        ledger.runs.put("a note", "whole")
    with closing(sqlite3.connect(kept, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE meta SET value = ? WHERE name = 'a note'", (json.dumps("torn" * 100_000),))
        for ending in ("", "-journal"):  # what a power cut leaves: pages of the transaction, and what stood there before
            shutil.copy(f"{kept}{ending}", f"{path}{ending}")
        connection.execute("ROLLBACK")


@pytest.mark.parametrize("first", ["run", "look", "dry run"])
def test_a_transaction_cut_off_before_the_write_ahead_log_is_undone(tmp_path: Path, first: str) -> None:
    """Every later run ended with "cannot be written": a database opened only to look at cannot undo it."""
    path = tmp_path / "ledger.db"
    _cut_off_in_a_rollback_journal(path, tmp_path / "kept.db")
    if first == "look":
        with reading(path) as reader:
            assert json.loads(reader.row("SELECT value FROM meta WHERE name = 'a note'")["value"]) == "whole"  # type: ignore[index]
    elif first == "dry run":
        with closing(file.copy_aside(path)) as aside:
            assert json.loads(aside.execute("SELECT value FROM meta WHERE name = 'a note'").fetchone()[0]) == "whole"
    with Ledger.open(path, NOW) as ledger:
        assert ledger.runs.get("a note") == "whole"
