"""The local shop's webhooks: refused as recorded, signed, sent by HTTP, tried again and given up as documented."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.webhooks.delivery import WAITS, Weather, signature
from tests.sandbox.shopify.asking import Asking
from tests.sandbox.shopify.recorded import SHARED

PUBLIC = "https://hooks.example"
SELECTED = """id topic format includeFields metafieldNamespaces filter createdAt updatedAt
    endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } }"""
CREATE = f"""mutation($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {{
    webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {{
      webhookSubscription {{ {SELECTED} }} userErrors {{ field message }} }} }}"""
UPDATE = f"""mutation($id: ID!, $webhookSubscription: WebhookSubscriptionInput!) {{
    webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhookSubscription) {{
      webhookSubscription {{ {SELECTED} }} userErrors {{ field message }} }} }}"""
DELETE = "mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }"
LIST = """query($first: Int, $after: String, $last: Int, $before: String,
    $sortKey: WebhookSubscriptionSortKeys, $reverse: Boolean) {
    webhookSubscriptions(first: $first, after: $after, last: $last, before: $before, sortKey: $sortKey, reverse: $reverse) {
      nodes { id topic format createdAt updatedAt endpoint { __typename ... on WebhookHttpEndpoint { callbackUrl } } }
      edges { cursor node { id topic } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def recording(name: str) -> Any:
    path = SHARED / "recordings" / "stores" / "webhooks" / "2026-04" / f"webhook-subscription-{name}.json"
    if not path.exists():
        pytest.skip(f"no recording {name} at hand")
    return json.loads(path.read_text(encoding="utf-8"))


def replayed(value: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Recorded variables and answers, in their order."""
    if isinstance(value, dict) and "response" in value:
        yield value["variables"], value["response"]["payload"]
    elif isinstance(value, dict):
        for one in value.values():
            yield from replayed(one)


class Replay:
    """Sends what was recorded to the local shop, with its own ids in place of the recorded ones."""

    def __init__(self) -> None:
        self.asking = Asking()
        self.ids: dict[str, str] = {}

    def compare(self, variables: dict[str, Any], told: dict[str, Any]) -> None:
        query = CREATE if "topic" in variables else UPDATE if "webhookSubscription" in variables else DELETE
        given = variables | ({"id": self.ids[variables["id"]]} if "id" in variables else {})
        answer = self.asking.ask(query, "2026-04", **given)
        name = next(iter(told["data"]))
        mine, theirs = answer["data"][name], told["data"][name]
        assert mine["userErrors"] == theirs["userErrors"], variables
        made = theirs.get("webhookSubscription")
        if made:
            self.ids[made["id"]] = mine["webhookSubscription"]["id"]
            shared = made.keys() & mine["webhookSubscription"].keys() - {"id", "createdAt", "updatedAt"}
            assert {key: mine["webhookSubscription"][key] for key in shared} == {key: made[key] for key in shared}
        cost, theirs_cost = answer["extensions"]["cost"], told["extensions"]["cost"]
        assert cost["requestedQueryCost"] == theirs_cost["requestedQueryCost"]


@pytest.mark.parametrize("name", ["topic-format-name-validation", "scheme-allowlist", "uri-whitespace", "filter-mixed-term"])
def test_subscriptions_are_refused_and_kept_as_recorded(name: str) -> None:
    replay, compared = Replay(), 0
    told = recording(name)
    for part in ("setup", "cases", "validation"):
        for variables, payload in replayed(told.get(part, {})):
            hook = variables.get("webhookSubscription", {})
            # names and clouds are left out here; deletes come last in the recordings
            if not hook or "name" in hook or str(hook.get("uri")).startswith("pubsub"):
                continue
            replay.compare(variables, payload)
            compared += 1
    assert compared >= 2


def test_pages_of_subscriptions_are_as_recorded() -> None:
    told, replay = recording("list-connection"), Replay()
    for variables, payload in replayed(told["setup"]):
        replay.compare(variables, payload)
    asked = {name: one for name, one in told["reads"].items() if not name.endswith("Filter")}
    assert len(asked) == 5
    back = {mine: theirs for theirs, mine in replay.ids.items()}
    for name, one in asked.items():
        given = {key: value for key, value in one["variables"].items() if key not in ("after", "before")}
        if "after" in one["variables"] or "before" in one["variables"]:
            key = "after" if "after" in one["variables"] else "before"
            first = replay.asking.ask(LIST, "2026-04", first=3)["data"]["webhookSubscriptions"]["edges"]
            given[key] = first[1 if key == "after" else 2]["cursor"]
        answer = replay.asking.ask(LIST, "2026-04", **given)
        mine, theirs = answer["data"]["webhookSubscriptions"], one["response"]["payload"]["data"]["webhookSubscriptions"]
        assert [back[node["id"]] for node in mine["nodes"]] == [node["id"] for node in theirs["nodes"]], name
        for flag in ("hasNextPage", "hasPreviousPage"):
            assert mine["pageInfo"][flag] == theirs["pageInfo"][flag], name


@dataclass
class Receiver:
    """Answers what it is told to, and keeps what came."""

    status: int = 200
    got: list[tuple[Message, bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((self.headers, body))
            self.send_response(kept.status)
            self.send_header("Location", kept.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def asking(receiver: Receiver) -> Asking:
    made = Asking(orders=12)
    made.app.webhooks.secret = "hush"
    made.app.webhooks.proxies[PUBLIC] = receiver.url
    return made


def subscribe(asking: Asking, topic: str, **more: Any) -> str:
    wanted = {"uri": f"{PUBLIC}/webhooks/shop", "format": "JSON", **more}
    answer = asking.ask(CREATE, topic=topic, webhookSubscription=wanted)["data"]["webhookSubscriptionCreate"]
    assert answer["userErrors"] == []
    return str(answer["webhookSubscription"]["id"])


def topics(receiver: Receiver) -> list[str]:
    return [headers["X-Shopify-Topic"] for headers, _ in receiver.got]


def test_the_signature_is_the_documented_one() -> None:
    body = b'{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"}'
    assert signature("hush", body) == "QNSQrqj9duVb51o17wBAE7Y8vjTOP3dL4fSzPUdNx2U="


def test_an_order_is_sent_signed_with_its_customer_and_only_chosen_fields_on_demand(asking: Asking, receiver: Receiver) -> None:
    subscribe(asking, "ORDERS_UPDATED")
    subscribe(asking, "ORDERS_DELETE")
    asking.shop.set_note(asking.ids[0], "Grüße")
    asking.shop.delete(asking.ids[1])
    assert asking.app.webhooks.deliver_due() == 2
    headers, body = receiver.got[0]
    assert headers["X-Shopify-Hmac-SHA256"] == signature("hush", body)
    assert headers["X-Shopify-Shop-Domain"] == "kayra-demo.myshopify.com"
    assert json.loads(body)["note"] == "Grüße" and "line_items" in json.loads(body)
    assert topics(receiver) == ["orders/updated", "orders/delete"]
    assert list(json.loads(receiver.got[1][1])) == ["id"]
    subscribe(asking, "ORDERS_CANCELLED", includeFields=["id", "updated_at"])
    order = next(one for one in asking.shop.orders.values() if not one["cancelledAt"] and not one["fulfillments"])
    asking.shop.cancel(order["id"])
    asking.app.webhooks.deliver_due()
    cancelled = next(body for headers, body in receiver.got if headers["X-Shopify-Topic"] == "orders/cancelled")
    assert sorted(json.loads(cancelled)) == ["id", "updated_at"]


def test_a_sale_of_stock_is_told_as_a_level_and_as_a_product(asking: Asking, receiver: Receiver) -> None:
    merchant = Merchant(asking.shop.goods)
    tea = merchant.add_product("Tea", sku="TEA-1", stock=10)
    for topic in ("PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE", "INVENTORY_LEVELS_UPDATE"):
        subscribe(asking, topic)
    merchant.sell(tea["variants"][0]["id"], 1)
    asking.app.webhooks.deliver_due()
    assert {"inventory_levels/update", "products/update"} == set(topics(receiver))
    level = json.loads(next(body for headers, body in receiver.got if headers["X-Shopify-Topic"] == "inventory_levels/update"))
    assert level["available"] == 9 and "sku" not in level and "variant" not in str(level)
    asking.shop.goods.bumps.discard("product after stock")
    receiver.got.clear()
    merchant.sell(tea["variants"][0]["id"], 1)
    merchant.delete_product(tea["id"])
    asking.app.webhooks.deliver_due()
    assert "products/update" in topics(receiver) and topics(receiver)[-1] == "products/delete"


def test_many_variants_are_cut_at_a_hundred_with_all_ids_beside(asking: Asking, receiver: Receiver) -> None:
    merchant = Merchant(asking.shop.goods)
    tea = merchant.add_product("Tea")
    for number in range(120):
        merchant.add_variant(tea["id"], {"Title": f"Size {number}"})
    subscribe(asking, "PRODUCTS_UPDATE")
    merchant.edit_product(tea["id"], title="Green tea")
    asking.app.webhooks.deliver_due()
    body = json.loads(receiver.got[0][1])
    assert len(body["variants"]) == 100 and len(body["variant_gids"]) == 121


@pytest.mark.parametrize("status", [500, 302, 401])
def test_a_failed_delivery_is_tried_eight_times_with_its_first_body_then_unsubscribed(
    asking: Asking, receiver: Receiver, status: int
) -> None:
    receiver.status = status
    gid = subscribe(asking, "ORDERS_UPDATED")
    asking.shop.set_note(asking.ids[0], "first")
    desk = asking.app.webhooks
    desk.deliver_due()
    for wait in WAITS:
        assert gid in desk.subscriptions.by_id
        assert desk.deliver_due() == 0
        asking.clock.forward(wait)
        assert desk.deliver_due() == 1
    assert len(receiver.got) == 9 and len({body for _, body in receiver.got}) == 1
    assert len({headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got}) == 1
    assert gid not in desk.subscriptions.by_id and desk.waiting == 0
    assert sum(WAITS) == 4 * 3600


def test_a_delivery_that_gets_through_in_time_keeps_its_subscription(asking: Asking, receiver: Receiver) -> None:
    receiver.status = 503
    gid = subscribe(asking, "ORDERS_UPDATED")
    asking.shop.set_note(asking.ids[0], "first")
    asking.app.webhooks.deliver_due()
    receiver.status = 200
    asking.clock.forward(WAITS[0])
    asking.app.webhooks.deliver_due()
    assert [one.status for one in asking.app.webhooks.sent] == [503, 200]
    assert gid in asking.app.webhooks.subscriptions.by_id and asking.app.webhooks.waiting == 0


def test_bad_weather_loses_doubles_and_reorders(asking: Asking, receiver: Receiver) -> None:
    subscribe(asking, "ORDERS_UPDATED")
    desk = asking.app.webhooks
    desk.weather = Weather(lost=0.3, doubled=0.3, delay=60)
    for number in range(60):
        asking.shop.set_note(asking.ids[0], str(number))
    for _ in range(61):
        asking.clock.forward(1)
        desk.deliver_due()
    ids = [headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got]
    notes = [json.loads(body)["note"] for _, body in receiver.got]
    assert len(set(ids)) < len(ids) and 20 < len(set(ids)) < 60
    assert notes != sorted(notes, key=int)


def test_a_thread_delivers_by_itself(asking: Asking, receiver: Receiver) -> None:
    subscribe(asking, "ORDERS_UPDATED")
    asking.app.webhooks.start()
    asking.shop.set_note(asking.ids[0], "now")
    assert asking.app.webhooks.settle()
    asking.app.webhooks.close()
    assert topics(receiver) == ["orders/updated"]


def test_a_topic_needs_its_scope(asking: Asking) -> None:
    asking.app.tokens.add_token("shpat_poor", frozenset({"read_orders"}))
    hook = {"uri": f"{PUBLIC}/x", "format": "JSON"}
    answer = asking.post(CREATE, token="shpat_poor", topic="PRODUCTS_UPDATE", webhookSubscription=hook).get_json()
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
