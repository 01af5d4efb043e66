"""Every request to Google: paced, within a deadline, repeated only where that is harmless, its answer told apart by meaning.

Built on gspread's HTTPClient and google-auth. gspread's own retrying client and its `append` are not used: they send a write
again whose first copy may have been applied.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import google.auth.exceptions
import gspread
import orjson
import requests
from google.auth.transport.requests import AuthorizedSession

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.google_sheets.account import Account
from syncdb.connectors.google_sheets.failures import RequestDeclined, sign_in
from syncdb.connectors.google_sheets.token_request import TokenRequest
from syncdb.decoding import understood
from syncdb.errors import OutcomeUnknown
from syncdb.http import Limit, Pace, Retrier, SharedLimits, Spent, Transient, asked_wait, never_left, no_connection, redact

GOOGLE = ("https://sheets.googleapis.com", "https://www.googleapis.com")
SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
DRIVE_FILES = "https://www.googleapis.com/drive/v3/files"
HARMLESS_POSTS = (":getByDataFilter", ":batchGetByDataFilter", "/developerMetadata:search")
MINUTE = 64.0  # seconds: a request may reach Google some seconds later than it was counted
READS, WRITES = Limit("read", 60, MINUTE), Limit("write", 60, MINUTE)  # of each account (Sheets API, usage limits)
TIMEOUT = (10.0, 200.0)  # connect, read: a request may take Google 180 seconds (Sheets API, usage limits)


class Client(gspread.HTTPClient):
    """The way to Google for one account. `base_url` stands in for Google's hosts (a proxy, the sandbox).

    `shared` counts requests to Sheets together with those of other processes, where there are such.
    """

    def __init__(
        self,
        account: Account,
        *,
        base_url: str | None = None,
        clock: Clock = SYSTEM,
        retrier: Retrier | None = None,
        reads_per_minute: int = 60,
        writes_per_minute: int = 60,
        timeout: tuple[float, float] = TIMEOUT,
        shared: SharedLimits | None = None,
    ) -> None:
        # One refresh on 401, not google-auth's two: a fresh token that is refused is not an expired one.
        self._signing_in = requests.Session()
        session = AuthorizedSession(  # type: ignore[no-untyped-call]
            account.credentials, max_refresh_attempts=1, auth_request=TokenRequest(self._signing_in)
        )
        super().__init__(account.credentials, session)
        self.email = account.email
        self._credentials = account.credentials
        self.set_timeout(timeout)
        self._base_url = base_url.rstrip("/") if base_url else None
        self._retrier = (retrier or Retrier(clock=clock)).apart(f"Google {self._base_url}")
        self._reads = Pace(reads_per_minute, clock)
        self._writes = Pace(writes_per_minute, clock)
        self._shared = shared

    def sign_in(self) -> None:
        """Ask for an access token and nothing else. Raises Refused where the account may not have one, RetryLater."""

        def attempt() -> None:
            try:
                with understood("Google"):
                    self._credentials.refresh(partial(TokenRequest(self._signing_in), timeout=self.timeout))
            except google.auth.exceptions.GoogleAuthError as failure:
                raise self._no_token(failure) from failure

        self._retrier.call(attempt, "Signing in to Google")

    def close(self) -> None:
        self.session.close()
        self._signing_in.close()
        if self._shared:
            self._shared.close()

    def get(self, url: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a GET."""
        return self._exchange("get", url, {"params": params})[1]

    def post(self, url: str, body: object, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a POST that carries `body` as UTF-8 JSON."""
        keywords = {"params": params, "data": packed(body), "headers": {"Content-Type": "application/json"}}
        return self._exchange("post", url, keywords)[1]

    def request(
        self,
        method: str,
        endpoint: str,
        params: Any = None,
        data: Any = None,
        json: Any = None,
        files: Any = None,
        headers: Any = None,
    ) -> requests.Response:
        """One request, as gspread's classes make it; the answer's body is sure to be JSON."""
        keywords = {"params": params, "data": data, "json": json, "files": files, "headers": headers}
        return self._exchange(method, endpoint, keywords)[0]

    def _exchange(self, method: str, endpoint: str, keywords: Mapping[str, Any]) -> tuple[requests.Response, Any]:
        """One request and the JSON of its answer.

        Raises RetryLater (nothing was applied, the deadline has passed), OutcomeUnknown (a write without a clear answer),
        Declined (4xx) or Refused (the account cannot sign in).
        """
        harmless = method.lower() == "get" or endpoint.endswith(HARMLESS_POSTS)
        what = f"{'Reading from' if harmless else 'Writing to'} Google ({endpoint.rsplit('/', 1)[-1]})"

        def attempt() -> tuple[requests.Response, Any]:
            (self._reads if harmless else self._writes).wait()
            if self._shared and endpoint.startswith(SHEETS):
                self._shared.wait([READS if harmless else WRITES])
            return self._once(method, self._address(endpoint), harmless, keywords)

        return self._retrier.call(attempt, what)

    def _address(self, endpoint: str) -> str:
        if self._base_url is None:
            return endpoint
        for host in GOOGLE:
            if endpoint.startswith(host + "/"):
                return self._base_url + endpoint.removeprefix(host)
        raise ValueError(f"{endpoint} has no place under the configured base URL")

    def _once(self, method: str, url: str, harmless: bool, keywords: Mapping[str, Any]) -> tuple[requests.Response, Any]:
        given = {name: value for name, value in keywords.items() if value}
        try:
            with understood("Google"):  # the answer to the request for a token is read in here, too
                response = self.session.request(method=method, url=url, timeout=self.timeout, allow_redirects=False, **given)
        except google.auth.exceptions.GoogleAuthError as failure:  # before or instead of the request: it was not applied
            raise self._no_token(failure) from failure
        except requests.RequestException as failure:
            raise _no_answer(failure, harmless) from failure
        return response, _judge(response, harmless)

    def _no_token(self, failure: google.auth.exceptions.GoogleAuthError) -> Exception:
        cause = failure.args[0] if failure.args else None
        if isinstance(cause, requests.RequestException) and (nobody := no_connection(cause, "Google")):
            return nobody
        if isinstance(failure, google.auth.exceptions.TransportError) or failure.retryable or "<html" in str(failure).lower():
            return Transient(f"no access token: {redact(str(failure)[:200])}")
        return sign_in(str(cause or failure), self.email)  # behind the words stands the answer as data


def _no_answer(failure: requests.RequestException, harmless: bool) -> Exception:
    if nobody := no_connection(failure, "Google"):
        return nobody
    if harmless or never_left(failure):
        return Transient(f"no answer: {redact(str(failure)[:200])}")
    return OutcomeUnknown("The answer to a write to Google was lost, so it may or may not have been applied.")


def _judge(response: requests.Response, harmless: bool) -> object:
    """The JSON of a usable answer; raises what any other means."""
    status = response.status_code
    if status == 429:  # documented as refused before anything is applied, so a write may wait and go again
        raise Spent("too many requests in this minute", wait=asked_wait(response, 5.0))
    body = _json(response)
    if status == 200 and body is not None:
        return body
    if status == 403 and _is_rate_limit(body):
        raise Spent("too many requests", wait=asked_wait(response, 5.0))
    if 400 <= status < 500 and status != 408 and body is not None:
        raise RequestDeclined(status, body)
    if harmless:
        raise Transient(f"status {status}" + ("" if body is not None else " with a page instead of data"))
    raise OutcomeUnknown(f"Google answered a write with status {status}, so it may or may not have been applied.")


def _json(response: requests.Response) -> object:
    if response.headers.get("Content-Type", "").startswith("text/html"):
        return None
    try:
        body: object = response.json()
    except ValueError:
        return None
    return body


def _is_rate_limit(body: object) -> bool:
    """Drive answers 403 for its rate limits (Drive API, error codes); other 403s are about permission."""
    error = body.get("error") if isinstance(body, Mapping) else None
    errors = error.get("errors") if isinstance(error, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    return first.get("reason") in ("rateLimitExceeded", "userRateLimitExceeded")


def packed(body: object) -> bytes:
    """JSON as it is sent: the same bytes that are measured before."""
    return orjson.dumps(body)
