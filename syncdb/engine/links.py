"""Two systems with ids of their own under one key: which id a key has on either side, and what is joined when.

The ledger, the decisions and the journal know keys only. A record that stands on one side only has its own id as key (on the
right side `right:ID`, so that it is never taken for the left side's record of that id), and keeps that key once it is joined.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import PassedOn, SameName
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link, Links
from syncdb.ledger.records import Records
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Side, Snapshot

_OF_ONE_SIDE = re.compile(r"(left|right)\+*:(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Joins:
    """The ids behind the keys of one pair. Callers of `join`, `adopt` and `forget` bring the transaction."""

    links: Links
    records: Records

    @classmethod
    def of(cls, ledger: Ledger, pair: str) -> "Joins":
        return cls(ledger.links(pair), ledger.records(pair))

    def ids(self, side: Side, keys: Iterable[str]) -> dict[str, str]:
        """The id that each of these keys has on a side; keys that have none there are left out."""
        wanted = list(keys)
        linked = self.links.of(wanted)
        found = {key: _id_of(link, side) for key, link in linked.items()}
        found |= self._without_link(side, [key for key in wanted if key not in linked])
        return {key: found[key] for key in wanted if key in found}

    def _without_link(self, side: Side, keys: Sequence[str]) -> dict[str, str]:
        """Of keys without a link: the same id where something was agreed, else an id on the side that the key names."""
        same = self.records.agreed(keys)
        found: dict[str, str] = {}
        for key in keys:
            only = _OF_ONE_SIDE.fullmatch(key)
            if only is not None and key not in same:
                found |= {key: only[2]} if only[1] == side.value else {}
            elif side is Side.LEFT or key in same:
                found[key] = key
        elsewhere = self._by_id(side, found.values())
        return {key: id for key, id in found.items() if id not in elsewhere}

    def keys(self, side: Side, ids: Iterable[str]) -> dict[str, str]:
        """The key of each of these ids of a side."""
        wanted = list(ids)
        linked = {id: link.key for id, link in self._by_id(side, wanted).items()}
        rest = [id for id in wanted if id not in linked]
        taken = set(self.links.of(rest))
        same = self.records.agreed(rest) - taken
        return linked | {id: id if id in same else self._own_key(side, id, taken) for id in rest}

    def _own_key(self, side: Side, id: str, taken: Collection[str]) -> str:
        """The key of a record that is joined with none: one that no joined record has."""
        if side is Side.LEFT and not _OF_ONE_SIDE.fullmatch(id) and id not in taken:
            return id
        names = (f"{side.value}{'+' * number}:{id}" for number in count())
        return next(name for name in names if not self.links.of([name]))

    def alone(self, keys: Sequence[str]) -> set[str]:
        """Those of these keys that are joined with nothing."""
        linked = self.links.of(keys)
        same = self.records.agreed(keys)
        return {key for key in keys if key not in linked and key not in same}

    def join(self, side: Side, key: str, id: str) -> bool:
        """A record was created on a side and has this id there; False where the id is another record's already."""
        if any(link.key != key for link in self._by_id(side, [id]).values()):
            return False
        if id != key and self.records.agreed([id]) and not self.links.of([id]):
            return False  # the same id stands on both sides: that is a record of its own
        ids = {side: id, side.other: self.ids(side.other, [key])[key]}
        if ids[Side.LEFT] == ids[Side.RIGHT] == key:
            self.links.forget(key)
        else:
            self.links.put(Link(key, ids[Side.LEFT], ids[Side.RIGHT]))
        return True

    def adopt(self, left: str, right: str, now: str) -> str:
        """Two records are the same thing: the key that both have from now on, that of one with a past or the left one's."""
        key, given_up = (left, right) if right in self.alone([right]) else (right, left)
        link = Link(key, self.ids(Side.LEFT, [left])[left], self.ids(Side.RIGHT, [right])[right])
        self.links.put(link)
        self.records.conflicts_are([given_up], (), now)
        return key

    def forget(self, key: str) -> None:
        """The record is gone from both sides."""
        self.links.forget(key)

    def _by_id(self, side: Side, ids: Iterable[str]) -> dict[str, Link]:
        return self.links.by_left(ids) if side is Side.LEFT else self.links.by_right(ids)


def _id_of(link: Link, side: Side) -> str:
    return link.left_id if side is Side.LEFT else link.right_id


@dataclass(slots=True)
class LinkedSide(SameName, PassedOn):
    """A connector as seen by keys: it is asked for its own ids, and what it says is told by key.

    An attempt keeps the ids it was sent with, so that it can be settled whatever has become of the links.
    """

    connector: Connector
    side: Side
    joins: Joins

    def fetch(self) -> Iterator[Snapshot]:
        for shown in self.connector.fetch():
            yield _by_key(shown, self.joins.keys(self.side, (*shown.found, *shown.doubled)))

    def look(self, keys: Iterable[str]) -> Snapshot:
        ids = self.joins.ids(self.side, keys)
        return _by_key(self.connector.look(ids.values()), {id: key for key, id in ids.items()})

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        ids = self.joins.ids(self.side, (one.key for one in operations if one.action is not Action.CREATE))
        own = [replace(one, key=ids.get(one.key, one.key)) for one in operations]
        made = self.connector.prepare(own, token)
        taken = len(made.operations)
        sent = [one.key for one in made.operations]
        return replace(made, operations=tuple(operations[:taken]), evidence={"ids": sent, "own": dict(made.evidence)})

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self.connector.write(_as_sent(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self.connector.settle(_as_sent(attempt))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.connector.mend(_as_sent(attempt), token)


def _by_key(shown: Snapshot, keys: Mapping[str, str]) -> Snapshot:
    found = {keys[id]: _under(one, keys[id]) for id, one in shown.found.items()}
    return replace(shown, found=found, doubled={keys[id]: where for id, where in shown.doubled.items()})


def _under(found: Found, key: str) -> Found:
    return replace(found, record=Record(key, found.record.fields))


def _as_sent(attempt: Attempt) -> Attempt:
    """An attempt as the connector made it."""
    ids, own = attempt.evidence.get("ids"), attempt.evidence.get("own")
    if not isinstance(ids, list) or not isinstance(own, dict):
        return attempt  # of structure, or to mend, or journalled before the pair had links
    operations = (replace(one, key=id) for one, id in zip(attempt.operations, ids, strict=True))
    return replace(attempt, operations=tuple(operations), evidence=own)
