"""Every request to Sentos: held to its limits, within a deadline, repeated only where that is harmless, its answer told apart."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.sentos.budget import RequestBudget
from syncdb.connectors.sentos.failures import Declined, errors_in, explained, said_in
from syncdb.connectors.sentos.login import login
from syncdb.errors import OutcomeUnknown, Refused
from syncdb.http import Retrier, Transient, asked_wait, never_left, no_connection, redact

TIMEOUT = (10.0, 60.0)  # seconds to connect, to be answered
USUAL_WAIT = 61.0  # seconds after a 429 that does not say how long
LARGEST = 64 * 1024 * 1024  # bytes of an answer


class SentosClient:
    """The way to one account of Sentos. `base_url` ends with /api, as the panel shows it."""

    def __init__(
        self,
        base_url: str,
        key: str,
        secret: str,
        scheme: str = "basic",
        session: requests.Session | None = None,
        clock: Clock = SYSTEM,
        retrier: Retrier | None = None,
        budget: RequestBudget | None = None,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.scheme = scheme
        self.clock = clock
        self.budget = budget or RequestBudget(clock=clock)
        self._auth = login(scheme, key, secret)
        self._session = session or requests.Session()
        self._retrier = (retrier or Retrier(clock=clock)).apart(f"Sentos {self.base_url}")
        self._timeout = timeout

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()
        if self.budget.shared:
            self.budget.shared.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, in_body: bool = False) -> Any:
        """The JSON of a GET. `in_body`: the parameters also as a JSON body, as one client says that the documentation wants.

        Raises Declined, Refused, RetryLater.
        """
        asked = {name: str(value) for name, value in sorted((params or {}).items())}
        body = dict(asked) if in_body and asked else None
        return self._retrier.call(lambda: self._once("GET", path, asked, body), f"Reading from Sentos ({path})")

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a POST or PUT, sent once.

        Raises Declined (refused, also within a 2xx; nothing was applied), OutcomeUnknown (it may have been), Refused. Where it
        was not taken (busy, no connection), it raises Transient: whoever sends looks first and may send again.
        """
        answer = self._once(method, path, {}, body)
        if not isinstance(answer, Mapping):
            raise OutcomeUnknown("Sentos answered a write with something else than an object; it may have been applied.")
        if errors_in(answer) is not None:
            raise Declined(200, answer)
        return answer

    def _once(self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None) -> Any:
        query = f"?{urlencode(params)}" if params else ""
        self.budget.wait(method, f"{path}{query}")
        try:
            response = self._session.request(
                method,
                f"{self.base_url}{path}{query}",
                data=None if body is None else packed(body),
                headers={"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"}),
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as failure:
            if never_left(failure) or no_connection(failure, "Sentos"):
                self.budget.never_left(method, f"{path}{query}")
            raise self._no_answer(failure, method) from failure
        return self._judged(response, method)

    def _no_answer(self, failure: requests.RequestException, method: str) -> Exception:
        if nobody := no_connection(failure, "Sentos"):
            return nobody
        if method == "GET" or never_left(failure):
            return Transient(f"no answer from {self.host}: {redact(str(failure)[:200])}")
        return OutcomeUnknown("The answer to a write to Sentos was lost, so it may or may not have been applied.")

    def _judged(self, response: requests.Response, method: str) -> Any:
        """The JSON of a usable answer; raises what any other means."""
        status = response.status_code
        usable, body = _json(response)
        if 200 <= status < 300 and usable:
            return body
        if status in (401, 403):
            raise explained(status, self.base_url, self.scheme)
        if status == 429:
            raise Transient("too many requests", wait=asked_wait(response, USUAL_WAIT))
        if 300 <= status < 400:
            raise Refused(
                f"{self.base_url} sends requests elsewhere (status {status}). Nothing was changed.",
                next_step="Put the address that the panel of Sentos shows (API Url) into sentos_api_url.",
            )
        if 400 <= status < 500 and status != 408:
            raise Declined(status, body) if usable else explained(404 if status == 404 else status, self.base_url, self.scheme)
        what = f"status {status}" + (f": {said}" if (said := said_in(body)) else "" if usable else " without data")
        if method == "GET":
            raise Transient(what)
        raise OutcomeUnknown(f"Sentos answered a write with {what}, so it may or may not have been applied.")


def packed(body: Mapping[str, Any]) -> bytes:
    """JSON as it is sent. An amount of up to 15 digits is written as its own decimal text, which is what floats print as."""
    return json.dumps(_plain(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _json(response: requests.Response) -> tuple[bool, Any]:
    if response.headers.get("Content-Type", "").startswith("text/html") or len(response.content) > LARGEST:
        return False, None
    try:
        return True, json.loads(response.content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False, None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
