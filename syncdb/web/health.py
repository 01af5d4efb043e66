"""Whether the application lives, whether all is well, and figures for monitoring: without a session or a customer's data."""

import hmac
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, request

from syncdb.errors import SyncdbError
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import web_path
from syncdb.services.attention import Attention, attention
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.metrics import CONTENT_TYPE, as_text, gauges
from syncdb.services.status import Status, read_status

FRESH = 10  # seconds for which an answer is given again: whoever asks needs no login
ATTENTION = 1


@dataclass(frozen=True, slots=True)
class _Seen:
    at: datetime
    exit_code: int
    state: Status | None
    found: tuple[Attention, ...] = ()


@dataclass(slots=True)
class _Looks:
    """The status, looked at once in a while however often it is asked for."""

    place: Callable[[], LedgerLocation]
    now: Callable[[], datetime]
    _last: _Seen | None = field(default=None, init=False)
    _one: threading.Lock = field(default_factory=threading.Lock, init=False)

    def seen(self) -> _Seen:
        now = self.now()
        with self._one:
            if self._last is None or not 0 <= (now - self._last.at).total_seconds() < FRESH:
                self._last = self._look(now)
            return self._last

    def _look(self, now: datetime) -> _Seen:
        """As the command `status`: 0 all is well, 1 something needs a look, else the code of what kept it from being seen."""
        try:
            place = self.place()
            with reading(place.ledger) as reader:
                state = read_status(reader, place, now)
        except SyncdbError as error:
            return _Seen(now, int(error.exit_code), None)
        found = tuple(attention(state))
        return _Seen(now, ATTENTION if found else 0, state, found)


def health(
    place: Callable[[], LedgerLocation], token: str | None, now: Callable[[], datetime], more: Callable[[], str] = str
) -> Blueprint:
    """`/healthz`, `/readyz` and `/metrics`. `place` finds the ledger; `token` lets a scraper in, without one nobody is.

    `more` gives further figures, as text.
    """
    blueprint, looks = Blueprint("health", __name__), _Looks(place, now)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _plain("ok\n")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        """200 where all is well, else 503; the exit code of `status` and nothing else."""
        code = looks.seen().exit_code
        status = HTTPStatus.OK if code == 0 else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(json.dumps({"exit_code": code}) + "\n", status, mimetype="application/json")

    @blueprint.get("/metrics")
    def metrics() -> Response:
        if token is None:
            return _plain("web_token is not set, so nobody is told.\n", HTTPStatus.FORBIDDEN)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            answer = _plain("Send the web_token as a bearer.\n", HTTPStatus.UNAUTHORIZED)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        seen = looks.seen()
        if seen.state is None:
            return Response(f"# TYPE syncdb_ready gauge\nsyncdb_ready 0\n{more()}", content_type=CONTENT_TYPE)
        own = as_text(list(gauges(seen.state, seen.found, _live(seen.state))))
        return Response(f"{own}{more()}", content_type=CONTENT_TYPE)

    return blueprint


def _live(state: Status) -> int:
    """How many runs report themselves now."""
    path = web_path(state.place.ledger)
    try:
        return len(jobs.live(path)) if os.path.exists(path) else 0
    except SyncdbError:
        return 0


def _plain(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(text, status, mimetype="text/plain")
