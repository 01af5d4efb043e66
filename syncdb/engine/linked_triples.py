"""Triples of two sides with ids of their own: what stands on one side only is matched before it is decided on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Connector
from syncdb.engine.links import Joins
from syncdb.engine.match import Fields, Matching
from syncdb.engine.policy import Triple
from syncdb.engine.singles import Adopt, Singles
from syncdb.engine.triples import BLOCK
from syncdb.ledger.orders import groups
from syncdb.model import Side, Snapshot


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
    _singles: Singles = field(init=False)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._singles = Singles(self.joins, self.matching, self.left, self.right, self.adopt)

    def triples(self) -> Iterator[list[Triple]]:
        """The triples of all that stands on either side or in the base, in blocks."""
        yield from self._of_right()
        yield from self._of_left()
        for block in groups((key for key, _ in self.joins.records.all_keys() if key not in self._seen), BLOCK):
            yield self._singles.join(block, self.left.look(block), self._not_listed(block))
        yield from self._singles.triples()

    def _of_right(self) -> Iterator[list[Triple]]:
        for shown in self.right.fetch():
            block = self._fresh(shown)
            opposite = self.left.look(block)
            yield self._singles.join(self._without_single(Side.RIGHT, block, shown, opposite), opposite, shown)

    def _of_left(self) -> Iterator[list[Triple]]:
        for shown in self.left.fetch():
            block = self._fresh(shown)
            opposite = self._not_listed(block)
            yield self._singles.join(self._without_single(Side.LEFT, block, shown, opposite), shown, opposite)

    def _not_listed(self, keys: Sequence[str]) -> Snapshot:
        """The right side of what it did not list: nothing, or what a look at the ids of joined records shows all the same."""
        absent = Snapshot({}, self._singles.complete)
        joined = set(keys) - self.joins.alone(keys) if self.right.can.listing_may_lack else ()
        if not joined:
            return absent
        shown = self.right.look(key for key in keys if key in joined)
        return replace(shown, complete=shown.complete and absent.complete)

    def _fresh(self, shown: Snapshot) -> list[str]:
        self._singles.complete = self._singles.complete and shown.complete
        block = [key for key in (*shown.found, *shown.doubled) if key not in self._seen]
        self._seen.update(block)
        return block

    def _without_single(self, side: Side, block: list[str], shown: Snapshot, opposite: Snapshot) -> list[str]:
        """The block without the records that stand on this side only, which are kept for the end."""
        elsewhere = opposite.found.keys() | opposite.doubled.keys() | shown.doubled.keys()
        single = {key: None for key in block if key in shown.found and key not in elsewhere}  # in the order in which it was shown
        self._singles.add(side, single, shown)
        return [key for key in block if key not in single]


@dataclass(slots=True)
class LinkedChanges:
    """A look at some keys, of which some are joined with nothing: those are matched with what they could be, and nothing else.

    What they could be are the others among these keys, what is in doubt already, and what the matching says is near.
    """

    joins: Joins
    matching: Matching
    left: Connector
    right: Connector
    adopt: Adopt
    keys: Sequence[str]

    def triples(self) -> Iterator[list[Triple]]:
        """The triples of these keys, in blocks."""
        singles = Singles(self.joins, self.matching, self.left, self.right, self.adopt)
        for block in groups(self.keys, BLOCK):
            left, right = self.left.look(block), self.right.look(block)
            single = self._single(singles, block, left, right)
            yield singles.join([key for key in block if key not in single], left, right)
        self._add_near(singles)
        yield from singles.triples(only=set(self.keys))

    def _single(self, singles: Singles, block: Sequence[str], left: Snapshot, right: Snapshot) -> set[str]:
        """Keep those of the block that stand on one side only."""
        singles.complete = singles.complete and left.complete and right.complete
        doubled = left.doubled.keys() | right.doubled.keys()
        on_left = [key for key in block if key in left.found and key not in right.found and key not in doubled]
        on_right = [key for key in block if key in right.found and key not in left.found and key not in doubled]
        singles.add(Side.LEFT, on_left, left)
        singles.add(Side.RIGHT, on_right, right)
        return {*on_left, *on_right}

    def _add_near(self, singles: Singles) -> None:
        """With those of either side that could be what stands alone on the other, and with what these could be in turn."""
        assert self.matching.near is not None
        doubted = self.joins.alone(self.joins.records.asked_about())
        tried = {side: set(singles.known[side]) for side in Side}
        new = {side: dict(singles.known[side]) for side in Side}
        while any(new.values()):
            found: dict[Side, dict[str, Fields]] = {}
            for side in Side:
                ids = self.matching.near(side, list(new[side.other].values())) if new[side.other] else ()
                keys = [*self.joins.keys(side, ids).values(), *(doubted if new[side.other] else ())]
                wanted = [key for key in dict.fromkeys(keys) if key not in tried[side]]
                tried[side].update(wanted)
                found[side] = self._add_single(singles, side, wanted) if wanted else {}
            new = found

    def _add_single(self, singles: Singles, side: Side, keys: Sequence[str]) -> dict[str, Fields]:
        """Those of these that stand on this side only."""
        both, opposite = self.left.look(keys), self.right.look(keys)
        if side is Side.RIGHT:
            both, opposite = opposite, both
        singles.complete = singles.complete and both.complete and opposite.complete
        alone = [key for key in both.found if key not in opposite.found]
        singles.add(side, alone, both)
        return {key: singles.known[side][key] for key in alone}
