"""The ledger: one SQLite file of what was seen, what was agreed and what was written."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from filelock import FileLock

from syncdb.ledger import file, state_keys
from syncdb.ledger.decisions import Verdicts
from syncdb.ledger.journal import Journal
from syncdb.ledger.late_writes import LateWrites
from syncdb.ledger.links import Links
from syncdb.ledger.listed_orders import ListedOrders
from syncdb.ledger.media import MediaDigests
from syncdb.ledger.orders import Orders
from syncdb.ledger.packing import Packing
from syncdb.ledger.pairs import Pairs, RegisteredPair
from syncdb.ledger.past import Past
from syncdb.ledger.records import Records
from syncdb.ledger.redacted import Redacted
from syncdb.ledger.runs import Problems, Runs
from syncdb.ledger.sources import Sources
from syncdb.values import iso, moment

CHECK_EVERY = timedelta(days=1)


class Ledger:
    """An open ledger: `pairs`, `sources`, `orders`, `packing`, `shown`, `runs`, `problems`, of each pair `records(pair)`,
    `links(pair)`, `journal(pair)`, `verdicts(pair)` and `late_writes(pair)`, of each shop `media(name)`, and transactions
    around them.

    Made by `Ledger.open` (the one writer) or `Ledger.copy` (a dry run's own copy, gone at the end).
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, guard: FileLock | None) -> None:
        self.connection = connection
        self.path = path
        self.pairs = Pairs(connection)
        self.sources = Sources(connection)
        self.packing = Packing.of(connection)
        self.orders = Orders(connection, self.packing)
        self.shown = ListedOrders(connection)
        self.runs = Runs(connection)
        self.problems = Problems(connection)
        self.redacted = Redacted.of(connection, path)
        self._guard = guard
        self._raw: BinaryIO | None = None

    @classmethod
    def open(cls, path: Path, now: datetime) -> "Ledger":
        """Open for writing; made if missing. Raises LedgerBusy, LedgerUnusable.

        The whole file is read through once a day and after a run that did not end, so that damage is noticed early.
        """
        guard = file.lock(path)
        try:
            with file.closed_on_failure(file.open_for_writing(path)) as connection:
                ledger = cls(connection, path, guard)
                ledger._first_use(now)
                ledger._check_when_due(now)
        except BaseException:
            guard.release()
            raise
        return ledger

    @classmethod
    def copy(cls, path: Path, now: datetime) -> "Ledger":
        """A copy in memory for planning: the file is only read. Raises LedgerUnusable."""
        with file.closed_on_failure(file.copy_aside(path)) as connection:
            ledger = cls(connection, path, None)
            ledger._first_use(now)
        return ledger

    @property
    def id(self) -> str:
        """The ledger's own identity, written into the places it keeps so that two ledgers never keep the same place."""
        return str(self.runs.get(state_keys.LEDGER_ID))

    def register(self, *pairs: RegisteredPair) -> None:
        """Say what these pairs are, before anything is recorded of them. Writes only what is news."""
        news = [pair for pair in pairs if self.pairs.get(pair.id) != pair]
        if news:
            with self.transaction():
                for pair in news:
                    self.pairs.register(pair)

    def records(self, pair: str) -> Records:
        return Records(self.connection, pair, self.redacted)

    def links(self, pair: str) -> Links:
        return Links(self.connection, pair)

    def journal(self, pair: str) -> Journal:
        return Journal(self.connection, pair)

    def late_writes(self, pair: str) -> LateWrites:
        return LateWrites(self.connection, pair)

    def media(self, source: str, now: datetime) -> MediaDigests:
        return MediaDigests(self.connection, source, now)

    def past(self, pair: str) -> Past:
        return Past(self.connection, pair)

    def verdicts(self, pair: str) -> Verdicts:
        return Verdicts(self.connection, pair)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Never send anything to a remote inside one. Raises LedgerUnusable when it cannot be committed."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.rollback()
                raise
            self.connection.commit()
        except sqlite3.DatabaseError as error:
            if self.connection.in_transaction:
                self.connection.rollback()
            raise file.unusable(self.path, error) from error

    def opened_raw(self, path: Path) -> BinaryIO:
        """The ledger's file as its bytes. It is closed after the connection: sooner, that would end SQLite's locks (POSIX)."""
        if self._raw is None:
            self._raw = path.open("r+b", buffering=0)
        return self._raw

    def close(self) -> None:
        self.connection.close()
        if self._raw is not None:
            self._raw.close()
        if self._guard is not None:
            self._guard.release()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _first_use(self, now: datetime) -> None:
        if self.runs.get(state_keys.LEDGER_ID) is None:
            with self.transaction():
                self.runs.put(state_keys.LEDGER_ID, uuid.uuid4().hex)
                self.runs.put(state_keys.MADE_AT, iso(now))

    def _check_when_due(self, now: datetime) -> None:
        checked = self.runs.get(state_keys.CHECKED_AT)
        cut_short = self.connection.execute("SELECT 1 FROM sync_history WHERE ended_at IS NULL LIMIT 1").fetchone()
        if checked is not None and not cut_short and timedelta(0) <= now - moment(checked) < CHECK_EVERY:
            return
        file.check(self.connection, self.path)
        with self.transaction():
            self.runs.put(state_keys.CHECKED_AT, iso(now))
