"""How long a command that only looks tries again: a person waits for its answer."""

from typing import Protocol

from syncdb.clock import Clock
from syncdb.http import Retrier

PATIENCE = 30.0  # seconds that a person waits for an answer before hearing that there is none
NEXT_MINUTE = 90.0  # how long at most until a budget of calls a minute has room again, with the pauses in between


class Deadline(Protocol):
    """The setting that says how long a run tries one request again."""

    @property
    def deadline_seconds(self) -> int: ...


def patient_retrier(settings: Deadline, clock: Clock) -> Retrier:
    """A retrier that gives up when a person would, or sooner where the settings say so; a spent minute is waited for."""
    longest = float(settings.deadline_seconds)
    return Retrier(deadline=min(PATIENCE, longest), spent=min(NEXT_MINUTE, longest), clock=clock)
