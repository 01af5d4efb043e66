"""Who may have something changed over HTTP: whoever gives the configured token, from a page of ours, under a name of ours.

There is no cookie and no session, so no other site can make a browser act for somebody. The check of the host comes first: a name
that somebody made point to this computer is refused (DNS rebinding).
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from werkzeug import Request

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Admission:
    """`names` are the hosts that this application is reached under, beside those of this computer itself."""

    names: frozenset[str]
    token: str | None = field(repr=False)

    @classmethod
    def of(cls, addresses: Iterable[str | None], token: str | None) -> "Admission":
        """Reached under the hosts of these addresses."""
        return cls(frozenset(urlsplit(one).hostname or "" for one in addresses if one), token)

    def foreign(self, request: Request) -> bool:
        """Whether the request is for a host that is not ours."""
        try:
            host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
        except ValueError:
            host = None
        return host is None or host not in LOCAL | self.names

    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        """Why a request may change nothing; None where it may."""
        if not self._from_our_page(request):
            return HTTPStatus.FORBIDDEN, "This was sent from another site. Nothing was changed."
        if self.token is None:
            return HTTPStatus.FORBIDDEN, "web_token is not set, so nothing is changed from here. Use sync_manager.py instead."
        given = request.form.get("token") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            return HTTPStatus.FORBIDDEN, "That is not the token that web_token names. Nothing was changed."
        return None

    def _from_our_page(self, request: Request) -> bool:
        """A browser says where a form stands; a program that says nothing has no browser's rights to misuse."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None and site != "same-origin":
            return False
        return origin is None or urlsplit(origin).netloc == request.headers.get("Host", "")
