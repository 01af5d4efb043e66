"""The shop with prepared answers: read by several operations it holds the very orders that one operation brings."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from benchmarks.prepared_shop import TOKEN, PreparedApp
from syncdb.clock import SYSTEM
from syncdb.connectors.shopify.bulk_spans import Cut
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import StaticToken
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server

ORDERS = 900


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
