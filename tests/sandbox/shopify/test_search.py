"""Filters, the lagging index, the 60-day horizon, and how searches that are not understood fail open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.shopify.asking import NOW, TOKEN, Asking

Order = dict[str, Any]
MIDDLE = "2026-11-01T10:20:30Z"


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking(orders=160, seed=4)


def expected(asking: Asking, fits: Callable[[Order], bool]) -> list[str]:
    return [order["id"] for order in asking.shop.orders.values() if fits(order)]


FILTERS: list[tuple[str, Callable[[Order], bool]]] = [
    (f"created_at:>='{MIDDLE}'", lambda one: one["createdAt"] >= MIDDLE),
    (f"created_at:<'{MIDDLE}'", lambda one: one["createdAt"] < MIDDLE),
    (f'updated_at:>"{MIDDLE}"', lambda one: one["updatedAt"] > MIDDLE),
    (f"updated_at:<='{MIDDLE}'", lambda one: one["updatedAt"] <= MIDDLE),
    ("processed_at:>='2026-11-01T11:20:30+01:00'", lambda one: one["processedAt"] >= MIDDLE),
    ("processed_at:2026-11-03", lambda one: "2026-11-02T23" <= one["processedAt"] < "2026-11-03T23"),
    ("name:1007", lambda one: one["name"] == "#1007"),
    ("name:'#1007'", lambda one: one["name"] == "#1007"),
    ("name:100*", lambda one: one["name"].startswith("#100")),
    ("status:open", lambda one: not one["closedAt"] and not one["cancelledAt"]),
    ("status:closed", lambda one: bool(one["closedAt"])),
    ("status:cancelled", lambda one: bool(one["cancelledAt"])),
    ("status:not_closed", lambda one: not one["closedAt"]),
    ("status:any", lambda one: True),
    ("financial_status:paid", lambda one: one["displayFinancialStatus"] == "PAID"),
    ("financial_status:refunded,voided", lambda one: one["displayFinancialStatus"] in ("REFUNDED", "VOIDED")),
    ("fulfillment_status:fulfilled", lambda one: one["displayFulfillmentStatus"] == "FULFILLED"),
    ("fulfillment_status:shipped", lambda one: one["displayFulfillmentStatus"] == "FULFILLED"),
    ("fulfillment_status:unfulfilled", lambda one: one["displayFulfillmentStatus"] == "UNFULFILLED"),
    ("fulfillment_status:unshipped", lambda one: one["displayFulfillmentStatus"] != "FULFILLED"),
    ("test:true", lambda one: one["test"]),
    ("tag:VIP", lambda one: "VIP" in one["tags"]),
    ("tag:'check address'", lambda one: "check address" in one["tags"]),
    ("tag_not:vip", lambda one: "VIP" not in one["tags"]),
    ("-tag:vip", lambda one: "VIP" not in one["tags"]),
    ("NOT tag:vip", lambda one: "VIP" not in one["tags"]),
    ("sku:000451", lambda one: any(line["sku"] == "000451" for line in one["lineItems"])),
    ("source_name:pos", lambda one: one["sourceName"] == "pos"),
    (
        f"financial_status:paid created_at:>='{MIDDLE}'",
        lambda one: one["displayFinancialStatus"] == "PAID" and one["createdAt"] >= MIDDLE,
    ),
    (
        "tag:VIP AND fulfillment_status:fulfilled",
        lambda one: "VIP" in one["tags"] and one["displayFulfillmentStatus"] == "FULFILLED",
    ),
    (
        "(tag:VIP OR tag:b2b) status:open",
        lambda one: not {"VIP", "b2b"}.isdisjoint(one["tags"]) and not one["closedAt"] and not one["cancelledAt"],
    ),
]


@pytest.mark.parametrize(("search", "fits"), FILTERS, ids=[search for search, _ in FILTERS])
def test_a_filter_finds_exactly_what_it_says(asking: Asking, search: str, fits: Callable[[Order], bool]) -> None:
    found = asking.found(search)
    assert found == expected(asking, fits)
    assert found, "a filter that finds nothing proves nothing"


def test_ids_as_list_and_range(asking: Asking) -> None:
    numbers = [asking.shop.orders[one]["legacyResourceId"] for one in asking.ids]
    assert asking.found(f"id:{numbers[7]}") == [asking.ids[7]]
    assert asking.found(f"id:{numbers[7]},{numbers[9]}") == [asking.ids[7], asking.ids[9]]
    assert asking.found(f"id:>={numbers[10]} id:<{numbers[13]}") == asking.ids[10:13]
    assert asking.found("id:999") == []


def test_a_bare_word_looks_in_names_and_mails(asking: Asking) -> None:
    some = next(order for order in asking.shop.orders.values() if order["email"])
    assert some["id"] in asking.found(some["email"])
    assert asking.found("nobody-is-called-so") == []


@pytest.mark.parametrize(
    ("search", "field", "code"),
    [
        ("sent_at:2026-01-01", "sent_at", "invalid_field"),
        ("financial_status:rich", "financial_status", "invalid_value"),
        ("updated_at:>='soon'", "updated_at", "invalid_value"),
    ],
)
def test_what_is_not_understood_finds_everything_and_warns(asking: Asking, search: str, field: str, code: str) -> None:
    body = asking.ask("query($q: String) { mine: orders(first: 250, query: $q) { nodes { id } } }", q=search)
    assert len(body["data"]["mine"]["nodes"]) == len(asking.ids)
    assert "errors" not in body
    (report,) = body["extensions"]["search"]
    assert report["path"] == ["mine"] and report["query"] == search
    assert [(one["field"], one["code"]) for one in report["warnings"]] == [(field, code)]


def test_only_the_term_not_understood_is_left_out(asking: Asking) -> None:
    assert asking.found("sent_at:1 tag:VIP") == expected(asking, lambda one: "VIP" in one["tags"])


def test_a_search_that_is_understood_reports_nothing(asking: Asking) -> None:
    assert "search" not in asking.ask('{ orders(first: 1, query: "tag:VIP") { nodes { id } } }')["extensions"]


def test_a_time_without_quotes_loses_its_hours(asking: Asking) -> None:
    wrong = asking.found(f"created_at:>={MIDDLE}")
    assert wrong == expected(asking, lambda one: one["createdAt"] >= "2026-10-31T23:00:00Z")
    assert wrong != asking.found(f"created_at:>='{MIDDLE}'")


def test_counts_stop_at_their_limit(asking: Asking) -> None:
    query = "query($q: String, $n: Int) { ordersCount(query: $q, limit: $n) { count precision } }"
    exact = len(expected(asking, lambda one: "VIP" in one["tags"]))
    assert asking.data(query, q="tag:VIP", n=None)["ordersCount"] == {"count": exact, "precision": "EXACT"}
    assert asking.data(query, q="tag:VIP", n=1)["ordersCount"] == {"count": 1, "precision": "AT_LEAST"}


SEEN = "query($id: ID!) { order(id: $id) { note } nodes(ids: [$id]) { ... on Order { note } } }"


def test_searches_lag_behind_the_database() -> None:
    asking = Asking(orders=10, index_lag=120)
    asking.clock.forward(3600)
    changed = asking.ids[3]
    since = f"updated_at:>='{asking.shop.stamp()}'"
    asking.shop.set_note(changed, "new")
    assert asking.data(SEEN, id=changed) == {"order": {"note": "new"}, "nodes": [{"note": "new"}]}
    assert asking.found(since) == []
    asking.clock.forward(119)
    assert asking.found(since) == []
    asking.clock.forward(1)
    assert asking.found(since) == [changed]


def test_a_search_answers_with_fresh_orders_found_by_stale_entries() -> None:
    asking = Asking(orders=10, index_lag=120)
    asking.clock.forward(3600)
    asking.shop.add_tag(asking.ids[0], "neu")
    query = '{ orders(first: 50, query: "-tag:neu", sortKey: ID) { nodes { id tags } } }'
    first = asking.data(query)["orders"]["nodes"][0]
    assert first["id"] == asking.ids[0] and "neu" in first["tags"]


def test_an_order_can_be_kept_out_of_searches() -> None:
    asking = Asking(orders=10)
    late = asking.ids[5]
    asking.shop.hide_from_index(late, asking.clock() + 900)
    assert late not in asking.found("status:any")
    assert late in asking.found(None), "an unfiltered list by id reads the database"
    assert late in asking.found("id:" + asking.shop.orders[late]["legacyResourceId"])
    asking.clock.forward(900)
    assert late in asking.found("status:any")


def test_a_deleted_order_is_null_by_id_and_absent_from_lists() -> None:
    asking = Asking(orders=10, index_lag=60)
    gone = asking.ids[2]
    line = asking.shop.orders[gone]["lineItems"][0]["id"]
    asking.shop.delete(gone)
    assert asking.data(SEEN, id=gone) == {"order": None, "nodes": [None]}
    assert asking.data("query($id: ID!) { node(id: $id) { id } }", id=line) == {"node": None}
    assert gone not in asking.found(None) and gone not in asking.found("status:any")


def test_without_read_all_orders_sixty_days_are_all_there_is() -> None:
    asking = Asking(orders=100, days=100)
    assert len(asking.found(None)) == len(asking.ids)
    asking.app.tokens.add_token(TOKEN, frozenset({"read_orders"}))
    oldest = asking.shop.stamp(NOW - timedelta(days=60))
    near = expected(asking, lambda one: one["createdAt"] >= oldest)
    assert 0 < len(near) < len(asking.ids)
    assert asking.found(None) == near == asking.found("status:any")
    assert asking.data(SEEN, id=asking.ids[0]) == {"order": None, "nodes": [None]}
    assert asking.data("{ ordersCount { count } }")["ordersCount"]["count"] == len(near)
