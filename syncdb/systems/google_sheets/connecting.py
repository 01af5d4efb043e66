"""The way to Google: the configured service account's client."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.google_sheets.account import open_account
from syncdb.connectors.google_sheets.client import Client
from syncdb.http import Retrier
from syncdb.systems.google_sheets.keys import GOOGLE_SHEETS
from syncdb.systems.patience import patient_retrier
from syncdb.systems.sharing import shared_limits


class GoogleAccess(Protocol):
    """The settings that reach Google."""

    @property
    def google_service_account_file(self) -> Path: ...
    @property
    def google_api_base_url(self) -> str | None: ...
    @property
    def deadline_seconds(self) -> int: ...


def google_client(settings: GoogleAccess, clock: Clock, retrier: Retrier) -> Client:
    """The client of a run. Raises ConfigurationError where the key file cannot be used."""
    account = open_account(settings.google_service_account_file, settings.google_api_base_url)
    shared = shared_limits(GOOGLE_SHEETS.name, clock)
    return Client(account, base_url=settings.google_api_base_url, clock=clock, retrier=retrier, shared=shared)


@contextmanager
def google_of(settings: GoogleAccess, clock: Clock = SYSTEM) -> Iterator[Client]:
    """A client for commands that only look: a person waits for the answer."""
    retrier = patient_retrier(settings, clock)
    client = google_client(settings, clock, retrier)
    try:
        yield client
    finally:
        client.close()
