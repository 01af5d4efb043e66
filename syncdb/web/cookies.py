"""The cookies that a browser holds: their names, and how strictly it is to keep them.

Under the public https address they are `__Host-` and Secure. Over plain http, which is this computer alone, they are neither:
WebKit keeps no Secure cookie there (observed: nobody could log in), and on one computer the mark keeps nothing from anybody.
Cookies know no ports, so there the name does: two programs on one computer would log each other's people out.
"""

from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.web.outer_gate import ORIGIN

SESSION, FORM, THEME = "syncdb", "syncdb-form", "syncdb-theme"


def cookie_name(what: str, origin: str) -> str:
    """What a cookie is called under an origin of ours."""
    parts = urlsplit(origin)
    return f"__Host-{what}" if parts.scheme == "https" else f"{what}-{parts.port or 80}"


def held(what: str) -> str:
    """What the browser that asks holds; empty where that is nothing."""
    return request.cookies.get(_name(what), "")


def keep(answer: AnyResponse, what: str, value: str, seconds: int | None = None) -> None:
    """Have the browser hold it, until it is closed or for so long."""
    answer.set_cookie(_name(what), value, max_age=seconds, secure=_secure(), httponly=True, samesite="Strict", path="/")


def drop(answer: AnyResponse, what: str) -> None:
    answer.delete_cookie(_name(what), secure=_secure(), httponly=True, samesite="Strict")


def _name(what: str) -> str:
    return cookie_name(what, request.environ[ORIGIN])


def _secure() -> bool:
    return str(request.environ[ORIGIN]).startswith("https:")
