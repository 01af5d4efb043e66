"""A document, a ledger or a whole side is put back to an older copy: what changed since then is not undone in the live shop."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make, world  # noqa: F401


@pytest.fixture
def replaced(world: GristWorld) -> GristWorld:  # noqa: F811
    """Copied, then prices and a title changed in the shop, five sold, synced, and the copy put in the document's place."""
    level = world.merchant.count(world.variant()["id"], 40)
    world.synced(full=True)
    assert world.shown("inventory", level["id"], "Available") == 40
    copied = world.copied()
    world.merchant.edit_variant(world.variant(0)["id"], price="31.00")
    world.merchant.edit_variant(world.variant(1)["id"], price="32.00")
    world.merchant.edit_product(world.product()["id"], title="Green tea, loose")
    world.merchant.sell(world.variant()["id"], 5)
    world.synced()
    assert world.shown("inventory", level["id"], "Available") == 35
    world.put_back(copied)
    return world


def shop(world: GristWorld) -> tuple[Any, ...]:  # noqa: F811
    stock = next(one for one in world.goods.levels.values() if one["item"]["variant"]["id"] == world.variant()["id"])
    prices = [world.variant(number)["price"] for number in range(len(world.goods.variants))]
    return (*prices, world.product()["title"], stock["_counts"]["available"])


@pytest.mark.parametrize("force", [False, True])
def test_a_document_replaced_by_an_older_copy_stops_the_run(replaced: GristWorld, force: bool) -> None:
    before = shop(replaced)
    ran = replaced.sync(as_json=False, force=force)
    assert ran.code == 5 and "older copy" in ran.text and "--accept older-copy" in ran.text, ran.text
    assert shop(replaced) == before and before[:2] == ("31.00", "32.00")
    told = replaced.sync(test=True)
    assert "guard" in {note["code"] for one in told.data["runs"] for note in one["notes"]}
    assert replaced.sync(full=True).code == 5  # again and again, until somebody looks


def test_edits_made_in_the_older_copy_do_not_hide_it(replaced: GristWorld) -> None:
    person = replaced.person("Products")
    for number in range(20):
        replaced.edit("products", replaced.product(2)["id"], "Vendor", f"Vendor {number}")
    assert person
    before = shop(replaced)
    assert replaced.sync().code == 5 and shop(replaced) == before


def test_on_consent_differences_are_conflicts_and_sums_are_asked(replaced: GristWorld) -> None:
    before = shop(replaced)
    ran = replaced.synced(accept=("older-copy",))
    assert shop(replaced) == before
    told = replaced.manage("conflicts", "--json").data["conflicts"]
    assert sorted(one["field"] for one in told) == ["available", "price", "price", "title"] and ran.conflicts == 4
    assert all(one["why"] == "no base" for one in told)
    again = replaced.synced(full=True)
    assert shop(replaced) == before and again.written == 0 and again.conflicts == 4
    assert replaced.manage("conflicts", "--all", "--take", "shopify", "--yes").code == 0
    replaced.synced()
    replaced.agreed()
    replaced.merchant.sell(replaced.variant()["id"], 1)
    replaced.edit("products", replaced.product()["id"], "Title", "Edited after all that")
    replaced.synced()
    assert replaced.product()["title"] == "Edited after all that"
    replaced.agreed()


def test_a_consent_counts_for_all_fields_only(replaced: GristWorld) -> None:
    before = shop(replaced)
    ran = replaced.sync(accept=("older-copy",), fields=("price",), as_json=False)
    assert ran.code == 5 and "--fields" in ran.text and shop(replaced) == before


def test_a_forgotten_history_is_no_older_copy(world: GristWorld) -> None:  # noqa: F811
    world.edit("variants", world.variant()["id"], "Price", 77.7)
    if world.real is None:
        world.sandbox.grist_document.history.prune(1)
    else:
        world.real.ok("POST", "/states/remove", {"keep": 1})
    world.synced()
    assert world.variant()["price"] == "77.70"


def test_a_row_of_the_older_copy_is_not_deleted_where_nobody_knows_its_edits(make: Callable[..., GristWorld]) -> None:  # noqa: F811
    world = make(env={"GRIST_SYNC": json.dumps({"products": {"gone_in_shop": "delete"}})})  # noqa: F811
    world.synced()
    gone = world.product()["id"]
    world.edit("products", gone, "Vendor", "typed long ago")
    copied = world.copied()
    world.edit("products", gone, "Vendor", "typed later")
    world.synced()
    world.put_back(copied)
    world.merchant.delete_product(gone)
    ran = world.synced(accept=("older-copy",))
    assert world.shown("products", gone, "Vendor") == "typed long ago" and ran.conflicts == 1


def test_notes_of_orders_are_not_undone_by_an_older_copy(make: Callable[..., GristWorld]) -> None:  # noqa: F811
    world = make(orders=6, env={"GRIST_SYNC": json.dumps({"orders": {"from_grist": ["note", "tags"]}})})  # noqa: F811
    world.synced()
    key = next(iter(world.rows("orders")))
    copied = world.copied()
    world.sandbox.shop.set_note(f"gid://shopify/Order/{key}", "ring twice")
    world.synced()
    assert world.shown("orders", key, "Note") == "ring twice"
    world.put_back(copied)
    order = world.sandbox.shop.orders[f"gid://shopify/Order/{key}"]
    for asked in ({}, {"full": True}, {"force": True}):
        ran = world.sync(**asked)
        assert ran.code == 5 and order["note"] == "ring twice", ran.text
    ran = world.synced(accept=("older-copy",))
    assert order["note"] == "ring twice" and ran.conflicts == 1


def test_an_older_ledger_makes_no_edits_of_what_was_agreed_since(world: GristWorld, tmp_path: Path) -> None:  # noqa: F811
    variant = world.variant()
    level = world.merchant.count(variant["id"], 40)
    world.synced(full=True)
    assert world.manage("backup", "--output", str(tmp_path / "old.db")).code == 0
    before = variant["price"]
    world.merchant.edit_variant(variant["id"], price="31.00")
    world.merchant.sell(variant["id"], 5)
    world.synced()
    assert world.manage("restore", str(tmp_path / "old.db"), "--yes").code == 0
    world.edit("variants", variant["id"], "Price", float(before))  # somebody takes it back in the document
    world.merchant.sell(variant["id"], 2)
    ran = world.synced()
    assert variant["price"] == "31.00" and world.shown("variants", variant["id"], "Price") == float(before)
    assert (level["_counts"]["available"], world.shown("inventory", level["id"], "Available")) == (33, 35)
    assert ran.conflicts == 2
