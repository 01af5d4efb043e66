"""Opening the inbox: private to its owner, of a known version, written by several processes at once.

SQLite's older way of commits, with a rollback journal, not the write-ahead log that the ledger has: before 3.51.3 several writing
connections could damage a file with such a log (sqlite.org/wal.html). With commits for many events together it costs nothing
that counts (measured: 1.3 ms for 64 events).
"""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger import beside
from syncdb.ledger.file import OLDER_RUNS, closed_on_failure
from syncdb.ledger.inbox.schema import migrations

PATIENCE = 1.0  # seconds to wait for another process that writes; Shopify waits five for an answer
_PRAGMAS = ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON", "PRAGMA secure_delete = ON")


class InboxBusy(LedgerBusy):
    """Another process kept the inbox to itself for too long: nothing was kept, the sender shall try again."""


def inbox_path(ledger: Path) -> Path:
    """Where the inbox of a ledger lies: `shopify_sync.events.db` beside `shopify_sync.db`."""
    return ledger.with_name(f"{ledger.stem}.events{ledger.suffix}")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A writing connection, for any one thread at a time; the file is made if missing. Raises LedgerUnusable and InboxBusy."""
    with told(path):
        beside.make_private(path)
        with closed_on_failure(_connect(path, "rw")) as connection, beside.alone(path, InboxBusy):
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = FULL")
            if newer := migrations.unknown(connection):
                raise LedgerUnusable(
                    f"{path} was written by a newer syncdb (it has {', '.join(newer)}). It was left untouched.",
                    next_step=f"Update syncdb on this computer. {OLDER_RUNS}",
                )
            migrations.apply(connection)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing. Raises LedgerUnusable and InboxBusy."""
    with told(path), closed_on_failure(_connect(path, "ro")) as connection:
        connection.execute("PRAGMA query_only = ON")
    return connection


def told(path: Path) -> AbstractContextManager[None]:
    """Raise InboxBusy or LedgerUnusable in place of what SQLite or the file system says."""
    return beside.told(path, InboxBusy, _unusable)


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
