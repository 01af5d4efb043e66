"""Asking the local shop over WSGI, and selections long enough to be worth asking for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_required_argument,
    is_union_type,
)
from werkzeug import Request, Response
from werkzeug.test import Client, TestResponse

from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.documents import schema
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOKEN = "shpat_local_shop"


class Clock:
    """Epoch seconds that move only when told."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at.timestamp()

    def __call__(self) -> float:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += seconds


class Asking:
    """A shop, its app and a client with a valid token."""

    def __init__(self, orders: int = 0, seed: int = 1, days: float = 45.0, index_lag: float = 0.0) -> None:
        self.clock = Clock()
        self.shop = Shop(clock=self.clock, index_lag=index_lag)
        self.ids = generate(self.shop, orders, seed, NOW, days)
        self.app = ShopifyApp(self.shop)
        self.app.tokens.add_token(TOKEN)
        self.http = Client(Request.application(self._respond))

    def _respond(self, request: Request) -> Response:
        return self.app.respond(request)

    def post(self, query: str, version: str = "2026-10", token: str | None = TOKEN, **variables: Any) -> TestResponse:
        headers = {"X-Shopify-Access-Token": token} if token else {}
        body = {"query": query, "variables": variables}
        return self.http.post(f"/admin/api/{version}/graphql.json", json=body, headers=headers)

    def ask(self, query: str, version: str = "2026-10", **variables: Any) -> dict[str, Any]:
        answer = self.post(query, version, **variables)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.get_json()
        return body

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        body = self.ask(query, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    def found(self, search: str | None, sort: str = "ID", first: int = 250) -> list[str]:
        """The ids a search finds on its first page."""
        query = "query($q: String, $n: Int, $s: OrderSortKeys) { orders(first: $n, query: $q, sortKey: $s) { nodes { id } } }"
        return [one["id"] for one in self.data(query, q=search, n=first, s=sort)["orders"]["nodes"]]


def everything(type_name: str, depth: int, trail: tuple[str, ...] = ()) -> str:
    """Every field of a type down to a depth: the widest selection the schema allows without going in circles."""
    kind = schema().type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    parts = ["__typename"]
    for name, field in kind.fields.items():
        below = _below(field.type, depth, (*trail, type_name))
        if below is None or any(is_required_argument(one) for one in field.args.values()):
            continue
        required = "(first: 250)" if "after" in field.args else ""
        parts.append(f"{name}{required}{below}")
    return " ".join(parts)


def _below(kind: GraphQLOutputType, depth: int, trail: tuple[str, ...]) -> str | None:
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if depth == 0 or named.name in trail:
        return None
    if named.name.endswith("Edge"):
        return None
    if is_interface_type(named) or is_union_type(named):
        options = schema().get_possible_types(named)
        return " { __typename " + " ".join(f"... on {one.name} {{ {_leaves(one.name)} }}" for one in options) + " }"
    deeper = depth if named.name.endswith("Connection") else depth - 1
    return f" {{ {everything(named.name, deeper, trail)} }}"


def _leaves(type_name: str) -> str:
    kind = schema().type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    # The same field must have one type in every branch, so a field is named after its branch.
    plain = {name: field for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))}
    leaves = [name for name, field in plain.items() if not any(is_required_argument(one) for one in field.args.values())]
    return " ".join(f"{type_name}_{name}: {name}" for name in leaves)
