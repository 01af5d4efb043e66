"""What the products of one store belong to, in words that mean the same in both: names of publications, keys of collections."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from syncdb.engine.compare import words_in
from syncdb.model import Operation, Outcome, Result
from syncdb.pairs.shopify_stores.product_parts import PartSide
from syncdb.values import Value

Words = Callable[[Iterable[str]], Mapping[str, str]]  # by id of a group here, its word; others the pair knows nothing of
Write = Callable[[str, Iterable[str], Iterable[str]], Outcome]  # let a product join some groups and leave others


@dataclass(slots=True)
class BelongingSide(PartSide[frozenset[str]]):
    """One kind of groups in one store.

    `ids` gives the groups here by their words, `made` tells products that we made here. One that we made and that belongs to
    nothing yet is filled unasked; any other may be so on purpose.
    """

    words: Words
    ids: Callable[[Iterable[str]], Mapping[str, str]]
    change: Write
    made: Callable[[str], bool]

    def values(self, shown: dict[str, frozenset[str]]) -> dict[str, Value]:
        words = self.words({group for groups in shown.values() for group in groups})
        return {id: ", ".join(sorted({words[one] for one in groups if one in words})) or None for id, groups in shown.items()}

    def may_be_filled(self, id: str) -> bool:
        return self.made(id)

    def brought(self, operation: Operation, now: frozenset[str]) -> Outcome:
        values = (operation.changes[self.entity], self.values({operation.key: now})[operation.key])
        wanted, stands = (set(words_in(one).values()) for one in values)
        ids = self.ids(wanted | stands)
        if lacking := sorted(wanted - ids.keys()):
            return Outcome(Result.REJECTED, operation.key, f"the store has no {', '.join(lacking)}")
        return self.change(operation.key, [ids[one] for one in wanted - stands], [ids[one] for one in stands - wanted])
