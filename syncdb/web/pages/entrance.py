"""Logging in and out, and the colours of the pages."""

import secrets
from dataclasses import replace
from http import HTTPStatus

from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import SyncdbError
from syncdb.services.passwords import SHORTEST
from syncdb.web.access import Way
from syncdb.web.cookies import FORM, SESSION, THEME, drop, keep
from syncdb.web.rendering import THEMES, asked, local, page, site


def show() -> AnyResponse:
    """The form, with a secret of its own in a cookie, from which its token is made."""
    one = asked()
    if one.name:
        return redirect("/", HTTPStatus.SEE_OTHER)
    if not one.secret:
        g.asked = one = replace(one, secret=secrets.token_urlsafe(32))
    answer = _form(request.args.get("next", "/"))
    keep(answer, FORM, one.secret)
    return answer


def enter() -> AnyResponse:
    """Log in, or make the first owner."""
    one, door, given = asked(), site().door, request.form
    name, password = given.get("name", ""), given.get("password", "")
    try:
        if "code" in given:
            secret = door.make_first(given["code"], name, password, one.address, one.now)
        else:
            secret = door.enter(name, password, one.address, one.now)
    except SyncdbError as error:
        return _form(given.get("next", "/"), f"{error} {error.next_step}", HTTPStatus.FORBIDDEN)
    answer = redirect(local(given.get("next", "/")), HTTPStatus.SEE_OTHER)
    drop(answer, FORM)
    keep(answer, SESSION, secret)
    return answer


def leave() -> AnyResponse:
    site().door.leave(asked().secret)
    answer = redirect("/login", HTTPStatus.SEE_OTHER)
    drop(answer, SESSION)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def colours() -> AnyResponse:
    answer = redirect(local(request.form.get("next", "/")), HTTPStatus.SEE_OTHER)
    chosen = request.form.get("theme", "")
    keep(answer, THEME, chosen if chosen in THEMES else "auto", 365 * 24 * 3600)
    return answer


def _form(back: str, problem: str = "", status: int = HTTPStatus.OK) -> Response:
    place, now = site(), asked().now
    first = place.door.code is not None and place.door.code.usable(now)
    title = "First start" if first else "Log in"
    return page(
        "login.html",
        title,
        status=status,
        first=first,
        problem=problem.strip(),
        name=request.form.get("name", ""),
        code=request.form.get("code", ""),
        next=local(back),
        shortest=SHORTEST,
    )


WAYS = (
    Way("/login", show, open=True),
    Way("/login", enter, methods=("POST",), open=True),
    Way("/logout", leave, methods=("POST",), own=True),
    Way("/theme", colours, methods=("POST",), own=True),
)
