"""The figures of a period: from the ledger's rows to sums that can be read, drawn and checked. Sums are exact."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from syncdb.ledger.queries import period
from syncdb.ledger.queries.errors import Group
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.number_gaps import Gap, Reason
from syncdb.services.calendar import Calendar
from syncdb.services.status import OUTCOMES, Status
from syncdb.values import iso, moment


@dataclass(slots=True)
class DayFigures:
    """One day of the shop's calendar. `revenue` by currency; runs by whether they did all (True) or not."""

    date: date
    orders: int = 0
    revenue: dict[str, Decimal] = field(default_factory=dict)
    runs_well: int = 0
    runs_else: int = 0


@dataclass(slots=True)
class Sales:
    """Orders made in the period, in the currencies of the shop.

    Revenue is what orders come to now, after edits and refunds (current total); tests, and orders deleted in the shop, are left
    out of it, cancelled ones are not: what remains of them counts.
    """

    orders: int = 0
    test: int = 0
    cancelled: int = 0
    deleted: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    revenue: dict[str, Decimal] = field(default_factory=dict)
    financial: Counter[str] = field(default_factory=Counter)
    fulfillment: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The runs of the period; dry runs are left out. `seconds` is the median length of those that ended."""

    count: int
    outcomes: Mapping[str, int]
    seconds: float | None
    sums: Mapping[str, int]
    failed: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A report's content. `since` and `until` are moments (ISO, UTC), the end excluded."""

    days: list[DayFigures]
    zone: str
    since: str
    until: str
    sales: Sales
    runs: RunFigures
    changed_orders: int
    changed_fields: list[tuple[str, int]]
    errors: Mapping[str, int]
    open_errors: list[Group]
    gaps: list[Gap]
    state: Status


def gather(reader: LedgerReader, state: Status, calendar: Calendar, days: int) -> Figures:
    """The figures of the last `days` days of the calendar, today included."""
    begin = calendar.midnight(days - 1)
    since, until = iso(begin), iso(calendar.now + timedelta(seconds=1))
    by_date = {begin.date() + timedelta(days=number): DayFigures(begin.date() + timedelta(days=number)) for number in range(days)}
    sales = _sales(reader, list(by_date.values()), calendar, until)
    runs = [run for run in period.runs_started(reader, since, until) if run["mode"] != "test"]
    _runs_by_day(runs, by_date, calendar)
    return Figures(
        list(by_date.values()),
        str(calendar.zone),
        since,
        until,
        sales,
        _runs(runs),
        period.changed_orders(reader, since, until),
        period.changed_fields(reader, since, until).most_common(),
        period.errors_in(reader, since, until),
        list(state.errors),
        _gaps(state.gaps, since),
        state,
    )


def _sales(reader: LedgerReader, days: Sequence[DayFigures], calendar: Calendar, until: str) -> Sales:
    """The orders of the days, counted by SQLite; their amounts are added up here, exactly."""
    sales = Sales()
    begins = [iso(calendar.midnight(len(days) - 1 - place)) for place in range(len(days))]
    for status, financial, fulfillment, cancelled, test, count in period.orders_by_standing(reader, begins[0], until):
        sales.orders += count
        sales.test += count * test
        sales.cancelled += count * cancelled
        sales.deleted += count * (status == "deleted")
        sales.financial[_words(financial)] += count
        sales.fulfillment[_words(fulfillment)] += count
    for day, begin, end in zip(days, begins, [*begins[1:], until], strict=True):
        day.orders = period.orders_made(reader, begin, end)
        for currency, totals in period.totals(reader, begin, end).items():
            sales.counted[currency] += len(totals)
            day.revenue[currency] = sum(map(Decimal, totals), Decimal(0))
            sales.revenue[currency] = sales.revenue.get(currency, Decimal(0)) + day.revenue[currency]
    return sales


def _words(status: str | None) -> str:
    return status.lower().replace("_", " ") if status else "none"


def _runs_by_day(runs: Iterable[Mapping[str, Any]], days: Mapping[date, DayFigures], calendar: Calendar) -> None:
    for run in runs:
        day = days.get(moment(run["started_at"]).astimezone(calendar.zone).date())
        if day and run["exit_code"] == 0:
            day.runs_well += 1
        elif day:
            day.runs_else += 1


def _runs(runs: list[dict[str, Any]]) -> RunFigures:
    lengths = [(moment(run["ended_at"]) - moment(run["started_at"])).total_seconds() for run in runs if run["ended_at"]]
    sums: Counter[str] = Counter()
    for run in runs:
        sums.update(run["counts"])
    outcomes = Counter(_outcome(run) for run in runs)
    failed = tuple(run for run in runs if run["exit_code"] not in (0, None))
    return RunFigures(len(runs), outcomes, median(lengths) if lengths else None, sums, failed)


def _outcome(run: Mapping[str, Any]) -> str:
    return "not ended" if run["exit_code"] is None else OUTCOMES.get(run["exit_code"], f"exit code {run['exit_code']}")


def _gaps(gaps: Iterable[Gap], since: str) -> list[Gap]:
    """The gaps of the period, and all that are unexplained however old they are."""
    begin = moment(since).astimezone(UTC)
    return [
        gap
        for gap in gaps
        if gap.reason is Reason.UNEXPLAINED
        or (gap.reason is not Reason.NOT_READ and gap.before.created_at and gap.before.created_at >= begin)
    ]
