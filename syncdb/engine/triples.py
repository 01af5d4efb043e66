"""Bring base, left and right of the same key together, in blocks, so that memory does not grow with the shop."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from syncdb.connectors.base import Capabilities, Connector
from syncdb.engine.policy import Triple
from syncdb.ledger.orders import groups
from syncdb.ledger.records import Known, Records
from syncdb.model import Snapshot

BLOCK = 1000


class Readable(Protocol):
    """A side that is only read: what a connector offers for that."""

    @property
    def can(self) -> Capabilities: ...
    def fetch(self) -> Iterator[Snapshot]: ...
    def look(self, keys: Iterable[str]) -> Snapshot: ...


def of_keys(keys: Sequence[str], records: Records, left: Connector, right: Connector) -> Iterator[list[Triple]]:
    """The triples of just these keys: what an incremental run looks at."""
    for start in range(0, len(keys), BLOCK):
        block = keys[start : start + BLOCK]
        shown = left.look(block), right.look(block)  # first: a side may drop what was agreed about something that is gone
        yield join(block, records.known(block), *shown)


def of_everything(records: Records, left: Readable, right: Readable) -> Iterator[list[Triple]]:
    """The triples of all that stands on either side or in the base: what finds drift, lost rows and foreign keys."""
    seen: set[str] = set()
    complete = True
    for shown in right.fetch():
        complete = complete and shown.complete
        block = [key for key in (*shown.found, *shown.doubled) if key not in seen]
        seen.update(block)
        if block:
            yield join(block, records.known(block), left.look(block), shown)
    absent = Snapshot({}, complete)
    for block in _unseen(left, records, seen):
        yield join(block, records.known(block), left.look(block), absent)


def _unseen(left: Readable, records: Records, seen: set[str]) -> Iterator[list[str]]:
    """Keys that the right side did not show, in blocks: first those of the left side, then those only the base knows."""
    for shown in () if left.can.all_known else left.fetch():
        block = [key for key in (*shown.found, *shown.doubled) if key not in seen]
        seen.update(block)
        if block:
            yield block
    yield from groups((key for key, _ in records.all_keys() if key not in seen), BLOCK)


def join(keys: Sequence[str], known: Mapping[str, Known], left: Snapshot, right: Snapshot) -> list[Triple]:
    """One triple for each key, from what is known of it and what either side showed."""
    return [
        Triple(
            key,
            known[key].base if key in known else None,
            left.found.get(key),
            right.found.get(key),
            left.complete,
            right.complete,
            (*left.doubled.get(key, ()), *right.doubled.get(key, ())),
        )
        for key in keys
    ]
