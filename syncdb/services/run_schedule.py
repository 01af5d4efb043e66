"""How often runs are made, taken from the runs themselves: the schedule is kept elsewhere (cron, Task Scheduler). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from syncdb.values import moment

GRACE = timedelta(minutes=30)
SHORTEST = 45.0  # seconds between two runs; what follows sooner was asked for by a person or a webhook, not by a schedule
LEAST = 600.0  # seconds over which a rhythm is seen: a few runs in a row are none
ALIKE = 0.25  # how far a step may be off the usual one, as a share of it
ENDLESS = timedelta(hours=2)  # a run that has not ended after this long was cut off, as far as can be told from outside


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The usual time between two runs, and when the next one is due."""

    interval: timedelta
    next_at: datetime

    def overdue(self, now: datetime) -> bool:
        """Whether the next run is late by more than a whole interval (at least half an hour)."""
        return now > self.next_at + max(self.interval, GRACE)


def rhythm(runs: Sequence[Mapping[str, Any]]) -> Rhythm | None:
    """The rhythm of some runs, newest first; None where there is none: with fewer than three runs, or where people made them
    whenever they liked.
    """
    starts = [moment(run["started_at"]) for run in runs if run["mode"] != "test"]
    steps = [(later - earlier).total_seconds() for later, earlier in zip(starts, starts[1:], strict=False)]
    steps = [one for one in steps if one >= SHORTEST]
    if len(steps) < 2 or sum(steps) < LEAST:
        return None
    usual = median(steps)
    alike = sum(abs(one - usual) <= usual * ALIKE for one in steps)
    return Rhythm(timedelta(seconds=usual), starts[0] + timedelta(seconds=usual)) if alike * 3 >= len(steps) * 2 else None


def cut_off(run: Mapping[str, Any], now: datetime, held: bool | None) -> bool:
    """Whether a run never ended: nobody holds the ledger any more or, where that cannot be known, it began too long ago."""
    if run["ended_at"] is not None:
        return False
    return not held if held is not None else now - moment(run["started_at"]) > ENDLESS
