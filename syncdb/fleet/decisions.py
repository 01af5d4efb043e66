"""What becomes of a shop after a run: when it is due again, or why a person must look first. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syncdb.errors import Exit

BUSY_AGAIN = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
FIRST = timedelta(minutes=1)
LAST_TRIES = 8  # failures in a row after which the wait is the longest
FOR_A_PERSON = {
    Exit.DEFECT: "a defect of syncdb",
    Exit.CONFIGURATION: "its configuration cannot be used",
    Exit.GUARD: "a guard stopped it",
}

MOVING = "moving to "  # why a shop is paused that is given to another home


def on_its_way(row: Mapping[str, Any]) -> bool:
    """Whether a shop (a row of the fleet's) was given to another home and is not in place there: it has no ledger yet."""
    return bool(row["paused"] == f"{MOVING}{row['home']}")


@dataclass(frozen=True, slots=True)
class Next:
    """When a shop is due again, how many tries failed in a row, and why it is paused (empty: it is not)."""

    due: datetime
    failures: int
    paused: str = ""


def after(code: int, failures: int, every: timedelta, now: datetime) -> Next:
    """What follows from the exit code of a run. `code` below 0 is a run that somebody killed.

    Another run that is under way (7) is no failed try; what a person must mend (1, 2, 5) pauses the shop; all else that failed
    is tried again later and later.
    """
    if code in (Exit.DONE, Exit.PARTIAL):
        return Next(now + every, 0)
    if code == Exit.BUSY:
        return Next(now + min(BUSY_AGAIN, every), failures)
    if code == Exit.INTERRUPTED or code < 0:
        return Next(now, failures)
    for known, why in FOR_A_PERSON.items():
        if code == known:
            return Next(now + every, failures + 1, f"exit code {code}: {why}")
    return Next(now + wait(failures + 1, every), failures + 1)


def wait(failures: int, every: timedelta) -> timedelta:
    """How long after so many failures in a row: doubled each time, never shorter than a minute or longer than six hours."""
    doubled: timedelta = FIRST * 2 ** min(failures - 1, LAST_TRIES)
    return min(max(doubled, FIRST), max(LONGEST, every))
