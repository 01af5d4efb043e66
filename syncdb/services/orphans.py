"""Which jobs ended without a word: no sign of life, no process, and nobody holds the ledger for them. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from syncdb.ledger.web.jobs import Job
from syncdb.values import moment

SILENT = timedelta(seconds=60)
FORGOTTEN = timedelta(hours=24)  # by then another program may have got the number of the process


def orphans(live: Iterable[Job], running: Callable[[int], bool | None], held: bool | None, now: datetime) -> list[Job]:
    """Those of the live jobs that will never end.

    `running` says whether there is a process of a number, None where that cannot be known; `held` whether a run holds the ledger.
    A job that gives signs of life accounts for that hold.
    """
    known = list(live)
    silent = [one for one in known if now - _sign(one) > SILENT]
    unexplained = held is not False and len(silent) == len(known)
    return [one for one in silent if not unexplained and (now - _sign(one) > FORGOTTEN or not _runs(one, running))]


def _sign(one: Job) -> datetime:
    """Its last sign of life."""
    return moment(one.beat_at or one.wanted_at)


def _runs(one: Job, running: Callable[[int], bool | None]) -> bool | None:
    return running(one.pid) if one.pid is not None else False
