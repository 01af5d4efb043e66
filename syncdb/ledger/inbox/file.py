"""Opening the inbox: private to its owner, of a known version, written by several processes at once.

SQLite's older way of commits, with a rollback journal, not the write-ahead log that the ledger has: before 3.51.3 several writing
connections could damage a file with such a log (sqlite.org/wal.html). With commits for many events together it costs nothing
that counts (measured: 1.3 ms for 64 events).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger.file import closed_on_failure
from syncdb.ledger.inbox.schema import migrate, unknown_migrations

PATIENCE = 1.0  # seconds to wait for another process that writes; Shopify waits five for an answer
MADE_WITHIN = 10.0  # seconds to wait for another process that makes the file
_PRAGMAS = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON")


class InboxBusy(LedgerBusy):
    """Another process kept the inbox to itself for too long: nothing was kept, the sender shall try again."""


def inbox_path(ledger: Path) -> Path:
    """Where the inbox of a ledger lies: `shopify_sync.events.db` beside `shopify_sync.db`."""
    return ledger.with_name(f"{ledger.stem}.events{ledger.suffix}")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A writing connection, for any one thread at a time; the file is made if missing. Raises LedgerUnusable and InboxBusy."""
    with told(path):
        _make_private(path)
        with closed_on_failure(_connect(path, "rw")) as connection, _alone(path):
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = FULL")
            if newer := unknown_migrations(connection):
                raise LedgerUnusable(
                    f"{path} was written by a newer syncdb (it has {', '.join(newer)}). It was left untouched.",
                    next_step="Update syncdb on this computer.",
                )
            migrate(connection)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises LedgerUnusable and InboxBusy."""
    with told(path), closed_on_failure(_connect(path, "ro")) as connection:
        connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise InboxBusy or LedgerUnusable in place of what SQLite or the file system says."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise InboxBusy(f"{path} is being written by another process") from error
        raise _unusable(path, str(error)) from error
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error


def _unusable(path: Path, why: str) -> LedgerUnusable:
    return LedgerUnusable(
        f"The inbox of events {path} cannot be used: {why}. The ledger beside it is not concerned.",
        next_step=f"Free some space, or give yourself the right to write {path}. If it is damaged, delete it: it holds hints "
        "only, and the next runs find what changed by asking.",
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)
    with closed_on_failure(connection):
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    return connection


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else makes or migrates the file meanwhile."""
    guard = FileLock(f"{path}.lock")
    try:
        guard.acquire(timeout=MADE_WITHIN)
    except Timeout:
        raise InboxBusy(f"{path} is being made by another process") from None
    try:
        yield
    finally:
        guard.release()


def _make_private(path: Path) -> None:
    """Create the file readable by its owner only."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
