"""What a shop with an ERP tells of its own accord is in the ERP within seconds, and the ERP's table shows its webhooks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.cli.pair_action import act
from syncdb.cli.pair_options import RunOptions
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld
from tests.scenarios.listening import PUBLIC, Listening


@pytest.fixture
def world(tmp_path: Path, erp: Erp, monkeypatch: pytest.MonkeyPatch) -> ErpWorld:
    monkeypatch.chdir(tmp_path)
    made = ErpWorld(tmp_path, erp)
    made.stock_up("SHIRT", 10)
    made.switch("inventory", "orders", "products", "customers")
    for _ in range(2):
        made.synced()
    return made


def webhooks(world: ErpWorld, word: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    env = {**world.env, "BASE_URL": PUBLIC}
    act("erp", "webhooks", RunOptions(as_json=True), env, world.clock, given={"word": word})
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_stock_orders_prices_and_customers_are_there_within_seconds(world: ErpWorld, capsys: pytest.CaptureFixture[str]) -> None:
    webhooks(world, "register", capsys)
    variant = world.till.variant("SHIRT")
    assert variant is not None
    seen: list[tuple[Any, ...]] = []

    def shown() -> None:
        stock, product = world.rows("inventory")[0], world.rows("products")[0]
        customers = [row["email"] for row in world.rows("customers")]
        seen.append((stock["quantity"], str(product["price"]), "neu@example.com" in customers, len(world.rows())))

    with Listening(world, "erp", subscribed=False) as listening:
        at: dict[float, Callable[[], object]] = {
            10: lambda: world.merchant.sell(variant["id"], 2),
            11: lambda: world.merchant.edit_variant(variant["id"], price="24.90"),
            12: lambda: world.shop.customers.add(email="neu@example.com", firstName="Neu"),
            13: lambda: world.till.sell({"SHIRT": 1}),
            40: shown,
        }
        listening.series(60, at)
    (found,) = seen
    assert found[1:] == ("24.9000", True, 1) and found[0] <= 8
    table = {row["topic"]: row for row in world.rows("shopify_webhook_registry")}
    assert {row["status"] for row in table.values()} == {"active"}
    assert all(table[one]["last_triggered"] for one in ("orders/create", "customers/create", "inventory_levels/update"))
    assert table["orders/delete"]["last_triggered"] is None


def test_the_table_shows_what_is_lacking(world: ErpWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert webhooks(world, "status", capsys)["exit_code"] == 3 and world.rows("shopify_webhook_registry") == []
    assert webhooks(world, "register", capsys)["exit_code"] == 0
    rows = world.rows("shopify_webhook_registry")
    assert len(rows) == 11 and {row["status"] for row in rows} == {"active"}
    desk = world.sandbox.shopify.webhooks.subscriptions
    lost = next(id for id, one in desk.by_id.items() if one["topic"] == "ORDERS_CREATE")
    del desk.by_id[lost]
    changed = next(one for one in desk.by_id.values() if one["topic"] == "CUSTOMERS_UPDATE")
    changed["includeFields"] = ["id", "email"]
    assert webhooks(world, "status", capsys)["exit_code"] == 3
    states = {row["topic"]: row["status"] for row in world.rows("shopify_webhook_registry")}
    assert (
        states["orders/create"] == "inactive" and states["customers/update"] == "error" and states["orders/updated"] == "active"
    )
    webhooks(world, "register", capsys)
    states = {row["topic"]: row["status"] for row in world.rows("shopify_webhook_registry") if row["status"] == "active"}
    assert len(states) == 11


def test_without_a_public_address_it_says_what_to_do(world: ErpWorld, capsys: pytest.CaptureFixture[str]) -> None:
    webhooks(world, "register", capsys)
    registry = world.rows("shopify_webhook_registry")
    code = act("erp", "webhooks", RunOptions(), world.env, world.clock, given={"word": "register"})
    said = capsys.readouterr()
    assert code == 2 and "base_url is not set" in said.out + said.err
    code = act("erp", "webhooks", RunOptions(), world.env, world.clock, given={"word": "status"})
    said = capsys.readouterr()
    assert code == 0 and "base_url is not set" in said.out and f"sends to {PUBLIC}/webhooks/shopify" in said.out
    assert world.rows("shopify_webhook_registry") == registry


def test_an_order_of_the_erp_is_in_the_shop_within_seconds(world: ErpWorld) -> None:
    """Its queue is looked at while a series waits for the next run, which is an hour away."""
    seen: list[tuple[int, int]] = []

    def shown() -> None:
        seen.append((len(world.shop.orders), len(world.queue("pending"))))

    with Listening(world, "erp", subscribed=False) as listening:
        at: dict[float, Callable[[], object]] = {10: lambda: world.erp_order("SO-7"), 12: shown, 30: shown}
        listening.series(31, at)
    assert seen == [(1, 0), (1, 0)]
