"""The application served by waitress, which runs on every system.

What decides how much can be received is that many events share a commit (measured): there are as many threads as may wait for
one.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server

from syncdb.errors import ConfigurationError
from syncdb.web.outer_gate import LARGEST as LARGEST_FORM
from syncdb.web.receiver import LARGEST

THREADS = 64
PAGE_THREADS = 8
CONNECTIONS = 500
PATIENCE = 30  # seconds for a connection on which nothing moves


def serve(app: Flask, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until the process is asked to end (Ctrl-C, SIGTERM); requests under way are answered first.

    `ready` is told the port once it is listened on; port 0 is any free one. Raises ConfigurationError where it is taken.
    """
    how = {"threads": THREADS, "connection_limit": CONNECTIONS, "max_request_body_size": LARGEST, "ident": "syncdb"}
    _serve(app, host, port, ready, clear_untrusted_proxy_headers=True, **how)


def serve_pages(app: Flask, host: str, port: int, ready: Callable[[int], None]) -> None:
    """The same for pages. What a proxy says of a client is left for the application to judge: it knows the proxy."""
    how = {"threads": PAGE_THREADS, "max_request_body_size": LARGEST_FORM, "ident": None}
    _serve(app, host, port, ready, clear_untrusted_proxy_headers=False, **how)


def _serve(app: Flask, host: str, port: int, ready: Callable[[int], None], **how: Any) -> None:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a burst is no news
    try:
        server = create_server(app, host=host, port=port, channel_timeout=PATIENCE, **how)
        ready(server.effective_port)
        with _ended_by_signal():
            server.run()
    except OSError as error:
        raise ConfigurationError(
            [f"Port {port} of {host} cannot be listened on: {error.strerror or error}. Nothing was started."],
            next_step="End what listens there, or choose another with --port.",
        ) from None


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does: by SystemExit in the main thread, which lets what is under way be answered."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
