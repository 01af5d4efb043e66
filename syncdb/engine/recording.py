"""A run around its steps: begun in the ledger before anything is done, ended there however it goes."""

import logging
from collections.abc import Callable

from syncdb.clock import Clock
from syncdb.engine.report import Report
from syncdb.errors import Interrupted, SyncdbError
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.file import without_contents
from syncdb.values import iso

log = logging.getLogger("syncdb.sync")


def recorded(ledger: Ledger, name: str, dry: bool, clock: Clock, steps: Callable[[Report], None], mode: str = "sync") -> Report:
    """Do the steps and record how it went. What a person can act on is in the report; only defects are raised.

    `name` is the name in the ledger of what the run keeps in step; a dry run brings a ledger that is a copy. `mode` tells what is
    no sync.
    """
    mode, now = "test" if dry else mode, iso(clock.now())
    report = _begun(ledger, name, mode, now)
    try:
        steps(report)
    except SyncdbError as failure:
        report.failure = failure
    except KeyboardInterrupt:
        report.failure = Interrupted("The run was interrupted.", next_step="Run again; it goes on from here.")
    except BaseException as defect:
        report.failure = SyncdbError(f"defect: {type(defect).__name__}: {without_contents(defect)}")
        _end(ledger, name, report, clock, dry)
        raise
    _end(ledger, name, report, clock, dry)
    return report


def record_unopened(ledger: Ledger, name: str, failure: SyncdbError, clock: Clock, *, dry: bool = False) -> Report:
    """Record a run that ended before its parts could be opened, so that those who ask the ledger hear of it."""
    mode, now = "test" if dry else "sync", iso(clock.now())
    report = _begun(ledger, name, mode, now)
    report.failure, report.partial = failure, True
    _end(ledger, name, report, clock, dry)
    return report


def _begun(ledger: Ledger, name: str, mode: str, now: str) -> Report:
    cut = ledger.runs.unended()
    with ledger.transaction():
        report = Report(ledger.runs.start(name, mode, now), mode, now)
    for run_id in cut if mode != "test" else ():
        log.warning("run %d never ended (killed, or the computer went off); what it left open is settled first", run_id)
    return report


def _end(ledger: Ledger, name: str, report: Report, clock: Clock, dry: bool) -> None:
    report.ended_at = iso(clock.now())
    report.zone = str((ledger.runs.get(state_keys.SHOP) or {}).get("zone") or "")
    message = str(report.failure or "")
    notes = [note.message for note in report.notes]
    code = int(report.exit_code)
    with ledger.transaction():
        ledger.runs.end(report.run_id, report.ended_at, code, message, report.counts, notes, report.partial)
        if report.failure is not None:
            kept = {"run_id": report.run_id, "next_step": report.failure.next_step}
            ledger.runs.put(state_keys.remedy(name), kept)
    counted = ", ".join(f"{what} {count}" for what, count in report.counts.items() if count)
    counted = counted or ("nothing was done" if message else "nothing to do")
    called = "dry run" if dry else f"run {report.run_id}"
    log.info("%s ended with exit code %s: %s%s", called, code, counted, f"; {message}" if message else "")
