"""The first page: what needs a person, what goes on, and how each pair stands. The same as `status`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Response

from syncdb.errors import Exit
from syncdb.ledger.queries import period
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.services.attention import Attention, attention
from syncdb.services.calendar import Calendar
from syncdb.services.known_schedules import KnownSchedule, next_told
from syncdb.services.plots import Bar, chart
from syncdb.services.run_schedule import cut_off
from syncdb.services.run_series import Series
from syncdb.services.run_words import Part, outcome, part_of, size, told_counts
from syncdb.services.status import Status, calls_used, read_status
from syncdb.systems.shopify.versions import days_left
from syncdb.values import iso, moment
from syncdb.web.access import Way
from syncdb.web.asked import Look
from syncdb.web.in_pages import in_pages
from syncdb.web.rendering import asked, page, schedules_known, site
from syncdb.wording import counted

# where the one remedy of each thing to look at is
_REMEDIES = {
    "conflicts": ("/decide", "Decide"),
    "open_errors": ("/errors", "See the errors"),
    "run_failed": ("/errors", "See what failed"),
    "watermark": ("/errors", "See the errors"),
    "gaps": ("/missing", "Look for them"),
    "queue_failed": ("/queue?failed=yes", "See them"),
    "no_run": ("/sync", "Start a test"),
    "cut_off": ("/sync", "Run again"),
    "overdue": ("/sync", "Run now"),
    "unfinished_writes": ("/sync", "Run now"),
    "webhooks_lost": ("/webhooks", "Webhooks"),
    "webhooks_unseen": ("/webhooks", "Webhooks"),
    "webhooks_refused": ("/webhooks", "Webhooks"),
}
_DAYS = 14
_STYLES = {Part.WELL: "good", Part.FAILED: "bad", Part.STOPPED: "off", Part.GOING: "a"}
_BARE = re.compile(r"The page [\w-]+\.?")  # which is where the remedy's link leads
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def today() -> Response:
    """Verdict, attention, pairs, and the last day in figures."""
    with site().looking(asked().now) as look:
        state = read_status(look.reader, look.place, asked().now)
        return page("today.html", "Today", command="status", age=look.age, **_shown(state, look))


def _shown(state: Status, look: Look) -> dict[str, Any]:
    found, known = attention(state), schedules_known([one.pair for one in state.series])
    return {
        "found": [_told(one, look.calendar) for one in found],
        "verdict": _verdict(state, look.calendar),
        "series": [_series(one, state, look.calendar, known) for one in state.series],
        "figures": list(_figures(look.reader, state)),
        "plot": _plot(look.reader, look.calendar, state.held),
        "facts_told": list(_facts(state, look.calendar)),
        "live": state.held,
    }


def _told(one: Attention, calendar: Calendar) -> dict[str, Any]:
    """What `status` says of it, with moments as people read them, and where its one remedy is."""
    message = _MOMENT.sub(lambda found: calendar.show(found[0]), one.message)
    remedy, step = _REMEDIES.get(one.code), in_pages(one.next_step)
    if one.code == "run_failed" and f" ended with {int(Exit.INTERRUPTED)}," in message:
        remedy = _REMEDIES["cut_off"]  # somebody ended it: nothing failed
    return {"message": message, "next_step": "" if remedy and _BARE.fullmatch(step) else step, "remedy": remedy}


def _verdict(state: Status, calendar: Calendar) -> str:
    """What agrees, and as of when."""
    kept = ", ".join(f"{grouped_count(count)} {kind.replace('_', ' ')}" for kind, count in state.kept.items())
    orders = f"{grouped_count(state.counts.orders)} order{'' if state.counts.orders == 1 else 's'} in the ledger"
    when = f", complete up to {calendar.show(state.mark['at'])}" if state.mark else ""
    told = [f"{orders}{when}."] if state.counts.orders or not kept else []
    return " ".join([*told, *([f"In step: {kept}."] if kept else [])])


def grouped_count(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")


def _series(one: Series, state: Status, calendar: Calendar, known: Mapping[str, KnownSchedule]) -> dict[str, Any]:
    """What goes on and how the last finished run went are two things."""
    ended = one.last_ended
    going = one.last["ended_at"] is None and not cut_off(one.last, calendar.now, state.held)
    return {
        "name": one.name,
        "going": calendar.ago(one.last["started_at"]) if going else "",
        "kind": kind_of(ended),
        "outcome": outcome(ended, calendar, state.held) if ended else "no run has ended yet",
        "last": calendar.ago(ended["ended_at"]) if ended and ended["ended_at"] else "",
        "did": _did(ended, state) if ended else "",
        "next": next_told(known.get(one.pair), one.rhythm, calendar),
    }


def kind_of(run: Mapping[str, Any] | None) -> str:
    """The sign for how a run ended."""
    if run is None or run["exit_code"] in (None, Exit.INTERRUPTED):
        return "off"
    return {0: "ok", 3: "look", 5: "look", 7: "look"}.get(run["exit_code"], "bad")


def _figures(reader: LedgerReader, state: Status) -> Iterator[tuple[str, str]]:
    """Of the last 24 hours, from the runs that began in it. What the runs came to adds up to their number."""
    runs = period.runs_started(reader, iso(state.now - timedelta(days=1)), iso(state.now + timedelta(seconds=1)))
    made = [one for one in runs if one["mode"] != "test"]
    names = ("rows_added", "cells_changed", "rows_deleted")
    written = sum(one["counts"].get(name, 0) for one in made for name in names)
    parts = Counter(part_of(one, state.now, state.held) for one in made)
    yield "rows and cells written", grouped_count(written)
    yield "run" if len(made) == 1 else "runs", grouped_count(len(made))
    for part in Part:
        if parts[part] or part in (Part.WELL, Part.FAILED) and made:
            yield (part.value if len(made) == 1 else f"of them {part.value}"), grouped_count(parts[part])
    waiting = state.counts.waiting
    yield f"order{'' if waiting == 1 else 's'} waiting to be written", grouped_count(waiting)


def _plot(reader: LedgerReader, calendar: Calendar, held: bool | None) -> Any:
    """Runs a day, each part of them in its colour."""
    begin = calendar.midnight(_DAYS - 1)
    days: dict[date, Counter[Part]] = {(begin + timedelta(days=number)).date(): Counter() for number in range(_DAYS)}
    for run in period.runs_started(reader, iso(begin), iso(calendar.now + timedelta(seconds=1))):
        day = moment(run["started_at"]).astimezone(calendar.zone).date()
        if run["mode"] != "test" and day in days:
            days[day][part_of(run, calendar.now, held)] += 1
    bars = [
        Bar(f"{day:%b} {day.day}", tuple((parts[part], style) for part, style in _STYLES.items()), f"{day}: {_parts_told(parts)}")
        for day, parts in days.items()
    ]
    return chart(bars, f"Runs a day in the last {_DAYS} days") if any(days.values()) else None


def _parts_told(parts: Mapping[Part, int]) -> str:
    return ", ".join(f"{parts[part]} {part.value}" for part in Part if parts.get(part)) or "no run"


def _facts(state: Status, calendar: Calendar) -> Iterator[tuple[str, str]]:
    shop = state.shop
    yield "Shop", f"{shop.get('name')} ({shop.get('domain')}), {shop.get('currency')}" if shop else ""
    checked = f", read through {calendar.ago(state.checked_at)}" if state.checked_at else ", not read through yet"
    yield "Ledger", f"{state.place.ledger} ({size(state.size)}{checked})"
    left = days_left(state.version, state.now) if state.version else None
    yield (
        "API version",
        f"{state.version}, {counted(left, 'day')} until Shopify ends it" if left is not None else str(state.version or ""),
    )
    for system in state.calls:
        limit = state.place.most_calls.get(system)
        yield f"Calls to {system}", f"{calls_used(state, system)} this month" + (f" of {limit}" if limit is not None else "")


def _did(run: Mapping[str, Any], state: Status) -> str:
    return told_counts(run["counts"], state.first.get(run["pair"], ""), failed=bool(run["exit_code"]))


WAYS = (Way("/", today),)
