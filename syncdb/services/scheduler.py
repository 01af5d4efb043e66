"""Runs made by the serving process itself: looks each few seconds what is due, and starts it as a process of its own."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from syncdb.clock import SYSTEM, Clock
from syncdb.config.reading import read
from syncdb.config.serving import SERVING
from syncdb.errors import ConfigurationError, SyncdbError
from syncdb.ledger.web import schedules
from syncdb.ledger.web.jobs import Job
from syncdb.ledger.web.schedules import DueTime
from syncdb.pairs import registry
from syncdb.pairs.base import PairType
from syncdb.services.alerts.alerting import alerting
from syncdb.services.jobs import Jobs, RunWish
from syncdb.services.ledger_location import configured_pairs
from syncdb.services.rhythms import HOURLY, Rhythm, due, rhythm_of

TICK = 5.0  # seconds
MINUTE = timedelta(minutes=1)
log = logging.getLogger("syncdb.schedule")


@dataclass(frozen=True, slots=True)
class Planned:
    """A pair, and how often it is to run."""

    pair: PairType
    rhythm: Rhythm


def planned(config: Path | None, env: Mapping[str, str], directory: Path) -> list[Planned]:
    """The configured pairs with the rhythms of the setting `schedule`: each hour, where it says nothing of one.

    Raises ConfigurationError for what it cannot mean.
    """
    reading = read(SERVING, registry.known_keys(), {}, env, directory, config)
    wished: Mapping[str, str] = reading.values.get("schedule") or {}
    pairs = configured_pairs(config, env)
    plan: list[Planned] = []
    problems = [f"schedule: there is no pair {name}." for name in wished if registry.pair_named(name) is None]
    for pair in pairs:
        try:
            rhythm = rhythm_of(wished[pair.name]) if pair.name in wished else HOURLY
        except ValueError as why:
            problems.append(f"schedule: {pair.name} {why}.")
        else:
            plan += [Planned(pair, rhythm)] if rhythm else []
    problems += reading.problems
    if problems:
        raise ConfigurationError(reading.hidden(problems), next_step="docs/scheduling.md says how often runs are made.")
    return plan


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Starts what is due. `zone` None is this computer's own. Several of them on one ledger start each run once."""

    jobs: Jobs
    plan: Sequence[Planned]
    zone: tzinfo | None = None

    def tick(self, now: datetime) -> Job | None:
        """Start the run that is due, where none is under way; what else is due waits for it. Raises SyncdbError."""
        kept = schedules.due_times(self.jobs.path)
        self.jobs.sweep(now)
        busy = bool(self.jobs.live())
        for one in sorted(self.plan, key=lambda each: _at(kept.get(each.pair.name), now)):
            seen = kept.get(one.pair.name)
            if seen is not None and seen.off_at is not None:
                continue
            if self._begins(one, seen, busy, now):
                return self.jobs.start(RunWish(one.pair), "schedule", "", now)
        return None

    def _begins(self, one: Planned, seen: DueTime | None, busy: bool, now: datetime) -> bool:
        """Whether this pair is to run now; when it runs next is kept."""
        rhythm = str(one.rhythm)
        found = due(one.rhythm, self._before(one, seen, now), now, self.zone)
        if found.now and busy or seen is not None and (seen.rhythm, seen.next_at) == (rhythm, found.next_at):
            return False
        return schedules.move(self.jobs.path, seen, one.pair.name, rhythm, found.next_at) and found.now

    def _before(self, one: Planned, seen: DueTime | None, now: datetime) -> datetime | None:
        """When it was to run. After a change of the rhythm, or while it was off, nothing is made up for."""
        if seen is None or seen.rhythm == str(one.rhythm):
            return seen.next_at if seen else None
        later = one.rhythm.after(now, self.zone)
        return min(seen.next_at, later) if seen.next_at is not None and seen.next_at > now else later


def _at(seen: DueTime | None, now: datetime) -> datetime:
    return seen.next_at if seen is not None and seen.next_at is not None else now


@dataclass(slots=True)
class EachMinute:
    """Tells people, once a minute, what needs them: also what no run can notice, such as that none comes any more."""

    config: Path | None
    env: Mapping[str, str]
    directory: Path
    clock: Clock = SYSTEM
    _last: datetime | None = field(default=None, init=False)

    def __call__(self, now: datetime) -> None:
        """Raises SyncdbError."""
        if self._last is not None and timedelta() <= now - self._last < MINUTE:
            return
        self._last = now
        about = alerting(self.config, None, self.env, self.directory, self.clock)
        if about.settings.ways:
            about.look()


def run_schedule(
    jobs: Jobs,
    config: Path | None,
    env: Mapping[str, str],
    directory: Path,
    stop: threading.Event,
    *,
    clock: Clock = SYSTEM,
    also: Callable[[datetime], object] | None = None,
) -> None:
    """Start what is due until `stop` is set; `also` (telling people what needs them) is done each time, too.

    Raises ConfigurationError at the beginning only.
    """
    scheduler = Scheduler(jobs, planned(config, env, directory))
    also = also or EachMinute(config, env, directory, clock)
    told, said = "", None
    while not stop.is_set():
        try:
            now = clock.now()
            if said is None or not timedelta() <= now - said < MINUTE:
                schedules.alive(jobs.path, now)
                said = now
            scheduler.tick(now)
            also(clock.now())
            told = ""
        except SyncdbError as trouble:
            if str(trouble) != told:
                log.error("scheduled runs: %s", trouble)
            told = str(trouble)
        stop.wait(TICK)
    with suppress(SyncdbError):  # then it is known by its silence
        schedules.gone(jobs.path)
