"""The pages as one application for any WSGI server."""

import logging
from contextlib import suppress
from http import HTTPStatus

from flask import Flask, Response, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError, LedgerBusy, NoLedgerYet, RemoteError, SyncdbError
from syncdb.services.calendar import WrongMoment
from syncdb.services.order_lookup import UnknownOrder
from syncdb.web.access import Way, add_ways, opened
from syncdb.web.asked import Site
from syncdb.web.fleet_figures import figures
from syncdb.web.health import health
from syncdb.web.in_pages import in_pages
from syncdb.web.inner_gate import InnerGate
from syncdb.web.outer_gate import LARGEST, SAFE, OuterGate
from syncdb.web.pages import ALL
from syncdb.web.rendering import STATIC, nothing_yet, said, site, static_bytes

log = logging.getLogger("syncdb.web")


def site_of(site: Site) -> Flask:
    """The application over a site."""
    app = Flask("syncdb.web", static_folder=None)
    app.config["SITE"] = site
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["in_pages"] = in_pages
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    gate = InnerGate(site)
    gate.add_to(app)
    app.register_blueprint(health(lambda: site.place, site.web_token, site.clock.now, lambda: figures(site.env)))
    opened(app, gate.known, ("health.healthz", "health.readyz", "health.metrics"))
    for ways in (*ALL, (Way("/static/<mark>/<name>", _static, open=True),)):
        add_ways(app, ways, gate.known)
    app.register_error_handler(SyncdbError, _told)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _defect)
    app.wsgi_app = OuterGate(app.wsgi_app, site.url, site.proxy)  # type: ignore[method-assign]
    return app


def _static(mark: str, name: str) -> Response:
    if name not in STATIC:
        raise NotFound
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static_bytes(name), mimetype=None, content_type=STATIC[name], headers=kept)


def _told(error: SyncdbError) -> AnyResponse:
    """What a person can act on: what happened, and what to do. Where nothing was done yet that is no fault."""
    if request.method in SAFE and (isinstance(error, NoLedgerYet) or _untouched(error)):
        return nothing_yet()
    status = HTTPStatus.CONFLICT
    if isinstance(error, RemoteError):
        status = HTTPStatus.BAD_GATEWAY
    elif isinstance(error, UnknownOrder) and request.method == "GET":
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, WrongMoment):
        status = HTTPStatus.BAD_REQUEST
    elif isinstance(error, LedgerBusy):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    text = "\n".join(error.problems) if isinstance(error, ConfigurationError) else str(error)
    return said(status, text, error.next_step, request.full_path.rstrip("?") if request.method == "GET" else "")


def _untouched(error: SyncdbError) -> bool:
    """Whether a configuration is asked for where nobody has begun one."""
    if not isinstance(error, ConfigurationError):
        return False
    with suppress(ConfigurationError):
        return not (site().place.pairs or site().place.ledger.exists())
    return False


def _http(error: HTTPException) -> AnyResponse:
    status = HTTPStatus(error.code or 500)
    told = {404: "There is no such page.", 405: "That is not done in this way.", 413: "That is too large."}
    return said(status, told.get(status, status.phrase))


def _defect(error: Exception) -> AnyResponse:
    """A mistake of ours: where it is stands in the log; the page shows no data and no trace."""
    log.error("a defect of syncdb", exc_info=error)
    told = f"This is a defect of syncdb ({type(error).__name__}). Nothing was changed by it."
    return said(HTTPStatus.INTERNAL_SERVER_ERROR, told, "Report it with the last lines of the log.")
