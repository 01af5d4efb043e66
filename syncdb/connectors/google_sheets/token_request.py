"""The request for an access token: sent once each time, so that all waiting goes by one clock and ends at one deadline."""

from typing import Any

from google.auth.transport.requests import Request

from syncdb.http import Transient, asked_wait

TIMED_OUT, TOO_MANY, SERVER_ERROR = 408, 429, 500


class TokenRequest(Request):
    """google-auth's own request without its patience: that sleeps up to three seconds within each try of ours, past any
    deadline, and does not hear how long a server asks to wait.

    Raises Transient for an answer that may be another one later.
    """

    def __call__(self, *given: Any, **named: Any) -> Any:
        response = super().__call__(*given, **named)  # type: ignore[no-untyped-call]
        if response.status in (TIMED_OUT, TOO_MANY) or response.status >= SERVER_ERROR:
            raise Transient(f"no access token: status {response.status}", wait=asked_wait(response, 0.0))
        return response
