"""Pages from templates: what stands around each of them, and how an action goes back to a page with a word on what it did."""

import hashlib
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb import __version__
from syncdb.config.place import config_place
from syncdb.programs import MANAGER
from syncdb.services import known_schedules
from syncdb.services.known_schedules import KnownSchedule
from syncdb.web.access import Role
from syncdb.web.asked import Asked, Site
from syncdb.web.cookies import THEME, held
from syncdb.web.login import token_of

STATIC = {"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}
THEMES = ("auto", "light", "dark")
# address, name and the least role to whom it is offered
NAVIGATION = (
    ("/", "Today"),
    ("/decide", "Decide"),
    ("/orders", "Orders"),
    ("/things", "Products"),
    ("/sync", "Sync"),
    ("/errors", "Errors"),
    ("/missing", "Missing"),
    ("/queue", "Queue"),
    ("/report", "Report"),
    ("/log", "Log"),
    ("/webhooks", "Webhooks"),
    ("/mapping", "Mapping"),
    ("/settings", "Settings"),
)
FLEET, FLEET_DATABASE = ("/fleet", "Fleet"), "FLEET_DATABASE_URL"  # offered only where there is a fleet


def asked() -> Asked:
    """Who asks for what is being answered."""
    found: Asked = g.asked
    return found


def site() -> Site:
    found: Site = current_app.config["SITE"]
    return found


def schedules_known(pairs: Iterable[str]) -> dict[str, KnownSchedule]:
    """Who starts the runs of these pairs, as far as that is known. The computer's own scheduler is asked once a minute."""
    place, names = site(), tuple(sorted(set(pairs)))
    minute = int(asked().now.timestamp()) // 60
    where = config_place(place.config, place.env, place.folder)
    ours = place.once(f"installed {names}", minute, lambda: known_schedules.installed(where, place.folder, names))
    return ours | known_schedules.served(place.place.ledger, asked().now)


def page(template: str, title: str, *, command: str = "", age: str = "", status: int = 200, **shown: Any) -> Response:
    """A page. `command` says the same on the command line (what follows the program's name); `age` how old its data are."""
    typed = f"{MANAGER} {command}{_config_option()}" if command else ""
    text = render_template(template, title=title, command=typed, age=age, **around(), **shown)
    return Response(text, status, mimetype="text/html")


def around() -> dict[str, Any]:
    """What every page has."""
    one, place = asked(), site()
    return {
        "who": one.name,
        "role": one.role.word,
        "may_act": one.role >= Role.OPERATOR and not place.read_only,
        "may_own": one.role >= Role.OWNER and not place.read_only,
        "token": token_of(one.secret) if one.secret else "",
        "notices": place.notices.pop(one.secret, []) if one.name else [],
        "navigation": (*NAVIGATION, *((FLEET,) if place.env.get(FLEET_DATABASE) else ())),
        "here": request.path,
        "version": __version__,
        "read_only": place.read_only,
        "theme": held(THEME) if held(THEME) in THEMES else "auto",
        "static": {name: f"/static/{_mark(name)}/{name}" for name in STATIC},
        "manager": MANAGER,
    }


def _config_option() -> str:
    given = site()
    return "".join(f" --{name} {path}" for name, path in (("config", given.config), ("db", given.db)) if path)


def nothing_yet() -> Response:
    """In place of a page that needs a ledger, or a configuration, where there is none: what to do first."""
    names = {address: name for address, name in NAVIGATION if address != "/"}
    here = next((name for address, name in names.items() if request.path.startswith(address)), "Today")
    place = site().place
    return page("first.html", here, configured=bool(place.pairs), ledger=place.ledger)


TITLES = {
    HTTPStatus.BAD_REQUEST: "Not understood",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.NOT_FOUND: "Not there",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not in this way",
    HTTPStatus.CONFLICT: "Not done",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A defect",
    HTTPStatus.BAD_GATEWAY: "No answer",
    HTTPStatus.SERVICE_UNAVAILABLE: "Busy",
}


def said(status: HTTPStatus, text: str, next_step: str = "", back: str = "") -> Response:
    """A page that says why something was not done. Without `back` one gets back to where one came from."""
    came = urlsplit(request.referrer or "")
    where = local(f"{came.path}{'?' if came.query else ''}{came.query}" or "/") if came.netloc == request.host else "/"
    title = TITLES.get(status, status.phrase)
    return page("said.html", title, status=status, text=text, next_step=next_step, back=back or where)


def back_to(address: str, *told: str) -> AnyResponse:
    """After an action: to a page, with a word on what was done."""
    site().notices.setdefault(asked().secret, []).extend(told)
    return redirect(address, HTTPStatus.SEE_OTHER)


def local(address: str) -> str:
    """An address on this site that was named in a request; the first page in place of any other."""
    fine = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() and "\\" not in address
    return address if fine else "/"


@cache
def static_bytes(name: str) -> bytes:
    return files("syncdb.web").joinpath("static", name).read_bytes()


@cache
def _mark(name: str) -> str:
    return hashlib.sha256(static_bytes(name)).hexdigest()[:12]
