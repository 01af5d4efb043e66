"""How often runs are made, taken from the runs themselves: the schedule is kept elsewhere (cron, Task Scheduler). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from syncdb.values import moment

GRACE = timedelta(minutes=30)
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
    """The rhythm of some runs, newest first; None with fewer than three of them."""
    starts = [moment(run["started_at"]) for run in runs if run["mode"] != "test"]
    steps = [(later - earlier).total_seconds() for later, earlier in zip(starts, starts[1:], strict=False)]
    if len(steps) < 2:
        return None
    interval = timedelta(seconds=max(60.0, median(steps)))
    return Rhythm(interval, starts[0] + interval)


def cut_off(run: Mapping[str, Any], now: datetime, held: bool | None) -> bool:
    """Whether a run never ended: nobody holds the ledger any more or, where that cannot be known, it began too long ago."""
    if run["ended_at"] is not None:
        return False
    return not held if held is not None else now - moment(run["started_at"]) > ENDLESS
