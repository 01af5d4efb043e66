"""The tables of web.db. A released migration is never edited; a new one is added at the end of `MIGRATIONS`.

Moments are ISO 8601 text in UTC, as in the ledger.
"""

import sqlite3
from collections.abc import Sequence

# one line for each run that was asked for or found: who asked, how far it is, how it ended
_JOBS = (
    """CREATE TABLE job (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        pair TEXT NOT NULL,
        mode TEXT NOT NULL,
        command TEXT NOT NULL,
        origin TEXT NOT NULL,
        by TEXT NOT NULL,
        wanted_at TEXT NOT NULL,
        started_at TEXT,
        beat_at TEXT,
        ended_at TEXT,
        cancel_at TEXT,
        cancel_by TEXT NOT NULL DEFAULT '',
        pid INTEGER,
        stages TEXT NOT NULL DEFAULT '[]',
        exit_code INTEGER,
        said TEXT NOT NULL DEFAULT '',
        run_ids TEXT NOT NULL DEFAULT '[]'
    ) STRICT""",
    "CREATE INDEX job_live ON job (id) WHERE ended_at IS NULL",
    "CREATE INDEX job_of_pair ON job (pair, id)",
)

# when each pair is to run next, and which of them a person switched off
_SCHEDULES = (
    """CREATE TABLE schedule (
        pair TEXT PRIMARY KEY,
        rhythm TEXT NOT NULL,
        next_at TEXT,
        off_at TEXT,
        off_by TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID""",
)

MIGRATIONS: Sequence[tuple[str, ...]] = (_JOBS, _SCHEDULES)
VERSION = len(MIGRATIONS)  # kept as the file's user_version


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an empty or older file up to date, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for statements in MIGRATIONS[found:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(found, VERSION)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
