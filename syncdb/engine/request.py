"""What is asked of a run, and whether it is to look at everything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syncdb.config.settings import RunSettings
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.runs import NAMED
from syncdb.values import moment

Named = Mapping[str, Sequence[str]]  # ids of things by their kind ("orders")
COLUMN_TYPE = "column-type"  # the consent to columns whose type people changed


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked of a run. `full` looks at everything; `force` also goes past a guard that stopped the last one.

    `accept` names causes for which many rows may change at once. `keep` is how much history stays in the ledger, None for all.

    `named` is what systems said of their own accord has changed, by what the configuration calls them: it is looked at in any
    case. With `only_named` nobody is asked what else changed.
    `limit` is how many things (orders, products) a trial run brings over at most, None for all.
    `wanted_by` is PERSON or SCHEDULE (syncdb.ledger.runs), empty where nobody knows.
    """

    lookback: timedelta
    overlap: timedelta
    examine_every: timedelta
    full: bool = False
    force: bool = False
    dry: bool = False
    keep: timedelta | None = None
    accept: frozenset[str] = frozenset()
    named: Mapping[str, Named] = field(default_factory=dict)
    only_named: bool = False
    limit: int | None = None
    wanted_by: str = ""


def begun_as(request: RunRequest) -> str:
    """What the history calls a run from its beginning."""
    return NAMED if request.only_named else "sync"


def mode_of(request: RunRequest, deep: bool) -> str:
    """What the history calls a run."""
    return "test" if request.dry else NAMED if request.only_named else "full" if deep else "incremental"


def everything_is_due(ledger: Ledger, pair: str, request: RunRequest, now: datetime) -> bool:
    """Whether to look at everything: when asked to, and by itself once in a while, for what changed without a sign."""
    if request.only_named:
        return False
    if request.full or request.force or request.accept:
        return True
    last = ledger.runs.get(state_keys.examined(pair))
    return last is None or not timedelta(0) <= now - moment(last) < request.examine_every


def run_request(
    settings: RunSettings,
    *,
    full: bool = False,
    force: bool = False,
    dry: bool = False,
    accept: Iterable[str] = (),
    named: Mapping[str, Named] | None = None,
    only_named: bool = False,
    limit: int | None = None,
    wanted_by: str = "",
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
        named=named or {},
        only_named=only_named,
        limit=limit,
        wanted_by=wanted_by,
    )
