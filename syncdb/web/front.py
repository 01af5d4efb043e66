"""Events are answered in front of the web framework: what it does for a page takes as long again as keeping an event (measured).

Plain WSGI, around an application's own `wsgi_app`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from syncdb.web.receiver import LARGEST, Receiver

PATH = "/webhooks/"


@dataclass(frozen=True, slots=True)
class Front:
    """Gives `POST /webhooks/<name>` to the receiver and everything else to the application behind."""

    receiver: Receiver
    behind: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(PATH):
            return self.behind(environ, start_response)
        status, more = self._answer(environ, path.removeprefix(PATH))
        start_response(f"{status.value} {status.phrase}", [("Content-Length", "0"), *more])
        return [b""]

    def _answer(self, environ: WSGIEnvironment, name: str) -> tuple[HTTPStatus, list[tuple[str, str]]]:
        if environ["REQUEST_METHOD"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", "POST")]
        told = str(environ.get("CONTENT_LENGTH") or "")
        if not (told.isascii() and told.isdigit()):
            return HTTPStatus.LENGTH_REQUIRED, []
        if len(told) > len(str(LARGEST)) or int(told) > LARGEST:
            return self.receiver.too_large(name), []
        body = _read(environ["wsgi.input"], int(told))
        if len(body) < int(told):  # the sender broke off
            return HTTPStatus.BAD_REQUEST, []
        return self.receiver.receive(name, _headers(environ), body), []


def _read(stream: Any, length: int) -> bytes:
    """So many bytes, or fewer where there are no more."""
    pieces = []
    while length and (piece := stream.read(length)):
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _headers(environ: Mapping[str, object]) -> dict[str, str]:
    """The request's own headers by their names in small letters. One that was sent twice is joined by commas: it fits nothing."""
    return {key[5:].replace("_", "-").lower(): str(value) for key, value in environ.items() if key.startswith("HTTP_")}
