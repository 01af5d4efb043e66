"""Troubles that people are told of, and the messages about them: written down first, marked as sent after.

A crash in between may send a message twice, and never loses one.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from syncdb.ledger.web.file import reading, writing
from syncdb.values import canonical_json, iso, moment

CLAIM = timedelta(minutes=2)  # a sender that died is done without after that
KEPT = timedelta(days=90)  # messages
_TROUBLE = "key, shop, pair, code, message, remedy, first_at, last_at, told_at, reminders"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs a person: `code` is stable, `pair` empty where it is no pair's, `message` names no customer."""

    shop: str
    pair: str
    code: str
    message: str
    remedy: str

    @property
    def key(self) -> str:
        """What tells it from others: there is one message for each."""
        return f"{self.shop}|{self.pair}|{self.code}"


@dataclass(frozen=True, slots=True)
class Firing:
    """A trouble that is not over. `told_at` is when people were told, None while it is silenced or new."""

    trouble: Trouble
    first_at: datetime
    last_at: datetime
    told_at: datetime | None
    reminders: int


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be sent. `kind`: "firing", "reminder", "resolved", "digest" or "test"; `key` is that of a trouble, if any."""

    kind: str
    key: str
    subject: str
    body: str
    data: Mapping[str, Any]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """What one look at the troubles came to, to be written at once.

    `seen` are all that are firing, with how they are kept from now on; `over` the keys of those that are not any more.
    """

    seen: Sequence[Firing] = ()
    over: Sequence[str] = ()
    messages: Sequence[Message] = ()
    remembered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is told of `what` (a code, a pair with a code, or all) until then."""

    what: str
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Kept:
    """All that one look needs to know of earlier ones."""

    firing: Mapping[str, Firing]
    silences: Sequence[Silence]
    remembered: Mapping[str, tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class Failing:
    """A way on which messages do not arrive: since when, how many wait or were given up, and why."""

    channel: str
    since: datetime
    messages: int
    error: str


def kept(path: Path, now: datetime) -> Kept:
    """What is known of earlier looks; silences that are over are left out."""
    with reading(path) as connection:
        return _kept(connection, now)


def look(path: Path, now: datetime, channels: Sequence[str], decide: Callable[[Kept], Changes]) -> Changes:
    """Decide by what is known, and write down what comes of it, in one transaction, so that two who look tell a trouble once."""
    with writing(path) as connection:
        changes = decide(_kept(connection, now))
        for one in changes.seen:
            _keep(connection, one)
        connection.executemany("DELETE FROM trouble WHERE key = ?", [(key,) for key in changes.over])
        for message in changes.messages:
            _add(connection, message, channels, now)
        connection.executemany(
            "INSERT INTO remembered VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
            [(name, value, iso(now)) for name, value in changes.remembered.items()],
        )
        connection.execute("DELETE FROM message WHERE made_at < ?", (iso(now - KEPT),))
    return changes


def claim(path: Path, channels: Iterable[str], now: datetime) -> tuple[Message, str, int] | None:
    """A message that is due on one of these ways, the oldest first, with the way and which try it is; nobody else gets it now."""
    names = list(channels)
    with writing(path) as connection:
        row = connection.execute(
            f"""SELECT message, channel, tries FROM delivery WHERE due_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)
                AND channel IN ({", ".join("?" * len(names))}) ORDER BY message LIMIT 1""",
            (iso(now), iso(now), *names),
        ).fetchone()
        if row is None:
            return None
        connection.execute(
            "UPDATE delivery SET claimed_until = ?, tries = tries + 1 WHERE message = ? AND channel = ?",
            (iso(now + CLAIM), row[0], row[1]),
        )
        found = connection.execute("SELECT kind, key, subject, body, data, id FROM message WHERE id = ?", (row[0],)).fetchone()
    kind, key, subject, body, data, number = found
    return Message(kind, key, subject, body, json.loads(data), number), row[1], row[2] + 1


def sent(path: Path, message_id: int, channel: str, now: datetime) -> None:
    """It arrived."""
    with writing(path) as connection:
        connection.execute(
            "UPDATE delivery SET sent_at = ?, due_at = NULL, claimed_until = NULL, error = '' WHERE message = ? AND channel = ?",
            (iso(now), message_id, channel),
        )


def failed(path: Path, message_id: int, channel: str, error: str, again_at: datetime | None) -> None:
    """It did not; it is tried again then, or (None) given up."""
    with writing(path) as connection:
        connection.execute(
            "UPDATE delivery SET due_at = ?, claimed_until = NULL, error = ? WHERE message = ? AND channel = ?",
            (iso(again_at) if again_at else None, error[:500], message_id, channel),
        )


def failing(path: Path, tries: int = 1) -> list[Failing]:
    """The ways on which nothing arrived since a message that was tried so often."""
    with reading(path) as connection:
        rows = connection.execute(
            """WITH arrived (channel, message) AS (
                 SELECT channel, max(message) FROM delivery WHERE sent_at IS NOT NULL GROUP BY channel
               )
               SELECT channel, min(made_at), count(*), max(error) FROM delivery JOIN message ON message.id = delivery.message
               LEFT JOIN arrived USING (channel)
               WHERE sent_at IS NULL AND error <> '' AND tries >= ? AND message.id > coalesce(arrived.message, 0)
               GROUP BY channel ORDER BY channel""",
            (tries,),
        ).fetchall()
    return [Failing(row[0], moment(row[1]), row[2], row[3]) for row in rows]


def silence(path: Path, what: str, until: datetime, by: str, now: datetime) -> None:
    """Tell nobody of something until then; a moment that is past lifts it."""
    with writing(path) as connection:
        connection.execute(
            """INSERT INTO silence (what, until, by, made_at) VALUES (?, ?, ?, ?) ON CONFLICT (what) DO UPDATE SET
               until = excluded.until, by = excluded.by, made_at = excluded.made_at""",
            (what, iso(until), by, iso(now)),
        )
        connection.execute("DELETE FROM silence WHERE until <= ?", (iso(now),))


def _kept(connection: sqlite3.Connection, now: datetime) -> Kept:
    firing = [_firing(row) for row in connection.execute(f"SELECT {_TROUBLE} FROM trouble ORDER BY first_at, key")]
    rows = connection.execute("SELECT what, until, by FROM silence WHERE until > ? ORDER BY what", (iso(now),))
    silences = [Silence(what, moment(until), by) for what, until, by in rows]
    remembered = {name: (value, moment(at)) for name, value, at in connection.execute("SELECT name, value, at FROM remembered")}
    return Kept({one.trouble.key: one for one in firing}, silences, remembered)


def _firing(row: Sequence[Any]) -> Firing:
    return Firing(Trouble(*row[1:6]), moment(row[6]), moment(row[7]), moment(row[8]) if row[8] else None, row[9])


def _keep(connection: sqlite3.Connection, one: Firing) -> None:
    trouble = one.trouble
    values = (trouble.key, trouble.shop, trouble.pair, trouble.code, trouble.message, trouble.remedy, iso(one.first_at))
    told_at = iso(one.told_at) if one.told_at else None
    connection.execute(
        f"INSERT OR REPLACE INTO trouble ({_TROUBLE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, iso(one.last_at), told_at, one.reminders),
    )


def _add(connection: sqlite3.Connection, message: Message, channels: Sequence[str], now: datetime) -> None:
    cursor = connection.execute(
        "INSERT INTO message (kind, key, subject, body, data, made_at) VALUES (?, ?, ?, ?, ?, ?)",
        (message.kind, message.key, message.subject, message.body, canonical_json(dict(message.data)), iso(now)),
    )
    connection.executemany(
        "INSERT INTO delivery (message, channel, due_at) VALUES (?, ?, ?)",
        [(cursor.lastrowid, one, iso(now)) for one in channels],
    )
