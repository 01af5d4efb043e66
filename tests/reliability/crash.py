"""Lets the process die at the Nth boundary of a run over the real connectors: around every request and every transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from syncdb.ledger import Ledger
from tests.engine.hostile import Crash, Steps


@contextmanager
def dying(steps: Steps) -> Iterator[None]:
    """Every request counts twice (before it leaves, after its answer is in) and every transaction three times.

    The process dies by an exception that no code of the product catches; what it had not committed and not sent is lost, what it
    had, stays. Sending is a boundary of the `requests` library, committing one of the ledger; both stay as they are otherwise.
    """
    send, transaction, armed = HTTPAdapter.send, Ledger.transaction, [True]

    def here() -> None:
        if armed[0]:
            try:
                steps.here()
            except Crash:
                armed[0] = False  # a dead process passes no more boundaries
                raise

    def sent(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **keywords: Any) -> requests.Response:
        _alive(armed)
        here()
        response = send(self, request, *args, **keywords)
        try:
            here()
        except Crash:
            response.close()
            raise
        return response

    @contextmanager
    def committed(self: Ledger) -> Iterator[None]:
        _alive(armed)
        here()
        with transaction(self):
            yield
            here()
        here()

    HTTPAdapter.send, Ledger.transaction = sent, committed  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send, Ledger.transaction = send, transaction  # type: ignore[method-assign]


def _alive(armed: list[bool]) -> None:
    """After its death the process does nothing more, although Python still runs its clean-up code."""
    if not armed[0]:
        raise Crash
