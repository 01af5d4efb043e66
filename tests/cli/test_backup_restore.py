"""Copies of a live ledger, and what a restore must never do: add a row again, lose the ledger that was there, or half happen."""

import errno
import io
import os
import shutil
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger
from syncdb.ledger.backup import back_up
from syncdb.ledger.backup import restore as put_back
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.runs import Problem
from syncdb.model import Action, Attempt, Operation, Side
from syncdb.orders.redaction import catch_up
from syncdb.values import iso
from tests.cli.conftest import Shop, manage
from tests.cli.ordering import place
from tests.scenarios.world import World

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
OPERATION = Operation(Side.RIGHT, Action.UPDATE, "k", "7", {}, {"tags": "a"}, "changed")


def count(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(query).fetchone()[0])


def files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.is_file())


def test_a_backup_is_whole_private_and_one_file(past: Shop, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        answer = past.ask("backup", "--output", str(tmp_path / "b.db"), "--json")
    finally:
        os.umask(before)
    assert answer.code == 0 and answer.data["rows"]["order_tracking"] == len(past.world.shop.orders)
    assert count(tmp_path / "b.db", "SELECT count(*) FROM order_tracking") == len(past.world.shop.orders)
    assert files(tmp_path) == ["b.db"]
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600
    assert manage("check", "--db", str(tmp_path / "b.db")).code == 0
    assert past.ask("backup", "--output", str(tmp_path / "b.db")).code == 2, "never over a file unasked"
    assert past.ask("backup", "--output", str(past.path), "--overwrite").code == 2, "never over the ledger itself"


def test_copies_made_while_a_run_writes_are_all_whole(tmp_path: Path) -> None:
    """The writer keeps two tables equal within each transaction; no copy may show them apart."""
    path, stop, written = tmp_path / "ledger.db", threading.Event(), list[str]()

    def write() -> None:
        with Ledger.open(path, NOW) as ledger:
            while not stop.is_set() or len(written) < 50:
                number = str(len(written))
                with ledger.transaction():
                    ledger.orders.wait("p", [number])
                    ledger.problems.add(Problem("fetch", "x" * 500, "m" * 2000, number), 1, iso(NOW))
                written.append(number)

    Ledger.open(path, NOW).close()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = []
        for number in range(8):
            copy = tmp_path / f"copy{number}.db"
            rows = back_up(path, copy).rows
            assert rows["pending"] == rows["sync_errors"]
            assert count(copy, "SELECT count(*) FROM pending") == rows["pending"]
            seen.append(rows["pending"])
    finally:
        stop.set()
        writer.join()
    assert seen == sorted(seen) and len(written) >= 50


def test_an_old_ledger_takes_over_the_rows_that_the_sheet_has(tmp_path: Path) -> None:
    """The sheet got new rows and changes after the backup; after the restore none is added again and none is lost."""
    world = World(tmp_path, orders=25)
    try:
        world.synced(full=True)
        path = tmp_path / "ledger.db"
        assert manage("backup", "--output", str(tmp_path / "old.db"), "--db", str(path)).code == 0
        old = set(world.shop.orders)
        for _ in range(4):
            place(world)
        world.shop.add_tag(next(iter(old)), "after the backup")
        world.synced()
        before = world.grid()
        assert len(world.rows()) == sum(len(order["lineItems"]) or 1 for order in world.shop.orders.values())
        answer = manage("restore", str(tmp_path / "old.db"), "--yes", "--db", str(path), "--json")
        assert answer.code == 0 and answer.data["rows"]["order_tracking"] == len(old)
        kept = Path(answer.data["kept_aside"])
        assert count(kept, "SELECT count(*) FROM order_tracking") == len(world.shop.orders)
        again = world.synced()
        assert again.counts["rows_added"] == 0 and again.counts["cells_changed"] == 0
        assert world.grid() == before and again.writes == 0
        assert count(path, "SELECT count(*) FROM order_tracking") == len(world.shop.orders)
        quiet = world.synced()
        assert quiet.writes == 0 and manage("check", "--db", str(path)).code == 0
    finally:
        world.close()


def test_a_ledger_held_by_a_run_stays(copied: Callable[[], Path], past: Shop, tmp_path: Path) -> None:
    path = copied()
    shutil.copy(path, tmp_path / "b.db")
    with Ledger.open(path, NOW):
        answer = manage("restore", str(tmp_path / "b.db"), "--yes", "--db", str(path))
    assert answer.code == 7 and "Another run" in answer.err
    assert not [name for name in files(tmp_path) if "replaced" in name or name.endswith(".part")]


def test_a_ledger_that_somebody_reads_stays(copied: Callable[[], Path], tmp_path: Path) -> None:
    """Its write-ahead log cannot be folded in while it is read, and it would be read into the restored one."""
    path = copied()
    shutil.copy(path, tmp_path / "b.db")
    with reading(path) as reader:
        assert reader.number("SELECT count(*) FROM order_tracking")
        answer = manage("restore", str(tmp_path / "b.db"), "--yes", "--db", str(path))
        assert answer.code == 7 and "has" in answer.err and "open" in answer.err
        assert reader.number("SELECT count(*) FROM order_tracking")
    assert not [name for name in files(tmp_path) if "replaced" in name or name.endswith(".part")]
    assert manage("restore", str(tmp_path / "b.db"), "--yes", "--db", str(path)).code == 0


def test_restoring_asks_first(copied: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied()
    shutil.copy(path, tmp_path / "b.db")
    answer = manage("restore", str(tmp_path / "b.db"), "--db", str(path), "--json")
    assert answer.code == 2 and "--yes" in answer.data["error"]["next_step"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    unasked = manage("restore", str(tmp_path / "b.db"), "--db", str(path))
    assert unasked.code == 2 and "--yes" in unasked.err, "no terminal, so nobody to be asked"
    terminal = io.StringIO("n\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    refused = manage("restore", str(tmp_path / "b.db"), "--db", str(path))
    assert refused.code == 130 and "Nothing was changed" in refused.err
    assert not [name for name in files(tmp_path) if "replaced" in name]


def begin(path: Path, token: int, at: datetime) -> None:
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        ledger.journal("p").begin(Attempt(token, (OPERATION,), {}), Side.RIGHT, "records", 1, iso(at))


def test_old_writes_without_an_outcome_are_given_up_young_ones_kept(copied: Callable[[], Path], tmp_path: Path) -> None:
    path = copied()
    begin(path, 1, NOW - timedelta(hours=2))
    begin(path, 2, NOW - timedelta(minutes=2))
    back_up(path, tmp_path / "b.db")
    done = put_back(tmp_path / "b.db", tmp_path / "fresh.db", NOW, catch_up)
    assert done.aside is None and done.voided == 1
    with Ledger.open(tmp_path / "fresh.db", NOW) as ledger:
        assert [one.attempt.token for one in ledger.journal("p").unfinished()] == [2]
        assert ledger.runs.get("watermark:orders") is not None
        names = [row[0] for row in ledger.connection.execute("SELECT name FROM meta")]
        assert not [name for name in names if name.startswith("examined:")]


def test_a_write_under_way_is_not_forgotten_by_a_restore(copied: Callable[[], Path], tmp_path: Path) -> None:
    path = copied()
    back_up(path, tmp_path / "b.db")
    begin(path, 3, NOW - timedelta(minutes=2))
    with pytest.raises(NeedsPerson, match="no known outcome"):
        put_back(tmp_path / "b.db", path, NOW, catch_up)
    with Ledger.open(path, NOW) as ledger:
        assert len(ledger.journal("p").unfinished()) == 1
    assert put_back(tmp_path / "b.db", path, NOW + timedelta(minutes=10), catch_up).aside is not None


def test_a_damaged_ledger_is_replaced_and_kept_as_it_was(past: Shop, tmp_path: Path) -> None:
    past.ask("backup", "--output", str(tmp_path / "b.db"))
    path = tmp_path / "broken.db"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    path.with_name("broken.db-wal").write_bytes(b"left behind")
    answer = manage("restore", str(tmp_path / "b.db"), "--yes", "--db", str(path), "--json")
    assert answer.code == 0
    kept = Path(answer.data["kept_aside"])
    assert kept.read_bytes().startswith(b"no database at all")
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"left behind"
    assert not path.with_name("broken.db-wal").exists()
    assert count(path, "SELECT count(*) FROM order_tracking") == len(past.world.shop.orders)


@pytest.mark.parametrize("what", ["missing", "text", "cut", "foreign", "newer"])
def test_what_is_no_backup_changes_nothing(copied: Callable[[], Path], tmp_path: Path, what: str) -> None:
    path, backup = copied(), tmp_path / "b.db"
    if what == "text":
        backup.write_text("hello, this is not a ledger " * 20, encoding="utf-8")
    elif what == "cut":
        backup.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif what == "foreign":
        with closing(sqlite3.connect(backup)) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
    elif what == "newer":
        shutil.copy(path, backup)
        with closing(sqlite3.connect(backup)) as connection:
            connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('syncdb', 'm999', 'x')")
            connection.commit()
    before = path.read_bytes()
    answer = manage("restore", str(backup), "--yes", "--db", str(path))
    assert answer.code == 5 and answer.err
    assert path.read_bytes() == before
    assert not [name for name in files(tmp_path) if "replaced" in name or ".part" in name]


def test_the_ledger_itself_is_no_backup(copied: Callable[[], Path]) -> None:
    path = copied()
    answer = manage("restore", str(path), "--yes", "--db", str(path))
    assert answer.code == 5 and "is the ledger in use" in answer.err


def test_a_place_that_cannot_be_written_is_told(past: Shop, tmp_path: Path) -> None:
    (tmp_path / "none").write_text("no folder", encoding="utf-8")
    answer = past.ask("backup", "--output", str(tmp_path / "none" / "b.db"))
    assert answer.code == 5 and "cannot be made" in answer.err


def test_a_folder_that_takes_no_writes_is_told(past: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only file system refuses to remove what is not there, too."""

    def refused(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)
        patched.setattr(os, "unlink", refused)
        answer = past.ask("backup", "--output", str(tmp_path / "b.db"))
    assert answer.code == 5 and f"{tmp_path / 'b.db'} cannot be written: Read-only file system." in answer.err


@pytest.mark.skipif(os.name == "nt", reason="a limit on the size of files needs POSIX (RLIMIT_FSIZE)")
def test_a_full_disk_is_that_of_the_copy_not_of_the_ledger(past: Shop, tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
    try:
        answer = past.ask("backup", "--output", str(tmp_path / "b.db"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer.code == 5 and f"{tmp_path / 'b.db'} cannot be written" in answer.err and "The ledger" not in answer.err
    assert files(tmp_path) == []
