"""The local shop behind the sandbox's server: a thousand orders over a real socket, and faults on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from syncdb.sandbox.faults import Fault, Faults
from syncdb.sandbox.server import Server
from tests.sandbox.shopify.asking import TOKEN, Asking

PAGE = """query($after: String) {
  orders(first: 50, after: $after, sortKey: UPDATED_AT, query: "updated_at:>='2026-01-01T00:00:00Z'") {
    pageInfo { hasNextPage endCursor }
    nodes { id name note tags updatedAt customer { displayName } shippingAddress { zip }
      totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
      refunds(first: 20) { id refundLineItems(first: 10) { nodes { quantity } pageInfo { hasNextPage } } }
      fulfillments(first: 20) { id trackingInfo { number url } }
      lineItems(first: 25) { nodes { id title sku quantity currentQuantity } pageInfo { hasNextPage } } } } }"""


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking(orders=1000, seed=21)


@pytest.fixture
def server(asking: Asking) -> Iterator[Server]:
    with Server({"/admin": asking.app}, Faults()) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as open_session:
        open_session.headers["X-Shopify-Access-Token"] = TOKEN
        yield open_session


def test_a_thousand_orders_page_by_page(asking: Asking, server: Server, session: requests.Session) -> None:
    url, found, after = f"{server.url}/admin/api/2026-10/graphql.json", [], None
    while True:
        answer = session.post(url, json={"query": PAGE, "variables": {"after": after}}, timeout=30)
        body = answer.json()
        if body.get("errors"):
            assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
            asking.clock.forward(5)
            continue
        orders = body["data"]["orders"]
        found += orders["nodes"]
        after = orders["pageInfo"]["endCursor"]
        if not orders["pageInfo"]["hasNextPage"]:
            break
    assert sorted(one["id"] for one in found) == sorted(asking.ids)
    for one in found:
        kept = asking.shop.orders[one["id"]]
        assert (one["name"], one["note"], one["tags"]) == (kept["name"], kept["note"], kept["tags"])
    assert server.faults.count("shopify", "read") >= 20


def test_a_token_over_http(asking: Asking, server: Server) -> None:
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "x"}
    answer = requests.post(f"{server.url}/admin/oauth/access_token", data=form, timeout=30)
    assert answer.status_code == 400
    assert server.faults.count("shopify", "token") == 1


@pytest.mark.parametrize(
    ("kind", "status"), [("refuse", 503), ("unavailable", 503), ("too_many", 429), ("unauthorized", 401), ("forbidden", 403)]
)
def test_faults_answer_as_shopify_would(server: Server, session: requests.Session, kind: str, status: int) -> None:
    server.faults.add(Fault(kind, "shopify read"))  # type: ignore[arg-type]
    url = f"{server.url}/admin/api/2026-10/graphql.json"
    assert session.post(url, json={"query": "{ shop { name } }"}, timeout=30).status_code == status
    answer = session.post(url, json={"query": "{ shop { name } }"}, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"


def test_a_cut_connection(server: Server, session: requests.Session) -> None:
    server.faults.add(Fault("cut_before", "shopify"))
    with pytest.raises(requests.ConnectionError):
        session.post(f"{server.url}/admin/api/2026-10/graphql.json", json={"query": "{ shop { name } }"}, timeout=30)
