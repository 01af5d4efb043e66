"""What people do in either of two stores, and what must come of it: kept by what they did, never by what the ledger says.

Each thing that can be edited is a cell, named by product, variant and field. A cell remembers what was agreed and who has edited
it since: so it knows what both stores may show after the runs have calmed down.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

LEFT, RIGHT = "taf", "afl"


@dataclass
class Cell:
    """`edits` are (store, value, the number of runs before it), in their order; `sum` cells keep movements instead of values."""

    base: Hashable
    edits: list[tuple[str, Hashable, int]] = field(default_factory=list)
    total: bool = False

    def last(self, store: str) -> Hashable:
        """What the people of a store want there: what they entered last, else what was agreed."""
        return next((value for where, value, _ in reversed(self.edits) if where == store), self.base)

    @property
    def stores(self) -> set[str]:
        return {where for where, _, _ in self.edits}

    @property
    def crossed(self) -> bool:
        """Whether both stores edited it without a run in between that could have carried one's value to the other."""
        return len(self.stores) == 2 and len({run for _, _, run in self.edits}) == 1

    def judge(self, left: Hashable, right: Hashable, asked: bool) -> str:
        """What is wrong with what the stores show, "" if nothing. `asked`: a person is asked about this cell."""
        if self.total:
            wanted = self.base + sum(by for _, by, _ in self.edits)  # type: ignore[operator, misc]
            return "" if left == right == wanted else f"{left} and {right} instead of {wanted}"
        own = self.last(LEFT), self.last(RIGHT)
        if len(self.stores) < 2:
            wanted = self.edits[-1][1] if self.edits else self.base
            return "" if left == right == wanted and not asked else f"{left} and {right} instead of {wanted}, asked: {asked}"
        if own[0] == own[1]:
            return "" if left == right == own[0] else f"{left} and {right} instead of {own[0]}"
        apart = (left, right) == own and asked
        if self.crossed:
            return "" if apart else f"{left} and {right} are not both kept and asked about ({own}, asked: {asked})"
        followed = left == right == self.edits[-1][1]
        return "" if apart or followed else f"{left} and {right} instead of {self.edits[-1][1]}, asked: {asked}"


@dataclass
class Cells:
    """All cells, by their names."""

    known: dict[tuple[Hashable, ...], Cell] = field(default_factory=dict)

    def edited(self, name: tuple[Hashable, ...], store: str, value: Hashable, run: int) -> None:
        self.known[name].edits.append((store, value, run))

    def of(self, *start: Hashable) -> Iterable[tuple[Hashable, ...]]:
        """The names that begin so."""
        return [name for name in self.known if name[: len(start)] == start]

    def touched(self, store: str, *start: Hashable) -> bool:
        """Whether the people of a store have edited any of these since it was agreed."""
        return any(store in self.known[name].stores for name in self.of(*start))
