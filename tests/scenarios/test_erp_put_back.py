"""An older state of the ERP's database is put back where it stands, or the ledger is an older one: that is no news."""

from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

KEYED = ("products", "customers", "orders", "order_items", "inventory", "sync_queue")
TABLES = (*KEYED, "sync_writes", "sync_install", "api_settings")


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    made = ErpWorld(tmp_path, erp)
    made.switch("inventory", "orders", "products", "customers")
    return made


def back_up(world: ErpWorld) -> None:
    """As a dump would: rows and sequences. Nothing else of the database tells that it was put back."""
    copies = (f"create table kept.{one} as table {one}" for one in TABLES)
    world.erp.sql("; ".join(["drop schema if exists kept cascade", "create schema kept", *copies]))


def put_back(world: ErpWorld) -> None:
    rows = (f"insert into {one} overriding system value table kept.{one}" for one in TABLES)
    keys = (
        f"select setval(pg_get_serial_sequence('{one}', 'id'), (select coalesce(max(id), 1) from {one}))" for one in TABLES[:6]
    )
    emptied = f"truncate {', '.join(TABLES)} restart identity cascade"
    with world.erp.connect() as session:
        session.execute("; ".join(["set session_replication_role = replica", emptied, *rows, *keys]))  # type: ignore[call-overload]
    world.erp.sql("drop schema kept cascade")


def shop(world: ErpWorld) -> list[Any]:
    """All that the scenarios change there."""
    stock = [world.available(sku) for sku in ("SHIRT", "MUG")]
    prices = [one["price"] for one in world.goods.variants.values()]
    people = [one["firstName"] for one in world.shop.customers.nodes.values()]
    return [stock, prices, people, [(one["sourceIdentifier"], one["note"]) for one in world.shop.orders.values()]]


def changed_both_ways(world: ErpWorld) -> str:
    """Everything is in step, a backup is made, and both sides go on; the key of the order that the backup knows."""
    shirts, _ = world.stock_up("SHIRT", 10), world.stock_up("MUG", 10)
    world.erp.sql("insert into customers (email, first_name) values ('ann@example.com', 'Ann')")
    order = world.erp_order("SO-1")
    world.synced()
    back_up(world)
    world.erp.sql("update inventory set quantity = 7 where id = %s", shirts)
    world.till.sell({"MUG": 3})
    world.merchant.edit_variant(world.variant("MUG"), price="30.00")
    world.erp.sql("update products set price = 25 where sku = 'SHIRT'")
    world.erp.sql("update customers set first_name = 'Anna'")
    world.erp.sql("update orders set note = 'gift' where id = %s", order)
    world.erp_order("SO-2")
    world.synced()
    return order


def test_an_older_backup_put_back_undoes_nothing_in_the_shop(world: ErpWorld) -> None:
    changed_both_ways(world)
    before = shop(world)
    put_back(world)
    world.erp.sql("update products set price = 21 where sku = 'MUG'")  # people go on with it, which waits in the queue
    dry = world.sync(test=True)
    assert dry.code == 5 and "put back to an earlier state" in dry.notes()
    for asked in ({}, {"force": True}):
        ran = world.sync(**asked)
        assert (ran.code, ran.written, ran.shop_writes) == (5, 0, 0), ran.text
        assert "put back to an earlier state" in ran.text and "--accept older-copy" in ran.text
    assert world.queue("processing") == [] and shop(world) == before
    ran = world.sync(accept=["older-copy"])
    assert shop(world) == before
    told = world.manage("conflicts", "--json").data["conflicts"]
    asked = ["available", "available", "first_name", "price", "price"]
    assert sorted(str(one["field"]) for one in told) == asked and "#1003" in ran.notes()
    first, anew = world.rows()
    assert first["note"] == "gift" and anew["order_number"] == "#1002"
    assert {one["email"] for one in world.rows("customers")} >= {"ann@example.com", "ayse@example.com"}
    assert "put back" not in world.synced().text and shop(world) == before


def test_a_key_that_the_erp_gives_once_more_is_not_taken_for_the_order_that_had_it(world: ErpWorld) -> None:
    changed_both_ways(world)
    world.erp.sql("insert into products (sku, name, price) values ('CUP', 'Cup', 5)")
    world.synced()
    before = [one["title"] for one in world.goods.products.values()]
    put_back(world)
    order = world.erp_order("SO-3", ("MUG", 1, "20.00"))
    world.erp.sql("insert into products (sku, name, price) values ('POT', 'Pot', 9)")
    ran = world.sync(accept=["older-copy"])
    assert ran.code == 3 and len(world.shop.orders) == 3
    assert [one["title"] for one in world.goods.products.values()] == before
    assert all(len(one["variants"]) == 1 for one in world.goods.products.values())
    row = world.order_row(order)
    assert (row["shopify_order_id"], row["shopify_sync_status"]) == (None, "failed")
    assert "SO-3" in row["shopify_sync_error"] and "SO-2" in row["shopify_sync_error"] and "#1003" in row["shopify_sync_error"]
    (pot,) = [one["error_message"] for one in world.queue("failed") if one["entity_type"] == "product"]
    assert "POT" in pot and "CUP" in pot


def test_a_newer_copy_of_the_ledger_that_worked_in_between_brings_no_movement_over_again(world: ErpWorld) -> None:
    stock = world.stock_up("SHIRT", 10)
    world.synced()
    older = world.folder / "older.db"
    older.write_bytes(world.ledger.read_bytes())
    world.erp.sql("update inventory set quantity = quantity - 3")
    world.synced()
    world.erp.sql("update inventory set quantity = quantity - 1")
    world.ledger.write_bytes(older.read_bytes())
    ran = world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (6, 7) and "newer copy of this ledger" in ran.notes()
    assert [one["field"] for one in world.manage("conflicts", "--json").data["conflicts"]] == ["available"]
    assert "newer copy" not in world.synced().notes()


def test_a_sync_that_was_installed_anew_takes_no_older_value_for_news(world: ErpWorld) -> None:
    """As after a backup from before the installation was put back."""
    stock = world.stock_up("SHIRT", 10)
    world.synced()
    world.erp.sql("update inventory set quantity = 7")
    world.synced()
    world.erp.sql("update inventory set quantity = 10")
    world.erp.sql("update sync_install set table_name = gen_random_uuid()::text where item = 'database'")
    world.erp.sql("delete from sync_install where item = 'keeper'")
    ran = world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (10, 7) and "installed anew" in ran.notes()
    assert "installed anew" not in world.synced().notes()
