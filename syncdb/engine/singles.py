"""Records that stand on one side only: matched with those of the other side before anything is decided on them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Connector
from syncdb.engine.links import Joins
from syncdb.engine.match import Fields, Matching, match_by
from syncdb.engine.policy import Triple
from syncdb.engine.triples import BLOCK, join
from syncdb.ledger.orders import groups
from syncdb.model import Side, Snapshot

Adopt = Callable[[Sequence[tuple[str, str]]], list[str]]  # records that these are the same things; their keys from now on


@dataclass(slots=True)
class Singles:
    """The records of one look that stand on one side only, with what of them tells whether they are the same as another."""

    joins: Joins
    matching: Matching
    left: Connector
    right: Connector
    adopt: Adopt
    complete: bool = True
    known: dict[Side, dict[str, Fields]] = field(default_factory=lambda: {Side.LEFT: {}, Side.RIGHT: {}})

    def add(self, side: Side, keys: Collection[str], shown: Snapshot) -> None:
        """Keep what the matching needs of these, in this order."""
        self.known[side] |= {key: self.matching.needed(shown.found[key].record.fields) for key in keys}

    def triples(self, only: Collection[str] | None = None) -> Iterator[list[Triple]]:
        """Match them, if each side was seen as far as that takes; what is not matched stands on one side only.

        With `only` nothing is decided about others than these; they are what some of these might be. The one by which people are
        asked about several stands for all of them.
        """
        found = match_by(self.matching, *self._evidence()) if self.complete else match_by(self.matching, {}, {})
        alone = self.joins.alone([key for pair in found.joined for key in pair])
        joined = [pair for pair in found.joined if not alone.isdisjoint(pair)]  # two that had partners stay what they are
        for start in range(0, len(joined), BLOCK):
            keys = self.adopt(joined[start : start + BLOCK])
            yield self.join(keys, self.left.look(keys), self.right.look(keys))
        done = {key for pair in joined for key in pair}
        if only is not None:
            only = {*only, *(found.ambiguous[key][0] for key in only if key in found.ambiguous)}
        absent = Snapshot({}, self.complete)
        for side in (Side.LEFT, Side.RIGHT):
            rest = (key for key in self.known[side] if key not in done and (only is None or key in only))
            for block in groups(rest, BLOCK):
                shown = (self.left.look(block), absent) if side is Side.LEFT else (absent, self.right.look(block))
                yield [_with_others(one, found.ambiguous) for one in self.join(block, *shown)]

    def join(self, keys: Sequence[str], left: Snapshot, right: Snapshot) -> list[Triple]:
        """The triples of these keys."""
        return join(keys, self.joins.records.known(keys), left, right)

    def _evidence(self) -> tuple[Mapping[str, Fields], Mapping[str, Fields]]:
        """What there is to match by, on the left and on the right side."""
        left, right = self.known[Side.LEFT], self.known[Side.RIGHT]
        if self.matching.evidence is None or not (left and right):
            return left, right
        return self._with_more(Side.LEFT, left), self._with_more(Side.RIGHT, right)

    def _with_more(self, side: Side, single: Mapping[str, Fields]) -> dict[str, Fields]:
        assert self.matching.evidence is not None
        ids = self.joins.ids(side, single)
        more = self.matching.evidence(side, list(ids.values()))
        return {key: {**fields, **more.get(ids.get(key, ""), {})} for key, fields in single.items()}


def _with_others(triple: Triple, ambiguous: Mapping[str, tuple[str, ...]]) -> Triple:
    return replace(triple, ambiguous=ambiguous[triple.key]) if triple.key in ambiguous else triple
