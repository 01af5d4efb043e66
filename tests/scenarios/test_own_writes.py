"""What a system makes of our own write is nobody's edit; and one field that it refuses holds back no other."""

import json
from collections.abc import Callable

import pytest

from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make, world  # noqa: F401

# ruff: noqa: F811


@pytest.fixture
def filled(make: Callable[..., GristWorld]) -> GristWorld:
    fields = {"products": {"fields": ["title", "handle", "tags", "vendor", "metafields.custom.material"]}, "variants": True}
    world = make(env={"GRIST_SYNC": json.dumps(fields)})
    world.synced()
    return world


def test_a_handle_in_small_letters_is_no_conflict_with_oneself(filled: GristWorld) -> None:
    world, product = filled, filled.product()
    world.edit("products", product["id"], "Handle", "My Nice Handle")
    ran = world.synced()
    assert ran.conflicts == 0
    assert product["handle"] == "my-nice-handle" == world.shown("products", product["id"], "Handle")
    assert world.synced(full=True).written == 0
    world.edit("products", product["id"], "Handle", "another-one")
    world.synced()
    assert product["handle"] == "another-one"


def test_tags_that_the_shop_takes_for_one_become_one(filled: GristWorld) -> None:
    world, product = filled, filled.product()
    world.edit("products", product["id"], "Tags", ["L", "red", "Red", "blue"])
    assert world.synced().conflicts == 0
    assert len(product["tags"]) == 2 and sorted(world.shown("products", product["id"], "Tags")) == sorted(product["tags"])
    assert world.synced(full=True).written == 0


@pytest.mark.parametrize("rule", ["grist", "grist-wins", "ask"])
def test_it_is_so_whoever_decides_the_field(make: Callable[..., GristWorld], rule: str) -> None:
    world = make(env={"GRIST_SYNC": json.dumps({"products": {"fields": {"title": "ask", "handle": rule}}})})
    world.synced()
    product = world.product()
    world.edit("products", product["id"], "Handle", "My Nice Handle")
    assert world.synced().conflicts == 0
    assert product["handle"] == "my-nice-handle" == world.shown("products", product["id"], "Handle")
    assert world.synced(full=True).written == 0


def test_one_refused_field_holds_back_no_other(filled: GristWorld) -> None:
    world, variant, product = filled, filled.variant(), filled.product()
    before = variant["compareAtPrice"]
    world.edit("variants", variant["id"], "Price", 12.5)
    world.edit("variants", variant["id"], "SKU", "NEW-1")
    world.edit("variants", variant["id"], "Compare-at price", -4)
    world.edit("products", product["id"], "Title", "")
    world.edit("products", product["id"], "Vendor", "Tea & Co")
    ran = world.sync(force=True)
    assert ran.code == 3
    assert (variant["price"], variant["sku"], variant["compareAtPrice"]) == ("12.50", "NEW-1", before)
    assert product["vendor"] == "Tea & Co" and product["title"]
    told = world.manage("errors").all
    assert "compare_at_price" in told and "title" in told and "vendor" not in told and "sku" not in told, told
    world.edit("variants", variant["id"], "Compare-at price", 40)
    world.edit("products", product["id"], "Title", "Tea")
    world.synced()
    assert "No open errors" in world.manage("errors").all


def test_a_metafield_that_was_never_set_holds_back_no_other_field(filled: GristWorld) -> None:
    world, product = filled, filled.product()
    for column, value in (("Title", "New title"), ("Vendor", "Tea & Co"), ("Tags", ["L", "a", "b"]), ("material", "Wool")):
        world.edit("products", product["id"], column, value)
    ran = world.sync()
    assert ran.code == 3, ran.text
    assert (product["title"], product["vendor"], sorted(product["tags"])) == ("New title", "Tea & Co", ["a", "b"])
    assert "metafields.custom.material" in world.manage("errors").all


def test_stock_that_the_shop_does_not_count_is_told_and_not_written(filled: GristWorld) -> None:
    world = filled
    world.env["GRIST_SYNC"] = json.dumps({"variants": True, "inventory": True})
    variant = world.variant()
    level = world.merchant.count(variant["id"], 10)
    world.merchant.edit_item(variant["id"], tracked=False)
    world.synced(full=True)
    world.edit("inventory", level["id"], "Available", 25)
    ran = world.sync()
    assert ran.code == 3 and level["_counts"]["available"] == 10, ran.text
    assert "Track quantity" in world.manage("errors").all
    assert world.shown("inventory", level["id"], "Available") == 25
    world.merchant.edit_item(variant["id"], tracked=True)
    world.synced(full=True)
    assert level["_counts"]["available"] == 25
