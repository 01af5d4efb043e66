"""The sandbox's Grist: the REST API of a self-hosted server behind one App."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from syncdb.sandbox.faults import Faults, Seen
from syncdb.sandbox.grist import rest
from syncdb.sandbox.grist.access import Keys, User, check
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.rest import DocumentCalls
from syncdb.sandbox.grist.site import Site
from syncdb.sandbox.grist.webhooks import Webhooks
from syncdb.sandbox.grist.wire import Refusal, in_flux, json_response, quota_spent, too_many

LARGEST_BODY = 1024 * 1024
MOST_AT_ONCE = 10
NEWEST: rest.Version = (1, 7, 17)
DELETE_RECORDS: rest.Version = (1, 7, 5)
LIST_RECORDS: rest.Version = (1, 7, 14)

# method, path below a document, endpoint, role needed
_DOCUMENT = [
    ("GET", "/tables", "get_tables", "viewers"),
    ("POST", "/tables", "add_tables", "editors"),
    ("PATCH", "/tables", "change_tables", "editors"),
    ("GET", "/tables/<table>/columns", "get_columns", "viewers"),
    ("POST", "/tables/<table>/columns", "add_columns", "editors"),
    ("PATCH", "/tables/<table>/columns", "change_columns", "editors"),
    ("PUT", "/tables/<table>/columns", "put_columns", "editors"),
    ("DELETE", "/tables/<table>/columns/<column>", "delete_column", "editors"),
    ("GET", "/tables/<table>/records", "get_records", "viewers"),
    ("POST", "/tables/<table>/records", "add_records", "editors"),
    ("PATCH", "/tables/<table>/records", "change_records", "editors"),
    ("PUT", "/tables/<table>/records", "put_records", "editors"),
    ("POST", "/tables/<table>/records/list", "list_records", "viewers"),
    ("POST", "/tables/<table>/records/delete", "delete_records", "editors"),
    ("GET", "/tables/<table>/data", "get_data", "viewers"),
    ("POST", "/tables/<table>/data", "add_data", "editors"),
    ("PATCH", "/tables/<table>/data", "change_data", "editors"),
    ("POST", "/tables/<table>/data/delete", "delete_records", "editors"),
    ("POST", "/apply", "apply", "editors"),
    ("GET", "/states", "get_states", "viewers"),
    ("POST", "/states/remove", "prune_states", "owners"),
    ("GET", "/compare", "compare", "viewers"),
    ("GET", "/sql", "sql", "viewers"),
    ("POST", "/sql", "sql", "viewers"),
    ("POST", "/force-reload", "reload", "editors"),
]
_WEBHOOKS = [
    ("GET", "/webhooks", "listed"),
    ("POST", "/webhooks", "add"),
    ("PATCH", "/webhooks/<hook>", "change"),
    ("DELETE", "/webhooks/<hook>", "remove"),
    ("DELETE", "/webhooks/queue", "clear"),
]
_SITE = [
    ("GET", "/api/profile/user", "profile"),
    ("GET", "/api/session/access/active", "session"),
    ("GET", "/api/orgs", "orgs"),
    ("GET", "/api/orgs/<wanted>", "org"),
    ("GET", "/api/orgs/<wanted>/workspaces", "workspaces"),
    ("GET", "/api/workspaces/<int:number>", "workspace"),
    ("POST", "/api/workspaces/<int:number>/docs", "create"),
    ("POST", "/api/service-accounts", "service_account"),
]
_SHARING = [
    ("GET", "/api/docs/<document>", "document"),
    ("PATCH", "/api/docs/<document>", "rename"),
    ("POST", "/api/docs/<document>/copy", "copy"),
    ("POST", "/api/docs/<document>/replace", "replace"),
    ("DELETE", "/api/docs/<document>", "delete"),
    ("GET", "/api/docs/<document>/access", "shared"),
    ("PATCH", "/api/docs/<document>/access", "share"),
]
_TAKING_A_BODY = {"create", "rename", "copy", "replace", "share", "service_account"}


@cache
def _rules() -> Map:
    rules = [Rule(path, methods=[method], endpoint=("site", name, "")) for method, path, name in _SITE]
    rules += [Rule(path, methods=[method], endpoint=("sharing", name, "")) for method, path, name in _SHARING]
    rules += [Rule(f"/api/docs/<document>{path}", methods=[method], endpoint=("document", name, role))
              for method, path, name, role in _DOCUMENT]  # fmt: skip
    rules += [Rule(f"/api/docs/<document>{path}", methods=[method], endpoint=("webhooks", name, "owners"))
              for method, path, name in _WEBHOOKS]  # fmt: skip
    return Map(rules, strict_slashes=False)


class GristApp:
    """`version` leaves out what later servers brought. `quota` is calls to documents a calendar month, None for no limit."""

    system = "grist"
    routes = ("/api",)

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        faults: Faults | None = None,
        *,
        version: rest.Version = NEWEST,
        quota: int | None = None,
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self.clock = clock
        self.faults = faults
        self.version = version
        self.quota = quota
        self.at_once = at_once
        self.keys = Keys()
        self.site = Site(self.keys, clock)
        self.webhooks = Webhooks()
        self._map = _rules()
        self._spent: dict[str, int] = {}
        self._waiting: dict[int, tuple[str, bool]] = {}  # by thread: the document, and whether it is one too many
        self._lock = threading.Lock()

    @property
    def documents(self) -> dict[str, Document]:
        """Every document by id."""
        return self.site.documents

    def create(self, name: str, owner: str, *shared_with: str, role: str = "editors", number: str | None = None) -> Document:
        """A person's new document, shared with these logins."""
        document = self.site.add(name, self.keys.user(owner), number)
        for email in shared_with:
            document.access[self.keys.user(email).email] = role
        return document

    def close(self) -> None:
        """End the delivery of webhooks."""
        self.webhooks.close()

    # --- App -----------------------------------------------------------------------------------------------

    def kind(self, seen: Seen) -> str:
        """Also where a request to a document begins to count as under way: the server asks this as soon as it arrives."""
        parts = seen.path.split("/")
        if parts[1:3] == ["api", "docs"] and len(parts) > 4:
            self._arrived(parts[3])
        reading = seen.method == "GET" or seen.path.endswith(("/sql", "/records/list"))
        return "read" if reading else "write"

    def respond(self, request: Request) -> Response:
        document, refused = self._waiting.get(threading.get_ident(), ("", False))
        try:
            return too_many(document).response() if refused else self._answer(request)
        except Refusal as refusal:
            return refusal.response()
        finally:
            with self._lock:
                self._waiting.pop(threading.get_ident(), None)

    def error(self, fault_kind: str) -> Response:
        return {
            "unavailable": in_flux(),
            "too_many": too_many("sandbox"),
            "unauthorized": Refusal(401, "Bad request: invalid API key"),
            "forbidden": Refusal(403, "No view access"),
        }[fault_kind].response()

    # --- calls ---------------------------------------------------------------------------------------------

    def _arrived(self, document: str) -> None:
        """Count a request as under way. Threads that are gone were cut off by a fault and never came to `respond`."""
        with self._lock:
            alive = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
            self._waiting = {ident: one for ident, one in self._waiting.items() if ident in alive}
            others = sum(one == (document, False) for one in self._waiting.values())
            self._waiting[threading.get_ident()] = document, others >= self.at_once

    def _answer(self, request: Request) -> Response:
        user = self.keys.holder(request)
        if (request.content_length or 0) > LARGEST_BODY:
            raise Refusal(413, "request entity too large")
        if request.get_data() and request.is_json and not isinstance(request.get_json(silent=True), dict | list):
            raise Refusal(400, f'Unexpected token, "{request.get_data(as_text=True)[:10]}" is not valid JSON')
        try:
            endpoint, values = self._map.bind("sandbox").match(request.path, request.method)
            (part, name, role), arguments = endpoint, dict(values)
            if part == "site":
                return json_response(self._site(user, name, arguments, request))
            return json_response(self._document(user, part, name, role, arguments, request))
        except (NotFound, MethodNotAllowed):
            raise Refusal(404, f"not found: {request.path}") from None
        except BadRequest:
            raise Refusal(400, f"Unexpected token, {request.get_data(as_text=True)[:10]!r} is not valid JSON") from None

    def _site(self, user: User | None, name: str, arguments: dict[str, Any], request: Request) -> Any:
        if user is None and name == "orgs":
            return []
        if user is None:
            raise Refusal(403, "access denied")
        more = {"body": request.get_json()} if name in _TAKING_A_BODY else {}
        return getattr(self.site, name)(user, **arguments, **more)

    def _document(self, user: User | None, part: str, name: str, role: str, arguments: dict[str, Any], request: Request) -> Any:
        document = self.site.find(arguments.pop("document"))
        if user is None:
            raise Refusal(403, "access denied" if part == "sharing" else "No view access")
        if part == "sharing":
            more = {"body": request.get_json()} if name in _TAKING_A_BODY else {}
            return getattr(self.site, name)(user, document, **more)
        check(document.access.get(user.email), role)
        self._spend(document)
        document.used()
        if part == "webhooks":
            return getattr(self.webhooks, name)(document, request, **arguments)
        self._refuse_newer(name, request)
        return getattr(DocumentCalls(document, user, request, self.version), name)(**arguments)

    def _spend(self, document: Document) -> None:
        month = datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m")
        if self.quota is not None and self._spent.get(month, 0) >= self.quota:
            raise quota_spent(document.id)
        self._spent[month] = self._spent.get(month, 0) + 1

    def _refuse_newer(self, name: str, request: Request) -> None:
        """What this version does not have yet."""
        deleting = request.path.endswith("/records/delete") and self.version < DELETE_RECORDS
        if deleting or (name == "list_records" and self.version < LIST_RECORDS):
            raise Refusal(404, f"not found: {request.path}")
