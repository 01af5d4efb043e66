"""A message as JSON to an address of the user's, signed; and the address that each run calls."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from syncdb.connectors.alerts.outgoing import PATIENCE, NotDelivered, Outgoing
from syncdb.values import canonical_json

SIGNATURE = "X-Syncdb-Signature"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secret` signs; `now` tells seconds since 1970 UTC."""

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    now: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        return "webhook"

    def send(self, message: Outgoing) -> None:
        told = {"id": message.id, "subject": message.subject, "text": message.body, **message.data}
        body = canonical_json(told).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        if self.secret is not None:
            headers[SIGNATURE] = signature(self.secret, int(self.now()), body)
        _asked("POST", self.url, body, headers)


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: the HMAC-SHA256 of the seconds, a point and the body, so that an old one cannot be sent again later."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass(frozen=True, slots=True)
class Ping:
    """The address of a check that raises the alarm when nobody calls it: `/start` as a run begins, its exit code as it ends."""

    url: str = field(repr=False)

    def started(self) -> None:
        """Raises NotDelivered."""
        _asked("POST", self._below("start"), b"", {})

    def ended(self, exit_code: int) -> None:
        """Raises NotDelivered."""
        _asked("POST", self._below(str(exit_code)), b"", {})

    def _below(self, word: str) -> str:
        plain, mark, query = self.url.partition("?")
        return f"{plain.rstrip('/')}/{word}{mark}{query}"


def _asked(method: str, url: str, body: bytes, headers: dict[str, str]) -> None:
    """One request, never redirected. Raises NotDelivered, which names the host only: the address may hold a token."""
    host = urlsplit(url).hostname
    try:
        # what the environment says of proxies counts, its passwords (.netrc) do not
        with requests.Session() as session:
            session.auth = _nobody
            answer = session.request(
                method, url, data=body, headers=headers, timeout=PATIENCE, allow_redirects=False, stream=True
            )
            answer.close()
    except requests.Timeout:
        raise NotDelivered(f"{host} did not answer within {PATIENCE:.0f} seconds") from None
    except (requests.RequestException, ValueError) as error:  # the latter for a host that is none
        raise NotDelivered(f"{host} cannot be reached: {type(error).__name__}") from None
    if not 200 <= answer.status_code < 300:
        raise NotDelivered(f"{host} answered with {answer.status_code}")


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
