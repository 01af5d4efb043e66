"""Trouble of an ERP that is over is told nowhere any more: not in its queue, not in its rows, not among the errors."""

import json
from pathlib import Path

import pytest

from syncdb.pairs.shopify_erp import queue_work
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    made = ErpWorld(tmp_path, erp)
    made.stock_up("SHIRT", 10)
    made.switch("orders")
    return made


def test_records_that_are_gone_or_right_again_leave_no_trouble_behind(world: ErpWorld) -> None:
    gone, changed = world.erp_order("SO-1", ("NOWHERE", 1, "5.00")), world.erp_order("SO-2")
    world.erp_order("SO-3", shipping_address1=None)
    world.sync()
    world.erp.sql("update order_items set quantity = 3 where order_id = %s", changed)
    world.sync()
    errors = json.loads(world.manage("errors", "--json").out)
    assert {one["name"] for group in errors["groups"] for one in group["errors"]} == {"SO-1", "#1001", "SO-3"}
    assert len(errors["groups"]) == 3  # by cause
    world.erp.sql("update order_items set quantity = 2 where order_id = %s", changed)
    world.erp.sql("delete from order_items where order_id = %s", gone)
    world.erp.sql("delete from orders where id = %s", gone)
    world.erp.sql(
        "update orders set shipping_address1 = 'Örnek Sok. 2', shipping_country = 'Deutschland' where order_number = 'SO-3'"
    )
    world.sync()
    left = [one for one in world.queue() if one["superseded_by"] is None]
    assert len(left) == 1, [(one["entity_id"], one["action"], one["direction"], one["error_message"]) for one in world.queue()]
    (row,) = left
    assert "Deutschland" in row["error_message"] and world.order_row(changed)["shopify_sync_status"] == "synced"
    assert "1 open error." in world.manage("errors").out
    world.erp.sql("delete from order_items where order_id = %s", row["entity_id"])
    world.erp.sql("delete from orders where id = %s", row["entity_id"])
    world.synced()
    assert all(one["superseded_by"] for one in world.queue()) and world.queue("pending") == []
    assert "No open errors." in world.manage("errors").out


def test_a_refusal_of_the_erp_ends_with_its_cause(world: ErpWorld) -> None:
    world.erp.sql("alter table orders alter column note type varchar(5)")
    order = world.till.sell({"SHIRT": 1}, note="Bitte klingeln")
    first = world.sync()
    assert first.code == 3
    (row,) = world.queue()
    world.acted("queue", retry=row["id"])
    assert world.sync().code == 3 and len(world.queue()) == 1
    assert row["error_message"].startswith("The ERP's database refuses the row (orders.note): value too long")
    (told,) = world.acted("queue")["rows"]
    assert told["name"] == order["name"] and f"order {order['name']}" in first.notes()
    assert order["name"] in world.manage("errors").out and order["id"] not in world.manage("errors").out
    world.erp.sql("alter table orders alter column note type text")
    world.synced()
    assert world.queue() == [] and world.queue("pending") == [] and len(world.rows()) == 1


def test_an_order_taken_out_is_neither_gone_nor_in_conflict(world: ErpWorld) -> None:
    id = world.erp_order("SO-1")
    world.synced()
    world.erp.sql("update orders set shopify_sync_status = 'disabled', note = 'x' where id = %s", id)
    ran = world.synced(full=True)
    assert ran.written == 0 and ran.data["runs"][0]["conflicts"] == 0
    assert "gone" not in world.manage("audit").all


def test_rows_of_a_run_that_died_are_taken_by_the_next(world: ErpWorld) -> None:
    world.synced()
    world.erp_order("SO-1")
    world.erp.sql(
        "update sync_queue set status = 'processing', locked_by = 'vm:1:' || %s || ':abc #1', "
        "locked_until = now() + interval '30 minutes'",
        world.crew(),
    )
    world.synced()
    assert world.queue("processing") == [] and len(world.queue("completed")) == 1 and len(world.shop.orders) == 1


def test_a_trial_run_tells_what_the_shop_would_not_take(world: ErpWorld) -> None:
    world.erp_order("SO-1")
    world.erp_order("SO-2", ("NOWHERE", 1, "5.00"))
    ran = world.sync(test=True)
    (held,) = ran.data["runs"][0]["held_back"]
    assert ran.code == 3 and held["name"] == "SO-2" and "the SKU NOWHERE is in no product of the shop" in held["why"]
    assert "1 record would be held back" in world.sync(test=True, as_json=False).text and len(world.shop.orders) == 0


def test_what_is_left_for_a_person_is_told_by_each_run(world: ErpWorld) -> None:
    id = world.erp_order("SO-1")
    world.synced()
    (order,) = world.shop.orders.values()
    world.shop.set_note(order["id"], "vom Laden")
    world.erp.sql("update orders set note = 'vom Büro' where id = %s", id)
    for _ in range(3):
        world.synced()
    last = world.synced(as_json=False)
    assert "Left for a person: 1, 1 of them since earlier runs" in last.text, last.text
    assert "1 open" in world.manage("status").all


def test_all_that_waits_is_taken_however_much_it_is(world: ErpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "MOST", 2)
    ids = [world.erp_order(f"SO-{number}") for number in range(5)]
    world.synced()
    assert world.queue("pending") == world.queue("processing") == [] and len(world.queue("completed")) == len(ids)
