"""The shop of the comparison with public extractors: it serves each of them every order, complete, in the form asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks import extractors
from benchmarks.copies import Copy
from benchmarks.extractors_programs import Brought, redirected, singer_records
from benchmarks.extractors_rest import rest_order
from benchmarks.extractors_shop import ABOUT, CONTROL, ExtractorsApp
from benchmarks.prepared_shop import COUNTS, FIRST_NUMBER
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server

ORDERS = 850
RECORDED = Path(__file__).resolve().parents[2] / ".." / "shared" / "shopify" / "recordings" / "rest_2026-07" / "order.json"
BULK = """{ orders(query: "updated_at:>='%s' AND updated_at:<'%s'") { edges { node {
  id name number updatedAt %s totalPriceSet { shopMoney { amount } }
  lineItems { edges { node { id sku variant { id } } } }
  discountApplications { edges { node {
    index value { ... on MoneyV2 { amount } ... on PricingPercentageValue { percentage } } } } }
} } } }"""
SUBMIT = "mutation bulkOperationRunQuery($query: String!) { bulkOperationRunQuery(query: $query) { bulkOperation { id } } }"


@pytest.fixture(scope="module")
def app() -> ExtractorsApp:
    return ExtractorsApp(ORDERS)


@pytest.fixture
def url(app: ExtractorsApp) -> Iterator[str]:
    with Server({"/admin": app}, Faults()) as server:
        app.address = server.url
        app.takes = 0.0
        yield server.url


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


def pages(session: requests.Session, url: str, **first: str) -> Iterator[list[dict[str, Any]]]:
    where = f"{url}/admin/api/2026-10/orders.json"
    answer = session.get(where, params={"limit": "250", "order": "updated_at asc", "status": "any"} | first, timeout=30)
    while True:
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-Shopify-Shop-Api-Call-Limit"] == "1/40"
        yield answer.json()["orders"]
        if "next" not in answer.links:
            return
        answer = session.get(answer.links["next"]["url"], timeout=30)


def test_pages_bring_every_order_once_and_the_same_ones_as_the_bulk_file(
    app: ExtractorsApp, url: str, session: requests.Session
) -> None:
    got = list(pages(session, url))
    assert [len(page) for page in got] == [250] * 3 + [100]
    orders = [order for page in got for order in page]
    lines = [line["id"] for order in orders for line in order["line_items"]]
    assert {order["order_number"] for order in orders} == set(range(FIRST_NUMBER, FIRST_NUMBER + ORDERS))
    assert len({order["id"] for order in orders}) == ORDERS
    assert len(set(lines)) == len(lines) == session.get(url + ABOUT, timeout=30).json()["line_items"]
    bulk = [json.loads(line) for text in app._texts() for line in text.splitlines()]
    assert {order["admin_graphql_api_id"] for order in orders} == {one["id"] for one in bulk if "__parentId" not in one}
    moments = [datetime.fromisoformat(order["updated_at"]) for order in orders]
    assert moments == sorted(moments)


def test_the_parts_of_a_copy_belong_to_it(url: str, session: requests.Session) -> None:
    for order in (order for page in pages(session, url) for order in page):
        lines = {line["id"] for line in order["line_items"]}
        shipped = {line["id"] for one in order["fulfillments"] for line in one["line_items"]}
        refunded = {one["line_item_id"] for refund in order["refunds"] for one in refund["refund_line_items"]}
        assert shipped | refunded <= lines
        assert {one["order_id"] for one in (*order["fulfillments"], *order["refunds"])} <= {order["id"]}
        assert order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"
        assert order["number"] == order["order_number"] - 1000


def test_only_what_was_changed_since_is_listed(app: ExtractorsApp, url: str, session: requests.Session) -> None:
    since = datetime.fromtimestamp(sorted(app.moments)[len(app.moments) // 2], UTC)
    found = [order for page in pages(session, url, updated_at_min=since.isoformat()) for order in page]
    assert len(found) == sum(app.moments[index] + copy.later >= since.timestamp() for index, copy in app.all)
    assert all(datetime.fromisoformat(order["updated_at"]) >= since for order in found)


@pytest.mark.parametrize("asked", [{"fields": "id"}, {"order": "id asc"}, {"created_at_min": "2099-01-01T00:00:00Z"}])
def test_what_is_not_served_is_refused(url: str, session: requests.Session, asked: dict[str, str]) -> None:
    assert session.get(f"{url}/admin/api/2026-10/orders.json", params=asked, timeout=30).status_code == 400


def test_an_order_is_the_base_order_itself_at_its_first_place(app: ExtractorsApp) -> None:
    for order, form in zip(app.base, app.rest, strict=True):
        assert json.loads(form.copy(Copy(0, order["number"]))) == rest_order(order)


def paths(value: Any, above: str = "") -> set[str]:
    if isinstance(value, list):
        return set().union(*(paths(one, above) for one in value))
    if not isinstance(value, dict):
        return set()
    return set().union(*({f"{above}{key}"} | paths(one, f"{above}{key}.") for key, one in value.items()))


def test_an_order_has_the_fields_of_recorded_ones(app: ExtractorsApp) -> None:
    if not RECORDED.exists():
        pytest.skip("no recordings of real orders at hand")
    bodies = json.loads(RECORDED.read_text(encoding="utf-8"))["bodies"]
    orders = [order for body in bodies for order in (body.get("orders") or [body.get("order")]) if order]
    ours, recorded = set().union(*(paths(rest_order(one)) for one in app.base)), set().union(*map(paths, orders))
    # What a payment provider returned differs from one to the next, and no recorded order has duties, fees or taxed shipping.
    assert {path for path in recorded - ours if ".receipt." not in path} == set()
    unrecorded = ("duties", "additional_fees", "shipping_lines.tax_lines.")
    assert {path for path in ours - recorded if not any(part in path for part in unrecorded)} == set()


def bulk(session: requests.Session, url: str, query: str) -> dict[str, Any]:
    body = {"query": SUBMIT, "variables": {"query": query}}
    answer = session.post(f"{url}/admin/api/2025-07/graphql.json", json=body, timeout=30)
    answer.raise_for_status()
    operation: dict[str, Any] = answer.json()["data"]["bulkOperationRunQuery"]["bulkOperation"]
    return operation


def state(session: requests.Session, url: str, gid: str) -> dict[str, Any]:
    query = f'{{ node(id: "{gid}") {{ ... on BulkOperation {{ id status url }} }} }}'
    answer = session.post(f"{url}/admin/api/2025-07/graphql.json", json={"query": query}, timeout=30)
    found: dict[str, Any] = answer.json()["data"]["node"]
    return found


def test_two_windows_of_a_bulk_query_bring_every_order_once(app: ExtractorsApp, url: str, session: requests.Session) -> None:
    middle = datetime.fromtimestamp(sorted(app.moments)[len(app.moments) // 2], UTC)
    now = datetime.now(UTC) + timedelta(days=1)
    lines: list[dict[str, Any]] = []
    for since, until in ((middle - timedelta(days=90), middle), (middle, now)):
        gid = bulk(session, url, BULK % (since.isoformat(), until.isoformat(), ""))["id"]
        done = state(session, url, gid)
        text = session.get(done["url"], timeout=30).content
        assert (done["status"], done["fileSize"]) == ("COMPLETED", str(len(text)))
        some = [json.loads(line) for line in text.splitlines()]
        assert done["objectCount"] == str(len(some))
        lines += some
    orders = {one["id"]: one for one in lines if "__parentId" not in one}
    goods = [one for one in lines if "sku" in one]
    assert len(orders) == ORDERS == len([one for one in lines if "__parentId" not in one])
    assert len(goods) == len({one["id"] for one in goods}) == app.about()["line_items"]
    assert {tuple(one) for one in orders.values()} == {("id", "name", "number", "updatedAt", "totalPriceSet")}
    assert {tuple(one) for one in goods} == {("id", "sku", "variant", "__parentId")}
    last = ""
    for one in lines:
        last = one["id"] if "__parentId" not in one else last
        assert one.get("__parentId", last) == last


def test_a_window_without_orders_has_no_file(url: str, session: requests.Session) -> None:
    gid = bulk(session, url, BULK % ("2001-01-01T00:00:00Z", "2001-02-01T00:00:00Z", ""))["id"]
    done = state(session, url, gid)
    assert (done["status"], done["objectCount"], done["url"]) == ("COMPLETED", "0", None)


def test_a_field_that_the_shop_does_not_know_is_not_left_out_unseen(url: str, session: requests.Session) -> None:
    with pytest.raises(requests.HTTPError):
        bulk(session, url, BULK % ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "colourOfTheParcel"))


def test_an_operation_runs_as_long_as_it_was_told_to(app: ExtractorsApp, url: str, session: requests.Session) -> None:
    session.get(f"{url}{CONTROL}", params={"seconds": 3600}, timeout=30)
    gid = bulk(session, url, BULK % ("2001-01-01T00:00:00Z", "2001-02-01T00:00:00Z", ""))["id"]
    assert state(session, url, gid)["status"] == "RUNNING"
    app._ready = time.monotonic()
    assert state(session, url, gid)["status"] == "COMPLETED"


REDIRECTED = """
import json, sys, urllib.request
import requests
place, other = "https://kayra-demo.myshopify.com/admin/api/2026-10/shop.json", "https://elsewhere.myshopify.com/"
with urllib.request.urlopen(place) as answer:
    names = [json.load(answer)["shop"]["name"]]
with requests.Session() as session:
    names.append(session.get(place).json()["shop"]["name"])
    for ask, refusal in ((session.get, requests.exceptions.ConnectionError), (urllib.request.urlopen, OSError)):
        try:
            ask(other)
        except refusal as error:
            names.append("not to be reached" in str(error))
print(json.dumps(names))
"""


def test_a_redirected_program_reaches_this_shop_and_nothing_else(url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", REDIRECTED]
    done = subprocess.run(command, env=redirected(url), capture_output=True, encoding="utf-8", check=False)
    assert json.loads(done.stdout or "[]") == ["Kayra Demo", "Kayra Demo", True, True], done.stderr


def test_an_order_that_did_not_come_is_told(tmp_path: Path) -> None:
    output = tmp_path / "output"
    record = {"type": "RECORD", "stream": "orders", "record": {"id": "gid://shopify/Order/1", "lineItems": [{}, {}]}}
    output.write_text("\n".join(json.dumps(one) for one in ({"type": "STATE"}, record, record)), encoding="utf-8")
    brought = singer_records(output, tmp_path)
    assert brought == Brought(orders=1, twice=1, line_items=4)
    said = extractors.verdict([extractors.Run(1.0, 1.0, 1.0, 1, 1, brought)], {"orders": 2, "line_items": 5})
    assert said == "1 orders, 4 line items: MISSED 1 orders, 1 line items; 1 orders came twice"
    assert "MISSED" not in extractors.verdict(
        [extractors.Run(1.0, 1.0, 1.0, 1, 1, Brought(2, 0, 5))], {"orders": 2, "line_items": 5}
    )


def test_the_command_asks_where_the_shop_answers() -> None:
    assert (extractors.CONTROL, extractors.ABOUT, extractors.COUNTS) == (CONTROL, ABOUT, COUNTS)
