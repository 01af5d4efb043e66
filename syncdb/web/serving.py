"""The application served by waitress, which runs on every system.

What decides how much can be received is that many events share a commit (measured): there are as many threads as may wait for
one.
"""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from waitress.server import create_server

from syncdb.web.outer_gate import LARGEST as LARGEST_FORM
from syncdb.web.receiver import LARGEST

THREADS = 64
PAGE_THREADS = 8
CONNECTIONS = 500
PATIENCE = 30  # seconds for a connection on which nothing moves


def serve(app: Flask, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until the process is asked to end (Ctrl-C, SIGTERM); requests under way are answered first.

    `ready` is told the port once it is listened on; port 0 is any free one. Raises OSError where it is taken.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a burst is no news
    server = create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=PATIENCE,
        max_request_body_size=LARGEST,
        ident="syncdb",
        clear_untrusted_proxy_headers=True,
    )
    ready(server.effective_port)
    with _ended_by_signal():
        server.run()


def serve_pages(app: Flask, host: str, port: int, ready: Callable[[int], None]) -> None:
    """The same for pages. What a proxy says of a client is left for the application to judge: it knows the proxy."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(
        app,
        host=host,
        port=port,
        threads=PAGE_THREADS,
        channel_timeout=PATIENCE,
        max_request_body_size=LARGEST_FORM,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )
    ready(server.effective_port)
    with _ended_by_signal():
        server.run()


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
