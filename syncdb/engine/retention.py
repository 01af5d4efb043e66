"""Keeping house at the end of a run: history that is older than wanted is removed in small steps."""

import logging
from datetime import timedelta

from syncdb.clock import Clock
from syncdb.engine.progress import Progress
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.retention import STEPS, Retention
from syncdb.values import iso, moment

log = logging.getLogger("syncdb.retention")

ONCE_IN = timedelta(days=1)
AT_ONCE = 1_000  # lines in one transaction
MOST_STEPS = 20  # transactions in one run, some seconds in a large ledger; the next run goes on


def bring_up_snapshots(ledger: Ledger, most: int = AT_ONCE) -> None:
    """Rewrite some snapshots that an earlier version stored. Later runs do the rest: a large ledger is not held up by it."""
    after = ledger.runs.get(state_keys.OLD_SNAPSHOTS_TO)
    if after is not None:
        with ledger.transaction():
            ledger.runs.put(state_keys.OLD_SNAPSHOTS_TO, ledger.orders.bring_up(after, most))


def cut_history(ledger: Ledger, keep: timedelta | None, clock: Clock, progress: Progress) -> int:
    """Remove what is older than `keep` (None: keep everything) from the history; how many lines. Once a day, or until it is done.

    An order, its snapshot and what was agreed about it are never removed. Raises LedgerUnusable, Interrupted.
    """
    last = ledger.runs.get(state_keys.HISTORY_CUT_AT)
    now = clock.now()
    if keep is None or (last is not None and timedelta(0) <= now - moment(last) < ONCE_IN):
        return 0
    removed, left = 0, MOST_STEPS
    work = Retention(ledger.connection, iso(now - keep))
    for step in range(len(STEPS)):
        count = AT_ONCE
        while count == AT_ONCE and left:
            progress.stop_if_asked()
            with ledger.transaction():
                count = work.forget(step, AT_ONCE)
            removed, left = removed + count, left - 1
    if left:
        with ledger.transaction():
            ledger.runs.put(state_keys.HISTORY_CUT_AT, iso(now))
    if removed:
        log.info("%s lines of history from before %s were removed", removed, work.before)
    return removed
