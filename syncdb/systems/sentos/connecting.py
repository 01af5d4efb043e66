"""The way to an account of Sentos, within the requests that it takes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import syncdb.ledger.state_keys as state_keys
from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.sentos.budget import RequestBudget
from syncdb.connectors.sentos.client import SentosClient
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.systems.patience import patient_retrier
from syncdb.systems.sentos.keys import SENTOS
from syncdb.systems.sharing import shared_limits


class SentosAccess(Protocol):
    """The settings that reach Sentos."""

    @property
    def sentos_api_url(self) -> str: ...
    @property
    def sentos_api_key(self) -> str: ...
    @property
    def sentos_api_secret(self) -> str: ...
    @property
    def sentos_auth(self) -> str: ...
    @property
    def deadline_seconds(self) -> int: ...


@contextmanager
def connected_sentos(settings: SentosAccess, ledger: Ledger, clock: Clock, retrier: Retrier) -> Iterator[SentosClient]:
    """The client of a run. Each request is counted in the ledger before it is sent, so that the next run goes on counting."""
    name = state_keys.requests(settings.sentos_api_url)

    def keep(state: Mapping[str, Any]) -> None:
        with ledger.transaction():
            ledger.runs.put(name, dict(state))

    budget = RequestBudget(ledger.runs.get(name), keep, clock, shared_limits(SENTOS.name, clock))
    client = sentos_client(settings, settings.sentos_auth, clock, retrier, budget)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def sentos_of(
    settings: SentosAccess, reader: LedgerReader | None, clock: Clock = SYSTEM, scheme: str | None = None
) -> Iterator[SentosClient]:
    """A client for commands that only look: a person waits for the answer."""
    stored = reader.meta(state_keys.requests(settings.sentos_api_url)) if reader else None
    budget = RequestBudget(stored, clock=clock, shared=shared_limits(SENTOS.name, clock))
    client = sentos_client(settings, scheme or settings.sentos_auth, clock, patient_retrier(settings, clock), budget)
    try:
        yield client
    finally:
        client.close()


def sentos_client(settings: SentosAccess, scheme: str, clock: Clock, retrier: Retrier, budget: RequestBudget) -> SentosClient:
    """A client that logs in by a scheme."""
    return SentosClient(
        settings.sentos_api_url,
        settings.sentos_api_key,
        settings.sentos_api_secret,
        scheme,
        clock=clock,
        retrier=retrier,
        budget=budget,
    )
