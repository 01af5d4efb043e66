"""What systems named of their own accord, handed to the runs of a pair.

A run of the pair in continuous mode looks at it, not the process that receives it: the receiver answers in time whatever a run
does, may be several processes, and needs no access to any system; and the run is the same that is made at all other times.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from syncdb.config.settings import RunSettings
from syncdb.errors import Exit, LedgerBusy, LedgerUnusable
from syncdb.ledger.inbox.event import Thing
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.inbox import Claim, Inbox, next_due_in
from syncdb.pairs.base import PairType

R = TypeVar("R")
log = logging.getLogger("syncdb.webhooks")
MOST = 250  # things that one run looks at; the rest is due right after
SETTLED = (Exit.DONE, Exit.PARTIAL)  # what was held back is remembered by the ledger and tried again from there


@dataclass(slots=True)
class Named:
    """Things that this run looks at. `ended` says how the run ended; without it they are due again."""

    claim: Claim
    by_source: Mapping[str, Mapping[str, Sequence[str]]]
    code: Exit | None = field(default=None, init=False)

    def ended(self, code: Exit) -> None:
        self.code = code


@dataclass(frozen=True, slots=True)
class NamedThings:
    """What is named to one reader. `kinds` are those that concern it."""

    path: Path
    reader: str
    kinds: frozenset[str]

    def due(self, now: datetime) -> bool:
        """Whether something is due. An inbox that is not there, or cannot be read now, has nothing."""
        with suppress(LedgerBusy, LedgerUnusable):
            next_due = next_due_in(self.path, self.reader)
            return next_due is not None and next_due <= _milliseconds(now)
        return False

    @contextmanager
    def claimed(self, now: Callable[[], datetime]) -> Iterator[Named | None]:
        """What is due, for the time of a run; None where nothing is. It is due again where the run did not settle it.

        An inbox that cannot be used holds up no run: it has hints only.
        """
        claim = self._tried(lambda inbox: self._claim(inbox, _milliseconds(now()))) if self.path.exists() else None
        if claim is None:
            yield None
            return
        named = Named(claim, by_source(claim, self.kinds))
        try:
            yield named
        finally:
            self._tried(lambda inbox: self._settle(inbox, named, _milliseconds(now())))

    def _settle(self, inbox: Inbox, named: Named, now: int) -> None:
        if named.code in SETTLED:
            inbox.finished(named.claim)
        else:
            inbox.release(named.claim, now, failed=named.code is not Exit.BUSY)

    def _tried(self, act: Callable[[Inbox], R]) -> R | None:
        """What is done with the inbox; None, and a word in the log, where it cannot be used now."""
        try:
            with self._open() as inbox:
                return act(inbox)
        except (LedgerBusy, LedgerUnusable) as why:
            log.warning("%s", why)
            return None

    def _claim(self, inbox: Inbox, now: int) -> Claim | None:
        """What is due and concerns the reader; the rest is done with."""
        while claim := inbox.claim(self.reader, now, MOST):
            if by_source(claim, self.kinds):
                return claim
            inbox.finished(claim)
        return None

    @contextmanager
    def _open(self) -> Iterator[Inbox]:
        inbox = Inbox.open(self.path)
        try:
            yield inbox
        finally:
            inbox.close()


def named_things(pair: PairType, settings: RunSettings) -> NamedThings | None:
    """What is named to a pair; None where nobody is asked to name anything."""
    hearing = pair.load_implementation().hearing
    if hearing is None or hearing.address(settings) is None:
        return None
    return NamedThings(inbox_path(settings.db_path), pair.name, hearing.kinds(settings))


def by_source(claim: Claim, kinds: frozenset[str]) -> dict[str, dict[str, list[str]]]:
    """Ids by source and kind, of these kinds only."""
    found: dict[str, dict[str, list[str]]] = {}
    for source, things in claim.things.items():
        for thing in things:
            if thing.kind in kinds:
                _of(found, source, thing)
    return found


def _of(found: dict[str, dict[str, list[str]]], source: str, thing: Thing) -> None:
    found.setdefault(source, {}).setdefault(thing.kind, []).append(thing.id)


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)
