"""What is looked at before anything else of a request: its host, its peer, its size and where it comes from. Plain WSGI.

The name comes first: one that somebody made point to this computer is refused (DNS rebinding), whatever stands in the request.
Then only a page of ours may have something changed: a browser says where a form stood (Sec-Fetch-Site, Origin), and a request
that says neither may not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
LARGEST = 1024 * 1024  # bytes of a form
SAFE = ("GET", "HEAD")
CLIENT = "syncdb.client"  # the address that a person's requests come from
ORIGIN = "syncdb.origin"  # the origin of ours that a request is for
HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # with no-referrer a browser hides the origin of our own forms (observed)
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_ASIDE = (
    "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>syncdb</title><p>This was opened from another site. "
    "<a href='/'>Open syncdb</a></p></html>"
)
Refusal = tuple[HTTPStatus, str]


@dataclass(frozen=True, slots=True)
class OuterGate:
    """`url` is the public address, where there is one; `proxy` the address of the one in front, whose word on clients counts."""

    behind: WSGIApplication
    url: str = ""
    proxy: str = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._hardened(start_response)
        if refusal := self._refusal(environ):
            return _refuse(refusal, answer)
        environ[CLIENT], environ[ORIGIN] = self._client(environ), self._own_origin(environ)
        return self.behind(environ, answer)

    def _refusal(self, environ: WSGIEnvironment) -> Refusal | None:
        origin = self._own_origin(environ)
        if origin is None:
            return HTTPStatus.MISDIRECTED_REQUEST, "That is not a name of this application.\n"
        if self.proxy and environ.get("REMOTE_ADDR") not in LOCAL | {self.proxy}:
            return HTTPStatus.FORBIDDEN, "Only the proxy may come here.\n"
        told = str(environ.get("CONTENT_LENGTH") or "0")
        if not (told.isascii() and told.isdigit()):
            return HTTPStatus.BAD_REQUEST, "The length of the request is no number.\n"
        if len(told) > len(str(LARGEST)) or int(told) > LARGEST:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too large.\n"
        return _foreign(environ, origin)

    def _own_origin(self, environ: WSGIEnvironment) -> str | None:
        """The origin that the request is for; None where its host is not one of ours."""
        host = str(environ.get("HTTP_HOST", "")).lower()
        public = urlsplit(self.url)
        if public.netloc and host == public.netloc.lower():
            return f"{public.scheme}://{host}"
        try:
            named = urlsplit(f"//{host}")
            port = named.port or 80
        except ValueError:
            return None
        local = named.hostname in LOCAL and named.path == "" and "@" not in host and port == int(environ["SERVER_PORT"])
        return f"http://{host}" if local else None

    def _client(self, environ: WSGIEnvironment) -> str:
        """Whose request it is. Anybody can claim anything, so the proxy alone is believed, and of it the last word."""
        peer = str(environ.get("REMOTE_ADDR", ""))
        if self.proxy and peer == self.proxy:
            return str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()[:64] or peer
        return peer

    def _hardened(self, start_response: StartResponse) -> StartResponse:
        """The strict headers on every answer; one that sets its own time of keeping keeps it."""
        secure = [("Strict-Transport-Security", "max-age=31536000")] if self.url.startswith("https:") else []

        def answer(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            named = {name.lower() for name, _ in headers}
            kept = [] if "cache-control" in named else [("Cache-Control", "no-store")]
            return start_response(status, [*headers, *HEADERS, *secure, *kept], *more)

        return answer


def _foreign(environ: WSGIEnvironment, own: str) -> Refusal | None:
    """Why a request from another site, or one that does not say where it comes from, is refused."""
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if environ["REQUEST_METHOD"] in SAFE:
        return (HTTPStatus.FORBIDDEN, _ASIDE) if site not in (None, "same-origin", "none") else None
    if site not in (None, "same-origin") or (origin is None and site is None) or origin not in (None, own):
        return HTTPStatus.FORBIDDEN, "This was not sent from a page of syncdb. Nothing was changed.\n"
    return None


def _refuse(refusal: Refusal, start_response: StartResponse) -> Iterable[bytes]:
    status, text = refusal
    body = text.encode()
    kind = "text/html" if text.startswith("<") else "text/plain"
    head = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", head)
    return [body]
