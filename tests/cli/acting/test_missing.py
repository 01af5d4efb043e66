"""Missing orders: made in the shop behind the tool's back, and found by numbers, by counting, and in the sheet."""

import json
import random
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.shopify.generate import new_order
from syncdb.sandbox.shopify.tokens import Client
from tests.cli.acting.conftest import Manage
from tests.scenarios.test_gaps import hidden_and_seen
from tests.scenarios.world import World


def forget(world: World, *gids: str) -> None:
    """Take orders out of the ledger as if they had never been read."""
    with sqlite3.connect(world.folder / "ledger.db") as connection:
        for gid in gids:
            for table in ("order_tracking", "record", "pending"):
                connection.execute(f"DELETE FROM {table} WHERE order_id = ?", (gid.rpartition("/")[2],))
    connection.close()


def inner(world: World, count: int = 1) -> list[dict[str, Any]]:
    """Orders from the middle, made long enough ago, with ordinary names."""
    orders = sorted(world.shop.orders.values(), key=lambda one: one["number"])
    ordinary = [one for one in orders[3:-3] if one["name"] == f"#{one['number']}"]
    return ordinary[:count]


def test_nothing_is_missing(world: World, run: Manage) -> None:
    said = run("missing", "--json")
    assert said.code == 0, said.all
    data = said.data
    assert data["missed"] == [] and data["asked_shop"] is True
    assert sum(day["shop"] for day in data["days"]) == sum(day["ledger"] for day in data["days"]) > 0
    lines = sum(len(order["lineItems"]) or 1 for order in world.shop.orders.values())
    assert data["sheet"]["compared"] == lines and data["sheet"]["lacking"] == {}
    assert "No order is missing" in run("missing").out


def test_a_missed_order_is_found_by_its_number_and_fixed(world: World, run: Manage) -> None:
    lost = inner(world, 2)
    forget(world, *(one["id"] for one in lost))
    said = run("missing", "--json")
    assert said.code == 3, said.all
    names = {one["name"] for one in lost}
    assert {one["name"] for one in said.data["missed"]} == names
    assert {name for gap in said.data["gaps"] if gap["verdict"] == "missed" for name in gap["missed"]} == names
    assert "missing --fix" in run("missing").out

    before = world.rows()
    fixed = run("missing", "--fix", "--json")
    assert fixed.code == 0, fixed.all
    assert fixed.data["fixed"]["counts"]["fetched"] >= 2
    assert world.rows() == before  # their rows stood in the sheet already and were taken for what they are
    assert run("missing", "--json").data["missed"] == []
    assert world.sync().writes == 0


def test_a_missed_order_with_a_name_of_its_own_is_found_too(world: World, run: Manage) -> None:
    order = next(one for one in world.shop.orders.values() if one["name"] == f"#{one['number']}" and one in inner(world, 5))
    order["name"] = "WEB-2026-#77-A"
    world.shop.changed(order)
    forget(world, order["id"])
    said = run("missing", "--json")
    assert [one["name"] for one in said.data["missed"]] == ["WEB-2026-#77-A"]


def test_the_last_order_leaves_no_gap_but_is_counted(world: World, run: Manage) -> None:
    newest = max(world.shop.orders.values(), key=lambda one: one["number"])
    newest["createdAt"] = world.shop.stamp(world.shop.now() - timedelta(hours=3))
    world.shop.changed(newest)
    forget(world, newest["id"])
    said = run("missing", "--json")
    assert [one["name"] for one in said.data["missed"]] == [newest["name"]]
    assert any(day["missed"] == [newest["name"]] for day in said.data["days"])


def test_a_deleted_or_never_made_order_is_unexplained_not_missed(world: World, run: Manage) -> None:
    gone = inner(world)[0]
    world.shop.delete(gone["id"])
    told = run("missing").out  # the ledger still has it: it counts no more than the shop does
    assert f"{len(world.shop.orders)} orders of" in told and "only in the ledger" in told
    forget(world, gone["id"])
    world.pass_time(hours=1)
    said = run("missing", "--json")
    assert said.data["missed"] == []
    verdicts = {gap["first"]: gap["verdict"] for gap in said.data["gaps"]}
    assert verdicts[gone["number"]] == "never existed or deleted unseen"


def test_a_row_that_the_sheet_lacks_and_one_too_many(world: World, run: Manage) -> None:
    order = next(one for one in world.shop.orders.values() if len(one["lineItems"]) == 1)
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    world.colleague.delete_rows(world.row_of(key))
    said = run("missing", "--json")
    assert said.code == 3
    assert list(said.data["sheet"]["lacking"].values()) == [order["name"]]
    assert run("missing", "--fix", "--json").code == 0
    assert world.row_of(key)


def test_offline_and_without_a_network(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = inner(world)[0]
    forget(world, lost["id"])
    said = run("missing", "--offline", "--json")
    assert said.code == 0 and said.data["asked_shop"] is False
    assert [gap["first"] for gap in said.data["gaps"] if gap["verdict"] == "unasked"] == [lost["number"]]
    monkeypatch.setenv("DEADLINE_SECONDS", "1")
    monkeypatch.setenv("SHOPIFY_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_API_BASE_URL", "http://127.0.0.1:9")
    away = run("missing", "--json")
    assert away.code == 4 and away.data["shop_refused"] and away.data["sheet"]["refused"]
    assert [gap["first"] for gap in away.data["gaps"] if gap["verdict"] == "unasked"] == [lost["number"]]
    assert "not asked" in run("missing", "--offline").out


def test_many_orders_cost_few_questions(made: Any, run: Manage) -> None:
    world = made(120)
    assert world.at_once().code == 0
    world.faults.log.clear()
    assert run("missing", "--json").code == 0
    assert world.faults.count("shopify", "read") <= 4  # which shop, the counts, and the one gap by name and by time
    assert world.faults.count("sheets", "write") == 0


def test_no_ledger_yet(made: Any, run: Manage) -> None:
    made()
    said = run("missing")
    assert said.code == 5 and "no ledger" in said.err


def test_a_test_order_is_named_as_one(world: World, run: Manage) -> None:
    order = inner(world)[0]
    order["test"] = True
    world.shop.changed(order)
    forget(world, order["id"])
    assert [one["test"] for one in run("missing", "--json").data["missed"]] == [True]
    assert "(test)" in run("missing").out


def test_an_order_too_new_for_the_search_is_found_in_the_database(world: World, run: Manage) -> None:
    late, key = hidden_and_seen(world, hours=48)
    assert world.at_once().code == 0 and key not in world.rows()
    said = run("missing")
    assert said.code == 3 and late["name"] in said.out, said.all
    assert "No order is missing" not in said.out and "no gap" not in said.out
    assert run("missing", "--fix", "--json").code == 0
    assert key in world.rows() and run("missing").code == 0


def with_a_new_gap(world: World) -> int:
    """A shop whose newest order but one was deleted before anybody read it: its number."""
    assert world.at_once().code == 0
    rng = random.Random(3)
    gone = new_order(world.shop, rng, world.sandbox.now(), 1)
    world.shop.delete(gone["id"])
    new_order(world.shop, rng, world.sandbox.now(), 1)
    assert world.at_once().code == 0
    return int(gone["number"])


def test_a_gap_too_new_to_tell_is_never_called_none(made: Any, run: Manage) -> None:
    with_a_new_gap(made(20))
    early = run("missing")
    assert early.code == 0 and "1 too recent to tell" in early.out and "no gap" not in early.out, early.all
    assert "too recent" in early.out.partition("Numbers")[2]


def test_the_age_of_a_gap_counts_from_now_not_from_the_last_run(made: Any, run: Manage) -> None:
    number = with_a_new_gap(made(20, time=time.time() - 3600))
    verdicts = {gap["first"]: gap["verdict"] for gap in run("missing", "--json").data["gaps"]}
    assert verdicts[number] == "never existed or deleted unseen"
    assert "1 absent" in run("missing").out


def test_beyond_the_horizon(made: Any, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    world = made()
    for days in (90, 89, 88, 20, 19):
        new_order(world.shop, random.Random(days), world.shop.now() - timedelta(days=days), 1)
    monkeypatch.setenv("LOOKBACK_DAYS", "100")
    world.env["LOOKBACK_DAYS"] = "100"
    assert world.at_once().code == 0
    orders = sorted(world.shop.orders.values(), key=lambda one: one["number"])
    forget(world, orders[1]["id"])
    seen = run("missing", "--days", "120", "--json").data
    assert [gap["verdict"] for gap in seen["gaps"]] == ["missed"]
    world.sandbox.shopify.tokens.add_client(
        world.sandbox.client_id, Client(world.sandbox.client_secret, frozenset({"read_orders", "read_customers"}))
    )
    blind = run("missing", "--days", "120", "--json").data
    assert [gap["verdict"] for gap in blind["gaps"]] == ["beyond the 60 days"]
    assert blind["missed"] == []


def test_a_row_that_a_route_lacks_is_named_with_the_route_and_fixed(
    made: Callable[..., World], run: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = json.dumps({"north": {"target_worksheet": "North", "rows": "order"}})
    monkeypatch.setenv("ROUTES", routes)
    world = made(20, env={"ROUTES": routes})
    assert world.at_once().code == 0
    north = Colleague(world.sandbox.spreadsheet, "North")
    north.delete_rows(5, 1)
    said = run("missing", "--json")
    assert said.code == 3 and said.data["sheet"]["lacking"] == {} and len(said.data["sheet_north"]["lacking"]) == 1, said.all
    assert "the sheet north" in run("missing").out
    assert run("missing", "--fix").code == 0
    assert run("missing", "--json").code == 0
    audits = run("audit", "--pair", "sheets", "--days", "400", "--json").data["audits"]
    assert len(audits) == 2 and all(one["proven"] for one in audits) and "north: tab North" in audits[1]["between"]
    assert {one["name"].partition(":")[0] for one in run("validate", "--json").data["checks"]} >= {"north"}
    north.insert_rows(4)
    north.copy_rows(5, 1, 4)
    said = run("missing")
    name = north.shown("B4")
    assert said.code == 3 and f"in the sheet north, 1 keys: {name}, {north.shown('A4')} (rows 4, 5)" in said.out
    ran = world.at_once(full=True, as_json=False)
    assert f"Order {north.shown('A4')} of {name} (rows 4, 5) stands in several rows" in ran.text, ran.text
    assert "number 4 in Sheet north, number 5 in Sheet north" in run("conflicts").out
    told = run("history", name).out
    assert "In the sheet north" in told and "sheet north row" in told and "In the sheet  " in told
    north.delete_rows(4)
    north.rename_header("Total", "Sum")
    said = run("missing")
    assert said.code == 5 and "The sheet north was not compared" in said.out and "What to do: Rename it back" in said.out
