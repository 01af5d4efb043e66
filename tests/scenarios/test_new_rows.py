"""Rows that people add or delete in Grist are made or archived in the shop, by choice; a row that lost its id gets it back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

CREATES = {"new_rows": "create", "gone_in_grist": "archive"}


@pytest.fixture
def making(make: Callable[..., GristWorld]) -> GristWorld:
    fields = {"title": "ask", "status": "ask", "vendor": "ask", "tags": "merge", "created_at": "shopify", "handle": "ask"}
    chosen = {"products": {"fields": fields, **CREATES}, "variants": True}
    world = make(products=3, env={"GRIST_SYNC": json.dumps(chosen)})
    world.synced()
    return world


def called(world: GristWorld, title: str) -> list[Any]:
    return [one for one in world.goods.products.values() if one["title"] == title]


def rows_called(world: GristWorld, title: str) -> list[dict[str, Any]]:
    return [row for row in world.rows("products").values() if row["Title"] == title]


def test_an_added_row_becomes_a_draft_whose_id_stands_in_the_row(making: GristWorld) -> None:
    world = making
    world.person("products").add(Title="Teapot", Vendor="Tea & Co", Tags=["L", "new", "tea"])
    ran = world.synced()
    (product,) = called(world, "Teapot")
    assert (product["status"], product["vendor"], sorted(product["tags"])) == ("DRAFT", "Tea & Co", ["new", "tea"])
    (row,) = rows_called(world, "Teapot")
    assert row["Shopify ID"] == product["id"] and ran.conflicts == 0
    assert not [note for one in ran.data["runs"] for note in one["notes"] if "unkeyed" in note["code"]]
    world.synced()
    (row,) = rows_called(world, "Teapot")
    assert row["Status"] == "DRAFT" and row["Handle"] == product["handle"]
    assert product["variants"][0]["id"] in world.rows("variants")
    assert world.synced(full=True).written == 0
    world.edit("products", product["id"], "Status", "ACTIVE")
    world.synced()
    assert product["status"] == "ACTIVE"


def test_what_the_row_says_of_its_status_follows_by_the_rules(making: GristWorld) -> None:
    making.person("products").add(Title="Teapot", Status="ACTIVE")
    making.synced()
    making.synced()
    assert called(making, "Teapot")[0]["status"] == "ACTIVE" and rows_called(making, "Teapot")[0]["Status"] == "ACTIVE"


def test_a_row_without_a_title_and_one_where_it_is_off_stay_as_they_are(making: GristWorld, make: Any) -> None:
    making.person("products").add(Vendor="Nobody")
    before = len(making.goods.products)
    ran = making.synced()
    assert len(making.goods.products) == before
    assert [note["code"] for one in ran.data["runs"] for note in one["notes"]] == ["unkeyed:products"]


def test_a_dry_run_shows_what_would_be_made_and_makes_nothing(making: GristWorld) -> None:
    world = making
    world.person("products").add(Title="Teapot", Vendor="Tea & Co")
    world.person("products").add(Vendor="Nobody")
    lost = next(iter(world.goods.products))
    world.edit("products", lost, "Shopify ID", "")
    before, rows = len(world.goods.products), world.rows("products")
    ran = world.sync(test=True)
    assert len(world.goods.products) == before and world.rows("products") == rows
    plan = json.loads(Path("test_output", "products", "plan.json").read_text(encoding="utf-8"))
    (made,) = plan["operations"]
    assert made["action"] == "create" and made["id"].startswith("left:") and made["changes"]["title"] == "Teapot"
    notes = {note["code"]: note["message"] for one in ran.data["runs"] for note in one["notes"]}
    assert notes["unkeyed:products"].startswith("1 row of") and "Nobody" in notes["unkeyed:products"]
    assert "Shopify: it would add 1 record and change 0 records" in " ".join(world.sync(test=True, as_json=False).text.split())


def test_a_pasted_block_of_rows_is_not_made_unasked(making: GristWorld) -> None:
    world = making
    before = len(world.goods.products)
    for number in range(21):
        world.person("products").add(Title=f"Pot {number}")
    told = "\n".join(note["message"] for one in world.sync(test=True).data["runs"] for note in one["notes"])
    assert "A real run would stop here" in told and "21 records that people added would be made" in told and "Pot 0" in told
    ran = world.sync()
    assert ran.code == 5 and "Pot 0; Pot 1" in ran.data["runs"][0]["error"]["message"], ran.data
    assert len(world.goods.products) == before
    world.synced(force=True)
    world.synced()
    assert len(world.goods.products) == before + 21 and all(rows_called(world, f"Pot {number}") for number in range(21))


@pytest.mark.parametrize("system", ["shopify write", "grist write"])
@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before", "unavailable"])
def test_whatever_is_lost_on_the_way_there_is_one_product_and_one_row(making: GristWorld, system: str, kind: Any) -> None:
    world = making
    for number in range(3):
        world.person("products").add(Title=f"Pot {number}")
        world.faults.add(Fault(kind, system, skip=number))
        world.sync()
        world.faults.clear()
    for _ in range(2):
        world.synced(full=True)
    for number in range(3):
        (product,) = called(world, f"Pot {number}")
        (row,) = rows_called(world, f"Pot {number}")
        assert row["Shopify ID"] == product["id"]
    assert world.synced(full=True).written == 0 and not world.sync().conflicts


@pytest.mark.parametrize("system", ["shopify", "grist"])
@pytest.mark.parametrize("skip", range(3))
def test_a_run_that_dies_on_the_way_leaves_one_product_and_one_row(making: GristWorld, system: str, skip: int) -> None:
    world = making
    world.person("products").add(Title="Teapot")
    away = Fault("unavailable", lambda seen: cut.seen and seen.system == system, times=None)
    cut = Cut(system, skip)
    world.faults.add(away, Fault("apply_then_cut", cut))
    world.sync()
    world.faults.clear()
    world.synced()
    world.synced(full=True)
    (product,), (row,) = called(world, "Teapot"), rows_called(world, "Teapot")
    assert row["Shopify ID"] == product["id"] and world.synced(full=True).written == 0


class Cut:
    """Fits the write number `skip` of a system, after which that system is away: what a run that died there leaves behind."""

    def __init__(self, system: str, skip: int) -> None:
        self.system, self.left, self.seen = system, skip, False

    def __call__(self, seen: Any) -> bool:
        if self.seen or seen.system != self.system or seen.kind != "write":
            return False
        self.left -= 1
        self.seen = self.left < 0
        return self.seen


def test_after_a_lost_ledger_a_row_that_was_being_made_is_found(making: GristWorld) -> None:
    world = making
    world.person("products").add(Title="Teapot")
    world.faults.add(Fault("unavailable", lambda seen: bool(called(world, "Teapot")), times=None))
    world.sync()  # the product is made, and nothing else goes through
    world.faults.clear()
    world.ledger.unlink()
    assert world.sync(full=True).code == 5, "the table still carries the mark of the ledger that was lost"
    world.sync(full=True, force=True)
    world.sync(full=True)
    (product,), (row,) = called(world, "Teapot"), rows_called(world, "Teapot")
    assert row["Shopify ID"] == product["id"]


@pytest.mark.parametrize("gone", ["keep", "archive"])
def test_what_referred_to_a_deleted_row_is_no_trouble(make: Callable[..., GristWorld], gone: str) -> None:
    chosen = {"products": {"fields": ["title", "status"], "gone_in_grist": gone}, "variants": True, "inventory": True}
    world = make(products=3, env={"GRIST_SYNC": json.dumps(chosen)})
    world.synced()
    product = world.product()
    world.person("products").delete(world.row("products", product["id"]))
    assert not world.synced().counts["quarantined"]
    assert world.synced(full=True).written == 0


def test_a_deleted_row_archives_its_product_and_stays_away(making: GristWorld) -> None:
    world, product = making, making.product()
    world.person("products").delete(world.row("products", product["id"]))
    ran = world.synced()
    assert product["status"] == "ARCHIVED" and ran.conflicts == 0
    for full in (False, True):
        assert world.synced(full=full).written == 0 and product["id"] not in world.rows("products")
    world.merchant.edit_product(product["id"], status="ACTIVE")
    assert world.sync().conflicts == 1 and product["status"] == "ACTIVE"


def test_a_row_deleted_here_and_edited_there_is_a_conflict(making: GristWorld) -> None:
    world, product = making, making.product()
    world.person("products").delete(world.row("products", product["id"]))
    world.merchant.edit_product(product["id"], title="Edited")
    assert world.sync().conflicts == 1 and product["status"] != "ARCHIVED"


@pytest.mark.parametrize("entity", ["products", "variants"])
@pytest.mark.parametrize("full", [False, True])
def test_a_blanked_id_is_put_back_and_adds_no_row(making: GristWorld, entity: str, full: bool) -> None:
    world = making
    key = next(iter(getattr(world.goods, entity)))
    row, count = world.row(entity, key), len(world.rows(entity))
    world.edit(entity, key, "Shopify ID", "")
    world.synced(full=full)
    assert world.row(entity, key) == row and len(world.rows(entity)) == count
    assert world.synced(full=True).written == 0
