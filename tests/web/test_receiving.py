"""What is let in: signed by the right shop, of bearable size, once. What is kept of it: no more than what it is about."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from syncdb.errors import ConfigurationError
from syncdb.ledger.inbox.file import inbox_path
from syncdb.services.event_sources import event_sources
from syncdb.systems.shopify.deliveries import ShopSender, thing_of
from syncdb.web.application import application_of
from syncdb.web.receiver import LARGEST
from tests.web.signed import DOMAIN, SECRET, environment, headers, order

PREVIOUS = "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"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    env = environment(tmp_path) | {"SHOPIFY_PREVIOUS_WEBHOOK_SECRET": PREVIOUS}
    yield Client(application_of(event_sources(None, env, tmp_path)))


def kept(folder: Path, table: str = "event") -> list[tuple[Any, ...]]:
    path = inbox_path(folder / "shopify_sync.db")
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT * FROM {table}").fetchall()
    finally:
        connection.close()


def post(client: Client, body: bytes, told: dict[str, str], name: str = "shopify") -> int:
    return client.post(f"/webhooks/{name}", data=body, headers=told).status_code


def test_a_signed_event_is_kept_and_nothing_of_the_customer_with_it(client: Client, tmp_path: Path) -> None:
    assert post(client, order(), headers(order())) == 200
    (row,) = kept(tmp_path)
    assert row[:5] == ("shopify", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "orders/updated", "orders", "820982911946154509")
    assert row[5] == 1795176000123
    assert [one[:4] for one in kept(tmp_path, "waiting")] == [("grist", "shopify", "orders", "820982911946154509")]
    told = inbox_path(tmp_path / "shopify_sync.db").read_bytes()
    assert b"jane" not in told and b"Ring" not in told


def test_the_published_example_is_let_in() -> None:
    body = b'{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"}'
    told = {name.lower(): value for name, value in headers(body, "hush").items()}
    assert told["x-shopify-hmac-sha256"] == "QNSQrqj9duVb51o17wBAE7Y8vjTOP3dL4fSzPUdNx2U="
    heard = ShopSender("shopify", DOMAIN, ("hush",)).hear(told, body)
    assert heard.thing is not None and heard.thing.id == "820982911946154508"


@pytest.mark.parametrize(
    ("case", "secret", "more"),
    [
        ("another secret", "shpss_wrong", {}),
        ("no signature", SECRET, {"Hmac_SHA256": None}),
        ("an empty signature", SECRET, {"Hmac_SHA256": ""}),
        ("hexadecimal", SECRET, {"Hmac_SHA256": "ab" * 32}),
        ("letters beyond ASCII", SECRET, {"Hmac_SHA256": "ÄÖÜ"}),
        ("another shop", SECRET, {"Shop_Domain": "other.myshopify.com"}),
        ("no shop", SECRET, {"Shop_Domain": None}),
        ("a longer shop", SECRET, {"Shop_Domain": f"{DOMAIN}.example.com"}),
    ],
)
def test_what_does_not_fit_is_401_and_not_kept(client: Client, tmp_path: Path, case: str, secret: str, more: Any) -> None:
    assert post(client, order(), headers(order(), secret, **more)) == 401
    assert kept(tmp_path) == []


def test_junk_within_a_signature_is_not_overlooked(client: Client) -> None:
    good = headers(order())["X-Shopify-Hmac-SHA256"]
    for forged in (f"{good[:5]}!{good[5:]}", f"{good}, {good}", good.rstrip("="), good.swapcase()):
        assert post(client, order(), headers(order(), Hmac_SHA256=forged)) == 401


def test_the_bytes_count_not_what_they_mean(client: Client) -> None:
    assert post(client, order().replace(b": ", b":"), headers(order())) == 401


def test_the_secret_before_is_let_in_and_one_before_that_is_not(client: Client) -> None:
    assert post(client, order(), headers(order(), PREVIOUS)) == 200
    assert post(client, order(), headers(order(), "shpss_older")) == 401


def test_a_repeated_delivery_is_acknowledged_and_kept_once(client: Client, tmp_path: Path) -> None:
    for _ in range(3):
        assert post(client, order(), headers(order())) == 200
    assert len(kept(tmp_path)) == 1
    assert kept(tmp_path, "heard")[0][2:4] == (1, 2)


def test_a_replay_under_another_id_asks_for_the_same_thing_only(client: Client, tmp_path: Path) -> None:
    for number in range(5):
        assert post(client, order(), headers(order(), Webhook_Id=f"forged-{number}")) == 200
    assert len(kept(tmp_path, "waiting")) == 1


def test_an_oversized_body_is_refused_unread(client: Client, tmp_path: Path) -> None:
    large = b"x" * (LARGEST + 1)
    assert post(client, large, headers(large)) == 413
    fits = b'{"id": 1, "pad": "' + b"x" * (LARGEST - 20) + b'"}'
    assert len(fits) <= LARGEST and post(client, fits, headers(fits)) == 200
    huge = client.post("/webhooks/shopify", headers=headers(order()), environ_overrides={"CONTENT_LENGTH": "9" * 40})
    assert huge.status_code == 413


def test_a_body_without_length_or_cut_short_is_refused(client: Client, tmp_path: Path) -> None:
    whole = order()
    longer = {"CONTENT_LENGTH": str(len(whole) + 1)}
    cut = client.post("/webhooks/shopify", data=whole, headers=headers(whole), environ_overrides=longer)
    assert cut.status_code == 400
    for told in ("", "-1", "1e3", "١"):
        unmeasured = client.post(
            "/webhooks/shopify", data=whole, headers=headers(whole), environ_overrides={"CONTENT_LENGTH": told}
        )
        assert unmeasured.status_code == 411
    assert kept(tmp_path) == []


def test_nobody_else_has_an_address_here(client: Client) -> None:
    assert post(client, order(), headers(order()), "other") == 404
    assert post(client, order(), headers(order()), "shopify/x") == 404
    assert client.get("/webhooks/shopify").status_code == 405
    assert client.put("/webhooks/shopify", data=b"x").status_code == 405


@pytest.mark.parametrize(
    "body",
    [b" ", b"no json", b"[]", b"{}", b'{"id": null}', b'{"id": -1}', b'{"id": true}', b'{"id": "x1"}', b'{"id": 1.5}', b"\xff"],
)
def test_a_signed_body_that_makes_no_sense_is_400(client: Client, tmp_path: Path, body: bytes) -> None:
    assert post(client, body, headers(body)) == 400
    assert kept(tmp_path) == []


@pytest.mark.parametrize("more", [{"Webhook_Id": "x" * 300}, {"Topic": None}, {"Webhook_Id": None, "Event_Id": None}])
def test_headers_that_make_no_sense_are_400(client: Client, more: Any) -> None:
    assert post(client, order(), headers(order(), **more)) == 400


def test_a_topic_that_nobody_asked_for_is_acknowledged_and_not_kept(client: Client, tmp_path: Path) -> None:
    assert post(client, order(), headers(order(), Topic="draft_orders/update")) == 200
    assert kept(tmp_path) == []


@pytest.mark.parametrize(
    ("topic", "body", "kind"),
    [
        ("orders/delete", b'{"id": 7}', "orders"),
        ("orders/edited", b'{"order_edit": {"id": 1, "order_id": 7}}', "orders"),
        ("refunds/create", b'{"id": 1, "order_id": 7}', "orders"),
        ("fulfillments/update", b'{"id": 1, "order_id": 7}', "orders"),
        ("products/delete", b'{"id": 7}', "products"),
        ("inventory_levels/update", b'{"inventory_item_id": 7, "location_id": 1}', "inventory_items"),
        ("collections/update", b'{"id": 7}', "collections"),
    ],
)
def test_each_topic_says_what_it_is_about(topic: str, body: bytes, kind: str) -> None:
    thing = thing_of(topic, body)
    assert thing is not None and (thing.kind, thing.id) == (kind, "7")


@pytest.mark.parametrize(
    ("topic", "body", "person"),
    [
        ("customers/redact", b'{"customer": {"id": 7, "email": "jane@example.com"}, "orders_to_redact": [1, 2]}', "7"),
        (
            "customers/redact",
            b'{"customer": {"id": null, "email": "jane@example.com"}, "orders_to_redact": [1, 2]}',
            "orders:1,2",
        ),
        ("customers/data_request", b'{"customer": {"id": 7, "email": "jane@example.com"}, "orders_requested": []}', "7"),
        ("shop/redact", b'{"shop_id": 954889, "shop_domain": "kayra-demo.myshopify.com"}', ""),
    ],
)
def test_what_a_shop_asks_about_people_is_kept_until_it_is_done(
    client: Client, tmp_path: Path, topic: str, body: bytes, person: str
) -> None:
    for _ in range(2):
        assert post(client, body, headers(body, Topic=topic)) == 200
    assert [row[:3] for row in kept(tmp_path, "asked")] == [("shopify", topic, person)]
    assert kept(tmp_path, "waiting") == [] and b"jane" not in inbox_path(tmp_path / "shopify_sync.db").read_bytes()


def test_a_question_about_nobody_is_refused(client: Client, tmp_path: Path) -> None:
    body = b'{"customer": {}, "orders_to_redact": []}'
    assert post(client, body, headers(body, Topic="customers/redact")) == 400 and kept(tmp_path, "asked") == []


def test_refusals_are_counted_by_reason(client: Client, tmp_path: Path) -> None:
    post(client, order(), headers(order(), "shpss_wrong"))
    post(client, order(), headers(order(), Shop_Domain="other.myshopify.com"))
    post(client, order(), headers(order()))
    assert sorted(row[:3] for row in kept(tmp_path, "refused")) == [("shopify", "shop", 1), ("shopify", "signature", 1)]


def test_an_inbox_that_cannot_be_written_is_503(client: Client, tmp_path: Path) -> None:
    assert post(client, order(1), headers(order(1))) == 200
    holder = sqlite3.connect(inbox_path(tmp_path / "shopify_sync.db"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert post(client, order(2), headers(order(2), Webhook_Id="second")) == 503
    holder.rollback()
    holder.close()
    assert post(client, order(2), headers(order(2), Webhook_Id="second")) == 200
    assert len(kept(tmp_path)) == 2


def test_health_says_ok_with_strict_headers(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert (
        answer.headers["X-Content-Type-Options"] == "nosniff"
        and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    )


def test_it_does_not_start_without_a_secret(tmp_path: Path) -> None:
    env = environment(tmp_path) | {"SHOPIFY_ACCESS_TOKEN": "shpat_0123456789abcdef"}
    del env["SHOPIFY_CLIENT_ID"], env["SHOPIFY_CLIENT_SECRET"]
    with pytest.raises(ConfigurationError) as told:
        event_sources(None, env, tmp_path)
    assert "shopify_webhook_secret is not set" in str(told.value)
    assert event_sources(None, env | {"SHOPIFY_WEBHOOK_SECRET": SECRET}, tmp_path).senders["shopify"].lacks == ""


def test_it_does_not_start_without_anything_configured(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Nothing that sends webhooks"):
        event_sources(None, {}, tmp_path)
