"""What is sent when all is well: of each day on which something happened, and of each week. No customer is named in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.web.alerts import Message
from syncdb.services.amounts import grouped
from syncdb.services.attention import Attention
from syncdb.services.calendar import Calendar
from syncdb.services.figures import Figures, gather
from syncdb.services.status import Status

MONDAY, WEEK = 1, 7
LAST = "digest"  # the day of the last one, as it is remembered


@dataclass(frozen=True, slots=True)
class DigestDue:
    """The days that a digest is about: those before `day`."""

    day: date
    days: int


def digest_due(wish: str, at: str, last: str | None, now: datetime, zone: tzinfo) -> DigestDue | None:
    """The digest that is due, at a time of the day in the shop's zone. `last` is the day of the last one (ISO).

    Without one nothing is due: the first comes a day later. Days that were slept through get one together. That of a week is sent
    on Monday, or as soon after as can be.
    """
    here = now.astimezone(zone)
    hour, minute = map(int, at.split(":"))
    day = here.date() if here.time() >= time(hour, minute) else here.date() - timedelta(days=1)
    if wish == "off" or last is None or (before := date.fromisoformat(last)) >= day:
        return None
    monday = day - timedelta(days=day.isoweekday() - MONDAY)
    if before < monday:
        return DigestDue(monday, WEEK)
    return DigestDue(day, (day - before).days) if wish == "daily" else None


def digest(
    reader: LedgerReader, state: Status, found: Sequence[Attention], due: DigestDue, zone: tzinfo, link: str | None
) -> Message | None:
    """The message; None of days on which nothing happened (of a whole week it is sent all the same)."""
    end = datetime.combine(due.day, time(), zone) - timedelta(seconds=1)
    figures = gather(reader, state, Calendar(zone, end), due.days)
    if due.days < WEEK and not happened(figures, found):
        return None
    shop = (state.shop or {}).get("name") or (state.shop or {}).get("domain") or "syncdb"
    lines = _lines(figures, found, due)
    subject = f"[{shop}] {lines[0]}"
    body = "\n".join([*lines, *([f"See: {link}"] if link else [])]) + "\n"
    return Message("digest", "", subject, body, _data(figures, found, due))


def happened(figures: Figures, found: Sequence[Attention]) -> bool:
    """Whether there is anything to tell."""
    else_ended = sum(day.runs_else for day in figures.days)
    return bool(found or figures.sales.orders or figures.changed_orders or any(figures.errors.values()) or else_ended)


def _lines(figures: Figures, found: Sequence[Attention], due: DigestDue) -> list[str]:
    span = f"{figures.days[0].date}" if due.days == 1 else f"{figures.days[0].date} to {figures.days[-1].date}"
    runs, well = figures.runs.count, sum(day.runs_well for day in figures.days)
    head = (
        f"All well, {span}."
        if not found
        else f"{len(found)} {'thing needs' if len(found) == 1 else 'things need'} a look, {span}."
    )
    sales = ", ".join(f"{grouped(total, currency)} {currency}" for currency, total in sorted(figures.sales.revenue.items()))
    lines = [
        head,
        f"Orders: {figures.sales.orders:,}" + (f" ({sales})" if sales else "") + f"; changed: {figures.changed_orders:,}",
    ]
    lines.append(f"Runs: {runs:,}, {well:,} of them did everything")
    return lines + [f"- {one.message} {one.next_step}" for one in found]


def _data(figures: Figures, found: Sequence[Attention], due: DigestDue) -> Mapping[str, object]:
    return {
        "kind": "digest",
        "until": due.day.isoformat(),
        "days": due.days,
        "orders": figures.sales.orders,
        "changed_orders": figures.changed_orders,
        "runs": figures.runs.count,
        "attention": [one.code for one in found],
    }
