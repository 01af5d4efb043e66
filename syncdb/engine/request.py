"""What is asked of a run, and whether it is to look at everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncdb.config.settings import RunSettings
from syncdb.ledger import Ledger, state_keys
from syncdb.values import moment


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked of a run. `full` looks at everything; `force` also goes past a guard that stopped the last one.

    `accept` names causes for which many rows may change at once. `keep` is how much history stays in the ledger, None for all.
    """

    lookback: timedelta
    overlap: timedelta
    examine_every: timedelta
    full: bool = False
    force: bool = False
    dry: bool = False
    keep: timedelta | None = None
    accept: frozenset[str] = frozenset()


def everything_is_due(ledger: Ledger, pair: str, request: RunRequest, now: datetime) -> bool:
    """Whether to look at everything: when asked to, and by itself once in a while, for what changed without a sign."""
    if request.full or request.force:
        return True
    last = ledger.runs.get(state_keys.examined(pair))
    return last is None or not timedelta(0) <= now - moment(last) < request.examine_every


def run_request(
    settings: RunSettings, *, full: bool = False, force: bool = False, dry: bool = False, accept: Iterable[str] = ()
) -> RunRequest:
    """What the settings, and these options of a command, ask of a run."""
    return RunRequest(
        lookback=timedelta(days=settings.lookback_days),
        overlap=timedelta(minutes=settings.overlap_minutes),
        examine_every=timedelta(hours=settings.drift_check_hours),
        full=full,
        force=force,
        dry=dry,
        keep=timedelta(days=settings.history_days) if settings.history_days else None,
        accept=frozenset(accept),
    )
