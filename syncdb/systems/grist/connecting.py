"""The way to a Grist server, within the month's calls that are left."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.grist import GristClient, MonthlyCalls
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.systems.grist.keys import GRIST
from syncdb.systems.patience import patient_retrier

CALLS = state_keys.calls(GRIST.name)


class GristAccess(Protocol):
    """The settings that reach a Grist server."""

    @property
    def grist_server(self) -> str: ...
    @property
    def grist_api_key(self) -> str: ...
    @property
    def grist_calls_per_month(self) -> int | None: ...
    @property
    def deadline_seconds(self) -> int: ...


@contextmanager
def counted_calls(ledger: Ledger, settings: GristAccess, clock: Clock) -> Iterator[MonthlyCalls]:
    """The calls of this month as the ledger has counted them, and counted on whatever happens."""
    calls = _calls(settings, ledger.runs.get(CALLS), clock)
    try:
        yield calls
    finally:
        with ledger.transaction():
            ledger.runs.put(CALLS, {"month": calls.month, "used": calls.used})


@contextmanager
def grist_of(settings: GristAccess, reader: LedgerReader | None, clock: Clock = SYSTEM) -> Iterator[GristClient]:
    """A client for commands that only look, which keeps to what is left of the month's calls."""
    calls = _calls(settings, reader.meta(CALLS) if reader else None, clock)
    retrier = patient_retrier(settings, clock)
    client = GristClient(settings.grist_server, settings.grist_api_key, None, clock, retrier, calls)
    try:
        yield client
    finally:
        client.close()


def _calls(settings: GristAccess, stored: Mapping[str, Any] | None, clock: Clock) -> MonthlyCalls:
    known = stored or {"month": "", "used": 0}
    return MonthlyCalls(settings.grist_calls_per_month, known["month"], known["used"], clock.now)
