"""Who may use these pages, and one's own password."""

import logging
from dataclasses import replace
from http import HTTPStatus

from flask import Response, g, request
from werkzeug.wrappers import Response as AnyResponse

from syncdb.errors import ConfigurationError
from syncdb.ledger.web import people as kept
from syncdb.services.passwords import SHORTEST
from syncdb.web.access import Role, Way
from syncdb.web.cookies import SESSION, keep
from syncdb.web.rendering import asked, back_to, page, site

log = logging.getLogger("syncdb.web")


def people() -> Response:
    """Owners see everybody; everybody can change their own password."""
    return _shown()


def _shown(refused: str = "") -> Response:
    """With why something was `refused`, the name and the role that were typed for it stand there again."""
    found = kept.accounts(site().door.path) if asked().role >= Role.OWNER else []
    roles = [one.word for one in Role]
    typed = {"name": request.form.get("name", ""), "role": request.form.get("role", "")} if request.path == "/people" else {}
    status = HTTPStatus.CONFLICT if refused else HTTPStatus.OK
    return page(
        "people.html", "People", status=status, people=found, roles=roles, shortest=SHORTEST, refused=refused, typed=typed
    )


def put() -> AnyResponse:
    """Add somebody, or give somebody another role and password."""
    role, one = request.form.get("role", ""), asked()
    if role not in {known.word for known in Role}:
        return _shown("There is no such role. Nothing was changed.")
    name = request.form.get("name", "")
    found = kept.account(site().door.path, " ".join(name.split()))
    if found and found.name == one.name and role != "owner":
        return _shown("You cannot take your own role from you. Nothing was changed. Another owner can.")
    if found and "known" not in request.form:
        return _shown(
            f"{found.name} is there already, as {found.role}. Nothing was changed. Tick that they are, to give them this role "
            "and password."
        )
    try:
        made = site().door.make(name, role, request.form.get("new_password", ""), one.name, one.now)
    except ConfigurationError as error:
        return _shown(" ".join([*error.problems, error.next_step]))
    return back_to("/people" if made.name != one.name else "/login", f"{made.name} is {made.role} now.")


def remove() -> AnyResponse:
    name = request.form.get("name", "")
    if not kept.remove_account(site().door.path, name):
        return _shown("That account was not removed: there is no such one, or it is that of the last owner.")
    log.info("%s removed the account %s", asked().name, name)
    return back_to("/people", f"{name} can no longer log in.")


def own_password() -> AnyResponse:
    """Another password for oneself. All sessions with the old one end; this browser gets a new one."""
    one = asked()
    try:
        made = site().door.make(one.name, one.role.word, request.form.get("new_password", ""), one.name, one.now)
    except ConfigurationError as error:
        return _shown(" ".join([*error.problems, error.next_step]))
    secret = site().door.renew(made, one.now)
    g.asked = replace(one, secret=secret)
    answer = back_to("/people", "Your password is changed. Wherever else you were logged in, you have to log in anew.")
    keep(answer, SESSION, secret)
    return answer


WAYS = (
    Way("/people", people),
    Way("/people", put, Role.OWNER, ("POST",), again=True, refused=_shown),
    Way("/people/remove", remove, Role.OWNER, ("POST",), again=True, refused=_shown),
    Way("/people/password", own_password, methods=("POST",), again=True, refused=_shown, own=True),
)
