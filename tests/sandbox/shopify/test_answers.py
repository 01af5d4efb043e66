"""Tokens, scopes, versions, and the shapes of everything that can go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from syncdb.sandbox.faults import Seen
from syncdb.sandbox.shopify.tokens import ALL_SCOPES, Client
from tests.sandbox.shopify.asking import TOKEN, Asking
from tests.sandbox.shopify.recorded import errors

ONE = "query($id: ID!) { order(id: $id) { id name email customer { displayName } note } }"
GRANT = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "shh"}


@pytest.fixture
def asking() -> Asking:
    return Asking(orders=12, seed=2)


def grant(asking: Asking, **changed: str) -> tuple[int, dict[str, Any]]:
    answer = asking.http.post("/admin/oauth/access_token", data={**GRANT, **changed})
    return answer.status_code, answer.get_json()


def test_a_granted_token_works_for_a_day(asking: Asking) -> None:
    asking.app.tokens.add_client("app", Client("shh", frozenset({"read_orders"})))
    status, body = grant(asking)
    assert status == 200 and body["expires_in"] == 86399 and body["scope"] == "read_orders"
    assert body["access_token"].startswith("shpat_")
    asking.clock.forward(86398)
    assert asking.post("{ shop { name } }", token=body["access_token"]).status_code == 200
    asking.clock.forward(1)
    assert asking.post("{ shop { name } }", token=body["access_token"]).status_code == 401
    assert grant(asking)[1]["access_token"] != body["access_token"]


def test_refused_grants(asking: Asking) -> None:
    asking.app.tokens.add_client("app", Client("shh"))
    asking.app.tokens.add_client("stranger", Client("shh", same_organisation=False))
    assert grant(asking, client_id="nobody")[1]["error"] == "application_cannot_be_found"
    assert grant(asking, client_secret="wrong")[1]["error"] == "invalid_client"
    assert grant(asking, client_id="stranger")[1]["error"] == "shop_not_permitted"
    assert grant(asking, grant_type="password")[1]["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("token", [None, "shpat_wrong"])
def test_an_unknown_token_is_refused(asking: Asking, token: str | None) -> None:
    answer = asking.post("{ shop { name } }", token=token)
    assert answer.status_code == 401
    text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    assert answer.get_json() == {"errors": text}


def test_a_revoked_token_is_refused(asking: Asking) -> None:
    asking.app.tokens.revoke(TOKEN)
    assert asking.post("{ shop { name } }").status_code == 401


def test_versions(asking: Asking) -> None:
    def answered(version: str) -> str | None:
        return asking.post("{ shop { name } }", version).headers.get("X-Shopify-API-Version")

    assert answered("2026-10") == "2026-10"
    assert answered("2026-01") == "2026-01"
    assert answered("2025-04") == "2026-01", "a retired version falls forward without an error"
    assert asking.post("{ shop { name } }", "2031-07").status_code == 404
    asking.app.answer_version = "2026-04"
    assert answered("2026-10") == "2026-04"


def test_the_same_order_has_another_status_in_a_newer_version(asking: Asking) -> None:
    order = next(one for one in asking.ids if not asking.shop.orders[one]["fulfillments"])
    if not asking.shop.orders[order]["cancelledAt"]:
        asking.shop.cancel(order)
    query = "query($id: ID!) { order(id: $id) { displayFulfillmentStatus } }"
    status = [asking.ask(query, version, id=order)["data"]["order"] for version in ("2026-07", "2026-10")]
    assert [one["displayFulfillmentStatus"] for one in status] == ["UNFULFILLED", "FULFILLMENT_NOT_REQUIRED"]


def test_the_shop_and_its_scopes(asking: Asking) -> None:
    data = asking.data("{ shop { myshopifyDomain ianaTimezone } currentAppInstallation { accessScopes { handle } } }")
    assert data["shop"] == {"myshopifyDomain": "kayra-demo.myshopify.com", "ianaTimezone": "Europe/Berlin"}
    assert {one["handle"] for one in data["currentAppInstallation"]["accessScopes"]} == ALL_SCOPES


def test_a_missing_scope_takes_the_whole_list(asking: Asking) -> None:
    asking.app.tokens.add_token(TOKEN, frozenset({"read_products"}))
    body = asking.ask("{ orders(first: 5) { nodes { id } } }")
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"] == "Access denied for orders field. Required access: `read_orders` access scope."
    assert error["path"] == ["orders"] and error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["extensions"]["requiredAccess"] == "`read_orders` access scope."


def test_a_missing_scope_for_a_part_leaves_the_rest(asking: Asking) -> None:
    asking.app.tokens.add_token(TOKEN, frozenset({"read_orders", "read_all_orders"}))
    body = asking.ask("{ orders(first: 3) { nodes { id customer { id } } } }")
    assert [one["customer"] for one in body["data"]["orders"]["nodes"]] == [None] * 3
    assert [one["path"] for one in body["errors"]] == [["orders", "nodes", n, "customer"] for n in range(3)]


def test_a_write_scope_reads(asking: Asking) -> None:
    asking.app.tokens.add_token(TOKEN, frozenset({"write_orders"}))
    assert "errors" not in asking.ask("{ orders(first: 5) { nodes { id } } }")


def with_customer(asking: Asking) -> str:
    return next(one for one in asking.ids if asking.shop.orders[one]["customer"])


def test_protected_data_is_null_with_an_error(asking: Asking) -> None:
    order = with_customer(asking)
    asking.app.unapproved = frozenset({"email", "Customer"})
    body = asking.ask(ONE, id=order)
    assert body["data"]["order"]["email"] is None and body["data"]["order"]["customer"] is None
    assert body["data"]["order"]["name"]
    assert {tuple(one["path"]) for one in body["errors"]} == {("order", "email"), ("order", "customer")}
    assert {one["extensions"]["code"] for one in body["errors"]} == {"ACCESS_DENIED"}


def test_a_field_that_may_not_be_null_takes_its_parent_along(asking: Asking) -> None:
    asking.app.unapproved = frozenset({"name"})
    body = asking.ask(ONE, id=with_customer(asking))
    assert body["data"]["order"]["customer"] is None
    assert [one["path"] for one in body["errors"]] == [["order", "customer", "displayName"]]


def test_partial_data_for_one_order(asking: Asking) -> None:
    asking.shop.withhold(asking.ids[1], "note", "lineItems")
    body = asking.ask("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { id note } } }", ids=asking.ids[:3])
    assert [one["id"] for one in body["data"]["nodes"]] == asking.ids[:3]
    assert [(one["path"], one["extensions"]["code"]) for one in body["errors"]] == [
        (["nodes", 1, "note"], "INTERNAL_SERVER_ERROR")
    ]
    lines = asking.ask("query($id: ID!) { order(id: $id) { lineItems(first: 1) { nodes { id } } } }", id=asking.ids[1])
    assert lines["data"] == {"order": None}
    asking.shop.heal(asking.ids[1])
    assert "errors" not in asking.ask(ONE, id=asking.ids[1])


def test_one_order_that_cannot_be_had_takes_the_page(asking: Asking) -> None:
    asking.shop.fail_order(asking.ids[4])
    body = asking.ask("{ orders(first: 50) { nodes { id } } }")
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["requestId"] in error["message"]
    assert asking.data(ONE, id=asking.ids[3])["order"]["id"] == asking.ids[3]
    assert asking.ask(ONE, id=asking.ids[4])["data"] is None


def test_a_field_that_does_not_exist(asking: Asking) -> None:
    body = asking.ask("query Mine {\n  orders(first: 1) {\n    nodes { colour }\n  }\n}")
    assert body == {
        "errors": [
            {
                "message": "Field 'colour' doesn't exist on type 'Order'",
                "locations": [{"line": 3, "column": 13}],
                "path": ["query Mine", "orders", "nodes", "colour"],
                "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "colour"},
            }
        ]
    }


def test_the_path_names_fragments_as_they_stand(asking: Asking) -> None:
    query = '{ node(id: "gid://shopify/Order/1") { ... on Order { colour } ...F } } fragment F on Order { size }'
    assert [one["path"] for one in asking.ask(query)["errors"]] == [
        ["query", "node", "... on Order", "colour"],
        ["fragment F", "size"],
    ]


def like(code: str) -> dict[str, Any]:
    """The first recorded error of a code."""
    recorded = [one for one in errors() if one.get("extensions", {}).get("code") == code]
    assert recorded, f"no recording of {code}"
    return recorded[0]


def shape(error: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if key == "extensions" else type(value).__name__ for key, value in error.items()}


@pytest.mark.parametrize(
    ("code", "query", "variables"),
    [
        ("missingRequiredArguments", "query Q { order { id } }", {}),
        ("INVALID_VARIABLE", ONE, {"id": "not-a-shopify-gid"}),
        ("BAD_REQUEST", "{ orders { nodes { id } } }", {}),
    ],
)
def test_errors_are_shaped_as_recorded(asking: Asking, code: str, query: str, variables: dict[str, Any]) -> None:
    (error,) = asking.ask(query, **variables)["errors"]
    assert error["extensions"]["code"] == code
    assert shape(error) == shape(like(code))


def test_words_of_recorded_errors(asking: Asking) -> None:
    recorded = {one["message"] for one in errors()}
    (no_gid,) = asking.ask(ONE, id="not-a-shopify-gid")["errors"]
    (no_size,) = asking.ask("{ orders { nodes { id } } }")["errors"]
    assert {no_gid["message"], no_size["message"]} <= recorded
    assert no_gid["extensions"]["problems"] == like("INVALID_VARIABLE")["extensions"]["problems"]


def test_variables_of_the_wrong_type(asking: Asking) -> None:
    query = "query($n: Int!) { orders(first: $n) { nodes { id } } }"
    assert asking.ask(query, n="ten")["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert asking.ask(query)["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


@pytest.mark.parametrize("query", ["{ orders(first: 1) { nodes { id } }", "mutation { orderClose(id: 1) { id } }", "{ shop }"])
def test_what_is_no_query_is_refused(asking: Asking, query: str) -> None:
    body = asking.ask(query)
    assert body["errors"] and "data" not in body


def test_aliases_fragments_and_directives(asking: Asking) -> None:
    query = """query($id: ID!, $no: Boolean!) { a: order(id: $id) { ...F b: name @include(if: $no) c: name @skip(if: $no) } }
      fragment F on Order { lineItems(first: 1) { nodes { id } } lineItems(first: 1) { nodes { title } } }"""
    order = next(one for one in asking.ids if asking.shop.orders[one]["lineItems"])
    answer = asking.data(query, id=order, no=False)["a"]
    assert list(answer) == ["lineItems", "c"]
    assert list(answer["lineItems"]["nodes"][0]) == ["id", "title"]


def test_the_same_text_answers_anew_for_other_variables(asking: Asking) -> None:
    """What is laid out of a text is kept for the next time it is asked; its variables are not."""
    some, other = [one for one in asking.ids if len(asking.shop.orders[one]["lineItems"]) > 1][:2]
    query = """query($id: ID!, $n: Int!, $q: String) { order(id: $id) { id lineItems(first: $n) { nodes { id } } }
      orders(first: 9, query: $q) { nodes { id } } }"""
    one, two = asking.data(query, id=some, n=1), asking.data(query, id=other, n=2, q=f"id:{other.rpartition('/')[2]}")
    assert (one["order"]["id"], two["order"]["id"]) == (some, other)
    assert [len(answer["order"]["lineItems"]["nodes"]) for answer in (one, two)] == [1, 2]
    assert len(one["orders"]["nodes"]) == 9 and two["orders"]["nodes"] == [{"id": other}]
    switched = "query($id: ID!, $no: Boolean!) { order(id: $id) { id name @include(if: $no) } }"
    answers = [asking.data(switched, id=some, no=no)["order"] for no in (False, True, False)]
    assert [set(answer) for answer in answers] == [{"id"}, {"id", "name"}, {"id"}]


def test_metafields_by_key(asking: Asking) -> None:
    order = next(one for one in asking.shop.orders.values() if one["metafields"])
    query = """query($id: ID!) { order(id: $id) { a: metafield(namespace: "custom", key: "boxes") { value jsonValue }
      b: metafield(key: "custom.boxes") { value } c: metafield(key: "none") { value }
      metafields(first: 5, keys: ["custom.boxes"]) { nodes { key } } } }"""
    answer = asking.data(query, id=order["id"])["order"]
    assert answer["a"] == {"value": "3", "jsonValue": 3} and answer["b"] == {"value": "3"} and answer["c"] is None
    assert answer["metafields"]["nodes"] == [{"key": "boxes"}]


def test_answers_to_trouble(asking: Asking) -> None:
    busy = asking.app.error("too_many")
    assert busy.status_code == 429 and busy.headers["Retry-After"] == "2.0"
    down = asking.app.error("unavailable")
    assert down.status_code == 503 and down.mimetype == "text/html"
    assert asking.app.error("unauthorized").status_code == 401 and asking.app.error("forbidden").status_code == 403
    with pytest.raises(ValueError, match="no answer"):
        asking.app.error("melted")


def test_kinds_of_request(asking: Asking) -> None:
    def kind(path: str, query: str = "") -> str:
        return asking.app.kind(Seen("POST", path, {"query": query}, "shopify"))

    assert kind("/admin/oauth/access_token") == "token"
    assert kind("/admin/api/2026-10/graphql.json", "{ shop { id } }") == "read"
    assert kind("/admin/api/2026-10/graphql.json", " mutation { x }") == "write"


def test_anything_else_is_not_there(asking: Asking) -> None:
    assert asking.http.get("/admin/api/2026-10/orders.json").status_code == 404
    headers = {"X-Shopify-Access-Token": TOKEN}
    assert asking.http.post("/admin/api/2026-10/graphql.json", data="x", headers=headers).status_code == 400


def test_too_many_ids_at_once(asking: Asking) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [f"gid://shopify/Order/{n}" for n in range(251)]
    (error,) = asking.ask(query, ids=ids)["errors"]
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert asking.data(query, ids=ids[:250])["nodes"] == [None] * 250


@pytest.mark.parametrize("body", [{}, {"query": 5}, {"query": "{ shop { id } }", "variables": [1]}, [1]])
def test_a_body_that_makes_no_sense(asking: Asking, body: Any) -> None:
    headers = {"X-Shopify-Access-Token": TOKEN}
    answer = asking.http.post("/admin/api/2026-10/graphql.json", json=body, headers=headers)
    assert answer.status_code == 400 and answer.get_json()["errors"]


def test_a_search_explains_itself_when_asked_to(asking: Asking) -> None:
    headers = {"X-Shopify-Access-Token": TOKEN, "X-Shopify-Search-Query-Debug": "1"}
    body = {"query": '{ orders(first: 1, query: "tag:VIP") { nodes { id } } }'}
    answer = asking.http.post("/admin/api/2026-10/graphql.json", json=body, headers=headers).get_json()
    parsed = {"field": "tag", "match_all": "VIP"}
    assert answer["extensions"]["search"] == [{"path": ["orders"], "query": "tag:VIP", "parsed": parsed, "warnings": []}]
