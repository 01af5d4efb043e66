"""The way out: how long to try, how often, how fast, and what must never be said about it.

Connectors send through `requests` (or the Google client library on top of it) and wrap each call in `Retrier.call`. Only
calls that change nothing are ever repeated; a write is sent once and its unknown outcome is settled by looking.
"""

import logging
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

from syncdb.clock import SYSTEM, Clock
from syncdb.errors import RetryLater

if TYPE_CHECKING:
    import requests
    import tenacity

log = logging.getLogger("syncdb.http")
T = TypeVar("T")


class Transient(Exception):
    """One try failed in a way that may pass: worth another within the deadline, after `wait` seconds if the remote said so."""

    def __init__(self, message: str, *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


class Unreachable(Transient):
    """There was not even a connection. The message says to which address, and why."""


class Spent(Transient):
    """A budget of so many calls a minute is used up: surely nothing was done, and there is one again within a minute."""


@dataclass(slots=True)
class Heard:
    """Whether a server has ever answered, and whether it was tried long enough to say that nothing is there."""

    yes: bool = False
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Retrier:
    """Repeats a call that failed with `Transient`, with capped exponential back-off and jitter, within `deadline` seconds.

    An address at which nothing ever answered is more likely wrong, or this computer without a network, than its server away for
    a moment: it is tried for `nobody_there` seconds at most, and after that only once each time. A spent budget is waited for
    `spent` seconds, where that is set.
    """

    deadline: float = 300.0
    first: float = 0.5
    cap: float = 30.0
    clock: Clock = SYSTEM
    jitter: Callable[[], float] = random.random
    nobody_there: float = 30.0
    spent: float | None = None
    heard: Heard = field(default_factory=Heard, compare=False)
    servers: dict[str, Heard] = field(default_factory=dict, compare=False, repr=False)

    def apart(self, server: str) -> "Retrier":
        """The same for one server, which remembers whether that has answered: also one got from another copy of this one."""
        return replace(self, heard=self.servers.setdefault(server, Heard()))

    def call(self, attempt: Callable[[], T], what: str) -> T:
        """The call's result. Raises RetryLater, naming `what`, when the deadline has passed; other exceptions go through."""
        import tenacity  # whoever only asks the ledger does without

        started, in_vain = self.clock.monotonic(), self.heard.in_vain

        def limit(failure: BaseException | None) -> float:
            alone = isinstance(failure, Unreachable) and not self.heard.yes
            if isinstance(failure, Spent) and self.spent is not None:
                return max(self.deadline, self.spent)
            return min(self.deadline, self.nobody_there) if alone else self.deadline

        def pause(state: "tenacity.RetryCallState") -> float:
            asked = getattr(state.outcome.exception() if state.outcome else None, "wait", 0.0)
            ceiling = min(self.cap, self.first * 2.0 ** min(state.attempt_number - 1, 30))
            return float(asked) + ceiling * self.jitter()

        def over(state: "tenacity.RetryCallState") -> bool:
            failure = state.outcome.exception() if state.outcome else None
            if in_vain and isinstance(failure, Unreachable):
                return True
            return self.clock.monotonic() - started + state.upcoming_sleep > limit(failure)

        told: set[str] = set()

        def tell(state: "tenacity.RetryCallState") -> None:
            failure = state.outcome.exception() if state.outcome else None
            reason = redact(str(failure))
            if isinstance(failure, Unreachable) and state.attempt_number == 1:
                until = self.clock.now() + timedelta(seconds=limit(failure))
                log.warning("%s. It is tried again until %s.", _sentence(reason), until.astimezone().strftime("%H:%M:%S"))
                return
            level = logging.DEBUG if reason in told else logging.INFO  # a server that stays away is told of once
            told.add(reason)
            log.log(level, "%s: %s; trying again in %.1f s", what, reason.rstrip(".?"), state.upcoming_sleep)

        trying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Transient),
            wait=pause,
            stop=over,
            sleep=self.clock.sleep,
            before_sleep=tell,
            reraise=True,
        )
        try:
            answer = trying(attempt)
            log.debug("%s: answered after %.2f s", what, self.clock.monotonic() - started)
            self.heard.yes, self.heard.in_vain = True, False
            return answer
        except Unreachable as last:
            self.heard.in_vain = not self.heard.yes
            raise RetryLater(
                f"{_sentence(redact(str(last)))}. It was tried for {limit(last):.0f} seconds ({what}).",
                next_step="Check the address in the configuration and the network, then run it again. Nothing is lost.",
            ) from last
        except Transient as last:
            raise RetryLater(
                f"{what} did not succeed within {limit(last):.0f} seconds. Last answer: {redact(str(last))}",
                next_step="Nothing is lost: run it again later, the next run goes on from here.",
            ) from last


@dataclass
class Pace:
    """A budget of so many calls in any minute. `wait` holds the caller back until one more fits."""

    per_minute: int
    clock: Clock = SYSTEM
    _sent: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        with self._lock:
            now = self._forget(self.clock.monotonic())
            if len(self._sent) >= self.per_minute:
                self.clock.sleep(60.0 - (now - self._sent[0]) + 0.01)
                now = self._forget(self.clock.monotonic())
            self._sent.append(now)

    def _forget(self, now: float) -> float:
        while self._sent and now - self._sent[0] >= 60.0:
            self._sent.popleft()
        return now


@dataclass(frozen=True, slots=True)
class Limit:
    """A server takes `most` requests of a kind ("read", "write" ...) within so many seconds."""

    kind: str
    most: int
    seconds: float


class SharedLimits(Protocol):
    """Counts the requests of several processes that share a server's limits."""

    def wait(self, limits: Sequence[Limit]) -> None:
        """Wait until one more request fits under every one of these limits, and count it."""

    def close(self) -> None:
        """Let go of whatever it counts with."""


_SECRETS = re.compile(
    r"(?P<head>(?:bearer|basic)\s+|(?:access_token|client_secret|assertion|api[_-]?key|password|x-shopify-access-token)[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"',;&}]+"
    r"|\b(?:shp[a-z]{2}_[A-Za-z0-9]+|ya29\.[\w.-]+|eyJ[\w-]+\.[\w-]+\.[\w-]+)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def no_connection(failure: "requests.RequestException", who: str) -> Unreachable | None:
    """Why there was not even a connection to `who` ("the shop x.myshopify.com"), for people; None where there was one."""
    import requests
    from urllib3.exceptions import NameResolutionError, NewConnectionError, ProxyError

    host = urlsplit(failure.request.url or "").netloc if failure.request is not None else ""
    place = who if not host or host in who else f"{who} (at {host})"
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    if isinstance(reason, ProxyError):
        return Unreachable(f"{place} cannot be reached: the proxy of this computer does not answer")
    if isinstance(reason, NameResolutionError):
        return Unreachable(f"{place} cannot be reached: there is no server of that name, or this computer has no network")
    if isinstance(reason, NewConnectionError):
        return Unreachable(f"{place} cannot be reached: nothing answers at that address, or this computer has no network")
    if isinstance(failure, requests.ConnectTimeout):
        return Unreachable(f"{place} cannot be reached: nothing answered at that address in time")
    return None


def never_left(failure: "requests.RequestException") -> bool:
    """Whether there was not even a connection: then a write was certainly not applied."""
    # whoever sends has loaded them already; settings are read, and help is shown, without them
    import requests
    from urllib3.exceptions import NewConnectionError

    if isinstance(failure, requests.ConnectTimeout):
        return True
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    return isinstance(reason, NewConnectionError)


def asked_wait(response: "requests.Response", usual: float) -> float:
    """How many seconds the remote asks to wait, two minutes at most; `usual` where it does not say."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), 120.0) if asked.isdigit() else usual


def redact(text: str) -> str:
    """`text` with everything that looks like a token, key or password replaced, so that it may be shown and logged."""
    return _SECRETS.sub(lambda hit: (hit["head"] or "") + "[redacted]", text)
