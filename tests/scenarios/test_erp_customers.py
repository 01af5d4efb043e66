"""Customers of a shop and an ERP: made on either side once, kept in step field by field."""

from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.ordering.addresses import address_in
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

AYSE = {"email": "ayse@example.com", "firstName": "Ayşe", "lastName": "Örnek", "tags": ["vip"]}

MORE_LOST = ("cut_before", "apply_then_error")


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    made = ErpWorld(tmp_path, erp)
    made.switch("customers")
    return made


def in_erp(world: ErpWorld, **fields: Any) -> str:
    text = f"insert into customers ({', '.join(fields)}) values ({', '.join(['%s'] * len(fields))}) returning id"
    return str(world.erp.sql(text, *fields.values())[0]["id"])


def in_shop(world: ErpWorld, email: str) -> dict[str, Any]:
    (found,) = [one for one in world.shop.customers.nodes.values() if one["email"] == email]
    return found


def test_customers_are_made_on_the_other_side_once(world: ErpWorld) -> None:
    world.shop.customers.add(**AYSE, note="kommt freitags")
    home = {"company": "Kaya", "address1": "Örnek Sok. 1", "city": "Istanbul", "postal_code": "34710", "country": "tr"}
    in_erp(world, email="Mehmet@Example.com", first_name="Mehmet", last_name="Kaya", tags="erp, b2b", **home)
    world.synced()
    made, (mehmet, ayse) = in_shop(world, "mehmet@example.com"), world.rows("customers")
    assert (made["firstName"], made["lastName"], made["tags"]) == ("Mehmet", "Kaya", ["b2b", "erp"])
    where = made["defaultAddress"]
    assert (where["address1"], where["zip"], where["countryCodeV2"], where["lastName"]) == ("Örnek Sok. 1", "34710", "TR", "Kaya")
    assert mehmet["shopify_customer_id"] == made["legacyResourceId"] and mehmet["email"] == "Mehmet@Example.com"
    assert (ayse["email"], ayse["note"], ayse["tags"]) == ("ayse@example.com", "kommt freitags", "vip")
    assert world.synced().written == 0 and len(world.rows("customers")) == len(world.shop.customers.nodes) == 2
    assert world.synced(full=True).written == 0 and world.queue() == []


def test_fields_go_both_ways_and_other_addresses_stay(world: ErpWorld) -> None:
    node = world.shop.customers.add(**AYSE)
    for number, street in enumerate(("Lagerstr. 2", "Örnek Sok. 1")):
        address = address_in({"address1": street, "city": "Istanbul", "countryCode": "TR"}, 71 + number)
        world.shop.customers.live_at(node, address, default=True)
    world.synced()
    (row,) = world.rows("customers")
    world.erp.sql("update customers set phone = '+905321234567', address1 = 'Yeni Cad. 5', city = 'Izmir', country = 'TR'")
    world.shop.customers.change(node, lastName="Yılmaz", note="neu")
    world.synced()
    assert node["phone"] == "+905321234567" and node["defaultAddress"]["city"] == "Izmir"
    (row,) = world.rows("customers")
    assert (row["last_name"], row["note"]) == ("Yılmaz", "neu")
    world.erp.sql("update customers set address1 = 'Yeni Cad. 6'")
    world.synced()
    assert [one["address1"] for one in node["_addresses"]] == ["Lagerstr. 2", "Yeni Cad. 6"]
    assert node["defaultAddress"]["address1"] == "Yeni Cad. 6" and world.synced().written == 0


def test_tags_are_joined_and_what_else_both_changed_is_asked(world: ErpWorld) -> None:
    node = world.shop.customers.add(**AYSE)
    world.synced()
    world.erp.sql("update customers set tags = 'vip, großhandel', last_name = 'Büro'")
    world.shop.customers.change(node, tags=["freitag", "vip"], lastName="Laden")
    ran = world.synced()
    (row,) = world.rows("customers")
    assert node["tags"] == ["freitag", "großhandel", "vip"] and row["tags"] == "freitag, großhandel, vip"
    assert (node["lastName"], row["last_name"]) == ("Laden", "Büro") and ran.data["runs"][0]["conflicts"] == 1


def test_consent_to_marketing_comes_from_the_customer_alone(world: ErpWorld) -> None:
    node = world.shop.customers.add(**AYSE)
    world.synced()
    assert world.rows("customers")[0]["accepts_marketing"] is False
    world.shop.customers.subscribe(node)
    world.synced()
    assert world.rows("customers")[0]["accepts_marketing"] is True
    world.erp.sql("update customers set accepts_marketing = false")
    world.sync()
    assert node["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"


@pytest.mark.parametrize("kind", ["apply_then_cut", *(pytest.param(one, marks=pytest.mark.long) for one in MORE_LOST)])
def test_a_lost_answer_makes_nobody_twice(world: ErpWorld, kind: Any) -> None:
    in_erp(world, email="mehmet@example.com", first_name="Mehmet")
    world.faults.add(Fault(kind, "shopify write"))
    world.sync()
    world.synced()
    assert in_shop(world, "mehmet@example.com")["firstName"] == "Mehmet" and len(world.shop.customers.nodes) == 1
    assert world.rows("customers")[0]["shopify_customer_id"] is not None and world.synced().written == 0


def test_a_lost_ledger_makes_nobody_twice(world: ErpWorld) -> None:
    world.shop.customers.add(**AYSE)
    id = in_erp(world, email="mehmet@example.com", first_name="Mehmet")
    world.synced()
    world.erp.sql("update customers set email = 'anders@example.com' where id = %s", id)
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    ran = world.sync()
    assert len(world.rows("customers")) == len(world.shop.customers.nodes) == 2
    assert ran.data["runs"][0]["conflicts"] == 1  # which of the two addresses is right nobody knows


def test_who_the_shop_does_not_take_is_told_and_the_rest_goes_on(world: ErpWorld) -> None:
    world.shop.customers.add(email="other@example.com", phone="+905321234567")
    bad = {
        in_erp(world, email="kein at zeichen"): "is no e-mail address",
        in_erp(world, email="a@example.com", phone="+905321234567"): "already been taken",
        in_erp(world, email="b@example.com", address1="x", country="Germany"): "must be its two letters",
    }
    in_erp(world, email="gut@example.com")
    assert world.sync().code == 3
    failed = {row["entity_id"]: row["error_message"] for row in world.queue()}
    assert failed.keys() == bad.keys() and all(told in failed[id] for id, told in bad.items())
    assert in_shop(world, "gut@example.com")
    world.erp.sql("update customers set country = 'DE' where email = 'b@example.com'")
    world.sync()
    assert in_shop(world, "b@example.com")["defaultAddress"]["countryCodeV2"] == "DE"


def test_whose_word_counts_and_where_new_ones_are_made_can_be_said(world: ErpWorld) -> None:
    world.env |= {"ERP_CUSTOMER_FIELDS": '{"note": "erp"}', "ERP_NEW_CUSTOMERS": "none"}
    node = world.shop.customers.add(**AYSE)
    in_erp(world, email="mehmet@example.com")
    in_erp(world, email="ayse@example.com", note="vom Büro")
    world.synced()
    assert node["note"] == "vom Büro" and len(world.rows("customers")) == 2 and len(world.shop.customers.nodes) == 1
    world.shop.customers.change(node, note="vom Laden")
    world.synced()
    assert node["note"] == "vom Büro"


def test_what_the_erp_has_no_column_for_stays_in_the_shop(world: ErpWorld) -> None:
    world.erp.sql("alter table customers drop column company, drop column address2, drop column postal_code")
    home = {
        "company": "Kaya",
        "address1": "Örnek Sok. 1",
        "city": "Istanbul",
        "zip": "34710",
        "countryCode": "TR",
        "phone": "+905",
    }
    node = world.shop.customers.add(**AYSE, note="ein Leerzeichen am Ende ")
    world.shop.customers.live_at(node, address_in(home, 71), default=True)
    world.synced()
    assert world.synced(full=True).written == 0 and node["note"] == "ein Leerzeichen am Ende "
    world.erp.sql("update customers set city = 'Izmir'")
    world.synced()
    where = node["defaultAddress"]
    assert (where["city"], where["company"], where["zip"], where["phone"]) == ("Izmir", "Kaya", "34710", "+905")
    world.erp.sql("alter table customers add column company text")
    world.synced(full=True)
    assert where["company"] == "Kaya" == world.rows("customers")[0]["company"] and world.synced(full=True).written == 0


def test_buyers_of_orders_are_the_customers_that_are_kept_in_step(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    world.till.sell({"SHIRT": 1})
    world.erp_order("SO-1")
    world.synced()
    world.synced()
    assert len(world.rows("customers")) == len(world.shop.customers.nodes)
    assert all(row["shopify_customer_id"] for row in world.rows("customers"))
    assert world.synced().written == 0
