"""The calls about the site: who one is, organisations, workspaces, documents, sharing, service accounts."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from syncdb.sandbox.grist.access import ROLES, Keys, User, check
from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.wire import Json, Refusal, invalid_payload

ORG, WORKSPACE = 2, 2
DOMAIN = "docs"
UNSAVED = "new~"  # ids of documents that stand in no workspace begin so; only their maker sees them


class Site:
    """One organisation with one workspace, open to every key; documents are shared one by one."""

    def __init__(self, keys: Keys, clock: Callable[[], float]) -> None:
        self.keys = keys
        self.documents: dict[str, Document] = {}
        self._clock = clock
        self._made: dict[str, str] = {}

    def add(self, name: str, owner: User, number: str | None = None) -> Document:
        number = number or _document_id()
        self.documents[number] = Document(number, name, self._clock, owner)
        self._made[number] = datetime.fromtimestamp(self._clock(), UTC).isoformat().replace("+00:00", "Z")
        return self.documents[number]

    def find(self, number: str) -> Document:
        """By its id, or the beginning of it as in a document's URL (12 characters). Raises Refusal(404)."""
        found = self.documents.get(number)
        if found is None and len(number) >= 12:
            found = next((one for one in self.documents.values() if one.id.startswith(number)), None)
        if found is None:
            raise Refusal(404, "document not found")
        return found

    # --- who, and where ------------------------------------------------------------------------------------

    def profile(self, user: User) -> Json:
        return {"id": user.id, "email": user.email, "name": user.name, "picture": None, "anonymous": False}

    def session(self, user: User) -> Json:
        return {"user": self.profile(user), "org": self.org(user)}

    def orgs(self, user: User) -> list[Json]:
        return [self.org(user)]

    def org(self, user: User, wanted: str = DOMAIN) -> Json:
        if wanted not in (DOMAIN, str(ORG), "current"):
            raise Refusal(404, "organization not found")
        return {"id": ORG, "name": "Sandbox", "domain": DOMAIN, "access": "owners", "owner": None}

    def workspaces(self, user: User, wanted: str) -> list[Json]:
        self.org(user, wanted)
        return [self.workspace(user, WORKSPACE)]

    def workspace(self, user: User, number: int) -> Json:
        if number != WORKSPACE:
            raise Refusal(404, "workspace not found")
        saved = [one for one in self.documents.values() if not one.id.startswith(UNSAVED)]
        visible = [one for one in saved if user.email in one.access]
        docs = [self._shown(one, user) for one in visible]
        return {"id": WORKSPACE, "name": "Home", "access": "owners", "docs": docs, "org": self.org(user)}

    # --- documents -----------------------------------------------------------------------------------------

    def create(self, user: User, number: int, body: Any) -> str:
        """A new document; the answer is its id alone."""
        self.workspace(user, number)
        if not isinstance(body, dict) or not body.get("name"):
            raise Refusal(400, "Bad request: name required")
        return self.add(str(body["name"]), user).id

    def document(self, user: User, document: Document) -> Json:
        if user.email not in document.access:
            raise Refusal(403, "access denied")
        workspace: Json = {"id": WORKSPACE, "name": "Home", "access": "owners", "org": self.org(user)}
        return self._shown(document, user) | {"workspace": workspace}

    def rename(self, user: User, document: Document, body: Any) -> str:
        check(document.access.get(user.email), "editors")
        document.name = str(body.get("name", document.name))
        return document.id

    def copy(self, user: User, document: Document, body: Any) -> str:
        """A document that holds the same; the answer is its id alone. Without a workspace it is an unsaved one (observed)."""
        check(document.access.get(user.email), "viewers")
        workspace, name = body.get("workspaceId"), body.get("documentName", document.id)
        number = None if workspace is not None else f"{UNSAVED}{_document_id()}~{user.id}"
        if workspace is not None:
            self.workspace(user, _whole("workspaceId", workspace))
        if name == "":
            raise Refusal(400, "Bad request: name required")
        made = self.add(str(name), user, number)
        made.become(document)
        return made.id

    def replace(self, user: User, document: Document, body: Any) -> None:
        """Another document's contents in the place of this one's, as "Replace original" in the browser."""
        check(document.access.get(user.email), "editors")
        source = self.find(str(body.get("sourceDocId")))
        if user.email not in source.access:
            raise Refusal(403, "access denied")
        if source.id.startswith(UNSAVED):
            raise Refusal(500, f'forwarding needs a canonical docId, got urlId-like "{source.id}"')
        document.become(source)

    def delete(self, user: User, document: Document) -> str:
        if document.id.startswith(UNSAVED):
            raise Refusal(404, "document not found")
        if document.access.get(user.email) != "owners":
            raise Refusal(403, "access denied")
        del self.documents[document.id]
        return document.id

    def _shown(self, document: Document, user: User) -> Json:
        made = self._made[document.id]
        return {
            "id": document.id,
            "name": document.name,
            "createdAt": made,
            "updatedAt": made,
            "urlId": None,
            "isPinned": False,
            "options": None,
            "type": None,
            "access": document.access[user.email],
        }

    # --- sharing -------------------------------------------------------------------------------------------

    def shared(self, user: User, document: Document) -> Json:
        check(document.access.get(user.email), "viewers")
        people = [self.profile(self.keys.user(email)) | {"access": role} for email, role in document.access.items()]
        return {"maxInheritedRole": None, "users": people}

    def share(self, user: User, document: Document, body: Any) -> None:
        """Give roles, or take them away with null."""
        check(document.access.get(user.email), "owners")
        if not isinstance(body, dict) or not isinstance(body.get("delta"), dict):
            raise Refusal(400, "Bad request: missing delta")
        for email, role in (body["delta"].get("users") or {}).items():
            if role is not None and role not in ROLES:
                raise Refusal(400, f"Invalid role {role}")
            if role is None:
                document.access.pop(email, None)
            else:
                document.access[self.keys.user(email).email] = role

    def service_account(self, user: User, body: Any) -> Json:
        if not isinstance(body, dict) or "label" not in body:
            raise invalid_payload("body.label is missing")
        account, key = self.keys.service_account(str(body["label"]))
        told = {name: body.get(name) for name in ("label", "description", "expiresAt")}
        return {"id": account.id, "login": account.email, "key": key, "hasValidKey": True} | told


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Refusal(400, f"{name} parameter cannot be understood as an integer: {value}") from None


def _document_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(22))
