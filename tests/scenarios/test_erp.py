"""What the owner of a shop with an ERP lives through, from the first run on."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.cli.pair_action import act
from syncdb.cli.pair_options import RunOptions
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.ledger import Ledger
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.state_keys import SHOP
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.services.attention import attention
from syncdb.services.ledger_location import find_ledger
from syncdb.services.status import read_status
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    return ErpWorld(tmp_path, erp)


def test_nothing_happens_before_something_is_switched_on(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10, there=7)
    ran = world.synced()
    assert ran.written == 0 and "Nothing is switched on" in ran.notes()


def test_stock_goes_both_ways_by_movement(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    assert world.synced().written == 0
    world.erp.sql("update inventory set quantity = quantity + 5 where id = %s", row)
    world.synced()
    assert (world.available("SHIRT"), world.quantity(row)) == (15, 15)
    world.merchant.sell(world.variant("SHIRT"), 2)
    world.synced()
    assert (world.available("SHIRT"), world.quantity(row)) == (13, 13)
    world.merchant.sell(world.variant("SHIRT"), 1)
    world.erp.sql("update inventory set quantity = quantity - 3 where id = %s", row)
    world.synced()
    assert (world.available("SHIRT"), world.quantity(row)) == (9, 9)
    assert world.synced().written == 0 and world.queue() == []


def test_queue_rows_that_were_done_long_ago_are_cleared(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    world.synced()
    for pieces in (9, 8):
        world.erp.sql("update inventory set quantity = %s where id = %s", pieces, row)
        world.synced()
    older, newer = world.queue("completed")
    world.erp.sql("update sync_queue set updated_at = now() - interval '31 days' where id = %s", older["id"])
    world.erp.sql("update inventory set quantity = 7 where id = %s", row)
    world.synced()
    left = [one["id"] for one in world.queue("completed")]
    assert older["id"] not in left and newer["id"] in left


def test_an_order_of_the_shop_comes_into_the_erp(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    order = world.till.sell({"SHIRT": 2})
    world.synced()
    (row,) = world.rows()
    assert row["shopify_order_id"] == order["legacyResourceId"] and row["shopify_order_name"] == order["name"]
    assert row["financial_status"] == "paid" and row["shipping_city"] == "Kadıköy"
    (item,) = world.rows("order_items")
    assert (item["sku"], item["quantity"], item["product_id"]) == ("SHIRT", 2, world.rows("products")[0]["id"])
    assert world.synced().written == 0 and len(world.rows()) == 1
    world.shop.fulfil(order["id"], tracking=[("DHL", "D-1", "https://dhl.example/D-1")])
    world.synced()
    (row,) = world.rows()
    assert (row["fulfillment_status"], row["tracking_number"], row["tracking_company"]) == ("fulfilled", "D-1", "DHL")


def test_an_order_of_the_erp_is_made_in_the_shop_and_shipped(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1", note="Bitte klingeln")
    world.synced()
    (order,) = world.shop.orders.values()
    row = world.order_row(id)
    assert row["shopify_order_id"] == order["legacyResourceId"] and row["shopify_sync_status"] == "synced"
    assert order["sourceIdentifier"] == f"erp:{id}" and order["note"] == "Bitte klingeln"
    assert world.available("SHIRT") == 10  # the ERP's stock counts, not the order
    assert world.synced().written == 0 and len(world.shop.orders) == 1
    world.erp.sql("update orders set tracking_number = 'YK-1', tracking_company = 'Yurtiçi' where id = %s", id)
    world.synced()
    assert order["fulfillments"][0]["trackingInfo"][0]["number"] == "YK-1"
    assert world.synced().code == 0 and world.order_row(id)["fulfillment_status"] == "fulfilled"
    assert world.queue() == [] and world.queue("pending") == []


def attention_of(world: ErpWorld) -> str:
    """What `status` calls attention to."""
    place = find_ledger(None, world.ledger, world.env)
    with reading(world.ledger) as reader:
        return " ".join(one.message for one in attention(read_status(reader, place, world.clock.now())))


def test_what_the_shop_cannot_take_is_told_and_the_rest_goes_on(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    good = world.erp_order("SO-1")
    bad = {
        world.erp_order("SO-2", ("NOWHERE", 1, "5.00")): "the SKU NOWHERE is in no product of the shop",
        world.erp_order("SO-3", currency="USD"): "it is in USD, and the shop sells in EUR",
        world.erp_order("SO-4", shipping_address1=None): "it has no shipping address",
        world.erp_order("SO-5", total=99): "Correct the amounts",
    }
    ran = world.sync()
    assert ran.code == 3 and len(world.shop.orders) == 1
    assert world.order_row(good)["shopify_sync_status"] == "synced"
    failed = {row["entity_id"]: row["error_message"] for row in world.queue()}
    assert failed.keys() == bad.keys()
    assert "4 records have failed for good in the queue of the ERP." in attention_of(world)
    for id, told in bad.items():
        row = world.order_row(id)
        assert told in failed[id] and row["order_number"] in failed[id]
        assert row["shopify_sync_status"] == "failed" and told in row["shopify_sync_error"]
    fixed = next(id for id, told in bad.items() if "address" in told)
    world.erp.sql("update orders set shipping_address1 = 'Örnek Sok. 2' where id = %s", fixed)
    assert world.sync().code == 3 and len(world.shop.orders) == 2
    assert world.order_row(fixed)["shopify_sync_status"] == "synced" and world.order_row(fixed)["shopify_sync_error"] is None
    assert [row["entity_id"] for row in world.queue() if row["superseded_by"] is None] == sorted(set(bad) - {fixed}, key=int)


def test_an_order_the_erp_cannot_take_is_kept_out_and_the_rest_comes(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    world.erp.sql("alter table orders add constraint no_gifts check (note is distinct from 'gift')")
    refused = world.till.sell({"SHIRT": 1}, note="gift")
    world.till.sell({"SHIRT": 1})
    ran = world.sync()
    assert ran.code == 3 and len(world.rows()) == 1
    (row,) = world.queue()
    assert (row["direction"], row["entity_id"]) == ("from_shopify", refused["legacyResourceId"])
    assert "no_gifts" in row["error_message"]
    assert "1 record has failed for good in the queue of the ERP." in attention_of(world)
    world.shop.set_note(refused["id"], "Geschenk")
    world.synced()
    assert "in the queue" not in attention_of(world)
    assert len(world.rows()) == 2


def test_a_lost_ledger_is_rebuilt_without_making_anything_twice(world: ErpWorld) -> None:
    stock = world.stock_up("SHIRT", 10)
    world.switch("orders", "inventory")
    world.till.sell({"SHIRT": 1})
    id = world.erp_order("SO-1")
    world.synced()
    world.erp.sql("update inventory set quantity = 9 where id = %s", stock)
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    world.synced()
    assert len(world.shop.orders) == 2 and len(world.rows()) == 2
    assert world.synced(full=True).written == 0
    world.erp.sql("update orders set note = 'neu' where id = %s", id)
    world.synced()
    (made,) = [one for one in world.shop.orders.values() if one["sourceIdentifier"] == f"erp:{id}"]
    assert made["note"] == "neu"


def test_a_link_that_was_never_written_back_is_found_by_its_source(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1")
    world.synced()
    world.erp.sql("update orders set shopify_order_id = null, shopify_order_name = null, shopify_sync_status = 'pending'")
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    world.sync()
    assert len(world.shop.orders) == 1 and len(world.rows()) == 1
    assert world.order_row(id)["shopify_order_id"] is not None


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before", "apply_then_error"])
def test_a_lost_answer_makes_no_order_twice(world: ErpWorld, kind: Any) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    world.erp_order("SO-1")
    world.shop.index_lag = 1800.0
    world.faults.add(Fault(kind, "shopify write"))
    world.sync()
    world.synced()
    assert len(world.shop.orders) == 1 and world.rows()[0]["shopify_order_id"] is not None


def test_cancelled_here_is_cancelled_there(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    native, id = world.till.sell({"SHIRT": 1}), world.erp_order("SO-1")
    world.synced()
    world.till.cancel(native)
    world.erp.sql("update orders set cancelled_at = now() where id = %s", id)
    world.synced()
    assert all(one["cancelledAt"] for one in world.shop.orders.values())
    assert all(row["cancelled_at"] for row in world.rows())
    world.synced()  # what became of the payment
    assert world.synced().written == 0 and world.available("SHIRT") == 10


def test_a_note_changed_on_both_sides_waits_for_a_person(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1")
    world.synced()
    (order,) = world.shop.orders.values()
    world.shop.set_note(order["id"], "vom Laden")
    world.erp.sql("update orders set note = 'vom Büro', email = 'neu@example.com' where id = %s", id)
    ran = world.synced()
    assert order["note"] == "vom Laden" and world.order_row(id)["note"] == "vom Büro"
    assert order["email"] == "neu@example.com" and ran.data["runs"][0]["conflicts"] == 1
    assert "note" in world.manage("conflicts").out.lower()


def test_what_cannot_be_changed_in_the_shop_is_told(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1")
    world.synced()
    world.erp.sql("update order_items set quantity = 3 where order_id = %s", id)
    assert world.sync().code == 3
    (row,) = world.queue()
    assert "is changed by editing the order in the Shopify admin" in row["error_message"]
    (order,) = world.shop.orders.values()
    world.shop.edit_order(order["id"], quantities={order["lineItems"][0]["id"]: 3})
    world.sync()
    assert world.rows("order_items")[0]["quantity"] == 3


def test_an_order_edited_in_the_shop_changes_the_erps_lines(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.stock_up("MUG", 5)
    world.switch("orders")
    order = world.till.sell({"SHIRT": 2})
    world.synced()
    variant = world.till.variant("MUG")
    assert variant is not None
    world.shop.edit_order(order["id"], add=[(Item("Mug", "20.00", sku="MUG"), 1)])
    world.synced()
    assert {(row["sku"], row["quantity"]) for row in world.rows("order_items")} == {("SHIRT", 2), ("MUG", 1)}
    assert world.rows()[0]["total"] == Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])


def test_a_switch_works_at_once(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    world.synced()
    world.switch("inventory", on=False)
    world.erp.sql("update inventory set quantity = 4 where id = %s", row)
    world.synced()
    assert world.available("SHIRT") == 10
    world.switch("inventory")
    world.synced(full=True)
    assert world.available("SHIRT") == 4


def test_a_product_that_is_switched_off_is_left_alone(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    world.synced()
    world.erp.sql("update products set sync_to_shopify = false")
    world.erp.sql("update inventory set quantity = 4 where id = %s", row)
    world.synced(full=True)
    assert world.available("SHIRT") == 10


def test_contradictions_with_the_configuration_are_told(world: ErpWorld) -> None:
    world.switch("inventory")
    world.env["SHOPIFY_API_VERSION"] = "2026-10"
    world.erp.sql("update api_settings set value = 'other-shop' where key = 'SHOPIFY_STORE_URL'")
    world.erp.sql("update api_settings set value = '2026-01' where key = 'SHOPIFY_API_VERSION'")
    notes = world.synced().notes()
    assert "names other-shop.myshopify.com" in notes and "is 2026-01" in notes


def test_the_table_says_which_shop_it_is_where_the_configuration_does_not(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    shop = world.env.pop("SHOPIFY_STORE_NAME")
    for name in ("SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"):
        del world.env[name]
    world.env["SHOPIFY_ADMIN_API_TOKEN"] = "shpat_0123456789abcdef0123456789abcdef"
    world.sandbox.shopify.tokens.add_token(world.env["SHOPIFY_ADMIN_API_TOKEN"])
    nameless = world.sync(as_json=False)
    assert nameless.code == 2 and "SHOPIFY_STORE_URL in the ERP's table" in nameless.text and nameless.shop_requests == 0
    world.erp.sql("update api_settings set value = %s where key = 'SHOPIFY_STORE_URL'", f"https://{shop}/admin")
    for version in ("2026-01", "2026-10"):  # read at each run
        world.erp.sql("update api_settings set value = %s where key = 'SHOPIFY_API_VERSION'", version)
        assert "SHOPIFY_" not in world.synced().notes()
        assert Ledger.copy(world.ledger, world.clock.now()).runs.get(SHOP)["version"] == version
    world.erp.sql("update api_settings set value = 'newest' where key = 'SHOPIFY_API_VERSION'")
    assert "'newest', which is no version" in world.synced().notes() and world.quantity(row) == 10


def test_a_trial_run_writes_nothing_anywhere(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory", "orders")
    world.synced()
    world.erp.sql("update inventory set quantity = 4 where id = %s", row)
    world.erp_order("SO-1")
    world.till.sell({"SHIRT": 1})
    before = world.erp.sql("select * from sync_queue order by id")
    ran = world.synced(test=True)
    assert ran.shop_writes == 0 and world.erp.sql("select * from sync_queue order by id") == before
    assert len(world.shop.orders) == 1 and len(world.rows()) == 1 and world.quantity(row) == 4


def test_the_actions_of_the_command_run_it(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    assert world.acted("full")["mode"] == "full"
    world.erp.sql("update inventory set quantity = 4 where id = %s", row)
    answer = world.acted("process")
    assert (answer["exit_code"], answer["counts"]["written_left"], world.available("SHIRT")) == (0, 1, 4)


def test_a_run_with_nothing_new_asks_little(world: ErpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    for name in ("send", "_commit"):
        real = getattr(ErpDatabase, name)
        monkeypatch.setattr(ErpDatabase, name, lambda *args, do=real, **more: (asked.append(args[1:]), do(*args, **more))[1])
    world.stock_up("SHIRT", 10)
    world.switch("inventory", "orders", "products", "customers")
    world.erp_order("SO-1")
    world.till.sell({"SHIRT": 1})
    for _ in range(4):  # what was written is looked at once more
        world.synced()
    asked.clear()
    last = world.synced()
    assert last.shop_requests <= 2, [str(one.body_json)[:300] for one in world.faults.log]
    assert len(asked) == 3, asked


def test_changes_go_in_as_few_calls_as_there_are_batches(world: ErpWorld) -> None:
    for number in range(251):
        world.merchant.add_product(f"Thing {number}", sku=f"T-{number}", stock=5)
    world.erp.sql("insert into products (sku) select 'T-' || n from generate_series(0, 250) n")
    world.erp.sql("insert into inventory (product_id, quantity) select id, 5 from products")
    world.switch("inventory")
    world.synced()
    world.erp.sql("update inventory set quantity = 6")
    ran = world.synced()
    assert ran.shop_writes == 2 and world.available("T-250") == 6


def test_without_an_installation_it_says_what_to_do(tmp_path: Path, bare: Erp) -> None:
    installed = bare.sql("select 1 as one")
    assert installed
    world = ErpWorld.__new__(ErpWorld)
    world.folder, world.erp, world.env = tmp_path, bare, {}
    with pytest.raises(Exception, match="api_settings"):
        world.__post_init__()
    ran = world.sync()
    assert ran.code == 2 and "erp install" in ran.text


def test_prices_and_barcodes_go_both_ways_and_ids_come_into_the_erp(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("products")
    world.synced()
    variant = world.till.variant("SHIRT")
    assert variant is not None
    (row,) = world.rows("products")
    assert row["shopify_variant_id"] == variant["id"].rpartition("/")[2]
    assert row["shopify_inventory_item_id"] == variant["inventoryItem"]["id"].rpartition("/")[2]
    world.erp.sql("update products set price = 24.90")
    world.merchant.edit_variant(variant["id"], barcode="4006381333931")
    world.synced()
    assert (variant["price"], world.rows("products")[0]["barcode"]) == ("24.90", "4006381333931")
    assert world.synced().written == 0 and world.queue() == []


def test_whose_word_counts_can_be_said(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.env["ERP_FIELDS"] = '{"price": "erp"}'
    world.switch("products")
    world.erp.sql("update products set price = 18")
    world.synced()
    variant = world.till.variant("SHIRT")
    assert variant is not None and variant["price"] == "18.00"
    world.merchant.edit_variant(variant["id"], price="1.00")
    world.synced(force=True)
    assert variant["price"] == "18.00"
    world.env["ERP_FIELDS"] = '{"prices": "me"}'
    assert world.sync().code == 2


def test_another_shop_than_the_one_that_was_asked_writes_nothing(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10, there=7)
    world.switch("inventory", "orders")
    world.erp_order("SO-1")
    world.env["SHOPIFY_STORE_NAME"] = "somebody-else"
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.shop_writes == 0 and len(world.shop.orders) == 0
    assert "somebody-else.myshopify.com is configured, but kayra-demo.myshopify.com answered" in ran.text


def test_an_order_is_found_in_the_ledger_by_its_number(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    order = world.till.sell({"SHIRT": 2})
    world.synced()
    world.shop.fulfil(order["id"])
    world.synced()
    for text in (order["name"], order["name"].removeprefix("#"), order["legacyResourceId"], order["id"]):
        told = world.manage("history", text)
        assert told.code == 0 and "shipped: no -> yes" in told.all, told.all
    listed = world.manage("orders")
    assert order["name"] in listed.all and "history" in listed.all, listed.all
    exported = world.manage("export", "--output", str(world.folder / "orders.csv"))
    assert exported.code == 2 and "keeps no copies of orders" in exported.all and not (world.folder / "orders.csv").exists()


@pytest.mark.parametrize("ledger_lost", [False, True])
def test_orders_are_known_again_after_a_new_installation(world: ErpWorld, ledger_lost: bool) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    order = world.till.sell({"SHIRT": 2})
    world.synced()
    world.acted("install", remove=True, yes=True)
    assert "shopify_order_id" not in world.rows()[0]
    world.acted("install")
    world.switch("orders")
    if ledger_lost:
        world.ledger.unlink()
    world.synced(full=True)
    (row,) = world.rows()
    assert (row["shopify_order_id"], row["shopify_sync_status"]) == (order["legacyResourceId"], "synced")
    world.shop.fulfil(order["id"])
    world.synced()
    assert world.rows()[0]["fulfillment_status"] == "fulfilled" and world.synced(full=True).written == 0


def test_nothing_is_removed_from_the_erp_unasked(world: ErpWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert act("erp", "install", RunOptions(), world.env, world.clock, {"remove": True}) == 2
    assert "--yes" in "".join(capsys.readouterr()) and world.erp.sql("select 1 from api_settings")
