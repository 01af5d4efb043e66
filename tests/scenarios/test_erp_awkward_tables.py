"""Tables as real ERPs have them: keys that are filled up with blanks, columns that must be given, costs to the ten-thousandth."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    return ErpWorld(tmp_path, erp)


def test_stock_is_found_by_keys_that_are_filled_up_with_blanks(world: ErpWorld) -> None:
    world.erp.sql(
        """
        alter table inventory drop constraint inventory_product_id_fkey;
        alter table order_items drop constraint if exists order_items_product_id_fkey;
        alter table products alter id drop identity if exists;
        alter table products alter id type char(10) using id::text;
        alter table inventory alter product_id type char(10) using product_id::text;
        insert into products (id, sku, name) values ('A-1', 'SHIRT', 'Shirt');
        insert into inventory (product_id, quantity) values ('A-1', 10);
        """
    )
    world.merchant.add_product("Shirt", price="20.00", sku="SHIRT", stock=10)
    world.switch("inventory")
    assert "without an SKU" not in world.synced().notes()
    world.erp.sql("update inventory set quantity = 7")
    world.synced()
    assert world.available("SHIRT") == 7


def test_a_cost_keeps_its_decimals_in_the_erp(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.erp.sql("update products set cost = 3.1234")
    world.switch("products")
    world.synced()
    item = world.goods.variants[world.variant("SHIRT")]["inventoryItem"]
    assert item["_cost"] == "3.12" and world.rows("products")[0]["cost"] == Decimal("3.1234")
    assert world.synced(full=True).written == 0
    world.erp.sql("update products set cost = 3.1299")
    world.synced()
    assert item["_cost"] == "3.13" and world.rows("products")[0]["cost"] == Decimal("3.1299")


def test_an_sku_of_two_rows_makes_no_product(world: ErpWorld) -> None:
    world.erp.sql("alter table products drop constraint products_sku_key")
    world.erp.sql("insert into products (sku, name, price) values ('DUP', 'One', 1), ('DUP', 'Two', 2), ('CUP', 'Cup', 3)")
    world.switch("products")
    ran = world.sync()
    assert ran.code == 3 and "2 rows of the ERP have this SKU" in ran.text
    assert [one["sku"] for one in world.goods.variants.values()] == ["CUP"]


def test_what_must_be_given_is_told_before_a_row_is_refused(world: ErpWorld) -> None:
    world.erp.sql("alter table customers add column tenant integer not null")
    checks = {one["name"]: one for one in world.acted("test")["checks"]}
    assert "tenant of public.customers" in checks["new rows"]["told"] and "default" in checks["new rows"]["remedy"]
    world.shop.customers.add(email="ayse@example.com", firstName="Ayşe")
    world.switch("customers")
    ran = world.sync()
    assert ran.code == 3 and "customers.tenant" in ran.text and "Give the column a default" in ran.text
    assert [one["name"] for one in ran.data["runs"][0]["held_back"]] == ["ayse@example.com"]
    world.erp.sql("alter table customers alter tenant set default 1")
    assert "new rows" not in [one["name"] for one in world.acted("test")["checks"]]
    world.synced()
    assert [one["email"] for one in world.rows("customers")] == ["ayse@example.com"]


def test_half_pieces_are_not_sent_as_whole_ones(world: ErpWorld) -> None:
    world.erp.sql("alter table order_items alter quantity type numeric(12,3)")
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    half = world.erp_order("SO-1", total=None)
    world.erp.sql("update order_items set quantity = 1.5")
    assert world.sync().code == 3 and world.shop.orders == {}
    assert "1.5 pieces" in world.order_row(half)["shopify_sync_error"]
    world.erp.sql("update order_items set quantity = 2.000")
    world.synced()
    assert [one["quantity"] for order in world.shop.orders.values() for one in order["lineItems"]] == [2]
    world.synced(full=True)  # its total is filled in
    assert world.synced(full=True).written == 0


def test_an_sku_of_two_variants_that_two_rows_name_is_not_guessed(world: ErpWorld) -> None:
    world.erp.sql("alter table products drop constraint products_sku_key")
    made = [world.merchant.add_product("Cup", sku="DUP", stock=5)["variants"][0]["id"] for _ in range(2)]
    for gid in made:
        variant = gid.rpartition("/")[2]
        world.erp.sql("insert into products (sku, name, shopify_variant_id) values ('DUP', 'Cup', %s)", variant)
    world.switch("orders")
    world.erp_order("SO-1", ("DUP", 1, "20.00"))
    assert world.sync().code == 3 and world.shop.orders == {} and "DUP" in world.rows()[0]["shopify_sync_error"]


def test_a_status_in_words_of_the_erps_own_is_left_to_its_default(world: ErpWorld) -> None:
    world.erp.sql(
        """
        alter table products drop constraint products_status_check, alter status drop default;
        create type stand as enum ('aktiv', 'auslauf');
        alter table products alter status type stand using 'aktiv';
        alter table products alter status set default 'aktiv'
        """
    )
    world.acted("install")
    world.merchant.add_product("Cup", sku="CUP", stock=5)
    world.env["ERP_NEW_PRODUCTS"] = "both"
    world.switch("products")
    world.synced()
    (row,) = world.rows("products")
    assert (row["sku"], row["status"]) == ("CUP", "aktiv")
