"""One order examined anew, and held-back ones tried again."""

import sqlite3

from tests.cli.acting.conftest import Manage
from tests.scenarios.world import World


def bases(world: World, order_id: str) -> list[str | None]:
    connection = sqlite3.connect(world.folder / "ledger.db")
    found = [row[0] for row in connection.execute("SELECT base FROM record WHERE order_id = ?", (order_id,))]
    connection.close()
    return found


def test_a_reset_order_is_read_and_compared_again_without_a_second_row(world: World, run: Manage) -> None:
    order = next(one for one in world.shop.orders.values() if len(one["lineItems"]) > 1)
    order_id, keys = order["id"].rpartition("/")[2], [line["id"].rpartition("/")[2] for line in order["lineItems"]]
    before = world.rows()
    world.colleague.type(f"{world.letter('SKU')}{world.row_of(keys[0])}", "typed over")
    said = run("reset", order["name"].removeprefix("#"), "--yes", "--json")
    assert said.code == 0, said.all
    assert said.data == {"exit_code": 0, "order_id": order_id, "name": order["name"], "rows": len(keys)}
    assert bases(world, order_id) == [None] * len(keys)
    ran = world.synced()
    assert ran.counts["fetched"] >= 1 and ran.counts["rows_added"] == 0
    assert world.rows() == before
    assert None not in bases(world, order_id)
    assert world.synced().writes == 0


def test_reset_asks_and_knows_its_orders(world: World, run: Manage) -> None:
    order = next(iter(world.shop.orders.values()))
    no = run("reset", order["name"], typed="no\n")
    assert no.code == 130 and "nothing is added twice" in no.out
    assert run("reset", order["name"], typed="maybe\ny\n").code == 0
    assert run("reset", order["name"]).code == 2
    unknown = run("reset", "#9999", "--yes")
    assert unknown.code == 2 and "no order '#9999'" in unknown.err


def test_a_held_back_order_is_tried_again(world: World, run: Manage) -> None:
    order = next(iter(world.shop.orders.values()))
    assert run("retry").out.startswith("No order is held back")
    world.shop.fail_order(order["id"])
    world.shop.changed(order)
    assert world.sync().code == 3
    still = run("retry", "--json")
    assert still.code == 3, still.all
    assert [one["order_name"] for one in still.data["still_held_back"]] == [order["name"]]
    world.shop.heal(order["id"])
    good = run("retry", "--json")
    assert good.code == 0, good.all
    assert [one["order_name"] for one in good.data["made_good"]] == [order["name"]]
    assert good.data["still_held_back"] == []


def test_a_busy_ledger_is_left_alone(world: World, run: Manage) -> None:
    from syncdb.ledger import file

    order = next(iter(world.shop.orders.values()))
    guard = file.lock(world.folder / "ledger.db")
    try:
        assert run("reset", order["name"], "--yes").code == 7
        assert run("redact", order["name"], "--yes").code == 7
        assert run("missing", "--json").code == 0  # only looks
        assert "using it right now" in run("validate").out
    finally:
        guard.release()


def test_sync_is_the_same_run(world: World, run: Manage) -> None:
    said = run("sync", "--json")
    assert said.code == 0 and said.data["counts"]["rows_added"] == 0
    assert run("sync", "--test").code == 0
