"""Auditing pairs: each run is made ready over a copy of the ledger, both sides are read anew, and nothing is written."""

from collections.abc import Sequence

from syncdb.clock import Clock
from syncdb.engine.audit import Audit, Audited, Period, audit
from syncdb.engine.request import run_request
from syncdb.services.audit_files import PairAudit
from syncdb.services.run_now import opened
from syncdb.services.validation import UsablePair
from syncdb.values import iso


def audit_pairs(pairs: Sequence[UsablePair], period: Period, clock: Clock) -> list[PairAudit]:
    """Audit everything that these pairs keep in step. Raises what opening and reading raise."""
    return [found for one in pairs for found in _audit_pair(one, period, clock)]


def _audit_pair(one: UsablePair, period: Period, clock: Clock) -> list[PairAudit]:
    found = []
    with opened(one, run_request(one.settings, full=True, dry=True), (), clock) as runs:
        for run in runs:
            if run.audit is not None:
                with run.audit(period) as audited:
                    found.append(PairAudit(one.pair.name, run.between, [_timed(each, clock) for each in audited]))
    return found


def _timed(audited: Audited, clock: Clock) -> Audit:
    found = audit(audited, iso(clock.now()))
    found.ended_at = iso(clock.now())
    return found
