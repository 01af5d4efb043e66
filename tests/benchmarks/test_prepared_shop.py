"""The shop with prepared answers: no order is like another, each adds up, and several operations bring those that one does."""

import json
import re
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from benchmarks.prepared_shop import TOKEN, Part, PreparedApp
from syncdb.clock import SYSTEM
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import StaticToken
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.bulk import FOLDER

ORDERS = 900
_AMOUNT = re.compile(rb':"(-?\d+\.\d{1,2})"')


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[PreparedApp, Faults, str]]:
    app, faults = PreparedApp(ORDERS), Faults()
    with Server({"/admin": app}, faults) as server:
        app.address = server.url
        yield app, faults, server.url


def read(url: str, cut: Cut) -> dict[str, str]:
    client = ShopifyClient("kayra-demo", StaticToken(TOKEN), "2026-10", url)
    now = SYSTEM.now()
    pages = list(OrderReader(client, bulk_from=100, cut=cut).changed(now - timedelta(days=60), now))
    client.close()
    assert pages[-1].last and not any(page.notices or page.partial for page in pages)
    orders = [order for page in pages for order in page.orders]
    found = {order.order_id: order.hash for order in orders}
    assert len(found) == len(orders)
    return found


def test_spans_bring_the_orders_of_one_operation(shop: tuple[PreparedApp, Faults, str]) -> None:
    app, faults, url = shop
    one = read(url, Cut())
    assert len(one) == ORDERS and len(app._submitted) == 1
    assert read(url, Cut(least=100, aim=150)) == one
    assert len(app._submitted) >= 5
    fetched = [seen.path for seen in faults.log if "/bulk-operation-outputs/" in seen.path]
    assert len(fetched) == len(set(fetched)) == len(app._submitted)


def test_each_order_is_another_and_adds_up(shop: tuple[PreparedApp, Faults, str]) -> None:
    app = shop[0]
    texts, amounts, people, orders = list(app._texts()), set[bytes](), set[str](), 0
    assert sum(map(len, texts)) == app.size
    for text in texts:
        order, *children = [json.loads(line) for line in text.splitlines()]
        assert {one["__parentId"] for one in children} <= {order["id"]}
        lines = [one for one in children if "/LineItem/" in one.get("id", "")]
        assert 2 <= len(lines) <= 5
        taken = sum((_of(one["alAmo"]) for line in lines for one in line["discountAllocations"]), Decimal(0))
        whole = sum((_of(line["orTot"]) for line in lines), Decimal(0)) - taken
        assert whole == _of(order["suPri"])
        amounts.update(_AMOUNT.findall(text))
        people.add((order["shippingAddress"] or {}).get("name", ""))
        orders += 1
    assert orders == ORDERS and len(amounts) > orders * 4 and len(people) > orders * 0.5


def test_what_is_left_out_belongs_to_its_order(shop: tuple[PreparedApp, Faults, str]) -> None:
    app = shop[0]
    for text in list(app._texts())[::40]:
        order = json.loads(text.partition(b"\n")[0])
        ids = [one["id"] for one in (*order["refunds"], *order["fulfillments"])]
        for node in json.loads(app._left_out(ids))["data"]["nodes"]:
            assert node["order"]["updatedAt"] == order["updatedAt"]
            names = {one["lineItem"]["id"] for one in node.get("fulfillmentLineItems", {"nodes": []})["nodes"]}
            assert names <= {json.loads(line).get("id") for line in text.splitlines()[1:]}


def test_orders_rise_by_their_last_change(shop: tuple[PreparedApp, Faults, str]) -> None:
    app = shop[0]
    changed = [json.loads(text.partition(b"\n")[0])["updatedAt"] for text in app._texts()]
    assert changed == sorted(changed) and len(set(changed)) >= len(app.base) * 0.9


def _of(bag: dict[str, Any]) -> Decimal:
    return Decimal(bag["s"]["a"])


def test_what_lies_ready_is_what_would_be_put_together() -> None:
    app = PreparedApp(ORDERS)
    part = Part(app.whole.end // 3, app.whole.end // 2)
    made = {one: b"".join(app.respond(asked(app, one)).response) for one in (app.whole, part)}
    with tempfile.TemporaryFile() as file:
        app.lay_ready(file)
        for one, text in made.items():
            answer = app.respond(asked(app, one))
            assert b"".join(answer.response) == text and answer.content_length == len(text) > 100_000


def asked(app: PreparedApp, part: Part) -> Request:
    name = "result" if part == app.whole else str(part.number)
    return Request(EnvironBuilder(f"{FOLDER}{name}").get_environ())
