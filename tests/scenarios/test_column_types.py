# ruff: noqa: F811
"""People change the type of a column: what Grist makes of its cells is no edit, and nothing of it reaches the shop unasked."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make, world  # noqa: F401


def shop(world: GristWorld) -> list[Any]:
    fields = ("sku", "barcode", "price", "compareAtPrice")
    variants = [[one[name] for name in fields] for one in world.goods.variants.values()]
    products = [[one["title"], sorted(one["tags"]), one["handle"], one["vendor"]] for one in world.goods.products.values()]
    return [variants, products, [one["_counts"]["available"] for one in world.goods.levels.values()]]


@pytest.fixture
def filled(make: Callable[..., GristWorld]) -> GristWorld:
    fields = {"products": {"fields": ["title", "handle", "vendor", "tags"]}, "variants": True, "inventory": True}
    world = make(env={"GRIST_SYNC": json.dumps(fields)})
    for number, gid in enumerate(world.goods.variants):
        world.merchant.edit_variant(gid, sku=f"00{number}451", barcode=f"40{number:010d}", price=f"{49 + number}.90")
    world.merchant.edit_product(world.product()["id"], tags=["fragile", "🎁"])
    world.synced()
    return world


@pytest.mark.parametrize(
    ("entity", "column", "kind"),
    [
        ("variants", "Price", "Int"),
        ("variants", "Price", "Text"),
        ("variants", "SKU", "Numeric"),
        ("variants", "SKU", "Int"),
        ("variants", "Barcode", "Numeric"),
        ("products", "Handle", "Numeric"),
        ("products", "Tags", "Text"),
        ("products", "Vendor", "Bool"),
        ("products", "Title", "Date"),
        ("inventory", "Available", "Text"),
        ("inventory", "Available", "Bool"),
    ],
)
def test_a_changed_column_type_writes_nothing_anywhere(filled: GristWorld, entity: str, column: str, kind: str) -> None:
    world, before = filled, shop(filled)
    world.person(entity).retype(column, kind)
    shown = {key: row[column] for key, row in world.rows(entity).items()}
    for asked in ({}, {"full": True}, {"force": True}):
        ran = world.sync(**asked)
        assert ran.code == 3 and ran.written == 0 and column.replace(" ", "_") in ran.text, ran.text
        assert shop(world) == before
        assert {key: row[column] for key, row in world.rows(entity).items()} == shown
    told = world.manage("errors").all
    assert kind in told and column in told and "--accept column-type" in told, told


def test_other_fields_go_on_and_undoing_it_is_enough(filled: GristWorld) -> None:
    world, variant, before = filled, filled.variant(), shop(filled)
    person = world.person("variants")
    person.retype("SKU", "Numeric")
    world.edit("variants", variant["id"], "Price", 55)
    assert world.sync().code == 3 and variant["price"] == "55.00"
    person.retype("SKU", "Text")
    for gid, one in world.goods.variants.items():  # as Undo does
        world.edit("variants", gid, "SKU", one["sku"])
    world.synced()
    assert [one[0] for one in shop(world)[0]] == [one[0] for one in before[0]]
    assert "No open errors" in world.manage("errors").all
    world.edit("variants", variant["id"], "SKU", "NEW-1")
    world.synced()
    assert variant["sku"] == "NEW-1"


def test_a_type_changed_back_by_hand_does_not_bring_what_was_lost_on_the_way(filled: GristWorld) -> None:
    world, before = filled, shop(filled)
    person = world.person("variants")
    person.retype("SKU", "Numeric")
    assert world.sync().code == 3
    person.retype("SKU", "Text")
    assert world.shown("variants", world.variant()["id"], "SKU") == "451"
    ran = world.synced()
    assert shop(world) == before and ran.conflicts == len(world.goods.variants)
    assert world.manage("conflicts", "--all", "--take", "shopify", "--yes").code == 0
    world.synced()
    assert world.shown("variants", world.variant()["id"], "SKU") == "000451" and shop(world) == before


def test_a_new_record_is_made_without_what_is_held_back(filled: GristWorld) -> None:
    world = filled
    world.person("variants").retype("SKU", "Numeric")
    made = world.merchant.add_product("Oolong", price="12.00", sku="00077", stock=4)["variants"][0]
    assert world.sync().code == 3
    assert (world.shown("variants", made["id"], "Price"), world.shown("variants", made["id"], "SKU") or 0) == (12, 0)
    assert made["sku"] == "00077"


def test_a_type_that_fits_is_taken_on_consent_and_differences_are_asked(filled: GristWorld) -> None:
    world, before = filled, shop(filled)
    world.person("variants").retype("Price", "Text")
    first = world.variant()
    world.edit("variants", first["id"], "Price", "12,50")
    ran = world.synced(accept=("column-type",))
    assert shop(world) == before and ran.conflicts == 1
    (one,) = world.manage("conflicts", "--json").data["conflicts"]
    assert (one["field"], one["why"], one["grist"]) == ("price", "no base", ["d", "12.50"])
    assert world.synced(full=True).conflicts == 1
    second = world.variant(1)
    world.edit("variants", second["id"], "Price", "61.20 €")
    world.synced()
    assert second["price"] == "61.20" and shop(world)[0][0] == before[0][0]


def test_a_type_that_cannot_hold_the_field_is_not_taken(filled: GristWorld) -> None:
    world, before = filled, shop(filled)
    world.person("variants").retype("SKU", "Numeric")
    for _ in range(2):
        ran = world.sync(accept=("column-type",))
        assert ran.code == 3 and ran.written == 0 and "cannot hold it" in ran.text
    assert shop(world) == before


def test_a_type_that_cannot_hold_the_field_is_held_back_where_nothing_goes_to_the_shop_too(filled: GristWorld) -> None:
    """Its cells counted as edits, until somebody added a column: then the whole run stopped."""
    world, person, key = filled, filled.person("variants"), filled.variant()["id"]
    world.env["SHOPIFY_WRITES"] = ""
    person.retype("Price", "Int")
    cell = world.shown("variants", key, "Price")
    acts = (lambda: None, lambda: person.add_column("Notes"), lambda: world.merchant.edit_variant(key, price="77.70"))
    for act in acts:
        act()
        ran = world.sync(full=True)
        assert (ran.code, ran.written) == (3, 0) and "cannot hold it" in ran.text, ran.text
    assert world.shown("variants", key, "Price") == cell
    person.retype("Price", "Numeric")
    world.synced(full=True)
    assert world.shown("variants", key, "Price") == 77.7


def test_texts_that_are_only_suggested_stay_texts(filled: GristWorld) -> None:
    world = filled
    world.person("products").retype("Vendor", "Choice")
    world.edit("products", world.product()["id"], "Vendor", "Tea & Co")
    world.synced()
    assert world.product()["vendor"] == "Tea & Co"


def test_notes_of_orders_are_not_taken_from_a_column_of_numbers(make: Callable[..., GristWorld]) -> None:
    world = make(orders=4, env={"GRIST_SYNC": json.dumps({"orders": {"from_grist": ["note", "tags"]}})})
    world.synced()
    orders = world.sandbox.shop.orders
    for gid in orders:
        world.sandbox.shop.set_note(gid, "0049 30 1234")
    world.synced()
    world.person("orders").retype("Note", "Numeric")
    ran = world.sync(full=True)
    assert ran.code == 3 and {one["note"] for one in orders.values()} == {"0049 30 1234"}, ran.text
