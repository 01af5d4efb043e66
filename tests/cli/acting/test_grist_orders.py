"""Orders in a Grist document, nothing else configured: what is missing, what was held back, and a customer redacted."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.cells import entered
from tests.cli.acting.conftest import ORDER_COLUMNS
from tests.cli.acting.test_missing import forget, inner
from tests.cli.acting.test_redact import customer_of, in_bytes, only_theirs, texts_of
from tests.cli.conftest import Answer, manage
from tests.scenarios.grist_world import GristWorld

PAUSE = 61  # seconds after which the quotas are full again


def ask(*arguments: str, world: GristWorld) -> Answer:
    """A command a minute later: the world's clock stands still otherwise."""
    world.pass_time(PAUSE)
    return manage(*arguments)


PERSONAL = ("Customer", "Email", "Shipping city", "Note")


def keys_of(orders: list[dict[str, Any]]) -> set[str]:
    return {order["id"].rpartition("/")[2] for order in orders}


def shown(world: GristWorld, keys: set[str]) -> dict[str, list[Any]]:
    """What the personal columns of some rows still hold."""
    rows = world.rows("orders")
    held = {key: [rows[key][label] for label in PERSONAL if rows[key][label] not in ("", None)] for key in keys}
    return {key: cells for key, cells in held.items() if cells}


# --- missing


def test_every_order_is_compared_with_its_row(grist_orders: GristWorld) -> None:
    said = ask("missing", "--json", world=grist_orders)
    assert said.code == 0, said.all
    assert said.data["grist"]["compared"] == len(grist_orders.sandbox.shop.orders) and said.data["grist"]["refused"] == ""
    assert "sheet" not in said.data and said.data["asked_shop"] is True
    told = ask("missing", world=grist_orders).out
    assert "Every order has its rows in Grist" in told and "sheet" not in told


def test_a_row_that_grist_lacks_is_named_and_put_back(grist_orders: GristWorld) -> None:
    order = inner(grist_orders)[0]
    key = order["id"].rpartition("/")[2]
    grist_orders.person("orders").delete(grist_orders.row("orders", key))
    grist_orders.person("orders").add(**{"Shopify ID": "4711"})
    copied = inner(grist_orders, 2)[1]["id"].rpartition("/")[2]
    twice = grist_orders.person("orders").copy(grist_orders.row("orders", copied))  # type: ignore[union-attr]
    said = ask("missing", "--json", world=grist_orders)
    assert said.code == 3, said.all
    assert list(said.data["grist"]["lacking"].values()) == [order["name"]]
    assert said.data["grist"]["foreign"] == ["4711"] and copied in said.data["grist"]["doubled"][0]
    grist_orders.person("orders").delete(twice)
    fixed = ask("missing", "--fix", "--json", world=grist_orders)
    assert fixed.code == 0, fixed.all
    assert [one["pair"] for one in fixed.data["fixes"]] == ["grist"] and fixed.data["fixed"] is not None
    assert key in grist_orders.rows("orders")


def test_a_missed_order_is_fetched_for_grist(grist_orders: GristWorld) -> None:
    lost = inner(grist_orders, 2)
    forget(grist_orders, *(one["id"] for one in lost))
    assert {one["name"] for one in ask("missing", "--json", world=grist_orders).data["missed"]} == {one["name"] for one in lost}
    fixed = ask("missing", "--fix", "--json", world=grist_orders)
    assert fixed.code == 0 and fixed.data["fixed"]["counts"]["fetched"] >= 2, fixed.all
    assert ask("missing", "--json", world=grist_orders).data["missed"] == []


def test_before_the_first_run_there_is_nothing_to_compare(in_grist: Callable[..., GristWorld]) -> None:
    world = in_grist()
    assert ask("missing", world=world).code == 5  # no ledger yet


def test_a_document_out_of_reach_is_named(grist_orders: GristWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEADLINE_SECONDS", "1")
    monkeypatch.setenv("GRIST_SERVER", "http://127.0.0.1:9")
    said = ask("missing", "--json", world=grist_orders)
    assert said.code == 4 and said.data["asked_shop"] is True and "127.0.0.1:9" in said.data["grist"]["refused"]
    assert "Grist was not compared" in ask("missing", world=grist_orders).out


def test_rows_behind_access_rules_are_not_called_missing(grist_orders: GristWorld) -> None:
    grist_orders.faults.add(Fault("forbidden", "/compare", times=None))
    key = next(iter(grist_orders.rows("orders")))
    grist_orders.person("orders").delete(grist_orders.row("orders", key))
    said = ask("missing", "--json", world=grist_orders)
    assert said.code == 0 and "access rules" in said.data["grist"]["refused"], said.all


def test_offline_only_lists_gaps(grist_orders: GristWorld) -> None:
    said = ask("missing", "--offline", "--json", world=grist_orders)
    assert said.code == 0 and said.data["grist"]["refused"] == "not asked"


@pytest.mark.parametrize(
    "command", [["missing"], ["missing", "--fix"], ["missing", "--offline"], ["redact", "1001", "--everywhere", "--yes"]]
)
def test_without_orders_in_grist_it_does_not_apply(in_grist: Callable[..., GristWorld], command: list[str]) -> None:
    world = in_grist(products=3, env={"GRIST_SYNC": json.dumps({"products": True})})
    world.synced()
    before, world.faults.log[:] = world.ledger.read_bytes(), []
    said = ask(*command, world=world)
    assert said.code == 2 and "keeps no copies of orders" in said.err and "does not apply" in said.err, said.all
    assert ask(*command, "--json", world=world).data["exit_code"] == 2
    assert world.ledger.read_bytes() == before and world.faults.log == []


# --- retry


def test_an_order_that_was_held_back_is_tried_again(grist_orders: GristWorld) -> None:
    world = grist_orders
    order = next(iter(world.sandbox.shop.orders.values()))
    assert ask("retry", world=world).out.startswith("No order is held back")
    world.sandbox.shop.fail_order(order["id"])
    world.sandbox.shop.changed(order)
    assert world.sync().code == 3
    assert [one["order_name"] for one in ask("retry", "--json", world=world).data["still_held_back"]] == [order["name"]]
    world.sandbox.shop.heal(order["id"])
    good = ask("retry", "--json", world=world)
    assert good.code == 0 and [one["order_name"] for one in good.data["made_good"]] == [order["name"]], good.all
    assert [one["pair"] for one in good.data["runs"]] == ["grist"] and good.data["run"]["run_id"] == good.data["runs"][0][
        "run_id"
    ]


def test_a_cell_that_could_not_be_read_is_tried_again(in_grist: Callable[..., GristWorld]) -> None:
    world = in_grist(products=3, orders=0, env={"GRIST_SYNC": json.dumps({"products": True, "variants": True})})
    world.synced()
    variant = world.variant()
    price = world.shown("variants", variant["id"], "Price")
    world.edit("variants", variant["id"], "Price", "ask Ann")
    assert world.sync().code == 3
    still = ask("retry", "--json", world=world)
    assert still.code == 3 and [one["order_id"] for one in still.data["still_held_back"]] == [variant["id"]], still.all
    assert variant["product"]["title"].split()[0] in still.data["still_held_back"][0]["order_name"]
    world.edit("variants", variant["id"], "Price", price)
    good = ask("retry", "--json", world=world)
    assert good.code == 0 and [one["order_id"] for one in good.data["made_good"]] == [variant["id"]], good.all


# --- redact


def test_a_customer_is_gone_from_grist_and_the_ledger(grist_orders: GristWorld) -> None:
    world = grist_orders
    _, mine = customer_of(world)
    texts, keys = only_theirs(world, texts_of(mine), mine), keys_of(mine)
    before = world.rows("orders")
    assert in_bytes(world.folder, texts) and shown(world, keys)
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", "--json", world=world)
    assert said.code == 0, said.all
    assert said.data["grist"] == "cleared" and said.data["grist_cells"] > 0 and said.data["proved"] is True
    assert "states/remove" in said.data["remains"]["grist"]
    assert not any(text in said.all for text in texts)
    assert shown(world, keys) == {} and in_bytes(world.folder, texts) == {}
    after = world.rows("orders")
    assert all(after[key] == before[key] for key in before if key not in keys)
    assert all(after[key]["Order"] == before[key]["Order"] and after[key]["Tags"] == before[key]["Tags"] for key in keys)
    world.sandbox.shop.refund(mine[0]["id"], goodwill="1.00")
    world.synced()
    world.synced(full=True)
    assert shown(world, keys) == {} and in_bytes(world.folder, texts) == {}
    assert world.synced(full=True).written == 0


def test_without_everywhere_the_table_is_left_and_that_is_said(grist_orders: GristWorld) -> None:
    _, mine = customer_of(grist_orders)
    before = grist_orders.rows("orders")
    said = ask("redact", mine[0]["email"], "--yes", world=grist_orders)
    assert said.code == 0 and "Grist is not cleared (--everywhere does that)" in said.out and "sheet" not in said.out
    assert grist_orders.rows("orders") == before
    world = grist_orders
    world.sandbox.shop.refund(mine[0]["id"], goodwill="1.00")  # read again, without the person: the cells count as not seen
    world.synced()
    assert shown(world, keys_of(mine))
    late = ask("redact", mine[0]["name"], "--everywhere", "--yes", "--json", world=world)
    assert late.code == 0 and late.data["grist"] == "cleared", late.all
    assert shown(world, keys_of(mine[:1])) == {}


def test_what_people_wrote_into_the_cells_goes_too_and_not_to_the_shop(in_grist: Callable[..., GristWorld]) -> None:
    world = in_grist({"columns": ORDER_COLUMNS, "from_grist": ["note", "tags"]})
    world.synced()
    _, mine = customer_of(world)
    key = mine[0]["id"].rpartition("/")[2]
    note = mine[0]["note"]
    world.edit("orders", key, "Note", "their dog bites")
    world.edit("orders", key, "Shipping city", "Ulm")
    world.edit("orders", key, "Tags", "kept")
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", "--json", world=world)
    assert said.code == 0 and said.data["grist"] == "cleared", said.all
    assert shown(world, {key}) == {} and world.shown("orders", key, "Tags") == "kept"
    assert world.sandbox.shop.orders[mine[0]["id"]]["note"] == note
    assert in_bytes(world.folder, {"their dog bites"}) == {}


def test_what_cannot_be_cleared_is_not_called_cleared(grist_orders: GristWorld) -> None:
    world = grist_orders
    _, mine = customer_of(world)
    key = mine[0]["id"].rpartition("/")[2]
    world.person("orders").copy(world.row("orders", key))  # type: ignore[union-attr]
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", "--json", world=world)
    assert said.code == 4 and "several rows" in said.data["grist"] and key in said.data["grist"], said.all
    assert said.data["proved"] is True  # the ledger and the files are clean all the same


def test_a_formula_that_shows_the_person_is_not_called_cleared(grist_orders: GristWorld) -> None:
    world = grist_orders
    _, mine = customer_of(world)
    world.person("orders").make_formula("Email", json.dumps(mine[0]["email"]))
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", "--json", world=world)
    assert said.code == 4 and "1 cell of Grist still shows it" in said.data["grist"], said.all


def test_a_row_of_a_line_that_is_gone_is_cleared_too(in_grist: Callable[..., GristWorld]) -> None:
    world = in_grist({"columns": ["order_name", "line_title", "customer_name", "customer_email", "note"], "rows": "line"})
    world.synced()
    orders = world.sandbox.shop.orders.values()
    order = next(one for one in orders if one["email"] and one["customer"] and len(one["lineItems"]) > 1)
    gone = order["lineItems"].pop()["id"].rpartition("/")[2]
    world.sandbox.shop.changed(order)
    world.synced()
    said = ask("redact", order["name"], "--everywhere", "--yes", "--json", world=world)
    assert said.code == 0 and said.data["grist"] == "cleared", said.all
    row = world.rows("orders")[gone]
    assert row["Order"] == order["name"] and not row["Customer"] and not row["Email"]


def test_a_document_out_of_reach_stops_it_before_anything_is_changed(
    grist_orders: GristWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mine = customer_of(grist_orders)
    monkeypatch.setenv("DEADLINE_SECONDS", "1")
    monkeypatch.setenv("GRIST_DOCUMENT", "nosuchdocument12")
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", world=grist_orders)
    assert said.code == 4, said.all
    assert in_bytes(grist_orders.folder, {mine[0]["email"]})
    assert not grist_orders.ledger.with_name("ledger.db.redacted").exists()


def test_a_place_that_is_kept_no_more_is_named(grist_orders: GristWorld) -> None:
    _, mine = customer_of(grist_orders)
    with closing(sqlite3.connect(grist_orders.ledger)) as connection, connection:
        connection.execute("INSERT INTO pair (id, type, entity, tracks_orders) VALUES ('grist:old:orders', 'grist', 'orders', 1)")
        connection.execute(_copied(connection))
    said = ask("redact", mine[0]["name"], "--everywhere", "--yes", world=grist_orders)
    assert said.code == 3 and "grist:old:orders" in said.out, said.all
    again = ask("redact", mine[0]["name"], "--everywhere", "--yes", "--json", world=grist_orders)
    assert again.code == 0 and again.data["not_cleared"] == [], again.all  # it was named once; nobody knows more of it now


def _copied(connection: sqlite3.Connection) -> str:
    """Every record once more, under a pair that an earlier configuration had."""
    names = [row[1] for row in connection.execute("PRAGMA table_info(record)") if row[1] != "pair"]
    listed = ", ".join(names)
    return f"INSERT INTO record (pair, {listed}) SELECT 'grist:old:orders', {listed} FROM record"


# --- a sheet and Grist


@pytest.fixture
def both(in_grist: Callable[..., GristWorld], monkeypatch: pytest.MonkeyPatch) -> GristWorld:
    """The same orders in a sheet and in Grist, from one ledger."""
    world = in_grist()
    for name, value in world.sandbox.environment().items():
        if not name.startswith("SENTOS"):
            monkeypatch.setenv(name, value)
    world.synced()
    assert ask("sync", world=world).code == 0
    return world


def sheet_texts(world: GristWorld) -> str:
    tab = world.sandbox.spreadsheet.titled("Orders")
    assert tab is not None
    return json.dumps([[str(entered(cell)) for cell in row] for row in tab.rows], ensure_ascii=False)


def test_both_places_are_compared_and_mended(both: GristWorld) -> None:
    said = ask("missing", "--json", world=both)
    assert said.code == 0 and said.data["sheet"]["lacking"] == said.data["grist"]["lacking"] == {}, said.all
    assert said.data["sheet"]["compared"] > 0 and said.data["grist"]["compared"] == len(both.shop.orders)
    lost = inner(both, 1)
    forget(both, lost[0]["id"])
    fixed = ask("missing", "--fix", "--json", world=both)
    assert fixed.code == 0 and [one["pair"] for one in fixed.data["fixes"]] == ["sheets", "grist"], fixed.all
    assert "grist" not in ask("missing", "--pair", "sheets", "--json", world=both).data
    only = ask("missing", "--pair", "grist", "--json", world=both)
    assert only.code == 0 and "sheet" not in only.data and only.data["missed"] == []


def test_only_the_pair_that_held_something_back_runs_again(both: GristWorld) -> None:
    order = next(iter(both.shop.orders.values()))
    both.shop.fail_order(order["id"])
    both.shop.changed(order)
    assert both.sync().code == 3
    both.shop.heal(order["id"])
    good = ask("retry", "--json", world=both)
    assert good.code == 0 and {one["pair"] for one in good.data["runs"]} == {"grist"}, good.all


def test_a_customer_is_gone_from_both_places(both: GristWorld) -> None:
    _, mine = customer_of(both)
    texts, keys = only_theirs(both, texts_of(mine), mine), keys_of(mine)
    assert any(text in sheet_texts(both) for text in texts) and shown(both, keys)
    said = ask("redact", mine[0]["email"], "--everywhere", "--yes", "--json", world=both)
    assert said.code == 0, said.all
    assert said.data["sheet"] == said.data["grist"] == "cleared" and min(said.data["sheet_cells"], said.data["grist_cells"]) > 0
    assert "Version history" in said.data["remains"]["sheet"] and said.data["not_cleared"] == []
    assert not any(text in sheet_texts(both) for text in texts) and shown(both, keys) == {}
    assert in_bytes(both.folder, texts) == {}
    both.synced(full=True)
    assert ask("sync", "--full", "--json", world=both).data["counts"]["cells_changed"] == 0
    assert in_bytes(both.folder, texts) == {}


def test_one_place_only_leaves_the_other_and_says_so(both: GristWorld) -> None:
    _, mine = customer_of(both)
    before = sheet_texts(both)
    said = ask("redact", mine[0]["email"], "--everywhere", "--pair", "grist", "--yes", "--json", world=both)
    assert said.code == 3 and said.data["grist"] == "cleared" and len(said.data["not_cleared"]) == 1, said.all
    assert said.data["not_cleared"][0].startswith("sheets:") and sheet_texts(both) == before
    assert shown(both, keys_of(mine)) == {}


def test_a_location_of_the_filter_that_the_shop_has_not_is_told(in_grist: Callable[..., GristWorld]) -> None:
    world = in_grist({"columns": ORDER_COLUMNS, "filter": {"locations": ["Nirgends"]}})
    ran = world.sync()
    assert ran.code == 0 and 'location "nirgends", which grist_sync.orders.filter.locations' in str(ran.data)
    said = ask("validate", "--json", world=world)
    assert said.code == 2 and "grist_sync.orders.filter.locations" in said.out
