"""Every request to Grist: one after the other, within a deadline, repeated only where that is harmless, its answer told apart."""

import json
import math
from collections.abc import Mapping
from typing import Any

import requests
from requests.auth import AuthBase

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.grist.budget import Budget, MonthlyCalls
from syncdb.connectors.grist.failures import Declined, is_full, is_quota, sayable
from syncdb.errors import OutcomeUnknown, Refused, RetryLater
from syncdb.http import Retrier, Transient, asked_wait, never_left, no_connection, redact

Json = dict[str, Any]
TIMEOUT = (10.0, 120.0)  # seconds to connect, to be answered
# 25 at once were seen to be refused in part (10 per document go); there is no Retry-After, and a document is quick
BACKLOG_WAIT = 1.0
HARMLESS_POSTS = ("/records/list", "/sql")
UNDONE = "/apply"  # whose actions are taken back together when the engine refuses one, with status 500 (observed)
ENGINE = "[Sandbox]"


class _Bearer(AuthBase):
    """An explicit authorization: otherwise `requests` would put an entry of ~/.netrc for the host in its place."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class GristClient:
    """The way to one Grist server. `base_url` is the server's or the site's address, without "/api"."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        session: requests.Session | None = None,
        clock: Clock = SYSTEM,
        retrier: Retrier | None = None,
        budget: Budget | None = None,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self.base_url = base_url.rstrip("/").removesuffix("/api")
        self.clock = clock
        self.budget: Budget = budget or MonthlyCalls(now=clock.now)
        self._auth = _Bearer(api_key)
        self._session = session or requests.Session()
        self._retrier = (retrier or Retrier(clock=clock)).apart(f"Grist {self.base_url}")
        self._timeout = timeout

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a GET of `path` (below /api)."""
        return self.call("GET", path, params=params)

    def call(self, method: str, path: str, body: object = None, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON that Grist answers.

        Raises Declined (refused, nothing applied), OutcomeUnknown (a write without a clear answer), RetryLater (nothing was
        applied and the deadline has passed, or no more calls may be made), Refused (no Grist answers there).
        """
        harmless = method == "GET" or path.endswith(HARMLESS_POSTS)
        data = None if body is None else packed(body)
        what = f"{'Reading from' if harmless else 'Writing to'} Grist ({method} {path.partition('/docs/')[2] or path})"
        return self._retrier.call(lambda: self._once(method, path, data, params, harmless), what)

    def _once(self, method: str, path: str, data: bytes | None, params: Mapping[str, Any] | None, harmless: bool) -> Any:
        self.budget.spend()
        try:
            response = self._session.request(
                method,
                f"{self.base_url}/api{path}",
                params=params,
                data=data,
                headers={"Content-Type": "application/json"} if data is not None else {},
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as failure:
            raise _no_answer(failure, harmless) from failure
        return _judge(response, harmless, undone=path.endswith(UNDONE))


def packed(body: object) -> bytes:
    """JSON as it is sent: the same bytes that are measured before. Raises UnicodeEncodeError for half of a character."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _no_answer(failure: requests.RequestException, harmless: bool) -> Exception:
    if nobody := no_connection(failure, "Grist"):
        return nobody
    if harmless or never_left(failure):
        return Transient(f"no answer: {redact(str(failure)[:200])}")
    return OutcomeUnknown("The answer to a write to Grist was lost, so it may or may not have been applied.")


def _judge(response: requests.Response, harmless: bool, undone: bool = False) -> Any:
    """The JSON of a usable answer; raises what any other means. `undone`: what the engine refuses (status 500) is not applied."""
    status = response.status_code
    usable, body = _json(response)
    said = sayable(str(body.get("error", ""))) if isinstance(body, Mapping) else ""
    if status == 200 and usable:
        return body
    if status == 429:  # refused before it reached the document, so that a write may wait and go again
        if is_quota(said):
            raise RetryLater(f"Grist takes no more calls for now: {redact(said)}.", next_step="Run it later, or less often.")
        raise Transient(said or "too many requests at once", wait=asked_wait(response, BACKLOG_WAIT))
    if 300 <= status < 400:
        raise Refused(
            f"The Grist server sends requests elsewhere (status {status}). Nothing was changed.",
            next_step="Put the address that the browser shows when the document is open into the settings.",
        )
    if (
        (400 <= status < 500 and status != 408)
        or is_full(said)
        or (harmless and said and status == 500)
        or (undone and status == 500 and said.startswith(ENGINE))
    ):
        raise Declined(status, body)
    if harmless:
        raise Transient(f"status {status}" + (f": {redact(said)}" if said else "" if usable else " with a page instead of data"))
    raise OutcomeUnknown(f"Grist answered a write with status {status}, so it may or may not have been applied.")


def _json(response: requests.Response) -> tuple[bool, Any]:
    if response.headers.get("Content-Type", "").startswith("text/html"):
        return False, None
    try:
        return True, json.loads(response.content, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return False, None


def _finite(written: str) -> float:
    """A number as it is written. Raises ValueError for what JSON has no word for, and for one that no cell can hold (1e999)."""
    number = float(written)
    if not math.isfinite(number):
        raise ValueError("no finite number")
    return number
