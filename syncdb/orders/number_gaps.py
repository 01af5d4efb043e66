"""Gaps in the order numbers of a shop: which numbers the ledger lacks, and why that may be all right. Pure.

What is known of the numbers (Shopify Admin API reference, `Order.number`: neither consecutive nor unique for certain; observed:
an order with a name of its own uses up a number, test and deleted orders do, too): a gap alone proves no loss, but a lost order
leaves one. So each gap is named with what can be said about it offline, and the rest is asked of the shop.

Several counters (EU-1001 and US-1001), one that was set back, and single repeats are told apart by how often a number stands: the
numbers that stand at all are looked at for gaps, those that stand at least twice, at least three times, and so on. A number that
two counters have both used and one of them lost is a gap among those that stand twice. A repeat here and there is no counter.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby, permutations
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

RENUMBERED_FROM = 100  # fewer numbers than this are never taken for a counter that was set forward
FASTER = 20  # a stretch of orders this many times faster than usual is no stretch of orders
FEW = 25  # numbers that a counter may lose at once; more only where it goes on as densely on the other side
MOST_LOST = 1000  # numbers at once of a second counter: beyond that it is taken for another one
MATCHED_AT_BEST = 5  # orders of one number: of more, each takes what suits it best, one after the other


@dataclass(frozen=True, slots=True)
class Numbered:
    """An order's number, the name people see, and when it was made (aware), where that is known."""

    number: int
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The numbers from `first` to `last`, which all stand."""

    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Hole:
    """Two stretches next to each other among the numbers that stand at least `times` times, and nothing in between.

    `certain`: they are one counter's, whatever its orders are called.
    """

    times: int
    below: Stretch
    above: Stretch
    certain: bool

    @property
    def width(self) -> int:
        return self.above.first - self.below.last - 1


Line = tuple[Numbered, Numbered]  # two orders of one counter
Distance = tuple[int, int, float]  # goes back in time, has another name, seconds
Look = Callable[[int], Sequence[Numbered]]  # the orders that have a number, the one that was made first in front


class Reason(Enum):
    """What is known about a gap without asking the shop."""

    UNEXPLAINED = "unexplained"  # made while the ledger was watching: ask the shop
    ASKED = "asked"  # a run has held the time against the shop since, and the shop showed no such order: deleted, most likely
    RECENT = "recent"  # so new that the shop's search may not show it yet: the next run reads that time again
    NOT_READ = "not read"  # made before the time that the ledger covers: such orders come in when they change
    RENUMBERED = "renumbered"  # the counter seems to have been set forward


@dataclass(frozen=True, slots=True)
class Gap:
    """The numbers from `first` to `last`, which a counter lacks between two orders of its own."""

    first: int
    last: int
    after: Numbered
    before: Numbered
    reason: Reason

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def names(self, most: int = 20) -> list[str]:
        """The names that the absent orders would have, written like the order before them."""
        prefix, suffix = affixes(self.after) or affixes(self.before) or ("", "")
        return [f"{prefix}{number}{suffix}" for number in range(self.first, min(self.last, self.first + most - 1) + 1)]


@dataclass(frozen=True, slots=True)
class Covered:
    """Orders made in this time are all known to the ledger if nothing was missed."""

    since: datetime
    until: datetime


def find_gaps(stretches: Iterable[tuple[int, int, int]], look: Look, covered: Covered | None) -> list[Gap]:
    """The gaps between stretches (times, first, last; by times and number), by number. `covered` is None before the first
    whole run.
    """
    layers = groupby(stretches, key=lambda one: one[0])
    found = (hole for times, layer in layers for hole in holes(times, [Stretch(first, last) for _, first, last in layer]))
    return sorted((gap for hole in found for gap in gaps_at(hole, look, covered)), key=lambda gap: gap.first)


def holes(times: int, stretches: Sequence[Stretch]) -> Iterator[Hole]:
    """Where a counter may have lost numbers, among those that stand at least `times` times (by number)."""
    for place, (below, above) in enumerate(zip(stretches, stretches[1:], strict=False)):
        width = above.first - below.last - 1
        if times == 1:
            yield Hole(times, below, above, certain=True)
        elif width <= MOST_LOST:
            before, behind = _dense_beside(stretches, place, width)
            # above the hole a counter may have only just gone on
            if (certain := before >= width and behind > width) or (before > width and width <= FEW):
                yield Hole(times, below, above, certain)


def _dense_beside(stretches: Sequence[Stretch], place: int, width: int) -> tuple[int, int]:
    """How many numbers stand close below and above a hole: many for a counter's, few for single repeats."""
    last, first, reach = stretches[place].last, stretches[place + 1].first, reach_beside(width)
    before = _taken((stretches[i] for i in range(place, -1, -1)), last - reach + 1, last)
    behind = _taken((stretches[i] for i in range(place + 1, len(stretches))), first, first + reach - 1)
    return before, behind


def reach_beside(width: int) -> int:
    """How many numbers beside a hole tell whether it is a counter's."""
    return 2 * (width + 1)


def _taken(stretches: Iterable[Stretch], low: int, high: int) -> int:
    """How many of the numbers from `low` to `high` stand, going along stretches until one lies beyond."""
    count = 0
    for one in stretches:
        within = min(one.last, high) - max(one.first, low) + 1
        if within <= 0:
            break
        count += within
    return count


def gaps_at(hole: Hole, look: Look, covered: Covered | None) -> Iterator[Gap]:
    """The gaps that a hole consists of: more than one where several counters lost numbers next to each other."""
    lines = _closest(look(hole.below.last), look(hole.above.first), _apart)
    for first, last, (after, before) in _parts(hole, lines, look):
        named_alike = hole.certain or affixes(after) == affixes(before)
        # a counter does not go back in time: an order made earlier is another's
        lacking = hole.certain or not _goes_on(after, before, look(first))
        if hole.times == 1 or (named_alike and _seconds(after, before) >= 0 and lacking):
            yield Gap(first, last, after, before, _reason(last - first + 1, after, before, covered, lambda: _pace(hole, look)))


def _goes_on(after: Numbered, before: Numbered, holders: Iterable[Numbered]) -> bool:
    """Whether an order with the first number of a gap stands between its neighbours: then their counter lacks nothing."""
    named = affixes(after)
    return any(affixes(one) == named and _seconds(after, one) >= 0 and _seconds(one, before) >= 0 for one in holders)


def _parts(hole: Hole, lines: Sequence[Line], look: Look) -> Iterator[tuple[int, int, Line]]:
    """The numbers of a hole, from and to, and which counter lacks them. A wide one is taken for one counter's."""
    first, last = hole.below.last + 1, hole.above.first - 1
    if hole.times == 1 or hole.width > FEW:
        yield first, last, _lacking(hole.times, lines, look(first) if hole.times > 1 else ())
        return
    inside = [(number, look(number)) for number in range(first, last + 1)]
    # a number that more than one counter lacks is told as often: here for the one that lacks those beside it
    told = {number: _lacking(hole.times, lines, there) for number, there in inside if len(there) == hole.times - 1}
    line = next(iter(told.values()), _lacking(hole.times, lines, inside[0][1]))
    each = [(number, line := told.get(number, line)) for number, _ in inside]
    for line, numbers in groupby(each, key=lambda one: one[1]):
        some = [number for number, _ in numbers]
        yield some[0], some[-1], line


def _lacking(times: int, lines: Sequence[Line], inside: Sequence[Numbered]) -> Line:
    """The counter that lacks a number which those orders have: told by their names and by when they were made."""
    there = {id(line) for _, line in _closest(inside, lines, _aside)}
    free = [line for line in lines if id(line) not in there]
    return free[min(times - len(inside), len(free)) - 1]


def _closest(some: Sequence[A], others: Sequence[B], distance: Callable[[A, B], Distance]) -> list[tuple[A, B]]:
    """Each with one of the others, none twice, as they suit each other best."""
    if len(some) > len(others):
        turned = _closest(others, some, lambda b, a: distance(a, b))
        return [(a, b) for b, a in turned]
    if len(others) <= MATCHED_AT_BEST:
        chosen = min(permutations(others, len(some)), key=lambda these: _sum(map(distance, some, these)))
        return list(zip(some, chosen, strict=True))
    left, pairs = list(others), list[tuple[A, B]]()
    for one in some:
        pairs.append((one, left.pop(min(range(len(left)), key=lambda i: distance(one, left[i])))))
    return pairs


def _sum(distances: Iterable[Distance]) -> Distance:
    backward = renamed = 0
    seconds = 0.0
    for one in distances:
        backward, renamed, seconds = backward + one[0], renamed + one[1], seconds + one[2]
    return backward, renamed, seconds


def _apart(below: Numbered, above: Numbered) -> Distance:
    """A counter does not go back in time; and it keeps its names, mostly."""
    passed = _seconds(below, above)
    return passed < 0, affixes(below) != affixes(above), abs(passed)


def _aside(inside: Numbered, line: Line) -> Distance:
    below, above = line
    since, until = _seconds(below, inside), _seconds(inside, above)
    return min(since, until) < 0, affixes(inside) not in (affixes(below), affixes(above)), abs(since) + abs(until)


def _seconds(one: Numbered, other: Numbered) -> float:
    """From the one to the other."""
    return (other.created_at - one.created_at).total_seconds() if one.created_at and other.created_at else 0.0


def _reason(
    absent: int, after: Numbered, before: Numbered, covered: Covered | None, pace: Callable[[], timedelta | None]
) -> Reason:
    if covered is None or after.created_at is None or after.created_at < covered.since:
        # some or all of it was made before; an order is only certain to be known if the one before it had to be known, too
        return Reason.NOT_READ
    if before.created_at is not None and before.created_at > covered.until:
        return Reason.RECENT
    if absent >= RENUMBERED_FROM and before.created_at is not None and (usual := pace()):
        expected = (before.created_at - after.created_at) / usual
        if absent > FASTER * max(expected, 1.0):
            return Reason.RENUMBERED
    return Reason.UNEXPLAINED


def _pace(hole: Hole, look: Look) -> timedelta | None:
    """The usual time from one order to the next beside a hole; None where there are too few to tell."""
    steps, total = 0, timedelta(0)
    for one in (hole.below, hole.above):
        first, last = look(one.first)[0].created_at, look(one.last)[0].created_at
        if one.count > 1 and first and last:
            steps, total = steps + one.count - 1, total + (last - first)
    return total / steps if steps >= 2 and total > timedelta(0) else None


def affixes(order: Numbered) -> tuple[str, str] | None:
    """What stands before and after the number in an order's name; None for a name without its number."""
    digits = str(order.number)
    prefix, found, suffix = order.name.rpartition(digits)
    if not found or prefix[-1:].isdigit() or suffix[:1].isdigit():
        return None
    return prefix, suffix
