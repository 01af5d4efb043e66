"""Where the access token comes from: a fixed one, or one got for a client id and secret and renewed in time.

Client credentials grant: documented for apps of the Dev Dashboard whose app and store belong to the same organisation; the token
lives about a day (`expires_in` 86399). Tokens are held in memory only.
"""

import threading
from dataclasses import dataclass, field
from typing import Protocol

import requests

from syncdb.clock import SYSTEM, Clock
from syncdb.decoding import SENSELESS, text
from syncdb.errors import Refused
from syncdb.http import Retrier, Transient, no_connection, redact

RENEW_BEFORE = 300.0  # seconds before its end in which a token is no longer trusted to last for a run's next steps
TIMEOUT = (10.0, 60.0)
MAKE_SURE = "Check the client id and secret, and that the app is installed in this shop and of the same organisation."


class TokenSource(Protocol):
    """Gives the token to send now, and a fresh one when that was refused."""

    def current(self) -> str:
        """The token to send."""

    def renew(self, refused: str) -> bool:
        """Whether there is now another token than the `refused` one."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """The access token of a custom app, as it was configured."""

    token: str = field(repr=False)

    def current(self) -> str:
        return self.token

    def renew(self, refused: str) -> bool:
        """Always False: a fixed token cannot be renewed."""
        return False


@dataclass(slots=True)
class ClientCredentials:
    """Tokens by the client credentials grant. `address` is the shop's base URL. Safe to use from several threads."""

    address: str
    client_id: str
    client_secret: str = field(repr=False)
    session: requests.Session = field(repr=False, default_factory=requests.Session)
    clock: Clock = SYSTEM
    retrier: Retrier = field(default_factory=Retrier)
    _token: str = field(default="", repr=False)
    _ends: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.retrier = self.retrier.apart(f"token {self.address}")

    def current(self) -> str:
        """Raises Refused where the shop refuses these credentials, RetryLater where it cannot be reached."""
        with self._lock:
            if not self._token or self.clock.monotonic() >= self._ends - RENEW_BEFORE:
                self._get()
            return self._token

    def renew(self, refused: str) -> bool:
        with self._lock:
            if self._token == refused:
                self._get()
            return self._token != refused

    def _get(self) -> None:
        asked_at = self.clock.monotonic()
        self._token, lifetime = self.retrier.call(self._ask, "Getting an access token from Shopify")
        self._ends = asked_at + lifetime

    def _ask(self) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        url = f"{self.address}/admin/oauth/access_token"
        try:
            answer = self.session.post(
                url, data=form, headers={"Accept": "application/json"}, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            if nobody := no_connection(error, f"the shop {self.address.removeprefix('https://')}"):
                raise nobody from None
            raise Transient(f"no answer to the token request ({type(error).__name__})") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Transient(f"the token request was answered with HTTP {answer.status_code}")
        if answer.status_code != 200:
            said = f"HTTP {answer.status_code}{self._reason(answer)}"
            raise Refused(f"Shopify refused the client id and secret ({said}).", next_step=MAKE_SURE)
        return self._read(answer)

    @staticmethod
    def _read(answer: requests.Response) -> tuple[str, float]:
        try:
            found = answer.json()
            token, lifetime = text(found["access_token"]), float(found.get("expires_in", 86399))
            if not (token and token.isascii() and token.isprintable()):  # it travels in a header
                raise ValueError("no token")
        except SENSELESS:
            raise Transient("the token request was answered with something that is no token") from None
        return token, lifetime

    def _reason(self, answer: requests.Response) -> str:
        try:
            found = answer.json()
        except ValueError:
            return ""
        reason = found.get("error_description") or found.get("error") if isinstance(found, dict) else None
        return f": {redact(str(reason)).replace(self.client_secret, '[redacted]')[:200]}" if reason else ""
