"""What every pair opens alike: the ledger (a copy of it for a dry run), and how patient requests are."""

from collections.abc import Iterator
from contextlib import contextmanager

from syncdb.clock import Clock
from syncdb.config.settings import RunSettings
from syncdb.engine.guards import Limits
from syncdb.engine.recording import record_unopened
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest
from syncdb.errors import LedgerBusy, SyncdbError
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.file import damage_told
from syncdb.ledger.pairs import RegisteredPair
from syncdb.mapping.entities import ENDING, PRICES


@contextmanager
def open_ledger(settings: RunSettings, request: RunRequest, clock: Clock, kind: str = "") -> Iterator[Ledger]:
    """The ledger of a run. Raises LedgerBusy and LedgerUnusable, also for damage that is met only inside.

    A failure that is raised inside (what the run needs could not be opened) is recorded as a run of this `kind` of pair.
    """
    now = clock.now()
    with (
        damage_told(settings.db_path),
        Ledger.copy(settings.db_path, now) if request.dry else Ledger.open(settings.db_path, now) as ledger,
    ):
        ledger.runs.wanted_by = request.wanted_by
        with ledger.transaction():
            ledger.packing.want(settings.compress_snapshots)
        try:
            yield ledger
        except LedgerBusy:  # another machine is at work: no run began here
            raise
        except SyncdbError as failure:
            if kind and not request.dry:
                # as a run of the only pair of that kind, so that the next one that goes well is the end of it
                known = [pair.id for pair in ledger.pairs.of_type(kind) if not pair.entity and pair.id != kind]
                failure.run_id = unopened(ledger, kind, failure, request, clock, known[0] if len(known) == 1 else "").run_id
            raise


def unopened(ledger: Ledger, kind: str, failure: SyncdbError, request: RunRequest, clock: Clock, pair: str = "") -> Report:
    """Record a run of this `kind` of pair that could not be opened; `pair` where it is known which one it was to be."""
    if not pair:
        ledger.register(RegisteredPair(kind, kind, ""))
    return record_unopened(ledger, pair or kind, failure, clock, dry=request.dry)


def retrier(settings: RunSettings, clock: Clock) -> Retrier:
    """How long one request of a run is tried again."""
    return Retrier(deadline=settings.deadline_seconds, clock=clock)


def limits(settings: RunSettings) -> Limits:
    """How much a run may do unasked."""
    return Limits(
        changed_percent=settings.max_changed_percent,
        live_percent=settings.max_shop_changed_percent,
        fall_percent=settings.max_price_fall_percent,
        prices=PRICES,
        ending=ENDING,
    )
