"""Triples of everything on two sides with ids of their own: what stands on one side only is matched before it is decided on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Connector
from syncdb.engine.links import Joins
from syncdb.engine.match import Fields, Matching, match_by
from syncdb.engine.policy import Triple
from syncdb.engine.triples import BLOCK, join
from syncdb.ledger.orders import groups
from syncdb.model import Side, Snapshot

Adopt = Callable[[Sequence[tuple[str, str]]], list[str]]  # records that these are the same things; their keys from now on
Single = dict[str, Fields]  # by key, what of a record tells whether it is the same as another


@dataclass(slots=True)
class LinkedListing:
    """One look at everything.

    A record whose partner is gone may be matched as one that never had any: somebody made it anew, and it has another id now.
    """

    joins: Joins
    matching: Matching
    left: Connector
    right: Connector
    adopt: Adopt
    _single: dict[Side, Single] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})
    _seen: set[str] = field(default_factory=set)
    _complete: bool = True

    def triples(self) -> Iterator[list[Triple]]:
        """The triples of all that stands on either side or in the base, in blocks."""
        yield from self._of_right()
        yield from self._of_left()
        for block in groups((key for key, _ in self.joins.records.all_keys() if key not in self._seen), BLOCK):
            yield self._join(block, self.left.look(block), Snapshot({}, self._complete))
        yield from self._of_single()

    def _of_right(self) -> Iterator[list[Triple]]:
        for shown in self.right.fetch():
            block = self._fresh(shown)
            opposite = self.left.look(block)
            yield self._join(self._without_single(Side.RIGHT, block, shown, opposite), opposite, shown)

    def _of_left(self) -> Iterator[list[Triple]]:
        for shown in self.left.fetch():
            block = self._fresh(shown)
            rest = self._without_single(Side.LEFT, block, shown, Snapshot({}, self._complete))
            yield self._join(rest, shown, Snapshot({}, self._complete))

    def _fresh(self, shown: Snapshot) -> list[str]:
        self._complete = self._complete and shown.complete
        block = [key for key in (*shown.found, *shown.doubled) if key not in self._seen]
        self._seen.update(block)
        return block

    def _without_single(self, side: Side, block: list[str], shown: Snapshot, opposite: Snapshot) -> list[str]:
        """The block without the records that stand on this side only, which are kept for the end."""
        elsewhere = opposite.found.keys() | opposite.doubled.keys() | shown.doubled.keys()
        single = {key: None for key in block if key in shown.found and key not in elsewhere}  # in the order in which it was shown
        self._single[side] |= {key: self.matching.needed(shown.found[key].record.fields) for key in single}
        return [key for key in block if key not in single]

    def _of_single(self) -> Iterator[list[Triple]]:
        """Match what is single on both sides, if each side was seen whole; the rest stands on one side only."""
        found = match_by(self.matching, *self._evidence()) if self._complete else match_by(self.matching, {}, {})
        alone = self.joins.alone([key for pair in found.joined for key in pair])
        joined = [pair for pair in found.joined if not alone.isdisjoint(pair)]  # two that had partners stay what they are
        for start in range(0, len(joined), BLOCK):
            keys = self.adopt(joined[start : start + BLOCK])
            yield self._join(keys, self.left.look(keys), self.right.look(keys))
        done = {key for pair in joined for key in pair}
        absent = Snapshot({}, self._complete)
        for side in (Side.LEFT, Side.RIGHT):
            for block in groups((key for key in self._single[side] if key not in done), BLOCK):
                shown = (self.left.look(block), absent) if side is Side.LEFT else (absent, self.right.look(block))
                yield [_with_others(one, found.ambiguous) for one in self._join(block, *shown)]

    def _evidence(self) -> tuple[Single, Single]:
        """What there is to match by, on the left and on the right side."""
        left, right = self._single[Side.LEFT], self._single[Side.RIGHT]
        if self.matching.evidence is None or not (left and right):
            return left, right
        return self._with_more(Side.LEFT, left), self._with_more(Side.RIGHT, right)

    def _with_more(self, side: Side, single: Single) -> Single:
        assert self.matching.evidence is not None
        ids = self.joins.ids(side, single)
        more = self.matching.evidence(side, list(ids.values()))
        return {key: {**fields, **more.get(ids.get(key, ""), {})} for key, fields in single.items()}

    def _join(self, keys: Sequence[str], left: Snapshot, right: Snapshot) -> list[Triple]:
        return join(keys, self.joins.records.known(keys), left, right)


def _with_others(triple: Triple, ambiguous: Mapping[str, tuple[str, ...]]) -> Triple:
    return replace(triple, ambiguous=ambiguous[triple.key]) if triple.key in ambiguous else triple
