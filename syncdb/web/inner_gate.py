"""After the outer gate: session, role, token, password again. What passes may be handled."""

from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import NeedsPerson
from syncdb.ledger.web.people import Session
from syncdb.web.access import Role, Way
from syncdb.web.asked import Asked, Site
from syncdb.web.cookies import FORM, SESSION, held
from syncdb.web.login import is_token
from syncdb.web.outer_gate import CLIENT, SAFE

LIVE = "X-Syncdb-Live"  # a page that reads itself again while it is open: nobody's doing


@dataclass(frozen=True, slots=True)
class InnerGate:
    """`known` are all ways there are, by endpoint."""

    site: Site
    known: dict[str | None, Way] = field(default_factory=dict)

    def add_to(self, app: Flask) -> None:
        app.before_request(self.refusal)

    def refusal(self) -> AnyResponse | None:
        """What is answered in place of what was asked for; None where it may be handled."""
        secret = held(SESSION)
        now = self.site.clock.now()
        g.asked = Asked("", Role.VIEWER, "", now, _client())  # for a page that tells why nobody can be known now
        session = self.site.door.who(secret, now, used=LIVE not in request.headers)
        g.asked = Asked(session.account if session else "", _role(session), secret if session else held(FORM), now, _client())
        way = self.known.get(request.endpoint)
        if way is None:
            return self._nothing_there(session)
        if not way.open and session is None:
            return self._to_login()
        return self._not_allowed(way)

    def _nothing_there(self, session: Session | None) -> AnyResponse | None:
        """An address that nothing answers: found out only by who is in."""
        if session is None:
            return self._to_login()
        return None if request.endpoint is None else _said(HTTPStatus.FORBIDDEN, "That is not declared.")

    def _to_login(self) -> AnyResponse:
        if request.method not in SAFE:
            return _said(HTTPStatus.FORBIDDEN, "You are not logged in (any more). Nothing was changed. Log in and do it again.")
        back = f"?next={quote(request.full_path.rstrip('?'))}" if request.path != "/" else ""
        return redirect(f"/login{back}", HTTPStatus.SEE_OTHER)

    def _not_allowed(self, way: Way) -> AnyResponse | None:
        asked: Asked = g.asked
        if not way.open and asked.role < way.role:
            return _said(HTTPStatus.FORBIDDEN, f"That needs the role {way.role.word}; yours is {asked.role.word}.")
        if request.method in SAFE:
            return None
        if self.site.read_only and not (way.open or way.own):
            return _said(HTTPStatus.FORBIDDEN, "This was started with --read-only: it shows and changes nothing.")
        if not is_token(request.form.get("token", ""), asked.secret):
            return _said(HTTPStatus.FORBIDDEN, "This form is not (or no longer) yours. Nothing was changed. Load the page again.")
        return self._not_the_same(way, asked) if way.again else None

    def _not_the_same(self, way: Way, asked: Asked) -> AnyResponse | None:
        """Where a password is asked for again: what is answered to another one. Raises NeedsPerson where no form can be shown."""
        try:
            self.site.door.again(asked.name, request.form.get("password", ""), asked.address, asked.now)
        except NeedsPerson as error:
            if way.refused is None:
                raise
            return way.refused(f"{error} {error.next_step}")
        return None


def _role(session: Session | None) -> Role:
    return Role.named(session.role) if session else Role.VIEWER


def _client() -> str:
    return str(request.environ.get(CLIENT, ""))


def _said(status: HTTPStatus, text: str) -> Response:
    from syncdb.web.rendering import said

    return said(status, text)
