"""Events taken in, and the things they are about handed out to be looked at, each to one worker at a time."""

import sqlite3
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from syncdb.ledger.inbox.event import PERSON, Event, Thing, due_first, due_latest
from syncdb.ledger.inbox.file import open_for_reading, open_for_writing, told

DAY = 86_400_000  # milliseconds
KEPT = 7 * DAY  # Shopify repeats a delivery for four hours and may send one a day late (documented)
MOST_KEPT = 200_000  # events; the oldest go
PRUNED_AT_ONCE = 2_000
LEASE = 600_000  # milliseconds that a claim holds; a worker that died by then is done without
MOST_TRIES = 8  # then it is left to the runs that ask what changed
TRIED_AGAIN = (5_000, 30_000, 120_000, 600_000)  # milliseconds after a failure, the first, the second ...

_ABOUT_PEOPLE = f"('customers', '{PERSON}')"
NONE_REFUSED: Mapping[tuple[str, str], int] = {}


@dataclass(frozen=True, slots=True)
class Claim:
    """Things that a worker looks at now, by source. `token` tells its claim from a later one of the same things."""

    token: str
    things: Mapping[str, tuple[Thing, ...]]

    def __len__(self) -> int:
        return sum(map(len, self.things.values()))


@dataclass(slots=True)
class Inbox:
    """The inbox, open for writing. `readers` says which readers look at what comes from a source; moments are milliseconds.

    Every method is one transaction, raises InboxBusy where another process holds the file for too long, and LedgerUnusable. Use
    it from one thread at a time.
    """

    path: Path
    connection: sqlite3.Connection
    _since_pruned: int = field(default=PRUNED_AT_ONCE, init=False)  # an inbox that is opened is pruned with its first events

    @classmethod
    def open(cls, path: Path) -> "Inbox":
        return cls(path, open_for_writing(path))

    def close(self) -> None:
        self.connection.close()

    def take(
        self,
        events: Sequence[Event],
        readers: Mapping[str, Collection[str]],
        refused: Mapping[tuple[str, str], int] = NONE_REFUSED,
        now: int = 0,
    ) -> list[bool]:
        """Keep events; for each, whether it is news (False: it had come before). They are on the disk when this returns.

        `refused` counts, by source and reason, what was turned away up to `now`.
        """
        with self._transaction():
            self._turned_away(refused, now)
            news = [self._kept(event) for event in events]
            self._heard(events, news)
            for event, new in zip(events, news, strict=True):
                if new and event.thing.kind == PERSON:
                    self._asked(event)
                for reader in readers.get(event.source, ()) if new and event.thing.kind != PERSON else ():
                    self._wait(reader, event.source, event.thing, event.received_at)
            self._prune(events)
        return news

    def claim(self, reader: str, now: int, most: int, lease: int = LEASE) -> Claim | None:
        """What is due for a reader, at most so many things, the longest due first; None where nothing is.

        Nobody else gets them until they are finished or released, or the lease (milliseconds) is over.
        """
        token = uuid.uuid4().hex
        with self._transaction():
            rows = self.connection.execute(
                """SELECT source, kind, thing_id FROM waiting
                   WHERE reader = ? AND (claim IS NULL AND due_at <= ? OR claimed_until <= ?)
                   ORDER BY coalesce(due_at, 0) LIMIT ?""",
                (reader, now, now, most),
            ).fetchall()
            self.connection.executemany(
                """UPDATE waiting SET claim = ?, claimed_until = ?, due_at = NULL, tries = tries + 1
                   WHERE reader = ? AND source = ? AND kind = ? AND thing_id = ?""",
                [(token, now + lease, reader, *row) for row in rows],
            )
        things: dict[str, list[Thing]] = {}
        for source, kind, thing_id in rows:
            things.setdefault(source, []).append(Thing(kind, thing_id))
        return Claim(token, {source: tuple(some) for source, some in things.items()}) if rows else None

    def finished(self, claim: Claim) -> None:
        """They were looked at. What came about them meanwhile goes on waiting."""
        with self._transaction():
            self.connection.execute("DELETE FROM waiting WHERE claim = ? AND due_at IS NULL", (claim.token,))
            self.connection.execute(
                "UPDATE waiting SET claim = NULL, claimed_until = NULL, tries = 0 WHERE claim = ?", (claim.token,)
            )

    def release(self, claim: Claim, now: int, failed: bool = True) -> None:
        """They could not be looked at: they are due again a little later; after a failure later each time, but not for ever."""
        with self._transaction():
            given_up = (claim.token, MOST_TRIES) if failed else (claim.token, MOST_TRIES + 1)
            self.connection.execute("DELETE FROM waiting WHERE claim = ? AND tries >= ? AND due_at IS NULL", given_up)
            rows = self.connection.execute(
                "SELECT reader, source, kind, thing_id, tries FROM waiting WHERE claim = ?", (claim.token,)
            ).fetchall()
            self.connection.executemany(
                """UPDATE waiting SET claim = NULL, claimed_until = NULL, due_at = ?, tries = ?
                   WHERE reader = ? AND source = ? AND kind = ? AND thing_id = ?""",
                [(now + _pause(tries if failed else 1), tries if failed else tries - 1, *row) for *row, tries in rows],
            )

    def seen_to(self, topic: str, people: Collection[str], now: int, source: str | None = None) -> None:
        """What was asked about these people was done, by whichever source or only this one."""
        with self._transaction():
            self.connection.executemany(
                """UPDATE asked SET done_at = ?
                   WHERE topic = ? AND person = ? AND done_at IS NULL AND source = coalesce(?, source)""",
                [(now, topic, one, source) for one in people],
            )

    def forget(self, people: Collection[str]) -> None:
        """Nothing more is known of these customers, not even that something was asked about them and done, to the last byte."""
        with self._transaction():
            ids = [(one,) for one in people]
            self.connection.executemany("DELETE FROM asked WHERE person = ? AND done_at IS NOT NULL", ids)
            for table in ("event", "waiting"):
                self.connection.executemany(f"DELETE FROM {table} WHERE thing_id = ? AND kind IN {_ABOUT_PEOPLE}", ids)
        with told(self.path):
            self.connection.execute("VACUUM")

    def subscriptions_are(self, source: str, data: str, now: int) -> None:
        """Keep what was found of a source's subscriptions (JSON)."""
        with self._transaction():
            self.connection.execute("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)", (source, now, data))

    def _asked(self, event: Event) -> None:
        """Kept until somebody saw to it, however long that takes: the law gives weeks, and an event goes after days."""
        self.connection.execute(
            """INSERT INTO asked VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET
                 received_at = CASE WHEN done_at IS NULL THEN received_at ELSE excluded.received_at END, done_at = NULL""",
            (event.source, event.topic, event.thing.id, event.received_at),
        )

    def _turned_away(self, refused: Mapping[tuple[str, str], int], now: int) -> None:
        self.connection.executemany(
            """INSERT INTO refused VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                 times = times + excluded.times, last_at = excluded.last_at""",
            [(source, reason, times, now) for (source, reason), times in refused.items()],
        )

    def _kept(self, event: Event) -> bool:
        row = (event.source, event.event_id, event.topic, event.thing.kind, event.thing.id, event.triggered_at, event.received_at)
        return self.connection.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", row).rowcount == 1

    def _heard(self, events: Sequence[Event], news: Sequence[bool]) -> None:
        counted: dict[tuple[str, str], list[int]] = {}
        for event, new in zip(events, news, strict=True):
            count = counted.setdefault((event.source, event.topic), [0, 0, 0])
            count[not new] += 1
            count[2] = max(count[2], event.received_at)
        self.connection.executemany(
            """INSERT INTO heard VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                 times = times + excluded.times, repeated = repeated + excluded.repeated,
                 last_at = max(last_at, excluded.last_at)""",
            [(*key, *count) for key, count in counted.items()],
        )

    def _wait(self, reader: str, source: str, thing: Thing, at: int) -> None:
        """The thing is due when it has been quiet for a while, or when the first event of the series is old enough."""
        self.connection.execute(
            """INSERT INTO waiting (reader, source, kind, thing_id, first_at, latest_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET
                 first_at = CASE WHEN due_at IS NULL THEN excluded.first_at ELSE first_at END,
                 latest_at = CASE WHEN due_at IS NULL THEN excluded.latest_at ELSE latest_at END,
                 due_at = CASE WHEN due_at IS NULL THEN excluded.due_at ELSE max(due_at, min(excluded.due_at, latest_at)) END""",
            (reader, source, thing.kind, thing.id, at, due_latest(at), due_first(at)),
        )

    def _prune(self, events: Sequence[Event]) -> None:
        """Let the oldest go, some at a time, so that no single commit takes long."""
        self._since_pruned += len(events)
        if not events or self._since_pruned < PRUNED_AT_ONCE:
            return
        self._since_pruned = 0
        oldest = max(event.received_at for event in events) - KEPT
        beyond = "SELECT received_at FROM event ORDER BY received_at DESC LIMIT 1 OFFSET ?"
        row = self.connection.execute(beyond, (MOST_KEPT,)).fetchone()
        last = max(oldest, row[0]) if row else oldest
        self.connection.execute(
            """DELETE FROM event WHERE (source, event_id) IN
                 (SELECT source, event_id FROM event WHERE received_at <= ? ORDER BY received_at LIMIT ?)""",
            (last, 2 * PRUNED_AT_ONCE),
        )
        # a reader that never comes finds by polling what changed
        self.connection.execute("DELETE FROM waiting WHERE claim IS NULL AND first_at <= ?", (oldest,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with told(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.commit()
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.rollback()
                raise


def next_due_in(path: Path, reader: str) -> int | None:
    """When the next thing is due for a reader, or a claim of it ends; None where nothing waits, or there is no inbox.

    Raises InboxBusy and LedgerUnusable.
    """
    if not path.exists():
        return None
    connection = open_for_reading(path)
    try:
        with told(path):
            query = "SELECT min(CASE WHEN claim IS NULL THEN due_at ELSE claimed_until END) FROM waiting WHERE reader = ?"
            found: int | None = connection.execute(query, (reader,)).fetchone()[0]
    finally:
        connection.close()
    return found


def _pause(tries: int) -> int:
    return TRIED_AGAIN[min(max(tries, 1), len(TRIED_AGAIN)) - 1]
