"""A recorded store rebuilt here: the same questions get the same answers, cursors and counts included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import Client

from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.money import read
from syncdb.sandbox.shopify.paging import placed
from syncdb.sandbox.shopify.pricing import settle
from syncdb.sandbox.shopify.shop import Shop
from tests.sandbox.shopify.recorded import Exchange, exchanges

THEN = datetime(2026, 7, 3, 12, 26, 58, tzinfo=UTC)


def recorded(operation: str) -> Exchange:
    return next(one for one in exchanges() if f"query {operation}(" in one.query and "data" in one.body)


def rebuilt(catalogue: dict[str, Any]) -> Shop:
    """A shop holding the orders that the recording shows."""
    shop = Shop("recorded.myshopify.com", clock=THEN.timestamp, currency="CAD")
    for node in catalogue["seedCatalog"]["nodes"]:
        put(shop, node, node["createdAt"])
    value, _ = placed(catalogue["byStatus"]["pageInfo"]["startCursor"], None)
    for back, node in enumerate(catalogue["byStatus"]["nodes"]):
        at = datetime.fromtimestamp(value / 1000, UTC) - timedelta(seconds=back)
        put(shop, node, shop.stamp(at))
    return shop


def put(shop: Shop, node: dict[str, Any], created: str) -> None:
    money = shop.currencies()
    number = int(node["id"].rsplit("/", 1)[1])
    order = anatomy.order(number, node["name"], int(node["name"].lstrip("#")), money, False, created)
    order["lineItems"].append(anatomy.line_item(shop.new_id(), Item("Ware", "55.00"), 1, money, ()))
    order["updatedAt"] = node.get("updatedAt", created)
    order["tags"], order["email"] = node.get("tags", []), node.get("email")
    order["_micros"] = 609_599
    settle(order)
    price = read(order["totalPriceSet"])
    order["transactions"].append(anatomy.transaction(shop.new_id(), order, "SALE", "manual", price, money, created))
    shop.add_order(order)


@pytest.fixture(scope="module")
def shop() -> Client:
    app = ShopifyApp(rebuilt(recorded("OrderCatalogCountRead").body["data"]))
    app.tokens.add_token("shpat_recorded")
    return Client(Request.application(app.respond))


def ask(shop: Client, one: Exchange) -> dict[str, Any]:
    headers = {"X-Shopify-Access-Token": "shpat_recorded"}
    body = {"query": one.query, "variables": one.variables}
    answer: dict[str, Any] = shop.post("/admin/api/2026-04/graphql.json", json=body, headers=headers).get_json()
    return answer


@pytest.mark.parametrize("operation", ["OrderCatalogCountRead", "OrderCatalogNextPage"])
def test_a_recorded_catalogue_is_answered_alike(shop: Client, operation: str) -> None:
    one = recorded(operation)
    answer = ask(shop, one)
    assert answer["data"] == one.body["data"]
    mine, theirs = answer["extensions"]["cost"], one.body["extensions"]["cost"]
    assert mine["requestedQueryCost"] == theirs["requestedQueryCost"]
    assert mine.keys() == theirs.keys() and mine["throttleStatus"].keys() == theirs["throttleStatus"].keys()
