"""From the ledger's facts to one verdict: fine, or what needs attention and what to do about each. No output here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syncdb.orders.number_gaps import Gap
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER
from syncdb.services.calendar import Calendar
from syncdb.services.gap_data import numbers
from syncdb.services.run_schedule import cut_off
from syncdb.services.run_series import Series, run_command
from syncdb.services.status import OUTCOMES, Status, calls_used, counting
from syncdb.services.webhook_health import troubles
from syncdb.systems.shopify.versions import days_left
from syncdb.values import iso, moment
from syncdb.wording import counted, some_of

VERSION_NOTICE = 45  # days
CLOCKS_DIFFER = timedelta(days=1)  # less than that may come of time zones, or of a clock that was just set
STALE = timedelta(hours=26)  # a daily run that is an hour late is no reason to worry


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at. `code` is stable, for scripts."""

    code: str
    message: str
    next_step: str


def failed_runs(state: Status) -> list[Attention]:
    """The last runs that failed, each until the next of its kind has gone well."""
    return [one for one in _runs(state) if one.code == "run_failed"]


def failed_run_of(series: Series, state: Status) -> Attention | None:
    """The same of one series: of several that failed together the one that ran last."""
    return next((one for one in _of_series(series, _which(series, state), state) if one.code == "run_failed"), None)


def attention(state: Status) -> list[Attention]:
    """What needs a person, most urgent first; empty when all is fine."""
    webhooks = (Attention(*told) for told in troubles(state.inbox, state.now))
    return [*_runs(state), *_open(state), *_queue(state), *webhooks, *_calls(state), *_version(state)]


def _queue(state: Status) -> Iterator[Attention]:
    """Records that no run tries again before a person has looked."""
    failed, pair = int((state.queue or {}).get("failed", 0)), registry.pair_named(str((state.queue or {}).get("pair")))
    if failed and pair is not None:
        text = f"{failed} {_some(failed, 'record has', 'records have')} failed for good in the queue of {pair.words.place}."
        yield Attention("queue_failed", text, f"See why: {MANAGER} {pair.command} queue --failed")


def _runs(state: Status) -> Iterator[Attention]:
    if state.last_run is None:
        first: PairType = next(iter(state.place.pairs), registry.PAIRS[0])
        sync = first.run_command
        yield Attention("no_run", "No run has been made with this ledger yet.", f"Run {sync} --test, then without --test.")
        return
    for series in state.series:
        yield from _of_series(series, _which(series, state), state)
    if state.mark and _stale(state):
        text = f"Orders are complete only up to {_clock(state, state.mark['at'])}: no run since then could see everything."
        yield Attention("watermark", text, f"See why the last runs were partial: {MANAGER} errors")


def _which(series: Series, state: Status) -> str:
    return f" ({series.name})" if len(state.series) > 1 else ""


def _clock(state: Status, iso_text: str) -> str:
    """A moment by the shop's clock, as everywhere else in the answer."""
    return Calendar.of((state.shop or {}).get("zone"), state.now).show(iso_text)


def _of_series(series: Series, which: str, state: Status) -> Iterator[Attention]:
    run, sync, now = series.last, series.command, state.now
    if cut_off(run, now, state.held):
        began = _clock(state, run["started_at"])
        text = f"Run {run['run_id']}{which} began at {began} and never ended (killed, or the computer went off)."
        yield Attention("cut_off", text, f"Run {sync}: it finds out what became of unfinished writes and goes on.")
    for ended in series.failed:
        outcome = OUTCOMES.get(ended["exit_code"], "failed")
        said = f": {ended['message']}" if ended["message"] else "."
        text = f"The last run{which} ended with {ended['exit_code']}, {outcome}{said}"
        yield Attention("run_failed", text, state.remedies.get(ended["run_id"]) or _after(ended["exit_code"], sync))
    if moment(run["started_at"]) > now + CLOCKS_DIFFER:
        dated = _clock(state, run["started_at"])
        text = f"Run {run['run_id']}{which} is dated {dated}, which is still to come by this computer's clock."
        yield Attention("clock", text, "Set the clock right. If it was wrong when that run was made, run again with --full.")
    expected = series.rhythm
    if expected and expected.overdue(now) and not _switched_off(series, state):
        text = f"The next run{which} was expected at {_clock(state, iso(expected.next_at))} and has not come."
        yield Attention("overdue", text, "See whether the schedule (cron, systemd, Task Scheduler) is still on.")


def _switched_off(series: Series, state: Status) -> bool:
    """Whether somebody has switched these runs off since the last of them: then nobody waits for the next one."""
    due = state.due.get(series.pair)
    off_at = due.off_at if due is not None else None
    return off_at is not None and off_at >= moment(series.paced[0]["started_at"])


def _calls(state: Status) -> Iterator[Attention]:
    """Said when a tenth is left: at the end runs stop until the next month."""
    for system in counting():
        limit, used = state.place.most_calls.get(system.name), calls_used(state, system.name)
        if limit is not None and used * 10 >= limit * 9:
            text = f"{used:,} of the {limit:,} calls that {system.title} may be sent this month are made."
            step = f"Run less often, or raise {system.calls_by} if your plan allows more; the next month starts anew."
            yield Attention(f"{system.name}_calls", text, step)


def _after(exit_code: int, sync: str) -> str:
    return {
        2: "Correct the configuration: the run's own message says what and where.",
        3: f"See what was held back: {MANAGER} errors",
        4: f"Nothing if it was a passing trouble; the next run tries again. Else: {MANAGER} errors",
        5: f"Look at what a run would do: {sync} --test",
        130: "Run again; it goes on from where it was.",
    }.get(exit_code, "Run again; if it stays, report it with the last lines of the log.")


def _stale(state: Status) -> bool:
    usual = state.rhythm.interval * 3 if state.rhythm else STALE
    return state.mark is not None and state.now - moment(state.mark["at"]) > max(STALE, usual)


def _open(state: Status) -> Iterator[Attention]:
    if count := sum(len(group.errors) for group in state.errors):
        yield Attention("open_errors", f"{count} {_some(count, 'error is', 'errors are')} open.", f"{MANAGER} errors")
    old = [one for one in state.writes if state.now - moment(one["begun_at"]) > timedelta(minutes=15)]
    if old:
        text = f"{len(old)} {_some(len(old), 'write has', 'writes have')} no known outcome since {old[0]['begun_at']}."
        commands = sorted({_command_of(state, one["pair"]) for one in old})
        step = f"The next run finds out what became of each: {' and '.join(commands)}"
        yield Attention("unfinished_writes", text, step)
    if gaps := state.open_gaps:
        absent = sum(gap.count for gap in gaps)
        text = f"{absent} order {_some(absent, 'number is', 'numbers are')} missing without an explanation ({_first(gaps)})."
        yield Attention("gaps", text, f"Ask the shop about them: {MANAGER} missing")
    if count := state.counts.undecided:
        text = f"{count} {_some(count, 'conflict waits', 'conflicts wait')} for a person's decision."
        yield Attention("conflicts", text, f"See them and decide: {MANAGER} conflicts")


def _command_of(state: Status, pair: str) -> str:
    return run_command(state.known[pair].type) if pair in state.known else "the sync that began it"


def _some(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _first(gaps: Sequence[Gap], most: int = 3) -> str:
    return some_of([numbers(gap) for gap in gaps], most)


def _version(state: Status) -> Iterator[Attention]:
    left = days_left(state.version, state.now) if state.version else None
    if state.version and left is not None and left < 0:
        text = f"Shopify no longer offers API version {state.version}; an older or newer one answers in its place."
        yield Attention("version_ended", text, "Set shopify_api_version to a version that Shopify offers now.")
    elif state.version and left is not None and left <= VERSION_NOTICE:
        text = f"Shopify ends API version {state.version} in {counted(left, 'day')}."
        yield Attention("version_ends", text, "Update syncdb or set shopify_api_version to a newer version.")
