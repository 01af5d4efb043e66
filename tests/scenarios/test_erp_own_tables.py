"""An ERP whose own tables hold less than the shop does: what it has no column for is nobody's change."""

import json
from pathlib import Path

import pytest

from syncdb.sandbox.shopify.ordering.addresses import address_in
from syncdb.sandbox.shopify.products import parts
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


def test_parts_of_a_customers_address_that_the_erp_does_not_keep_stay_in_the_shop(tmp_path: Path, erp: Erp) -> None:
    world = ErpWorld(tmp_path, erp)
    for column in ("company", "address2", "country"):
        world.erp.sql(f"alter table customers drop column {column} cascade")
    world.acted("install")
    world.switch("customers")
    node = world.shop.customers.add(email="ayse@example.com", firstName="Ayşe")
    told = {"company": "Kaya", "address1": "Örnek Sok. 1", "address2": "Kat 3", "city": "Istanbul", "countryCode": "TR"}
    world.shop.customers.live_at(node, address_in(told, 71), default=True)
    world.synced()
    assert world.synced(full=True).written == 0
    world.erp.sql("update customers set city = 'Izmir'")
    world.synced()
    home = node["defaultAddress"]
    assert (home["city"], home["company"], home["address2"], home["countryCodeV2"]) == ("Izmir", "Kaya", "Kat 3", "TR")
    world.shop.customers.live_at(node, address_in(told | {"city": "Bursa"}, 71), default=True)
    world.synced()
    assert world.rows("customers")[0]["city"] == "Bursa"
    world.erp.sql("alter table customers add column company text")
    world.acted("install")
    world.synced()
    assert world.rows("customers")[0]["company"] == home["company"] == "Kaya" and world.synced(full=True).written == 0


def test_a_column_that_was_renamed_is_told_by_each_run(world: ErpWorld) -> None:
    world.erp.sql("alter table orders rename column note to notiz")
    ran = world.synced()
    assert "The column note of public.orders is gone" in ran.notes()
    world.erp.sql("alter table order_items rename column sku to artikel")
    world.till.sell({"SHIRT": 1})
    ran = world.sync()
    assert ran.code == 3 and "orders are left alone" in ran.notes() and "sku" in ran.notes()
    assert json.loads(world.manage("status", "--json").out)["last_run"]["exit_code"] == 3
    world.erp.sql("alter table order_items rename column artikel to sku")
    world.synced()
    assert len(world.rows()) == 1  # what was sold meanwhile, at once


def test_products_are_found_by_the_shops_id_in_their_row(world: ErpWorld) -> None:
    world.switch("products", "inventory")
    world.env["ERP_NEW_PRODUCTS"] = "none"
    world.synced()
    world.erp.sql("update products set sku = 'HEMD', price = 21")
    world.erp.sql("update inventory set quantity = 8")
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    ran = world.synced()
    assert "no counterpart" not in ran.notes() and ran.data["runs"][0]["conflicts"] == 2  # which is right, nobody knows


def test_what_has_no_counterpart_in_the_shop_is_told(world: ErpWorld) -> None:
    world.switch("products", "inventory")
    world.env["ERP_NEW_PRODUCTS"] = "none"
    world.shop.goods.add_location(parts.location(112_829_759_795, "Laden Mitte", world.shop.goods.stamp()))
    rows = world.erp.sql("insert into products (sku, sync_to_shopify) values ('LONE', true), ('OFF', false) returning id")
    (shirt,) = world.erp.sql("select id from products where sku = 'SHIRT'")
    for product, place in ((rows[0], ""), (rows[1], ""), (shirt, "Laden Mitte"), (shirt, "Mars")):
        world.erp.sql("insert into inventory (product_id, location, quantity) values (%s, %s, 5)", product["id"], place)
    told = world.synced().notes()
    assert "no counterpart: 1 of the ERP's products (LONE)." in told
    assert "no counterpart: 1 of the ERP's rows of stock (SHIRT at Laden Mitte)." in told
    assert "names a location that the shop has not: Mars" in told and "OFF" not in told
    assert world.available("SHIRT") == 10 and "LONE" in world.synced(full=True).notes()


def test_an_order_is_sent_for_goods_that_were_renamed_in_the_erp(world: ErpWorld) -> None:
    world.switch("products")
    world.synced()
    world.erp.sql("update products set sku = 'HEMD'")
    id = world.erp_order("SO-1", ("HEMD", 2, "20.00"))
    world.synced()
    (order,) = world.shop.orders.values()
    assert [(one["sku"], one["variant"]["id"]) for one in order["lineItems"]] == [("HEMD", world.variant("SHIRT"))]
    before = world.rows("order_items")
    assert world.order_row(id)["shopify_sync_status"] == "synced"
    for full in (False, True):
        assert world.synced(full=full).written == 0 and world.rows("order_items") == before
