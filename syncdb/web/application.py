"""The web application for any WSGI server."""

import atexit
import time
from collections.abc import Callable

from flask import Flask, Response

from syncdb.ledger.inbox.group_commit import GroupCommit
from syncdb.services.hearing import Hearing
from syncdb.web.front import Front
from syncdb.web.receiver import Receiver

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def milliseconds() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def application_of(heard: Hearing, now: Callable[[], int] = milliseconds) -> Flask:
    """The application over a configuration that was read. `now` tells milliseconds since 1970 UTC."""
    app = Flask("syncdb.web", static_folder=None)
    commits = GroupCommit(heard.inbox, heard.readers)
    atexit.register(lambda: commits.close(now()))
    app.wsgi_app = Front(Receiver(heard.senders, commits, now), app.wsgi_app)  # type: ignore[method-assign]
    app.add_url_rule("/health", "health", lambda: Response("ok\n", mimetype="text/plain"))
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
