"""Gaps in the order numbers of a shop: which numbers the ledger lacks, and why that may be all right. Pure.

What is known of the numbers (Shopify Admin API reference, `Order.number`: neither consecutive nor unique for certain; observed:
an order with a name of its own uses up a number, test and deleted orders do, too): a gap alone proves no loss, but a lost order
leaves one. So each gap is named with what can be said about it offline, and the rest is asked of the shop.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

RENUMBERED_FROM = 100  # fewer numbers than this are never taken for a counter that was set forward
FASTER = 20  # a stretch of orders this many times faster than usual is no stretch of orders


@dataclass(frozen=True, slots=True)
class Numbered:
    """An order's number, the name people see, and when it was made (aware), where that is known."""

    number: int
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Orders whose numbers follow each other without a break, by the first and the last of them."""

    first: Numbered
    last: Numbered

    @property
    def count(self) -> int:
        return self.last.number - self.first.number + 1


class Reason(Enum):
    """What is known about a gap without asking the shop."""

    UNEXPLAINED = "unexplained"  # made while the ledger was watching: ask the shop
    ASKED = "asked"  # a run has held the time against the shop since, and the shop showed no such order: deleted, most likely
    RECENT = "recent"  # so new that the shop's search may not show it yet: the next run reads that time again
    NOT_READ = "not read"  # made before the time that the ledger covers: such orders come in when they change
    RENUMBERED = "renumbered"  # the counter seems to have been set forward


@dataclass(frozen=True, slots=True)
class Gap:
    """The numbers from `first` to `last` (both absent) between two orders that are there."""

    after: Numbered
    before: Numbered
    reason: Reason

    @property
    def first(self) -> int:
        return self.after.number + 1

    @property
    def last(self) -> int:
        return self.before.number - 1

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


def find_gaps(stretches: Sequence[Stretch], covered: Covered | None) -> list[Gap]:
    """The gaps between the stretches of one counter, by number. `covered` is None before the first whole run."""
    pace = _pace(stretches)
    ordered = sorted(stretches, key=lambda one: one.first.number)
    return [
        Gap(one.last, other.first, _reason(one.last, other.first, covered, pace))
        for one, other in zip(ordered, ordered[1:], strict=False)
        if other.first.number > one.last.number + 1
    ]


def _reason(after: Numbered, before: Numbered, covered: Covered | None, pace: timedelta | None) -> Reason:
    if covered is None or after.created_at is None or after.created_at < covered.since:
        # some or all of it was made before; an order is only certain to be known if the one before it had to be known, too
        return Reason.NOT_READ
    if before.created_at is not None and before.created_at > covered.until:
        return Reason.RECENT
    absent = before.number - after.number - 1
    if absent >= RENUMBERED_FROM and pace and before.created_at is not None:
        expected = (before.created_at - after.created_at) / pace
        if absent > FASTER * max(expected, 1.0):
            return Reason.RENUMBERED
    return Reason.UNEXPLAINED


def _pace(stretches: Sequence[Stretch]) -> timedelta | None:
    """The usual time from one order to the next; None where there are too few to tell."""
    spans = [
        (one.last.created_at - one.first.created_at, one.count - 1)
        for one in stretches
        if one.count > 1 and one.first.created_at and one.last.created_at
    ]
    steps = sum(count for _, count in spans)
    total = sum((span for span, _ in spans), timedelta(0))
    return total / steps if steps >= 2 and total > timedelta(0) else None


def affixes(order: Numbered) -> tuple[str, str] | None:
    """What stands before and after the number in an order's name; None for a name without its number."""
    digits = str(order.number)
    prefix, found, suffix = order.name.rpartition(digits)
    if not found or prefix[-1:].isdigit() or suffix[:1].isdigit():
        return None
    return prefix, suffix


def counters(orders: Iterable[Numbered]) -> list[list[Numbered]]:
    """Orders told apart by the counter that numbered them; the largest group first, each in the order of its numbers.

    Needed only where a number stands twice: several series (EU-1001 and US-1001), or a counter that was set back. Names are
    grouped by what stands around the number; groups whose numbers never collide share a counter, as orders with a name of their
    own do. Within a group an order with a number seen before counts once.
    """
    groups: dict[tuple[str, str] | None, dict[int, Numbered]] = {}
    for order in orders:
        groups.setdefault(affixes(order), {}).setdefault(order.number, order)
    found: list[dict[int, Numbered]] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        home = next((counter for counter in found if counter.keys().isdisjoint(group)), None)
        if home is None:
            found.append(dict(group))
        else:
            home.update(group)
    return [[counter[number] for number in sorted(counter)] for counter in found]


def join(orders: Iterable[Numbered]) -> Iterator[Stretch]:
    """Orders of one counter, in the order of their numbers, as unbroken stretches."""
    first = last = None
    for order in orders:
        if first is None or last is None:
            first = order
        elif order.number > last.number + 1:
            yield Stretch(first, last)
            first = order
        last = order
    if first is not None and last is not None:
        yield Stretch(first, last)
