"""One local HTTP server for the sandbox's apps, with the fault layer between the socket and the app."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Protocol, Self
from wsgiref.types import WSGIEnvironment

from werkzeug import Request, Response
from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from syncdb.sandbox.faults import PRELUDES, Fault, Faults, Seen

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
UNAVAILABLE_PAGE = _PAGE.format("503 Service Unavailable")
LOGIN_PAGE = _PAGE.format("Sign in to this network")


class App(Protocol):
    """One simulated system. The server calls `respond` for one request at a time."""

    system: str

    def kind(self, seen: Seen) -> str:
        """ "read", "write", "token" or "page"."""

    def respond(self, request: Request) -> Response:
        """Apply the request and answer it. `request.get_json()` is already parsed and cached."""

    def error(self, fault_kind: str) -> Response:
        """The system's own shape of "unavailable", "too_many", "unauthorized" or "forbidden"."""


class _Handler(WSGIRequestHandler):
    """Answers in one write and keeps the connection.

    Werkzeug's own `run_wsgi` closes after each answer and waits 10 ms for stray data; here every body
    has a length and is read to its end, so the next request line is always where it should be.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener
    dated: str | None = None

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        try:
            response = self.server.serve(Request(environ))
        except (ClientDisconnected, ConnectionError):
            response = None  # the client died in the middle of its request
        except Exception:
            logging.getLogger(__name__).exception("the sandbox failed on %s %s", self.command, self.path)
            response = Response("the sandbox failed; its log has the traceback", 500)
        if response is None:
            _shut(self.connection)
            self.close_connection = True
        else:
            try:
                self._send(response, environ)
            except ConnectionError:  # nobody waits for it any more, or it was to break off
                _shut(self.connection)
                self.close_connection = True

    def _send(self, response: Response, environ: WSGIEnvironment) -> None:
        self.dated = response.headers.pop("Date", None)
        if response.is_streamed and response.content_length is not None:
            self._stream(response, environ)
            return
        body = response.get_data()
        self.send_response(response.status_code)
        for name, value in response.get_wsgi_headers(environ):
            if name != "Content-Length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.command != "HEAD":
            self._headers_buffer.append(b"\r\n" + body)
            self.flush_headers()
        else:
            self.end_headers()

    def _stream(self, response: Response, environ: WSGIEnvironment) -> None:
        """A body of known length piece by piece: it may be larger than memory."""
        self.send_response(response.status_code)
        for name, value in response.get_wsgi_headers(environ):
            self.send_header(name, value)
        self.end_headers()
        for piece in response.iter_encoded():
            self.wfile.write(piece)
        response.close()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` of an answer: the app's own where it goes by another clock than this computer."""
        return self.dated or super().date_time_string(timestamp)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are in Faults.log; nothing goes to the console."""


def _refuse_taken(port: int) -> None:
    """Raise OSError for a port that another program listens on: the library would end the process with words of its own."""
    if not port:
        return
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            raise OSError(error.errno, f"port {port} is in use by another program") from error


class _Listener(ThreadedWSGIServer):
    """Remembers its open connections, so that closing does not wait for idle keep-alive clients."""

    daemon_threads = False  # they are joined on close, after their sockets were shut

    def __init__(self, port: int, serve: Callable[[Request], Response | None]) -> None:
        _refuse_taken(port)
        self.open: set[socket.socket] = set()
        self.serve = serve
        super().__init__("127.0.0.1", port, Response("unused"), handler=_Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)


class Server:
    """Hosts apps by path prefix (the longest wins) on 127.0.0.1 in a daemon thread of this process.

    Use it as a context manager, or call `close()`. `routes` maps prefixes such as "/v4" or "/" to apps;
    one app may stand under several prefixes.
    """

    def __init__(self, routes: Mapping[str, App], faults: Faults, port: int = 0) -> None:
        self.faults = faults
        self._routes = sorted(routes.items(), key=lambda route: -len(route[0]))
        self._locks = {id(app): threading.RLock() for app in routes.values()}
        self._closing = threading.Event()
        self._listener = _Listener(port, self._serve)
        self.port: int = self._listener.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, shut open connections and wait for their threads. Safe to call twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):  # the loop waits for a connection
            self._thread.join()
        for connection in list(self._listener.open):
            _shut(connection)
        self._listener.server_close()

    def _listen(self) -> None:
        # Not serve_forever: it wakes up often, and werkzeug's joins the connections' threads before we can shut them.
        while not self._closing.is_set():
            self._listener.handle_request()

    def _serve(self, request: Request) -> Response | None:
        """The answer to one request, or None where its connection is to be cut."""
        body = request.get_data()  # read it all, also when it is not wanted: the connection is used again
        app = self._app_at(request.path)
        if app is None:
            return Response("no app here", 404)
        seen = _see(request, app, len(body))
        return self._under_faults(app, request, seen, self.faults.take(seen))

    def _app_at(self, path: str) -> App | None:
        for prefix, app in self._routes:
            if path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix) :][:1] in ("", "/", ":")):
                return app
        return None

    def _under_faults(self, app: App, request: Request, seen: Seen, struck: list[Fault]) -> Response | None:
        """The answer, or None where the connection is to be cut."""
        for fault in struck:
            self._prelude(fault)
        main = next((fault for fault in struck if fault.kind not in PRELUDES), None)
        if main is not None and main.kind == "apply_late":
            self.faults.served(seen, None, False)
            self.faults.delay(seen.system, main.after, lambda: self._land(app, request, seen))
            return None
        response, applied = self._answer(app, request, main.kind if main else "")
        self.faults.served(seen, response.status_code if response else None, applied)
        return response

    def _prelude(self, fault: Fault) -> None:
        if fault.kind == "slow":
            self._closing.wait(fault.seconds)
        elif fault.action is not None:
            fault.action()

    def _answer(self, app: App, request: Request, fault: str) -> tuple[Response | None, bool]:
        """The answer (None: cut) and whether the app applied the request: what it refuses it does not."""
        match fault:
            case "cut_before":
                return None, False
            case "refuse":
                return Response(UNAVAILABLE_PAGE, 503, mimetype="text/html"), False
            case "html_200":
                return Response(LOGIN_PAGE, 200, mimetype="text/html"), False
            case "unavailable" | "too_many" | "unauthorized" | "forbidden":
                return app.error(fault), False
        response = self._apply(app, request)
        applied = response.status_code < HTTPStatus.BAD_REQUEST
        if fault == "apply_then_cut":
            return None, applied
        return (app.error("unavailable") if fault == "apply_then_error" else response), applied

    def _apply(self, app: App, request: Request) -> Response:
        with self._locks[id(app)]:
            return app.respond(request)

    def _land(self, app: App, request: Request, seen: Seen) -> Seen:
        response = self._apply(app, request)
        return replace(seen, status=response.status_code, applied=response.status_code < HTTPStatus.BAD_REQUEST)


def _see(request: Request, app: App, size: int) -> Seen:
    body = request.get_json(silent=True) if request.is_json else None
    seen = Seen(request.method, request.path, body, app.system, "", request.query_string.decode("latin-1"), size)
    return replace(seen, kind=app.kind(seen))


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the client may have gone already
        connection.shutdown(socket.SHUT_RDWR)
