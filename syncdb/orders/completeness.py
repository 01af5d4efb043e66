"""Whether every order of the shop is in the ledger: each gap in the numbers is asked about, and each day is counted.

What can be known (Shopify Admin API): an order that was deleted leaves nothing to ask for, nor does a number that never was an
order; both are "unexplained" unless the ledger itself saw the deletion. Drafts have a counter of their own (D1, D2 …), so a
cancelled draft leaves no gap. Test orders are orders and are kept like others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syncdb.ledger import state_keys
from syncdb.ledger.queries import order_presence as held
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.ledger_gaps import gaps_in
from syncdb.orders.number_gaps import Gap, Reason
from syncdb.values import iso, moment

if TYPE_CHECKING:
    from syncdb.connectors.order_source import Facts, Listed
    from syncdb.connectors.shopify.presence import Presence

LAG = timedelta(minutes=15)  # of Shopify's search: nothing is concluded about orders younger than this
NAMES_OF_A_GAP = 25  # larger gaps are asked about by time only


class GapVerdict(Enum):
    """What became of the numbers in a gap."""

    MISSED = "missed"  # the shop has such orders: fetch them
    DELETED = "deleted"  # the ledger knew of them; the shop deleted them before they could be read
    HIDDEN = "beyond the 60 days"  # older than this app may see
    UNEXPLAINED = "never existed or deleted unseen"  # the shop has nothing there
    RENUMBERED = "renumbered"  # the counter was set forward, and the shop has nothing there
    NOT_READ = "before the ledger's time"  # made before the time the ledger covers
    RECENT = "too recent"  # the shop's search may not show it yet
    UNASKED = "unasked"  # not asked: offline, or over this run's limit of questions


@dataclass(frozen=True, slots=True)
class Answered:
    """A gap with what the shop said of it. `missed` orders are in the shop and not in the ledger."""

    gap: Gap
    verdict: GapVerdict
    missed: "tuple[Listed, ...]" = ()


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day of the shop's calendar: how many orders made then the shop counts and the ledger holds.

    `missed` are only in the shop; `extra` (id -> name) only in the ledger. None for a count that was not asked.
    """

    date: str
    shop: int | None
    ledger: int
    missed: "tuple[Listed, ...]" = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A day of the shop's calendar, from `since` until before `until` (aware, UTC). Today ends now."""

    date: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many questions may be asked: gaps by name or time, pages of orders for one gap or day, days looked into."""

    gaps: int = 10
    pages: int = 2
    days: int = 3


@dataclass(slots=True)
class Completeness:
    """The result. `refused` says why the shop was not asked, if it was not."""

    gaps: list[Answered] = field(default_factory=list)
    days: list[DayCount] = field(default_factory=list)
    refused: str = ""

    @property
    def missed(self) -> "list[Listed]":
        """Every order that the shop has and the ledger lacks, once."""
        found = [one for answered in self.gaps for one in answered.missed] + [one for day in self.days for one in day.missed]
        return list({one.order_id: one for one in found}.values())


def unasked(reader: LedgerReader, since: datetime | None) -> Completeness:
    """What can be said without the shop: where the gaps are. Days are not counted, there is nothing to compare them with."""
    return Completeness([Answered(gap, _offline(gap)) for gap in _gaps(reader, since)])


def ask_shop(
    reader: LedgerReader, shop: "Presence", facts: "Facts", since: datetime | None, now: datetime, days: int, bounds: Bounds
) -> Completeness:
    """Ask about every gap after `since` and count the last `days` days. Costs at most what `bounds` allow, and one question more
    for each 31 days. Raises Refused and RetryLater.
    """
    found = Completeness()
    asked = 0
    gaps = _gaps(reader, since)
    newest = _newest(reader, shop, gaps, bounds)
    for gap in gaps:
        answered = _without_asking(reader, gap, facts, now) or _recent(gap, newest, now)
        if answered is None and asked < bounds.gaps:
            asked += 1
            answered = _answer(reader, shop, gap, bounds)
        found.gaps.append(answered or Answered(gap, GapVerdict.UNASKED))
    found.days = _count(reader, shop, calendar(now - LAG, ZoneInfo(facts.zone), days), bounds)
    return found


def find_missed(
    reader: LedgerReader, shop: "Presence", facts: "Facts", now: datetime, lookback: timedelta, bounds: Bounds
) -> "list[Listed]":
    """The orders that a whole reading of the look-back window should have brought and did not: to be asked for by id.

    For use within a run: one question where nothing is amiss.
    """
    days = max(1, min(lookback.days, 31))
    return ask_shop(reader, shop, facts, now - lookback, now, days, bounds).missed


def calendar(now: datetime, zone: tzinfo, days: int) -> list[DaySpan]:
    """The last `days` days of the shop's calendar up to `now`, oldest first. They are 23 to 25 hours long."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    edges = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in dates] + [now]
    spans = (DaySpan(date.isoformat(), *ends) for date, ends in zip(dates, zip(edges, edges[1:], strict=False), strict=True))
    return [one for one in spans if one.since < one.until]


def _gaps(reader: LedgerReader, since: datetime | None) -> list[Gap]:
    found = gaps_in(reader)
    return [gap for gap in found if since is None or gap.before.created_at is None or gap.before.created_at >= since]


def _offline(gap: Gap) -> GapVerdict:
    return {Reason.RECENT: GapVerdict.RECENT, Reason.NOT_READ: GapVerdict.NOT_READ}.get(gap.reason, GapVerdict.UNASKED)


def _without_asking(reader: LedgerReader, gap: Gap, facts: "Facts", now: datetime) -> Answered | None:
    horizon = facts.horizon(now)
    if horizon and gap.before.created_at and gap.before.created_at <= horizon:
        return Answered(gap, GapVerdict.HIDDEN)
    if gap.reason is Reason.NOT_READ:
        return Answered(gap, GapVerdict.NOT_READ)
    names = gap.names(NAMES_OF_A_GAP)
    if len(names) == gap.count and held.deleted_names(reader, names) == set(names):
        return Answered(gap, GapVerdict.DELETED)
    return None


def _newest(reader: LedgerReader, shop: "Presence", gaps: Sequence[Gap], bounds: Bounds) -> "list[Listed]":
    """What the ledger lacks of the orders around gaps that no run has reached, from the shop's database: its search lags."""
    begun = [gap.after.created_at for gap in gaps if gap.reason is Reason.RECENT and gap.after.created_at]
    return _new(reader, shop.newest(min(begun), bounds.pages)) if begun else []


def _recent(gap: Gap, newest: "Sequence[Listed]", now: datetime) -> Answered | None:
    """A gap that no run has reached. None where it is old enough, by now, to be asked about like the others."""
    if gap.reason is not Reason.RECENT:
        return None
    if found := tuple(one for one in newest if _inside(gap, one)):
        return Answered(gap, GapVerdict.MISSED, found)
    young = gap.before.created_at is None or gap.before.created_at > now - LAG
    return Answered(gap, GapVerdict.RECENT) if young else None


def _inside(gap: Gap, one: "Listed") -> bool:
    if gap.first <= one.number <= gap.last:
        return True
    after, before = gap.after.created_at, gap.before.created_at
    return after is not None and before is not None and after <= one.created_at <= before


def _answer(reader: LedgerReader, shop: "Presence", gap: Gap, bounds: Bounds) -> Answered:
    """By name first; what that leaves open by the time between the neighbours, which also finds orders with other names."""
    found: list[Listed] = []
    if gap.count <= NAMES_OF_A_GAP:
        found = _new(reader, shop.named(gap.names(NAMES_OF_A_GAP)))
    whole = True
    if len(found) < gap.count and gap.after.created_at and gap.before.created_at:
        between, whole = shop.made(gap.after.created_at, gap.before.created_at, bounds.pages)
        found += [one for one in _new(reader, between) if one.order_id not in {known.order_id for known in found}]
    if found:
        return Answered(gap, GapVerdict.MISSED, tuple(found))
    if not whole:
        return Answered(gap, GapVerdict.UNASKED)
    return Answered(gap, GapVerdict.RENUMBERED if gap.reason is Reason.RENUMBERED else GapVerdict.UNEXPLAINED)


def _new(reader: LedgerReader, listed: "Sequence[Listed]") -> "list[Listed]":
    there = held.known(reader, [one.order_id for one in listed])
    return [one for one in listed if one.order_id not in there]


def _count(reader: LedgerReader, shop: "Presence", spans: Sequence[DaySpan], bounds: Bounds) -> list[DayCount]:
    """Count each day; the days that differ, latest first, are listed and compared order by order."""
    covered = _covered(reader)
    spans = [one for one in spans if covered is None or one.since >= covered]
    counts = shop.counts([(one.since, one.until) for one in spans])
    counted = [_day(reader, count, one) for count, one in zip(counts, spans, strict=True)]
    differing = [place for place in range(len(spans) - 1, -1, -1) if counted[place].shop != counted[place].ledger]
    for place in differing[: bounds.days]:
        counted[place] = _compared(reader, shop, counted[place], spans[place], bounds)
    return counted


def _covered(reader: LedgerReader) -> datetime | None:
    """From when on every order made is known to have been read, where something is."""
    mark = reader.meta(state_keys.WATERMARK)
    return moment(mark["covered_since"]) if mark else None


def _day(reader: LedgerReader, count: int | None, span: DaySpan) -> DayCount:
    return DayCount(span.date, count, held.made(reader, iso(span.since), iso(span.until)))


def _compared(reader: LedgerReader, shop: "Presence", day: DayCount, span: DaySpan, bounds: Bounds) -> DayCount:
    listed, whole = shop.made(span.since, span.until - timedelta(seconds=1), bounds.pages)
    here = held.made_ids(reader, iso(span.since), iso(span.until))
    there = {one.order_id for one in listed}
    extra = tuple(sorted((order_id, name) for order_id, name in here.items() if order_id not in there))
    return replace(day, missed=tuple(_new(reader, listed)), extra=extra if whole else ())
