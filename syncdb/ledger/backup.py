"""A consistent copy of a live ledger, and putting one back.

Never a file copy: pages may still be in the write-ahead log (sqlite.org/howtocorrupt.html). SQLite's backup API reads one
moment of the ledger while runs go on. The copy is looked through before it gets its name.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from syncdb.errors import LedgerBusy, LedgerUnusable, NeedsPerson
from syncdb.ledger import Ledger, file, redacted, state_keys
from syncdb.ledger.queries.reader import LedgerReader, reading, refuse_missing
from syncdb.ledger.schema import migrations
from syncdb.values import iso

COUNTED = (
    "order_tracking", "record", "sync_history", "sync_errors", "order_change", "cell_write", "journal", "conflict", "pending"
)  # fmt: skip
# no write is applied later than that: Google ends a request after 180 seconds (documented)
SETTLED_AFTER = timedelta(minutes=10)
CatchUp = Callable[[Ledger], int]  # redacts what was redacted before, wherever this ledger still has it; how many orders


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was verified: where it is, its size in bytes, the rows of each table, and when its last run began."""

    path: Path
    size: int
    rows: dict[str, int]
    last_run_at: str | None


@dataclass(frozen=True, slots=True)
class Restored:
    """A ledger put back. `aside` is where the replaced one is kept (None: there was none).

    `voided` is how many writes without a known outcome were given up, `redacted` how many orders were redacted again; `behind`
    says whether some still wait for a write to be settled.
    """

    path: Path
    aside: Path | None
    rows: dict[str, int]
    last_run_at: str | None
    voided: int
    redacted: int
    behind: bool


def back_up(ledger: Path, target: Path) -> Copied:
    """Copy a ledger to `target`, replacing what is there, also while a run writes.

    Raises LedgerUnusable for a ledger or copy that is not sound, NeedsPerson where `target` cannot be written.
    """
    with reading(ledger) as reader, _arriving(target) as arriving:
        # the reader's transaction is open, so that what is counted is what is copied
        expected = counted(reader)
        last = _last_run(reader)
        with _as_trouble_of_the_disk(), closing(_made(arriving)) as copy:
            reader.connection.backup(copy)
            _as_single_file(copy)
        rows = _verified(arriving)
        if rows != expected:
            raise LedgerUnusable(f"The copy of {ledger} does not hold what the ledger holds; it was thrown away.")
    return Copied(target, target.stat().st_size, rows, last)


def copy_beside(database: Path, target: Path) -> None:
    """Copy another database that lies beside a ledger (its inbox, that of its pages), also while somebody writes to it.

    Raises LedgerUnusable where it is not sound, NeedsPerson where `target` cannot be written.
    """
    try:
        with (
            closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
            _arriving(target) as arriving,
        ):
            with _as_trouble_of_the_disk(), closing(_made(arriving)) as copy:
                source.backup(copy)
                told = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if told != "ok":
                raise sqlite3.DatabaseError(told)
    except sqlite3.DatabaseError as error:
        raise LedgerUnusable(f"{database} cannot be copied: {error}. Nothing was changed.") from error


def counted(reader: LedgerReader) -> dict[str, int]:
    """How many rows each table holds."""
    return {table: reader.number(f"SELECT count(*) FROM {table}") for table in COUNTED}


def restore(backup: Path, ledger: Path, now: datetime, catch_up: CatchUp) -> Restored:
    """Put a backup in the place of a ledger, which is kept beside it. `catch_up` redacts what was redacted since, before that.

    The next run will look at every order and every row, so that what the other side got since is taken over as it is.
    A write that had no known outcome in the backup is settled by looking; nothing is ever sent again because of a restore.
    Raises LedgerBusy while a run holds the ledger, NeedsPerson for one with a write under way, LedgerUnusable. Where any of them
    is raised, nothing was changed.
    """
    if ledger.exists() and backup.exists() and backup.samefile(ledger):
        raise NeedsPerson(f"{backup} is the ledger in use; there is nothing to restore.", next_step="Name a backup file.")
    redacted.remembered(redacted.beside(ledger))  # unreadable, it would be too late to say so afterwards
    guard = file.lock(ledger)
    try:
        with _arriving(ledger, replacing=False) as arriving:
            with reading(backup) as source, _as_trouble_of_the_disk(), closing(_made(arriving)) as copy:
                last = _last_run(source)
                source.connection.backup(copy)
            _verified(arriving)
            voided = _prepare(arriving, now)
            rows, again, behind = _redacted_again(arriving, ledger, catch_up)
            aside = _set_aside(ledger, now)
            file.settle(arriving, ledger)
    finally:
        guard.release()
    return Restored(ledger, aside, rows, last, voided, again, behind)


def _prepare(path: Path, now: datetime) -> int:
    """Bring a copy up to date and make the next run look at everything. How many writes were given up."""
    with closing(file.open_for_writing(path)) as connection:
        migrations.apply(connection)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM meta WHERE name LIKE ? OR name = ?", (f"{state_keys.EXAMINED}%", state_keys.CHECKED_AT))
        connection.execute("INSERT OR REPLACE INTO meta SELECT ? || id, 'true' FROM pair", (state_keys.OLD_BASE,))
        # an old write is over, one way or the other, and every row is looked at anyway; its token is cleared away in time
        voided = connection.execute(
            "UPDATE journal SET state = 'void', attempt = NULL, ended_at = ? WHERE state = 'open' AND begun_at < ?",
            (iso(now), iso(now - SETTLED_AFTER)),
        ).rowcount
        connection.execute("COMMIT")
        return voided


def _redacted_again(path: Path, ledger: Path, catch_up: CatchUp) -> tuple[dict[str, int], int, bool]:
    """Redact in a copy what was redacted in the ledger whose place it takes. Its rows, how many orders, and whether some wait."""
    # by the ledger's own name it knows the file that remembers
    with file.closed_on_failure(file.open_for_writing(path)) as connection, Ledger(connection, ledger, None) as heir:
        again = catch_up(heir)
        rows = counted(LedgerReader(connection, path))
        _as_single_file(connection)
    return rows, again, heir.redacted.behind


def _set_aside(ledger: Path, now: datetime) -> Path | None:
    """Keep a copy of the ledger that is to be replaced, and leave no write-ahead log that would be read into its heir."""
    if not ledger.exists():
        file.set_leftovers_aside(ledger)
        return None
    aside = ledger.with_name(f"{ledger.stem}.replaced-{now:%Y%m%dT%H%M%SZ}{ledger.suffix}")
    try:
        refuse_missing(ledger)
        with closing(file.open_for_writing(ledger)) as connection:
            connection.execute("PRAGMA busy_timeout = 2000")
            _refuse_young_writes(connection, now)
            _as_single_file(connection)
        leave = [ledger]
    except (LedgerUnusable, sqlite3.DatabaseError) as damaged:
        if "locked" in str(damaged) or "held by" in str(damaged):
            raise LedgerBusy(
                f"Another program has {ledger} open. Nothing was changed.",
                next_step="Close it (a status or export that is still going, a database browser), then restore again.",
            ) from damaged
        # no program can read it any more; its files are kept as they are
        leave = [one for one in _files(ledger) if one.exists()]
    for one in leave:
        kept = aside.with_name(aside.name + one.name.removeprefix(ledger.name))
        shutil.copy2(one, kept)
        with kept.open("rb+") as stream:
            os.fsync(stream.fileno())
        if one != ledger:
            one.unlink()
    return aside


def _refuse_young_writes(connection: sqlite3.Connection, now: datetime) -> None:
    row = connection.execute("SELECT count(*), max(begun_at) FROM journal WHERE state = 'open'").fetchone()
    if row[0] and row[1] >= iso(now - SETTLED_AFTER):
        raise NeedsPerson(
            f"A write that began at {row[1]} has no known outcome yet; only the ledger in use knows of it. Nothing was changed.",
            next_step="Run a sync first, which settles it, or restore again in ten minutes, when it can no longer take effect.",
        )


def _files(ledger: Path) -> list[Path]:
    return [ledger, *(ledger.with_name(ledger.name + ending) for ending in ("-wal", "-shm"))]


def _verified(path: Path) -> dict[str, int]:
    """Look through a copy. Raises LedgerUnusable where it is not sound or not of this version."""
    with reading(path) as reader:
        file.check(reader.connection, path)
        return counted(reader)


def _last_run(reader: LedgerReader) -> str | None:
    row = reader.row("SELECT started_at FROM sync_history ORDER BY run_id DESC LIMIT 1")
    return str(row["started_at"]) if row else None


def _made(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def _as_single_file(connection: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the file. Raises sqlite3.OperationalError while another program has it open."""
    mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode != "delete":
        raise sqlite3.OperationalError("database is locked")


@contextmanager
def _as_trouble_of_the_disk() -> Iterator[None]:
    """Raise OSError where SQLite could not write the copy: the one that is only read is neither full nor unsound."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        if error.sqlite_errorcode == sqlite3.SQLITE_IOERR_WRITE:
            raise OSError(errno.EIO, str(error)) from error
        raise


@contextmanager
def _arriving(target: Path, *, replacing: bool = True) -> Iterator[Path]:
    """A new private file beside `target`, which takes its place (unless `replacing` is off) once it is safely on the disk."""
    arriving = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(arriving, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield arriving
        if replacing:
            file.settle(arriving, target)
    except OSError as error:
        raise NeedsPerson(
            f"{target} cannot be written: {error.strerror or error}. Nothing was changed.",
            next_step="Choose another place, or make room and check your rights there.",
        ) from error
    finally:
        for one in (arriving, *(arriving.with_name(arriving.name + ending) for ending in ("-wal", "-shm", "-journal"))):
            with suppress(OSError):  # where it could not even be made, as in a folder that takes no writes
                one.unlink()
