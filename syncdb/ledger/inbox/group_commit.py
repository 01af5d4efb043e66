"""Many events in one commit: a disk confirms some hundred commits a second, however little is in each.

Whoever comes while a commit is under way waits for it and is part of the next one. Nothing is acknowledged before it is on the
disk.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncdb.ledger.inbox.event import Event
from syncdb.ledger.inbox.inbox import Inbox

MOST_AT_ONCE = 500
COUNTED_EACH = 10_000  # milliseconds: refusals alone must not keep the disk busy


@dataclass(slots=True)
class _Ticket:
    event: Event
    news: bool | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class GroupCommit:
    """Takes events from many threads; `readers` as in `Inbox.take`.

    The inbox is opened with the first event: a server may have split into processes before.
    """

    path: Path
    readers: Mapping[str, Collection[str]]
    _waiting: list[_Ticket] = field(default_factory=list, init=False)
    _counted: dict[tuple[str, str], int] = field(default_factory=dict, init=False)
    _written_at: int = field(default=0, init=False)
    _joining: threading.Lock = field(default_factory=threading.Lock, init=False)
    _writing: threading.Lock = field(default_factory=threading.Lock, init=False)
    _inbox: Inbox | None = field(default=None, init=False)

    def take(self, event: Event) -> bool:
        """Keep an event; whether it is news. It is on the disk when this returns. Raises InboxBusy and LedgerUnusable."""
        ticket = _Ticket(event)
        with self._joining:
            self._waiting.append(ticket)
        with self._writing:  # whoever gets here first writes for all who came meanwhile
            while ticket.news is None and ticket.failure is None:
                self._write(event.received_at)
        if ticket.failure is not None:
            raise ticket.failure
        return bool(ticket.news)

    def turned_away(self, source: str, reason: str, now: int) -> None:
        """Count something refused; it is written with the next event, or after a while."""
        with self._joining:
            self._counted[source, reason] = self._counted.get((source, reason), 0) + 1
        if now - self._written_at >= COUNTED_EACH and self._writing.acquire(blocking=False):
            try:
                self._write(now)
            finally:
                self._writing.release()

    def close(self, now: int) -> None:
        """Write what was counted, and let go of the file."""
        with self._writing:
            if self._counted:
                self._write(now)
            if self._inbox is not None:
                self._inbox.close()
                self._inbox = None

    def _write(self, now: int) -> None:
        with self._joining:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            counted, self._counted = self._counted, {}
        self._written_at = now
        try:
            self._inbox = self._inbox or Inbox.open(self.path)
            news = self._inbox.take([one.event for one in batch], self.readers, counted, now)
        except Exception as failure:  # noqa: BLE001 - everybody who waits for this commit is told, whatever it was
            for one in batch:
                one.failure = failure
        else:
            for one, new in zip(batch, news, strict=True):
                one.news = new
