"""The tables of the inbox. A released migration is never edited; a new one is added.

Moments are whole milliseconds since 1970 UTC: they are reckoned with, to fractions of a second.
"""

from typing import TYPE_CHECKING

from syncdb.ledger.steps import Steps

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Steps("syncdb inbox")

_FIRST = (
    # what came, by the sender's own id: a repeated delivery is known by it
    """CREATE TABLE event (
        source TEXT NOT NULL,
        event_id TEXT NOT NULL,
        topic TEXT NOT NULL,
        kind TEXT NOT NULL,
        thing_id TEXT NOT NULL,
        triggered_at INTEGER,
        received_at INTEGER NOT NULL,
        PRIMARY KEY (source, event_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX event_by_time ON event (received_at)",
    # when what came last, so that nobody has to read all events for it
    """CREATE TABLE heard (
        source TEXT NOT NULL,
        topic TEXT NOT NULL,
        times INTEGER NOT NULL,
        repeated INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (source, topic)
    ) STRICT, WITHOUT ROWID""",
    # what was turned away, by reason
    """CREATE TABLE refused (
        source TEXT NOT NULL,
        reason TEXT NOT NULL,
        times INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (source, reason)
    ) STRICT, WITHOUT ROWID""",
    # one row for each thing that a reader has still to look at. Without `due_at` nothing came since it was claimed
    """CREATE TABLE waiting (
        reader TEXT NOT NULL,
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        thing_id TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        latest_at INTEGER NOT NULL,
        due_at INTEGER,
        claim TEXT,
        claimed_until INTEGER,
        tries INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (reader, source, kind, thing_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX waiting_due ON waiting (reader, due_at)",
    "CREATE INDEX waiting_claimed ON waiting (claim) WHERE claim IS NOT NULL",
    # what was found when the subscriptions of a source were last looked at (JSON)
    "CREATE TABLE subscriptions (source TEXT PRIMARY KEY, checked_at INTEGER NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID",
)


@migrations
def m001_inbox(db: "Database") -> None:
    for statement in _FIRST:
        db.conn.execute(statement)


# what a shop asked about somebody's data, until a person has seen to it; `person` as the event names the thing
_ASKED = """CREATE TABLE asked (
    source TEXT NOT NULL,
    topic TEXT NOT NULL,
    person TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    done_at INTEGER,
    PRIMARY KEY (source, topic, person)
) STRICT, WITHOUT ROWID"""


@migrations
def m002_asked(db: "Database") -> None:
    db.conn.execute(_ASKED)
