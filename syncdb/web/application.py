"""The web application for any WSGI server."""

import atexit
import time
from collections.abc import Callable

from flask import Flask, Response, request

from syncdb.ledger.inbox.group_commit import GroupCommit
from syncdb.services.event_sources import EventSources
from syncdb.services.validation import UsablePair
from syncdb.web.admission import Admission
from syncdb.web.front import Front
from syncdb.web.receiver import Receiver
from syncdb.web.set_up_pages import SetUpPages

LARGEST_FORM = 64 * 1024  # bytes
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def milliseconds() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def application_of(heard: EventSources, now: Callable[[], int] = milliseconds) -> Flask:
    """The application over a configuration that was read. `now` tells milliseconds since 1970 UTC."""
    app = Flask("syncdb.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    commits = GroupCommit(heard.inbox, heard.readers)
    atexit.register(lambda: commits.close(now()))
    app.wsgi_app = Front(Receiver(heard.senders, commits, now), app.wsgi_app)  # type: ignore[method-assign]
    admission = Admission.of((_address(one) for one in heard.pairs), heard.settings.web_token)
    app.before_request(lambda: Response("That is not a name of this application.\n", 421) if admission.foreign(request) else None)
    SetUpPages(heard, admission).add_to(app)
    app.add_url_rule("/health", "health", lambda: Response("ok\n", mimetype="text/plain"))
    app.after_request(_harden)
    return app


def _address(one: UsablePair) -> str | None:
    """The public address of what a pair hears of."""
    hearing = one.implementation.hearing
    return hearing.address(one.settings) if hearing else None


def _harden(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
