"""From the ledger's facts to one verdict: fine, or what needs attention and what to do about each. No output here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from syncdb.errors import LedgerBusy
from syncdb.ledger import state_keys
from syncdb.ledger.file import held
from syncdb.ledger.inbox.file import inbox_path
from syncdb.ledger.inbox.overview import InboxOverview
from syncdb.ledger.inbox.overview import overview as inbox_overview
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries import overview
from syncdb.ledger.queries.errors import Group, grouped, open_errors
from syncdb.ledger.queries.overview import OrderCounts
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.orders.ledger_gaps import after_asking, gaps_in
from syncdb.orders.number_gaps import Gap, Reason
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.programs import MANAGER
from syncdb.services.calendar import Calendar
from syncdb.services.gap_data import numbers, with_reason
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.pair_sides import first_places
from syncdb.services.run_schedule import Rhythm, cut_off, rhythm
from syncdb.services.webhook_health import troubles
from syncdb.systems.base import System
from syncdb.systems.shopify.versions import days_left, end_of_support
from syncdb.values import iso, moment
from syncdb.wording import counted, some_of

VERSION_NOTICE = 45  # days
CLOCKS_DIFFER = timedelta(days=1)  # less than that may come of time zones, or of a clock that was just set
AT_ONCE = timedelta(minutes=2)  # between two runs of one round
STALE = timedelta(hours=26)  # a daily run that is an hour late is no reason to worry
OUTCOMES = {
    0: "done",
    1: "a defect of syncdb",
    2: "configuration",
    3: "done in part",
    4: "a remote refused or was away",
    5: "stopped for a person to look",
    7: "another run held the ledger",
    130: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at. `code` is stable, for scripts."""

    code: str
    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Series:
    """Runs that somebody makes again and again: `name` says with what, `runs` are the latest, newest first (never empty).

    `command` makes another one. Several pairs may run together (routes into several tabs): `round` is how each of these
    ended when it ran last, `paced` are the runs with which they began, each time.
    """

    name: str
    runs: Sequence[dict[str, Any]]
    command: str
    round: Sequence[dict[str, Any]]
    paced: Sequence[dict[str, Any]]

    @property
    def last(self) -> dict[str, Any]:
        return self.runs[0]

    @property
    def last_ended(self) -> dict[str, Any] | None:
        """The last run that came to an end: while one is going on, how the one before it went still counts.

        Of several that ran together one that failed.
        """
        return next((run for run in self.round if run["exit_code"]), next(iter(self.round), None))

    @property
    def rhythm(self) -> Rhythm | None:
        return rhythm(self.paced)


@dataclass(frozen=True, slots=True)
class Status:
    """All that `status` tells."""

    now: datetime
    place: LedgerLocation
    shop: dict[str, Any] | None
    size: int
    counts: OrderCounts
    last_runs: Sequence[dict[str, Any]]
    pairs: Sequence[dict[str, Any]]
    series: Sequence[Series]
    mark: dict[str, Any] | None
    checked_at: str | None
    writes: Sequence[dict[str, Any]]
    errors: Sequence[Group]
    gaps: Sequence[Gap]
    schema: Sequence[str]
    kept: Mapping[str, int]
    calls: Mapping[str, Mapping[str, Any]]  # of each system whose calls are counted
    known: Mapping[str, RegisteredPair]
    inbox: InboxOverview
    remedies: Mapping[int, str]  # what to do about the last failed run of each pair, by its id
    first: Mapping[str, str]  # what people call the first side of each pair that ran
    held: bool | None  # by a run, at this moment; None where that cannot be known
    queue: Mapping[str, Any] | None = None  # of a pair that has one: how many of its records failed for good

    @property
    def tracks_orders(self) -> bool:
        """Whether anything that the ledger knows keeps orders in step; before the first run nobody knows."""
        return not self.known or self.counts.orders > 0 or any(one.tracks_orders for one in self.known.values())

    @property
    def last_run(self) -> dict[str, Any] | None:
        return next((run for run in self.last_runs if run["mode"] != "test"), None)

    @property
    def rhythm(self) -> Rhythm | None:
        """That of the runs that were made last."""
        return self.series[0].rhythm if self.series else None

    @property
    def version(self) -> str | None:
        """The API version that is configured, else the one that answered last."""
        return self.place.api_version or (self.shop or {}).get("version")

    @property
    def open_gaps(self) -> list[Gap]:
        return [gap for gap in self.gaps if gap.reason is Reason.UNEXPLAINED]


def read_status(reader: LedgerReader, place: LedgerLocation, now: datetime) -> Status:
    """Ask the ledger everything that `status` tells."""
    known = overview.known_pairs(reader)
    runs, last_of_each = overview.last_runs(reader), overview.last_run_of_each_pair(reader)
    return Status(
        now,
        place,
        reader.shop,
        reader.path.stat().st_size,
        overview.order_counts(reader),
        runs,
        last_of_each,
        _series(reader, [one["pair"] for one in last_of_each], known, place),
        overview.watermark(reader),
        reader.meta(state_keys.CHECKED_AT),
        overview.open_writes(reader),
        grouped(open_errors(reader)),
        after_asking(gaps_in(reader), reader),
        overview.schema(reader),
        overview.kept_in_step(reader),
        {one.name: counted for one in _counting() if (counted := overview.calls(reader, one.name))},
        known,
        _inbox(reader),
        overview.remedies(reader, [one["pair"] for one in last_of_each]),
        first_places(reader, [one["pair"] for one in last_of_each]),
        held(reader.path),
        reader.meta(state_keys.QUEUE_FAILED),
    )


def _inbox(reader: LedgerReader) -> InboxOverview:
    """What was heard; nothing where the inbox is held for a moment."""
    try:
        return inbox_overview(inbox_path(reader.path))
    except LedgerBusy:
        return InboxOverview()


def _series(
    reader: LedgerReader, pairs: Sequence[str], known: Mapping[str, RegisteredPair], place: LedgerLocation
) -> list[Series]:
    """The series of runs, the one that ran last first; not those that nobody has configured any more."""
    runs: dict[tuple[str, str], list[list[dict[str, Any]]]] = {}
    for pair in pairs:
        one = known.get(pair) or RegisteredPair(pair, pair, "")  # nothing that ran is hidden
        if pair in known and place.pairs and one.type not in {configured.name for configured in place.pairs}:
            continue
        found = [run for run in overview.last_runs_of(reader, pair, regular=True) if run["mode"] != "test"]
        if found:
            runs.setdefault((_series_name(one), run_command(one.type)), []).append(found)
    found_series = [_series_of(name, command, by_pair) for (name, command), by_pair in runs.items()]
    return sorted(found_series, key=lambda one: -int(one.last["run_id"]))


def _series_of(name: str, command: str, by_pair: Sequence[list[dict[str, Any]]]) -> Series:
    """Pairs that did not run the last time are no part of it any more: a route that was taken out, another spreadsheet.

    A run that failed before it knew its place stands under the name of the command alone: it is of the last round only where
    it ran just before the others.
    """
    newest = max(by_pair, key=lambda some: int(some[0]["run_id"]))
    before = int(newest[1]["run_id"]) if len(newest) > 1 else 0
    latest = [one for one in by_pair if int(one[0]["run_id"]) > before and (":" in one[0]["pair"] or _just_before(one, newest))]
    ended = [run for some in latest if (run := next((one for one in some if one["exit_code"] is not None), None))]
    merged = sorted(chain(*by_pair), key=lambda run: -int(run["run_id"]))
    return Series(name, merged[:20], command, sorted(ended, key=lambda run: -int(run["run_id"])), _begun(merged))


def _just_before(some: Sequence[dict[str, Any]], newest: Sequence[dict[str, Any]]) -> bool:
    return moment(newest[0]["started_at"]) - moment(some[0]["started_at"]) < AT_ONCE


def _begun(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of runs, newest first, those that began a round: a pair that ran before runs again."""
    begun: list[dict[str, Any]] = []
    seen: set[str] = set()
    for run in reversed(runs):
        if not begun or run["pair"] in seen:
            begun.append(run)
            seen.clear()
        seen.add(run["pair"])
    return begun[::-1]


def _series_name(one: RegisteredPair) -> str:
    """What is run together and again and again, in words: where a pair keeps more than orders, those have runs of their own."""
    pair = registry.pair_named(one.type)
    title = pair.title if pair else one.type
    return f"{title}, orders" if one.tracks_orders and pair and len(pair.entities) > 1 else title


def run_command(pair_type: str) -> str:
    """The command that runs a pair of the ledger."""
    pair = registry.pair_named(pair_type)
    return pair.run_command if pair else f"the sync of {pair_type}"


def _counting() -> list[System]:
    """The systems whose calls are counted by the month."""
    return [one for one in registry.systems_of(registry.PAIRS) if one.calls_by]


def failed_runs(state: Status) -> list[Attention]:
    """The last runs that failed, each until the next of its kind has gone well."""
    return [one for one in _runs(state) if one.code == "run_failed"]


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
        yield from _of_series(series, f" ({series.name})" if len(state.series) > 1 else "", state)
    if state.mark and _stale(state):
        text = f"Orders are complete only up to {_clock(state, state.mark['at'])}: no run since then could see everything."
        yield Attention("watermark", text, f"See why the last runs were partial: {MANAGER} errors")


def _clock(state: Status, iso_text: str) -> str:
    """A moment by the shop's clock, as everywhere else in the answer."""
    return Calendar.of((state.shop or {}).get("zone"), state.now).show(iso_text)


def _of_series(series: Series, which: str, state: Status) -> Iterator[Attention]:
    run, sync, now = series.last, series.command, state.now
    if cut_off(run, now, state.held):
        began = _clock(state, run["started_at"])
        text = f"Run {run['run_id']}{which} began at {began} and never ended (killed, or the computer went off)."
        yield Attention("cut_off", text, f"Run {sync}: it finds out what became of unfinished writes and goes on.")
    if (ended := series.last_ended) and ended["exit_code"]:
        outcome = OUTCOMES.get(ended["exit_code"], "failed")
        said = f": {ended['message']}" if ended["message"] else "."
        text = f"The last run{which} ended with {ended['exit_code']}, {outcome}{said}"
        yield Attention("run_failed", text, state.remedies.get(ended["run_id"]) or _after(ended["exit_code"], sync))
    if moment(run["started_at"]) > now + CLOCKS_DIFFER:
        dated = _clock(state, run["started_at"])
        text = f"Run {run['run_id']}{which} is dated {dated}, which is still to come by this computer's clock."
        yield Attention("clock", text, "Set the clock right. If it was wrong when that run was made, run again with --full.")
    expected = series.rhythm
    if expected and expected.overdue(now):
        text = f"The next run{which} was expected at {_clock(state, iso(expected.next_at))} and has not come."
        yield Attention("overdue", text, "See whether the schedule (cron, systemd, Task Scheduler) is still on.")


def _calls(state: Status) -> Iterator[Attention]:
    """Said when a tenth is left: at the end runs stop until the next month."""
    for system in _counting():
        limit, used = state.place.most_calls.get(system.name), calls_used(state, system.name)
        if limit is not None and used * 10 >= limit * 9:
            text = f"{used:,} of the {limit:,} calls that {system.title} may be sent this month are made."
            step = f"Run less often, or raise {system.calls_by} if your plan allows more; the next month starts anew."
            yield Attention(f"{system.name}_calls", text, step)


def calls_used(state: Status, system: str) -> int:
    """Calls to a system in this month (UTC), as runs have counted them."""
    counted = state.calls.get(system)
    return int(counted["used"]) if counted and counted["month"] == f"{state.now:%Y-%m}" else 0


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


def as_data(state: Status, found: Sequence[Attention]) -> dict[str, Any]:
    """The status for scripts; the names are documented in docs/manager.md."""
    run = state.last_run
    end = end_of_support(state.version) if state.version else None
    return {
        "fine": not found,
        "attention": [asdict(one) for one in found],
        "ledger": {
            "path": str(state.place.ledger),
            "bytes": state.size,
            "checked_at": state.checked_at,
            "schema": list(state.schema),
        },
        "shop": {key: state.shop.get(key) for key in ("domain", "name", "zone", "currency")} if state.shop else None,
        "last_run": run,
        "run_under_way": bool(run and run["ended_at"] is None and not cut_off(run, state.now, state.held)),
        "last_run_of_each_pair": list(state.pairs),
        "next_run_expected_at": iso(state.rhythm.next_at) if state.rhythm else None,
        "usual_interval_seconds": int(state.rhythm.interval.total_seconds()) if state.rhythm else None,
        "orders": asdict(state.counts),
        "kept_in_step": dict(state.kept),
        **{f"{one.name}_calls": _calls_as_data(state, one.name) for one in _counting()},
        "watermark": {"at": state.mark["at"], "covered_since": state.mark["covered_since"]} if state.mark else None,
        "open_errors": sum(len(group.errors) for group in state.errors),
        "unfinished_writes": list(state.writes),
        "gaps": [with_reason(gap) for gap in state.gaps if gap.reason is not Reason.NOT_READ],
        "api_version": {
            "version": state.version,
            "ends_at": iso(end) if end else None,
            "days_left": days_left(state.version, state.now) if state.version else None,
        },
        "webhooks": {
            "heard": sum(one.times for one in state.inbox.heard),
            "waiting": dict(state.inbox.waiting),
            "turned_away": sum(one.times for one in state.inbox.refused),
        },
        "login": {"kind": state.place.login, "file": str(state.place.login_file) if state.place.login_file else None},
    }


def _calls_as_data(state: Status, system: str) -> dict[str, Any] | None:
    if system not in state.calls:
        return None
    return {
        "month": f"{state.now:%Y-%m}",
        "used": calls_used(state, system),
        "limit": state.place.most_calls.get(system),
    }
