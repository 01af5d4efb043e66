"""A customer redacted in a ledger of the ERP pair: gone from every byte, and never back, whatever both sides still show."""

import json
from pathlib import Path

import pytest
from werkzeug.test import Client

from syncdb.ledger import Ledger
from syncdb.ledger.text_search import nobody_listens
from syncdb.orders.redaction import Affected
from syncdb.pairs.registry import people_kept
from syncdb.services.customer_lookup import whose
from syncdb.services.event_sources import event_sources
from syncdb.web.application import application_of
from tests.cli.acting.test_redact import in_bytes
from tests.cli.conftest import Answer, manage
from tests.postgres import Erp
from tests.scenarios.erp_world import HOME, ErpWorld
from tests.scenarios.test_erp_customers import in_erp, in_shop
from tests.web.signed import headers

WHO = "zeynep@gizli.example"
HERS = {WHO, "Zeynep", "Gizlioğlu", "+905321112233", "Saklı Sok. 77", "kommt freitags", "bitte klingeln", "Zeynep Gizlioğlu"}


@pytest.fixture
def world(tmp_path: Path, erp: Erp, monkeypatch: pytest.MonkeyPatch) -> ErpWorld:
    """A shop and an ERP with a customer, her orders on both sides, and others; some of it changed, refused or in dispute."""
    made = ErpWorld(tmp_path, erp)
    made.switch("customers", "orders")
    monkeypatch.chdir(tmp_path)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    made.stock_up("SHIRT", 10)
    node = made.shop.customers.add(email=WHO, firstName="Zeynep", lastName="Gizlioğlu", tags=[], note="kommt freitags")
    made.shop.customers.add(email="ayse@example.com", firstName="Ayşe", lastName="Örnek", tags=[])
    to = {"shipping_name": "Zeynep Gizlioğlu", "shipping_address1": "Saklı Sok. 77", "shipping_phone": "+905321112233"}
    made.erp_order("SO-1", email=WHO, **to)
    made.erp_order("SO-2")
    made.synced()
    made.erp.sql("update customers set phone = '+905321112233' where email = %s", WHO)
    made.erp.sql("update orders set note = 'bitte klingeln' where order_number = 'SO-1'")
    made.synced()
    made.erp.sql("update customers set last_name = 'Gizlioğlu-Örnek' where email = %s", WHO)
    made.shop.customers.change(node, lastName="Gizlioğlu-Kaya")
    in_erp(made, email="bad@example.com", phone="+905321112233", first_name="Her neighbour")  # the shop refuses the number
    assert made.sync().code == 3
    return made


def redact(world: ErpWorld, *arguments: str) -> Answer:
    return manage("redact", *arguments, "--yes")


def test_a_customer_is_gone_from_every_byte_and_never_comes_back(world: ErpWorld) -> None:
    assert in_bytes(world.folder, HERS) and world.manage("conflicts").code in (0, 1)
    said = redact(world, WHO, "--json")
    assert said.code == 0 and said.data["proved"], said.all
    assert [one["name"] for one in said.data["orders"]] == ["#1001"] and said.data["removed"]["agreed_rows"] >= 2
    assert in_bytes(world.folder, HERS) == {}
    others = (world.folder / "ledger.db").read_bytes()
    assert b"ayse@example.com" in others and HOME[1].encode() in others  # another customer's data stays
    ran = world.sync(full=True)
    assert ran.written == 0 and in_bytes(world.folder, HERS) == {}
    world.erp.sql("update customers set note = 'Gizlioğlu ist umgezogen' where email = %s", WHO)
    world.shop.customers.change(in_shop(world, WHO), note="kommt freitags wieder")
    world.erp.sql("update orders set fulfillment_status = 'fulfilled' where order_number = 'SO-1'")
    world.sync()
    assert in_bytes(world.folder, HERS) == {}
    (order,) = [one for one in world.shop.orders.values() if one["email"] == WHO]
    assert order["displayFulfillmentStatus"] == "FULFILLED"  # what tells nothing of her goes on


@pytest.mark.long
def test_a_new_ledger_does_not_bring_her_back(world: ErpWorld) -> None:
    assert redact(world, WHO).code == 0
    for file in world.folder.glob("ledger.db*"):
        if not file.name.endswith(".redacted"):
            file.unlink()
    (world.folder / "sync.log").unlink()
    count = len(world.shop.customers.nodes), len(world.rows("customers")), len(world.shop.orders), len(world.rows())
    world.sync()
    world.sync(full=True)
    assert in_bytes(world.folder, HERS) == {}
    assert count == (len(world.shop.customers.nodes), len(world.rows("customers")), len(world.shop.orders), len(world.rows()))


@pytest.mark.long
def test_a_backup_put_back_does_not_bring_her_back(world: ErpWorld) -> None:
    assert manage("backup", "--output", "before.db").code == 0
    assert redact(world, WHO).code == 3  # the backup still holds it
    assert manage("restore", "before.db", "--yes").code == 0
    for file in [*world.folder.glob("*replaced*"), world.folder / "before.db"]:
        file.unlink()
    assert in_bytes(world.folder, HERS) == {}


def test_she_is_found_by_whatever_people_know_and_cleared_everywhere(world: ErpWorld) -> None:
    world.erp.sql("update sync_queue set payload = jsonb_build_object('called', %s::text)", WHO)
    before = world.rows("customers")
    (hers,) = [str(row["id"]) for row in before if row["email"] == WHO]
    for called in ("+90 532 111 22 33", "Zeynep Gizlioğlu", f"customer:{in_shop(world, WHO)['legacyResourceId']}"):
        assert list(found(world, called).orders.values()) == ["#1001"] and len(found(world, called).records) == 2, called
    for called in ("#1001", "so-1"):
        assert [one.name for one in found(world, called).records] == ["#1001"]
    said = redact(world, WHO, "--everywhere", "--json")
    assert said.code == 0 and said.data["erp"] == "cleared", said.all
    assert f"customers {hers}" in said.data["remains"]["erp"] and "the ERP's and stay" in said.data["remains"]["erp"]
    assert [row for row in world.rows("sync_queue") if WHO in f"{row['payload']}{row['error_message']}"] == []
    assert world.rows("customers") == before
    assert redact(world, "bad@example.com").code == 0  # refused from the first: known by messages alone
    assert in_bytes(world.folder, {"bad@example.com"}) == {}


def test_a_shops_request_to_erase_somebody_is_told_until_it_is_done(world: ErpWorld) -> None:
    asked(world, "customers/redact", id := int(in_shop(world, WHO)["legacyResourceId"]))
    asked(world, "customers/data_request", id)
    asked(world, "customers/redact", 4711)  # nothing is kept of this one
    attention = manage("status", "--json").data["attention"]
    assert [one["next_step"].split("redact ")[1] for one in attention if one["code"] == "people_asked"] == [
        f"customer:{id} --everywhere",
        f"customer:{id} --show",
        "customer:4711 --everywhere",
    ]
    shown = manage("redact", f"customer:{id}", "--show", "--json")
    told = str(shown.data)
    assert shown.code == 0 and "Saklı Sok. 77" in told and "kommt freitags" in told and "ayse@" not in told
    assert redact(world, f"customer:{id}", "--everywhere").code == 0
    assert redact(world, "customer:4711").code == 0
    assert "people_asked" not in manage("status", "--json").out
    assert redact(world, "customer:4711").code == 2  # asked by nobody: a slip
    assert in_bytes(world.folder, HERS) == {}


def test_a_shop_that_took_the_app_out_is_done_with_by_one_command(world: ErpWorld) -> None:
    asked(world, "shop/redact", 0)
    (world.folder / "export.csv").write_text(WHO, encoding="utf-8")
    (one,) = [one for one in manage("status", "--json").data["attention"] if one["code"] == "people_asked"]
    assert one["next_step"].endswith("redact shop:shopify")
    assert redact(world, "shop:other", "--delete-files").code == 2 and redact(world, WHO, "--done").code == 2
    told = redact(world, "shop:shopify", "--json")
    assert told.code == 3 and str(world.ledger) in told.data["files_left"] and world.ledger.exists()
    with Ledger.open(world.ledger, world.clock.now()):
        assert redact(world, "shop:shopify", "--delete-files").code == 7 and world.ledger.exists()
    said = redact(world, "shop:shopify", "--delete-files", "--also", "export.csv")
    assert said.code == 0 and "closed" in said.out and in_bytes(world.folder, HERS) == {}, said.all
    assert not world.ledger.exists() and "people_asked" not in manage("status", "--json").all
    assert redact(world, "shop:shopify").code == 2, "there is nothing open any more"
    Ledger.open(world.ledger, world.clock.now()).close()
    asked(world, "shop/redact", 0, again=True)
    assert redact(world, "shop:shopify", "--done").code == 0 and world.ledger.exists(), "by the word of a person"
    assert "people_asked" not in manage("status", "--json").all


def asked(world: ErpWorld, topic: str, customer: int, again: bool = False) -> None:
    """The shop passes on what a customer asks, signed as everything it sends."""
    body = json.dumps({"customer": {"id": customer, "email": WHO, "phone": "+905321112233"}, "orders_to_redact": []}).encode()
    told = headers(body, world.env["SHOPIFY_CLIENT_SECRET"], Topic=topic, Webhook_Id=f"{topic} {customer} {again}")
    receiver = Client(application_of(event_sources(None, world.env, world.folder)))
    assert receiver.post("/webhooks/shopify", data=body, headers=told).status_code == 200


def found(world: ErpWorld, called: str) -> Affected:
    return whose(world.ledger, called, nobody_listens, world.clock.now(), people_kept())
