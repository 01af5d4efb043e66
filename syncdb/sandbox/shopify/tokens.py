"""Who may ask: static tokens, and tokens granted to apps for a day (documented: 86399 seconds)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

LIFETIME = 86_399
ALL_SCOPES = frozenset(
    {"read_orders", "read_all_orders", "read_customers", "read_products", "read_locations", "read_fulfillments"}
    | {"read_inventory", "write_products", "write_inventory", "write_orders", "write_files", "write_publications"}
    | {"write_customers", "write_merchant_managed_fulfillment_orders", "read_shopify_payments_payouts"}
    | {"read_draft_orders", "read_payment_terms"}
)


@dataclass(frozen=True, slots=True)
class Client:
    """An app allowed to use the client-credentials grant; `same_organisation` as the shop (a must, documented)."""

    secret: str
    scopes: frozenset[str] = ALL_SCOPES
    same_organisation: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a token request: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


class TokenDesk:
    """Grants tokens and knows what each may see. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clients: dict[str, Client] = {}
        self._clock = clock
        self._static: dict[str, frozenset[str]] = {}
        self._granted: dict[str, tuple[float, frozenset[str]]] = {}
        self._count = 0

    def add_token(self, token: str, scopes: frozenset[str] = ALL_SCOPES) -> None:
        """A token that does not expire, as those of older custom apps."""
        self._static[token] = scopes

    def add_client(self, client_id: str, client: Client) -> None:
        self.clients[client_id] = client

    def revoke(self, token: str) -> None:
        self._static.pop(token, None)
        self._granted.pop(token, None)

    def expire(self) -> None:
        """End every granted token now."""
        self._granted.clear()

    def scopes_of(self, token: str | None) -> frozenset[str] | None:
        """What a token may see; None when it is unknown or has expired."""
        if token is None or token in self._static:
            return self._static.get(token or "")
        ends, scopes = self._granted.get(token, (0.0, None))
        return scopes if self._clock() < ends else None

    def grant(self, form: Mapping[str, str]) -> Grant:
        """Answer a token request. The shapes of the refusals are reported or plausible, not proven."""
        client = self.clients.get(form.get("client_id", ""))
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type", "The grant type is not supported.")
        if client is None:
            return _refusal(400, "application_cannot_be_found", "The application could not be found.")
        if form.get("client_secret") != client.secret:
            return _refusal(401, "invalid_client", "The client credentials are not valid.")
        if not client.same_organisation:
            text = "Client credentials cannot be performed on this shop."
            return _refusal(400, "shop_not_permitted", text)
        self._count += 1
        token = "shpat_" + sha256(f"{self._count}/{client.secret}".encode()).hexdigest()[:32]
        self._granted[token] = (self._clock() + LIFETIME, client.scopes)
        scope = ",".join(sorted(client.scopes))
        return Grant(200, {"access_token": token, "scope": scope, "expires_in": LIFETIME})


def _refusal(status: int, error: str, description: str) -> Grant:
    return Grant(status, {"error": error, "error_description": description})
