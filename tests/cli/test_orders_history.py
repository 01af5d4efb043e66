"""Finding orders as people name them, and telling what happened to one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Shop


def bare(gid: str) -> str:
    return gid.rpartition("/")[2]


def test_orders_are_the_newest_of_the_shop(past: Shop) -> None:
    answer = past.ask("orders", "--limit", "7", "--json")
    newest = sorted(past.world.shop.orders.values(), key=lambda order: order["createdAt"], reverse=True)[:7]
    assert [one["name"] for one in answer.data["orders"]] == [order["name"] for order in newest]
    assert answer.data["more"] is True
    assert past.ask("orders", "--limit", "500", "--json").data["more"] is False


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("paid", lambda order: order["displayFinancialStatus"] == "PAID"),
        ("partially-paid", lambda order: order["displayFinancialStatus"] == "PARTIALLY_PAID"),
        ("Fulfilled", lambda order: order["displayFulfillmentStatus"] == "FULFILLED"),
        ("cancelled", lambda order: order["cancelledAt"] is not None),
        ("test", lambda order: order["test"]),
        ("open", lambda order: order["cancelledAt"] is None and order["closedAt"] is None),
    ],
)
def test_a_status_selects_as_the_shop_has_it(past: Shop, word: str, meant: Callable[[dict[str, Any]], bool]) -> None:
    found = past.ask("orders", "--status", word, "--limit", "999", "--json").data["orders"]
    expected = {bare(gid) for gid, order in past.world.shop.orders.items() if meant(order)}
    assert {one["order_id"] for one in found} == expected and expected


def test_an_unknown_status_lists_the_known_ones(past: Shop) -> None:
    answer = past.ask("orders", "--status", "payed")
    assert answer.code == 0 and "No orders like that." in answer.out
    assert "'payed' is no status" in answer.err and "partially refunded" in answer.err


def test_text_is_found_where_people_look_for_it(past: Shop) -> None:
    orders = past.world.shop.orders
    gid, order = next((gid, one) for gid, one in orders.items() if one["lineItems"] and one["lineItems"][0]["sku"])
    sku = order["lineItems"][0]["sku"].swapcase()
    found = past.ask("orders", "--search", sku, "--limit", "999", "--json").data["orders"]
    expected = {
        bare(gid)
        for gid, one in orders.items()
        if any(sku.casefold() in (line["sku"] or "").casefold() for line in one["lineItems"])
    }
    assert bare(gid) in expected <= {one["order_id"] for one in found}
    assert past.ask("orders", "--search", "displayFinancialStatus", "--json").data["orders"] == []
    assert past.ask("orders", "--search", "financial_status", "--json").data["orders"] == [], "names of fields are not content"
    assert past.ask("orders", "--search", "100%_!", "--json").data["orders"] == []


def test_since_counts_in_the_shops_days(past: Shop) -> None:
    stamps = sorted(order["createdAt"] for order in past.world.shop.orders.values())
    middle = stamps[len(stamps) // 2]
    found = past.ask("orders", "--since", middle, "--limit", "999", "--json").data["orders"]
    assert len(found) == sum(stamp >= middle for stamp in stamps)


def test_an_order_is_known_by_all_its_names(past: Shop) -> None:
    gid, order = next((gid, one) for gid, one in past.world.shop.orders.items() if one["name"].startswith("#"))
    number = order["name"].removeprefix("#")
    address = f"https://admin.shopify.com/store/kayra-demo/orders/{bare(gid)}?x=1"
    for typed in (number, order["name"], f" {order['name']} ", bare(gid), gid, address):
        assert past.ask("history", typed, "--json").data["order"]["order_id"] == bare(gid), typed


def test_a_name_of_its_own_is_known_by_it_and_by_its_number(past: Shop) -> None:
    gid, order = next((gid, one) for gid, one in past.world.shop.orders.items() if one["name"].startswith("WEB-"))
    for typed in (order["name"], order["name"].lower(), str(order["number"])):
        assert past.ask("history", typed, "--json").data["order"]["order_id"] == bare(gid)


def test_an_unknown_order_suggests_its_neighbours(past: Shop) -> None:
    missing = past.world.shop.deleted and 1067
    answer = past.ask("history", str(missing))
    assert answer.code == 2 and "has no order '1067'" in answer.err
    assert "#1066" in answer.err and "#1068" in answer.err
    assert past.ask("history", "gid://shopify/Order/1").code == 2


def test_history_tells_each_change_and_the_cells_it_became(past: Shop) -> None:
    order = past.world.shop.orders[past.tagged]
    data = past.ask("history", order["name"], "--json").data
    assert data["order"]["order_id"] == bare(past.tagged) and data["events"][0]["what"] == "first seen"
    (seen,) = [event for event in data["events"] if event["who"] == "shop" and event["field"] == "tags"]
    assert seen["after"] == order["tags"] and "for the manager" in order["tags"]
    cells = [event for event in data["events"] if event["who"] == "sheet" and event["field"] == "tags"]
    rows = [line["id"] for line in order["lineItems"]]
    assert len(cells) == len(rows) > 0
    assert {(event["run_id"], event["after"]) for event in cells} == {(seen["run_id"], ", ".join(order["tags"]))}
    text = past.ask("history", order["name"]).out
    assert "row added" in text and "tags: " in text and "for the manager" in text
