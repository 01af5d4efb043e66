"""Opening web.db: private to its owner, of a known version, for one short transaction at a time, by several processes.

A rollback journal, as the inbox has it: before SQLite 3.51.3 several writing connections could damage a file with a write-ahead
log (sqlite.org/wal.html). No connection outlives what it is opened for, so that the file may be deleted meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from syncdb.errors import LedgerBusy, LedgerUnusable
from syncdb.ledger.beside import alone, make_private, told
from syncdb.ledger.file import OLDER_RUNS, closed_on_failure
from syncdb.ledger.web.schema import VERSION, migrate

PATIENCE = 5.0  # seconds to wait for another process that writes


class WebBusy(LedgerBusy):
    """Another process kept web.db to itself for too long."""


def web_path(ledger: Path) -> Path:
    """Where the web.db of a ledger lies: `shopify_sync.web.db` beside `shopify_sync.db`."""
    return ledger.with_name(f"{ledger.stem}.web{ledger.suffix}")


def make(path: Path) -> None:
    """See to it that the file is there and of this version. Raises LedgerUnusable and WebBusy."""
    with writing(path):
        return


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, alone; the file is made if missing. Raises LedgerUnusable and WebBusy."""
    with told(path, WebBusy, unusable):
        if not _is_ready(path):
            _make(path)
        with closing(connected(path, "rw")) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing; the file is made if missing. Raises LedgerUnusable and WebBusy."""
    with told(path, WebBusy, unusable):
        if not _is_ready(path):
            _make(path)
        with closing(connected(path, "ro")) as connection:
            yield connection


def unusable(path: Path, why: str) -> LedgerUnusable:
    """What a person is told about a web.db that cannot be used."""
    return LedgerUnusable(
        f"{path}, which holds what is under way and who is logged in, cannot be used: {why}. The ledger is not concerned.",
        next_step=f"Free some space, or give yourself the right to write {path}. If it is damaged, delete it: it is made anew.",
    )


def _is_ready(path: Path) -> bool:
    """Whether the file is there and of this version. Raises LedgerUnusable for one of a newer program."""
    if not path.exists() or not path.stat().st_size:
        return False
    with closing(connected(path, "ro")) as connection:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise LedgerUnusable(
            f"{path} was written by a newer syncdb. It was left untouched.",
            next_step=f"Update syncdb on this computer, or delete that file: it is made anew. {OLDER_RUNS}",
        )
    return found == VERSION


def _make(path: Path) -> None:
    """Make the file, readable by its owner only, or bring it up to date, while nobody else does."""
    with alone(path, WebBusy):
        make_private(path)
        with closing(connected(path, "rw")) as connection:
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            migrate(connection)


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """A connection for one thing; `mode` as SQLite has it: ro or rw."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=PATIENCE)
    with closed_on_failure(connection):
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes of it is made anew
    return connection
