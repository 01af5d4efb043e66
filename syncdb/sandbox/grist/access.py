"""Who may do what: API keys of people and service accounts, and the roles documents give them."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

from werkzeug import Request

from syncdb.sandbox.grist.wire import Refusal

ROLES = ("viewers", "editors", "owners")
WORDS = {"viewers": "view", "editors": "write", "owners": "owner"}


@dataclass(frozen=True, slots=True)
class User:
    """`email` is the login; a service account's ends in @serviceaccounts.invalid."""

    id: int
    name: str
    email: str


class Keys:
    """API keys and the users they speak for."""

    def __init__(self) -> None:
        self._by_key: dict[str, User] = {}
        self._by_email: dict[str, User] = {}

    def user(self, email: str, name: str = "") -> User:
        """The user with that login, made if need be."""
        if email not in self._by_email:
            self._by_email[email] = User(len(self._by_email) + 5, name or email.split("@")[0], email)
        return self._by_email[email]

    def key(self, email: str, key: str | None = None) -> str:
        """A new API key of that user."""
        key = key or secrets.token_hex(20)
        self._by_key[key] = self.user(email)
        return key

    def service_account(self, label: str) -> tuple[User, str]:
        user = self.user(f"{uuid.uuid4()}@serviceaccounts.invalid", label or "Service account")
        return user, self.key(user.email)

    def revoke(self, key: str) -> None:
        del self._by_key[key]

    def holder(self, request: Request) -> User | None:
        """Who asks; None without credentials. Raises Refusal(401) for a key that is not one."""
        written = request.headers.get("Authorization")
        if not written:
            return None
        scheme, _, key = written.partition(" ")
        if scheme != "Bearer":
            raise Refusal(401, "Bad request: unsupported Authorization scheme, expected 'Bearer'")
        if key not in self._by_key:
            raise Refusal(401, "Bad request: invalid API key")
        return self._by_key[key]


def check(role: str | None, needed: str) -> None:
    """Raises Refusal(403) where a role is less than what is needed."""
    held = ROLES.index(role) if role in ROLES else -1
    if held < 0:
        raise Refusal(403, "No view access")
    if held < ROLES.index(needed):
        raise Refusal(403, f"No {WORDS[needed]} access")
