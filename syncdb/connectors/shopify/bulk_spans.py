"""A wide window cut by time of change into spans: each is read by an operation of its own, and only what fails is repeated.

The spans follow on one another without a gap, the first open to the past as the window is, the last to the future: an order that
can be found at all is in exactly one of them at any moment, whatever the counts said that the cuts were chosen by.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syncdb.values import iso

MOST_COUNTS = 100  # for one window: counting costs 10 points each (observed), so ten seconds of the smallest plan's budget
LENIENCE = 5 / 3  # how far beyond its aim a span may grow before it is halved


def changed_between(since: datetime | None, before: datetime | None) -> str | None:
    """The search for orders changed at or after `since` and before `before`; None where neither is given."""
    # Quoted and with Z: without quotes the time of day is ignored (reported).
    bounds = ((">=", since), ("<", before))
    return " ".join(f"updated_at:{sign}'{iso(moment)}'" for sign, moment in bounds if moment is not None) or None


@dataclass(frozen=True, slots=True)
class ChangeSpan:
    """Orders by their last change: from `since` on (None: from the first), before `before` (None: without end).

    Where these are open, `low` and `high` (epoch seconds, `high` beyond the last) say between which times most of the changes
    lie. `orders` is how many were counted.
    """

    since: datetime | None
    before: datetime | None
    low: int
    high: int
    orders: int = 0

    @property
    def search(self) -> str | None:
        return changed_between(self.since, self.before)

    @property
    def middle(self) -> int | None:
        """The second that halves it by time; None where there is none in between."""
        return (self.low + self.high) // 2 if self.high - self.low > 1 else None

    def joined(self, later: "ChangeSpan") -> "ChangeSpan":
        """This span and the one that follows on it as one."""
        return replace(self, before=later.before, high=later.high, orders=self.orders + later.orders)


Count = Callable[[ChangeSpan], int]


@dataclass(frozen=True, slots=True)
class Cut:
    """How a window is cut: one of at least `least` orders, into spans of about `aim`, but hardly more than `most` of them.

    15,000 orders are some 150 MB in a temporary file and a few seconds of reading, so that much is lost where one fails, while
    the handful of requests that a span costs hardly counts. Beyond 600,000 orders spans grow instead of becoming more.
    """

    least: int = 20_000
    aim: int = 15_000
    most: int = 40

    def spans(self, whole: ChangeSpan, count: Count) -> list[ChangeSpan]:
        """The spans of a window, its orders counted: first of equal times, then what is too full is halved by time.

        What a single second holds is left whole. Raises what `count` raises.
        """
        if whole.orders < self.least:
            return [whole]
        aim = max(1, self.aim, whole.orders // self.most)
        parts = split(whole, _equal_times(whole, -(-whole.orders // aim)), count)
        halved = _halved(parts, int(aim * LENIENCE), MOST_COUNTS - len(parts), count)
        return _joined(halved, aim)


def split(span: ChangeSpan, times: Sequence[int], count: Count) -> list[ChangeSpan]:
    """A span cut at these epoch seconds. The last part is not counted: it holds the rest."""
    found, rest = list[ChangeSpan](), span
    for at in times:
        moment = datetime.fromtimestamp(at, UTC)
        part = replace(rest, before=moment, high=at)
        found.append(replace(part, orders=min(rest.orders, count(part))))
        rest = replace(rest, since=moment, low=at, orders=rest.orders - found[-1].orders)
    return [*found, rest]


def _equal_times(span: ChangeSpan, parts: int) -> list[int]:
    length = span.high - span.low
    times = {span.low + length * place // parts for place in range(1, parts)}
    return sorted(at for at in times if span.low < at < span.high)


def _halved(spans: Iterable[ChangeSpan], largest: int, counts: int, count: Count) -> list[ChangeSpan]:
    waiting, found = [*spans][::-1], list[ChangeSpan]()
    while waiting:
        span = waiting.pop()
        middle = span.middle if span.orders > largest and counts > 0 else None
        if middle is None:
            found.append(span)
            continue
        counts -= 1
        waiting += reversed(split(span, [middle], count))
    return found


def _joined(spans: Iterable[ChangeSpan], aim: int) -> list[ChangeSpan]:
    """Neighbours together that are not too many: times in which little happened need no operation of their own."""
    found = list[ChangeSpan]()
    for span in spans:
        last = found[-1] if found else None
        if last is not None and (last.orders + span.orders <= aim or not last.orders or not span.orders):
            found[-1] = last.joined(span)
        else:
            found.append(span)
    return found
