"""An ERP whose own tables hold less than the shop does: what it has no column for is nobody's change."""

from pathlib import Path

import pytest

from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

LACKING = ["ordered_at", "shipping_phone", "shipping_company", "shipping_address2", "tracking_company", "tracking_url"]


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    world = ErpWorld(tmp_path, erp)
    world.stock_up("SHIRT", 10)
    for column in LACKING:
        world.erp.sql(f"alter table orders drop column {column} cascade")
    world.acted("install")
    world.switch("orders")
    return world


def test_parts_of_an_address_that_the_erp_does_not_keep_stay_in_the_shop(world: ErpWorld) -> None:
    order = world.till.sell({"SHIRT": 1}, phone="+90 532 123 45 67")
    order["shippingAddress"]["company"] = "Acme Ltd"
    world.synced()
    world.shop.fulfil(order["id"], tracking=[("DHL", "D-1", "https://dhl.example/D-1")])
    world.synced()
    assert world.synced(full=True).written == 0
    (row,) = world.rows()
    assert row["tracking_number"] == "D-1"
    world.erp.sql("update orders set shipping_city = 'Ankara'")
    ran = world.synced()
    address = order["shippingAddress"]
    assert address["city"] == "Ankara", ran.text
    assert (address["phone"], address["company"]) == ("+90 532 123 45 67", "Acme Ltd")
    assert world.synced(full=True).written == 0


def test_a_column_that_comes_later_is_filled_from_the_shop(world: ErpWorld) -> None:
    order = world.till.sell({"SHIRT": 1}, phone="+90 532 123 45 67")
    world.synced()
    world.erp.sql("alter table orders add column shipping_phone text")
    world.acted("install")
    world.synced()
    assert world.rows()[0]["shipping_phone"] == order["shippingAddress"]["phone"] == "+90 532 123 45 67"
    assert world.synced(full=True).written == 0


def test_an_order_without_a_date_is_sent_and_an_old_one_is_told(world: ErpWorld) -> None:
    id = world.erp_order("SO-1")
    world.synced()
    assert world.order_row(id)["shopify_sync_status"] == "synced"
    audit = world.manage("audit", "--json")
    assert "0 values compared" not in audit.all, audit.all
    world.erp.sql("alter table orders add column ordered_at timestamptz")
    world.acted("install")
    old = world.erp_order("SO-2", ordered_at="2020-01-01T00:00:00+00:00")
    ran = world.synced()
    assert "SO-2" in ran.notes() and "lookback_days" in ran.text, ran.text
    assert world.order_row(old)["shopify_order_id"] is None


def test_a_note_with_blanks_around_it_is_left_as_it_is(world: ErpWorld) -> None:
    order = world.till.sell({"SHIRT": 1})
    order["note"] = "ring twice "
    world.synced()
    assert world.synced(full=True).written == 0 and order["note"] == "ring twice "
    assert world.rows()[0]["note"] == "ring twice "
