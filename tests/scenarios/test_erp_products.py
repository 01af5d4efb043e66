"""Products that only a shop or only an ERP has: made on the other side once, taken off sale where that is wanted."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

MORE_LOST = ("cut_before", "apply_then_error")


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    made = ErpWorld(tmp_path, erp)
    made.switch("products", "inventory")
    return made


def in_erp(world: ErpWorld, sku: str, pieces: int | None = None, **fields: Any) -> str:
    known = {"sku": sku, "name": f"A {sku}", "price": Decimal("20.00")} | fields
    text = f"insert into products ({', '.join(known)}) values ({', '.join(['%s'] * len(known))}) returning id"
    id = str(world.erp.sql(text, *known.values())[0]["id"])
    if pieces is not None:
        world.erp.sql("insert into inventory (product_id, quantity) values (%s, %s)", id, pieces)
    return id


def shirts(world: ErpWorld, *sizes: str) -> list[str]:
    of = {"parent_sku": "TS", "name": "T-Shirt", "option1_name": "Größe", "option2_name": "Farbe", "option2_value": "rot"}
    return [in_erp(world, f"TS-{one}", 3, **of, option1_value=one) for one in sizes]


def product(world: ErpWorld) -> dict[str, Any]:
    (found,) = world.goods.products.values()
    return found


def test_a_product_of_the_erp_becomes_a_draft_with_its_stock(world: ErpWorld) -> None:
    id = in_erp(
        world, "MUG", 7, barcode="4006381333931", cost=Decimal("8.5"), vendor="Acme", tags="b, a", description="<p>Neu</p>"
    )
    world.synced()
    made, variant = product(world), world.till.variant("MUG")
    assert variant is not None
    assert (made["status"], made["title"], made["vendor"], made["tags"]) == ("DRAFT", "A MUG", "Acme", ["a", "b"])
    assert (variant["price"], variant["barcode"], world.available("MUG")) == ("20.00", "4006381333931", 7)
    (row,) = world.rows("products")
    assert row["shopify_product_id"] == made["id"].rpartition("/")[2]
    assert row["shopify_variant_id"] == variant["id"].rpartition("/")[2]
    assert world.synced().written == 0 and world.queue() == []
    world.erp.sql("update products set price = 21 where id = %s", id)
    world.erp.sql("update inventory set quantity = 5")
    world.synced()
    assert (variant["price"], world.available("MUG")) == ("21.00", 5) and world.synced(full=True).written == 0


def test_rows_of_one_parent_are_the_variants_of_one_product(world: ErpWorld) -> None:
    shirts(world, "S", "M")
    world.synced()
    made = product(world)
    assert made["title"] == "T-Shirt" and [one["name"] for one in made["options"]] == ["Größe", "Farbe"]
    assert (world.available("TS-S"), world.available("TS-M")) == (3, 3)
    shirts(world, "L")
    world.synced()
    assert len(world.goods.variants) == 3 and world.available("TS-L") == 3
    assert len({row["shopify_variant_id"] for row in world.rows("products")}) == 3 and world.synced().written == 0


def test_what_is_switched_off_or_cannot_be_made_is_left_and_told(world: ErpWorld) -> None:
    in_erp(world, "OFF", sync_to_shopify=False)
    in_erp(world, "OLD", status="archived")
    nameless = in_erp(world, "X-1", name="")
    doubled = [in_erp(world, f"D-{n}", parent_sku="D", option1_name="Größe", option1_value="M") for n in (1, 2)]
    in_erp(world, "GOOD")
    assert world.sync().code == 3
    assert product(world)["title"] == "A GOOD"
    failed = {row["entity_id"]: row["error_message"] for row in world.queue()}
    assert failed.keys() == {nameless, *doubled}
    assert "has no name" in failed[nameless] and "Each needs its own" in failed[doubled[0]]
    world.erp.sql("update products set name = 'Named' where id = %s", nameless)
    world.sync()
    assert {one["title"] for one in world.goods.products.values()} == {"A GOOD", "Named"}


@pytest.mark.parametrize("kind", ["apply_then_cut", *(pytest.param(one, marks=pytest.mark.long) for one in MORE_LOST)])
def test_a_lost_answer_makes_no_product_twice(world: ErpWorld, kind: Any) -> None:
    in_erp(world, "FIRST")
    world.synced()
    in_erp(world, "MUG", 7)
    world.shop.index_lag = 1800.0
    world.faults.add(Fault(kind, "shopify write"))
    world.sync()
    world.synced()
    assert len(world.goods.products) == 2 and world.rows("products")[1]["shopify_variant_id"] is not None


def test_products_of_the_shop_come_into_the_erp_where_that_is_switched_on(world: ErpWorld) -> None:
    world.merchant.add_product("Kanne", price="30.00", sku="POT", stock=4)
    world.synced()
    assert world.rows("products") == []
    world.env["ERP_NEW_PRODUCTS"] = "both"
    in_erp(world, "MUG", 7)
    world.synced(full=True)
    pot = next(row for row in world.rows("products") if row["sku"] == "POT")
    assert (pot["name"], pot["price"]) == ("Kanne", Decimal("30.0000"))
    (stock,) = world.erp.sql("select * from inventory where product_id = %s", pot["id"])
    assert stock["quantity"] == 4 and len(world.goods.products) == 2
    world.merchant.sell(world.variant("POT"), 1)
    world.synced()
    assert world.quantity(str(stock["id"])) == 3 and world.synced(full=True).written == 0


def test_a_deleted_product_is_left_or_taken_off_sale(world: ErpWorld) -> None:
    for sku in ("MUG", "POT"):
        world.stock_up(sku)
    world.synced()
    world.erp.sql("delete from products where sku = 'MUG'")
    world.synced()
    mug = world.till.variant("MUG")
    assert mug is not None and mug["product"]["status"] == "ACTIVE"
    world.env |= {"ERP_GONE_PRODUCTS": "draft", "MAX_DELETES_PERCENT": "100"}
    world.synced(full=True, force=True)
    assert mug["product"]["status"] == "DRAFT" and [row["sku"] for row in world.rows("products")] == ["POT"]
    pot = world.till.variant("POT")
    assert pot is not None
    world.merchant.delete_product(pot["product"]["id"])
    world.synced(full=True, force=True)
    (row,) = world.rows("products")
    assert (row["status"], row["sync_to_shopify"], row["shopify_variant_id"]) == ("archived", False, None)
    assert world.synced(full=True).written == 0 and len(world.goods.products) == 1


def test_a_lost_ledger_makes_no_product_twice(world: ErpWorld) -> None:
    shirts(world, "S", "M")
    world.synced()
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    world.synced()
    assert len(world.goods.products) == 1 and len(world.rows("products")) == 2


def test_texts_are_kept_in_step_where_it_is_said_whose_word_counts(world: ErpWorld) -> None:
    in_erp(world, "MUG", 7, vendor="Acme", tags="b, a")
    shirts(world, "S", "M")
    world.synced()
    mug = next(one for one in world.goods.products.values() if one["title"] == "A MUG")
    shirt = next(one for one in world.goods.products.values() if one["title"] == "T-Shirt")
    world.erp.sql("update products set name = 'Becher' where sku = 'MUG'")
    world.synced(full=True)
    assert mug["title"] == "A MUG"
    world.env["ERP_FIELDS"] = '{"name": "erp", "description": "both", "tags": "shop"}'
    world.synced(full=True)
    assert mug["title"] == "Becher" and shirt["title"] == "T-Shirt"
    world.erp.sql("update products set name = 'Shirt', description = '<p>Neu</p>' where parent_sku = 'TS'")
    world.merchant.edit_product(mug["id"], tags=["c", "d"], descriptionHtml="<p>Keramik</p>")
    world.synced()
    assert (shirt["title"], shirt["descriptionHtml"]) == ("Shirt", "<p>Neu</p>")
    row = next(one for one in world.rows("products") if one["sku"] == "MUG")
    assert (row["tags"], row["description"], row["vendor"]) == ("c, d", "<p>Keramik</p>", "Acme")
    assert world.synced(full=True).written == 0 and world.queue() == []
    world.env["ERP_FIELDS"] = '{"title": "erp"}'
    assert world.sync().code == 2
