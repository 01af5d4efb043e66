"""Pages and cursors of orders and of what is inside them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from syncdb.sandbox.shopify.anatomy import Item
from tests.sandbox.shopify.asking import Asking

ORDERS = """query($after: String, $before: String, $first: Int, $last: Int, $q: String, $s: OrderSortKeys, $r: Boolean) {
  orders(after: $after, before: $before, first: $first, last: $last, query: $q, sortKey: $s, reverse: $r) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking(orders=60, seed=8)


def drained(asking: Asking, **variables: Any) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        orders = asking.data(ORDERS, after=after, **variables)["orders"]
        assert [edge["node"] for edge in orders["edges"]] == orders["nodes"]
        assert len(orders["nodes"]) <= variables["first"]
        found += [one["id"] for one in orders["nodes"]]
        after = orders["pageInfo"]["endCursor"]
        if not orders["pageInfo"]["hasNextPage"]:
            return found


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("search", [None, "status:any", "id:>0"])
@pytest.mark.parametrize("sort", ["PROCESSED_AT", "UPDATED_AT", "CREATED_AT", "ID", "ORDER_NUMBER", None])
def test_pages_bring_every_order_once_and_in_order(asking: Asking, sort: str | None, search: str | None, reverse: bool) -> None:
    found = drained(asking, first=7, s=sort, q=search, r=reverse)
    assert sorted(found) == sorted(asking.ids)
    field = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt", "ID": "id", "ORDER_NUMBER": "number"}
    values = [asking.shop.orders[one][field.get(sort or "", "processedAt")] for one in found]
    assert values == sorted(values, reverse=reverse)


def test_pages_backwards(asking: Asking) -> None:
    everything = drained(asking, first=50, s="ID")
    orders = asking.data(ORDERS, last=5, s="ID")["orders"]
    assert [one["id"] for one in orders["nodes"]] == everything[-5:]
    assert orders["pageInfo"]["hasPreviousPage"] and not orders["pageInfo"]["hasNextPage"]
    before = asking.data(ORDERS, last=5, s="ID", before=orders["pageInfo"]["startCursor"])["orders"]
    assert [one["id"] for one in before["nodes"]] == everything[-10:-5]


def opened(cursor: str) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(cursor)))


def test_cursors_are_shaped_as_recorded(asking: Asking) -> None:
    filtered = asking.data(ORDERS, first=1, q="status:any")["orders"]
    plain = asking.data(ORDERS, first=1)["orders"]
    order = asking.shop.orders[filtered["nodes"][0]["id"]]
    mark = opened(filtered["pageInfo"]["endCursor"])
    assert list(mark) == ["last_id", "last_value"]
    assert mark["last_id"] == int(order["legacyResourceId"])
    assert isinstance(mark["last_value"], int) and mark["last_value"] % 1000 == 0
    written = opened(plain["pageInfo"]["endCursor"])["last_value"]
    assert written[:10] == order["processedAt"][:10] and len(written) == len("2026-06-22 22:34:00.609599")


def test_no_orders_no_cursors(asking: Asking) -> None:
    page = asking.data(ORDERS, first=5, q="tag:nothing-has-this")["orders"]["pageInfo"]
    assert page == {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


@pytest.mark.parametrize("cursor", ["nonsense", base64.b64encode(b'{"last_id":1}').decode(), "e30="])
def test_a_cursor_that_is_none_is_refused(asking: Asking, cursor: str) -> None:
    body = asking.ask(ORDERS, first=5, after=cursor)
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"] == "Invalid cursor for current pagination sort." and error["path"] == ["orders"]


def test_a_cursor_of_another_sort_is_refused(asking: Asking) -> None:
    cursor = asking.data(ORDERS, first=1, q="status:any")["orders"]["pageInfo"]["endCursor"]
    assert "errors" in asking.ask(ORDERS, first=5, after=cursor, s="ID")


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({}, "you must provide one of first or last"),
        ({"first": 1, "last": 1}, "providing both first and last is not supported"),
        ({"first": 251}, "first cannot exceed 250"),
    ],
)
def test_page_sizes_are_checked(asking: Asking, sizes: dict[str, Any], message: str) -> None:
    body = asking.ask(ORDERS, **sizes)
    assert body["data"] is None
    assert [(one["message"], one["extensions"]["code"], one["path"]) for one in body["errors"]] == [
        (message, "BAD_REQUEST", ["orders"])
    ]


LINES = """query($id: ID!, $after: String) { order(id: $id) { updatedAt
  lineItems(first: 50, after: $after) { nodes { id sku } pageInfo { hasNextPage endCursor } } } }"""


def test_an_order_of_260_lines_must_be_drained() -> None:
    asking = Asking(orders=3)
    order = asking.ids[1]
    before = len(asking.shop.orders[order]["lineItems"])
    asking.shop.edit_order(order, add=[(Item(f"Teil {n}", "1.10", sku=f"{n:05}"), 1) for n in range(260 - before)])
    found: list[str] = []
    after, pages = None, 0
    while pages == 0 or after:
        lines = asking.data(LINES, id=order, after=after)["order"]["lineItems"]
        found += [one["id"] for one in lines["nodes"]]
        after = lines["pageInfo"]["endCursor"] if lines["pageInfo"]["hasNextPage"] else None
        pages += 1
    assert pages == 6
    assert found == [line["id"] for line in asking.shop.orders[order]["lineItems"]] and len(set(found)) == 260


def test_lists_are_cut_by_first_without_a_word() -> None:
    asking = Asking(orders=3)
    order = asking.ids[0]
    for note in "abc":
        asking.shop.set_note(order, note)
        asking.shop.refund(order, goodwill="0.01", note=note)
    query = "query($id: ID!) { order(id: $id) { refunds(first: 2) { note } all: refunds { note } } }"
    answer = asking.data(query, id=order)["order"]
    assert [one["note"] for one in answer["refunds"]] == [one["note"] for one in answer["all"]][:2]
    assert len(answer["all"]) >= 3


def test_a_part_of_an_order_can_be_asked_by_its_own_id(asking: Asking) -> None:
    order = next(one for one in asking.shop.orders.values() if any(x["refundLineItems"] for x in one["refunds"]))
    refund = next(one for one in order["refunds"] if one["refundLineItems"])
    query = """query($id: ID!) { node(id: $id) { __typename ... on Refund { order { id }
      refundLineItems(first: 1) { nodes { quantity lineItem { id } } } } } }"""
    answer = asking.data(query, id=refund["id"])["node"]
    assert answer["__typename"] == "Refund" and answer["order"] == {"id": order["id"]}
    first = refund["refundLineItems"][0]
    expected = {"quantity": first["quantity"], "lineItem": {"id": first["lineItem"]["id"]}}
    assert answer["refundLineItems"]["nodes"] == [expected]
