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

# who may use the web application, who is in, and who tried in vain. Of a session only the digest of its secret is kept
_PEOPLE = (
    """CREATE TABLE account (
        name TEXT PRIMARY KEY,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE session (
        digest TEXT PRIMARY KEY,
        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
        made_at TEXT NOT NULL,
        seen_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE login_try (at TEXT NOT NULL, address TEXT NOT NULL) STRICT",
    "CREATE INDEX login_try_by_time ON login_try (at)",
)

# troubles that people are told of, what was made to be sent, and what became of it on each way
_ALERTS = (
    """CREATE TABLE trouble (
        key TEXT PRIMARY KEY,
        shop TEXT NOT NULL,
        pair TEXT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        remedy TEXT NOT NULL,
        first_at TEXT NOT NULL,
        last_at TEXT NOT NULL,
        told_at TEXT,
        reminders INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE silence (
        id INTEGER PRIMARY KEY,
        what TEXT NOT NULL UNIQUE,
        until TEXT NOT NULL,
        by TEXT NOT NULL,
        made_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        data TEXT NOT NULL,
        made_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE delivery (
        message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
        channel TEXT NOT NULL,
        due_at TEXT,
        claimed_until TEXT,
        sent_at TEXT,
        tries INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (message, channel)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL",
    "CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID",
)

# settings that somebody thinks of changing; never a secret
_DRAFTS = (
    """CREATE TABLE draft (
        setting TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        seen TEXT NOT NULL,
        by TEXT NOT NULL,
        at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
)

MIGRATIONS: Sequence[tuple[str, ...]] = (_JOBS, _SCHEDULES, _PEOPLE, _ALERTS, _DRAFTS)
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
