"""`status`: fine or not in one line, and how things stand."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.pairs import registry

if TYPE_CHECKING:
    from syncdb.cli.output import Output
    from syncdb.services.attention import Attention
    from syncdb.services.calendar import Calendar
    from syncdb.services.status import Status

ATTENTION = 1
_GAP_WORDS = (
    ("asked", "the shop does not have (deleted, most likely)"),
    ("renumbered", "skipped by a counter set forward"),
    ("recent", "too new to tell"),
)


def status(config: ConfigOption = None, db: DbOption = None, as_json: JsonOption = False) -> None:
    """The command `status`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        from syncdb.clock import SYSTEM
        from syncdb.ledger.queries.reader import reading
        from syncdb.services.attention import attention
        from syncdb.services.calendar import Calendar
        from syncdb.services.ledger_location import find_ledger
        from syncdb.services.status import read_status
        from syncdb.services.status_data import as_data

        place = find_ledger(config, db)
        with reading(place.ledger) as reader:
            state = read_status(reader, place, SYSTEM.now())
        found = attention(state)
        if as_json:
            output.data(as_data(state, found))
        else:
            _tell(output, state, found, Calendar.of((state.shop or {}).get("zone"), state.now), config)
        if found:
            raise typer.Exit(ATTENTION)


def _tell(output: "Output", state: "Status", found: "list[Attention]", calendar: "Calendar", config: Path | None) -> None:
    run = state.last_run
    if not found:
        when = _since(run, calendar)
        going = run is not None and run["ended_at"] is None
        output.line(f"Fine: {f'a run is under way, begun {when}' if going else f'the last run was {when}'}.", "bold green")
    else:
        output.line(f"Attention: {len(found)} {'thing needs' if len(found) == 1 else 'things need'} a look.", "bold yellow")
        output.points([one.message, f"What to do: {one.next_step}"] for one in found)
    output.line()
    output.facts([*_runs(state, calendar), *_next(state, calendar, config), *_orders(state, calendar), *_ledger(state, calendar)])


def _runs(state: "Status", calendar: "Calendar") -> Iterator[tuple[str, str]]:
    if state.shop:
        yield "Shop", f"{state.shop.get('name')} ({state.shop.get('domain')}), {state.shop.get('currency')}"
    for series in state.series:
        which = f" ({series.name})" if len(state.series) > 1 or series.name != registry.PAIRS[0].title else ""
        yield from _one_run("Last run", series.last, which, state, calendar)
        ended = series.last_ended
        if ended is not None and ended is not series.last:
            yield from _one_run("Before it", ended, which, state, calendar)


def _next(state: "Status", calendar: "Calendar", config: Path | None) -> Iterator[tuple[str, str]]:
    """Who starts the next run, as far as that is known."""
    from syncdb.config.place import config_place
    from syncdb.services.known_schedules import known_schedules, next_told

    place = config_place(config, os.environ, Path.cwd())
    known = known_schedules(state.place.ledger, place, Path.cwd(), [one.pair for one in state.series], state.now)
    for series in state.series:
        which = f" ({series.name})" if len(state.series) > 1 else ""
        yield "Next run", next_told(known.get(series.pair), series.rhythm, calendar) + which


def _since(run: Mapping[str, Any] | None, calendar: "Calendar") -> str:
    """How long ago a run began; one that this computer's clock takes for later was made by another, or by this one before."""
    if run is None:
        return "never"
    told = calendar.ago(run["started_at"])
    return "just now" if told.startswith("in ") else told


def _one_run(label: str, run: Mapping[str, Any], which: str, state: "Status", calendar: "Calendar") -> Iterator[tuple[str, str]]:
    from syncdb.services.run_words import outcome, told_counts

    began, ended = calendar.show(run["started_at"]), outcome(run, calendar, state.held)
    yield label, f"#{run['run_id']} {run['mode']}, {began}, {ended}{which}"
    if run["ended_at"] is not None:
        yield "", told_counts(run["counts"], state.first.get(run["pair"], ""), failed=bool(run["exit_code"]))


def _orders(state: "Status", calendar: "Calendar") -> Iterator[tuple[str, str]]:
    counts = state.counts
    if state.kept:
        yield "In step", ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in state.kept.items())
    for system in registry.systems_of(registry.PAIRS):
        if system.name in state.calls:
            yield f"{system.title} calls", _calls(state, system.name)
    if state.tracks_orders:
        yield from _of_orders(state, calendar)
    yield "Open errors", str(sum(len(group.errors) for group in state.errors) or "none")
    yield "Unfinished", f"{len(state.writes)} writes (under way, or waiting for the next run)" if state.writes else "no writes"
    yield "Left to people", _left(counts.undecided, counts.conflicts - counts.undecided)
    if state.tracks_orders:
        yield "Gaps", _gaps(state)


def _left(undecided: int, as_wanted: int) -> str:
    told = [f"{undecided} to decide"] if undecided else []
    told += [f"{as_wanted} left as they are by the rules (edited or deleted on one side)"] if as_wanted else []
    return f"{undecided + as_wanted} open: {', '.join(told)}" if told else ""


def _calls(state: "Status", system: str) -> str:
    from syncdb.services.status import calls_used

    limit = state.place.most_calls.get(system)
    return f"{calls_used(state, system):,} this month" + (f" of {limit:,}" if limit is not None else "; no limit is set")


def _of_orders(state: "Status", calendar: "Calendar") -> Iterator[tuple[str, str]]:
    counts = state.counts
    more = [f"{counts.deleted} deleted in the shop"] if counts.deleted else []
    more += [f"{counts.missing} not shown by the shop at last"] if counts.missing else []
    more += [f"{counts.waiting} still to be brought over"] if counts.waiting else []
    yield "Orders", f"{counts.orders} tracked" + "".join(f", {one}" for one in more)
    if state.mark:
        since = calendar.short(state.mark["covered_since"])[:10]
        yield "Complete", f"from {since} up to {calendar.show(state.mark['at'])} ({calendar.ago(state.mark['at'])})"


def _gaps(state: "Status") -> str:
    unexplained = sum(gap.count for gap in state.open_gaps)
    told = [f"{_numbers(unexplained)} unexplained"] if unexplained else []
    for reason, text in _GAP_WORDS:
        if count := sum(gap.count for gap in state.gaps if gap.reason.value == reason):
            told.append(f"{_numbers(count)} {text}")
    return ", ".join(told) or "none in the order numbers"


def _numbers(count: int) -> str:
    from syncdb.wording import counted

    return counted(count, "number")


def _days(count: int) -> str:
    from syncdb.wording import counted

    return counted(count, "day")


def _ledger(state: "Status", calendar: "Calendar") -> Iterator[tuple[str, str]]:
    from syncdb.services.run_words import size

    checked = f"; read through {calendar.ago(state.checked_at)}, sound" if state.checked_at else "; not read through yet"
    yield "Ledger", f"{state.place.ledger} ({size(state.size)}{checked})"
    if state.version:
        from syncdb.systems.shopify.versions import days_left

        left = days_left(state.version, state.now)
        yield "API version", state.version + (f", {_days(left)} until Shopify ends it" if left is not None else "")
    yield "Login", _login(state)


def _login(state: "Status") -> str:
    if state.place.login == "client":
        return "client id and secret; each run asks for a token of its own"
    if state.place.login is None:
        return ""
    try:
        file = state.place.login_file
        age = (state.now - datetime.fromtimestamp(file.stat().st_mtime, UTC)).days if file else None
    except OSError:
        age = None
    return "a lasting access token" + (f"; the file that holds it was last changed {age} days ago" if age is not None else "")
