"""Pages that change something at a shop: they show without asking, and act only for who gives the token from a page of ours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.stores import TwoStores
from syncdb.services.event_sources import event_sources
from syncdb.web.application import application_of
from tests.account import account_key

TOKEN = "a-token-that-nobody-guesses-42"
PATHS = ("/register_webhooks/shopify", "/setup/metafields/create")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path, key=account_key()) as made:
        yield made


def client_of(sandbox: Sandbox, folder: Path, **more: str) -> Client:
    files = {"DB_PATH": str(folder / "ledger.db"), "LOG_FILE": str(folder / "log.txt"), "BASE_URL": "https://hooks.example"}
    env = sandbox.environment() | files | {"WEB_TOKEN": TOKEN} | more
    return Client(application_of(event_sources(None, {name: value for name, value in env.items() if value}, folder)))


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> Client:
    return client_of(sandbox, tmp_path)


def subscribed(sandbox: Sandbox) -> list[str]:
    return sorted(one["topic"] for one in sandbox.shopify.webhooks.subscriptions.by_id.values())


def test_looking_asks_nobody_and_changes_nothing(client: Client, sandbox: Sandbox) -> None:
    for path in PATHS:
        page = client.get(path)
        assert page.status_code == 200 and 'name="token"' in page.text
    assert "orders/create is to be sent to https://hooks.example/webhooks/shopify" in client.get(PATHS[0]).text
    assert sandbox.faults.log == [] and subscribed(sandbox) == []


def test_with_the_token_it_is_done_and_can_be_done_again(client: Client, sandbox: Sandbox) -> None:
    for _ in range(2):
        page = client.post(PATHS[0], data={"token": TOKEN})
        assert page.status_code == 200 and "orders/create is sent to https://hooks.example/webhooks/shopify" in page.text
    assert len(subscribed(sandbox)) == len(set(subscribed(sandbox))) == 8
    assert client.post(PATHS[0], headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ({}, {}),
        ({"token": ""}, {}),
        ({"token": TOKEN[:-1]}, {}),
        ({"token": "ÄÖÜ"}, {}),
        ({"token": TOKEN}, {"Origin": "https://evil.example"}),
        ({"token": TOKEN}, {"Origin": "null"}),
        ({"token": TOKEN}, {"Sec-Fetch-Site": "cross-site"}),
        ({"token": TOKEN}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
def test_nobody_else_has_anything_done(client: Client, sandbox: Sandbox, path: str, given: Any, headers: Any) -> None:
    assert client.post(path, data=given, headers=headers).status_code == 403
    assert client.get(path, query_string={"token": TOKEN}).status_code == 200
    assert sandbox.faults.log == [] and subscribed(sandbox) == []


def test_our_own_form_is_let_in(client: Client) -> None:
    own = {"Origin": "http://127.0.0.1:8787", "Sec-Fetch-Site": "same-origin", "Host": "127.0.0.1:8787"}
    assert client.post(PATHS[0], data={"token": TOKEN}, headers=own).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8787", "127.0.0.1.evil.example", "hooks.example.evil", "", "[::1"]
)
def test_another_name_for_this_computer_is_refused_first_of_all(client: Client, sandbox: Sandbox, host: str) -> None:
    for path in (*PATHS, "/health", "/absent"):
        assert client.get(path, headers={"Host": host}).status_code == 421
        assert client.post(path, data={"token": TOKEN}, headers={"Host": host}).status_code == 421
    assert sandbox.faults.log == []


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8787", "127.0.0.1:8787", "[::1]:8787", "hooks.example", "HOOKS.example"]
)
def test_names_of_ours_are_let_in(client: Client, host: str) -> None:
    assert client.get(PATHS[0], headers={"Host": host}).status_code == 200


def test_without_a_token_configured_nothing_is_done(sandbox: Sandbox, tmp_path: Path) -> None:
    client = client_of(sandbox, tmp_path, WEB_TOKEN="")
    page = client.post(PATHS[0], data={"token": ""})
    assert page.status_code == 403 and "web_token is not set" in page.text and subscribed(sandbox) == []


def test_without_a_public_address_it_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    client = client_of(sandbox, tmp_path, BASE_URL="")
    assert "base_url is not set" in client.post(PATHS[0], data={"token": TOKEN}).text


def test_an_unknown_shop_is_not_found_and_a_shop_that_is_away_is_told(client: Client, sandbox: Sandbox) -> None:
    assert client.get("/register_webhooks/<b>x").status_code == 404
    assert "<b>" not in client.get("/register_webhooks/<b>x").text
    sandbox.shopify.tokens.clients.clear()
    page = client.post(PATHS[0], data={"token": TOKEN})
    assert page.status_code == 502 and "Traceback" not in page.text


def test_every_page_has_strict_headers_and_no_token_in_it(client: Client) -> None:
    rules = list(client.application.url_map.iter_rules())  # type: ignore[union-attr]
    assert {rule.rule for rule in rules} == {"/health", "/register_webhooks/<name>", "/setup/metafields/create"}
    for path in (*PATHS, "/health", "/absent"):
        page = client.get(path)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"] and TOKEN not in page.text
        assert page.headers["Cache-Control"] == "no-store" and page.headers["X-Content-Type-Options"] == "nosniff"


def test_definitions_of_two_stores_are_shown_and_made(tmp_path: Path) -> None:
    with TwoStores() as stores:
        files = {"DB_PATH": str(tmp_path / "ledger.db"), "LOG_FILE": str(tmp_path / "log.txt")}
        env = stores.environment() | files | {"WEB_TOKEN": TOKEN, "BASE_URL": "https://hooks.example"}
        client = Client(application_of(event_sources(None, env, tmp_path)))
        assert "taf_product_id" in client.get(PATHS[1]).text
        assert [one.faults.log for one in (stores.taf, stores.afl)] == [[], []]
        made = client.post(PATHS[1], data={"token": TOKEN})
        assert made.status_code == 200 and "afl_product_id" in made.text
        again = client.post(PATHS[1], data={"token": TOKEN})
        assert again.status_code == 200 and again.text != made.text
        for name in ("taf", "afl"):
            page = client.post(f"/register_webhooks/{name}", data={"token": TOKEN})
            assert f"products/update is sent to https://hooks.example/webhooks/{name}" in page.text
        topics = sorted(one["topic"] for one in stores.afl.app.webhooks.subscriptions.by_id.values())
        assert topics == ["INVENTORY_LEVELS_UPDATE", "PRODUCTS_CREATE", "PRODUCTS_DELETE", "PRODUCTS_UPDATE"]
