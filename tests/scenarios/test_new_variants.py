"""Rows that people add under a product in Grist become its variants, each once; deleted ones are deleted by choice."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401
from tests.scenarios.test_new_rows import Cut

# ruff: noqa: F811

FIELDS = {"product": "shopify", "title": "shopify", "sku": "ask", "price": "ask", "compare_at_price": "ask", "barcode": "ask"}
FLAGS = {"taxable": "ask", "weight": "ask", "weight_unit": "ask", "option1": "shopify", "option2": "shopify"}


@pytest.fixture
def making(make: Callable[..., GristWorld]) -> GristWorld:
    variants = {"fields": FIELDS | FLAGS, "new_rows": "create", "gone_in_grist": "delete"}
    world = make(products=6, env={"GRIST_SYNC": json.dumps({"products": True, "variants": variants})})
    world.synced()
    return world


def optioned(world: GristWorld) -> Any:
    """A product of the shop that has options."""
    return next(one for one in world.goods.products.values() if [option["name"] for option in one["options"]] != ["Title"])


def add(world: GristWorld, product: Any, **values: Any) -> list[str]:
    """Somebody adds a row for a variant with new values; returns the values."""
    chosen = [f"New {number}" for number in range(len(product["options"]))]
    row = {"Variant": " / ".join(chosen), "SKU": "N-1", "Price": 12.5, **values}
    world.person("variants").add(Product=world.row("products", product["id"]), **row)
    return chosen


def called(world: GristWorld, sku: str = "N-1") -> list[Any]:
    return [one for one in world.goods.variants.values() if one["sku"] == sku]


def rows_called(world: GristWorld, sku: str = "N-1") -> list[dict[str, Any]]:
    return [row for row in world.rows("variants").values() if row["SKU"] == sku]


def test_an_added_row_becomes_a_variant_whose_id_stands_in_the_row(making: GristWorld) -> None:
    world, product = making, optioned(making)
    chosen = add(world, product, Barcode="4006381333931")
    ran = world.synced()
    (variant,) = called(world)
    assert variant["product"]["id"] == product["id"] and [one["value"] for one in variant["selectedOptions"]] == chosen
    assert (Decimal(variant["price"]), variant["barcode"], variant["compareAtPrice"]) == (Decimal("12.5"), "4006381333931", None)
    assert variant["taxable"] is True, "what Grist puts into a new row is nobody's word"
    (row,) = rows_called(world)
    assert row["Shopify ID"] == variant["id"] and not ran.conflicts and not ran.counts["quarantined"]
    world.synced()
    (row,) = rows_called(world)
    assert row["Option 1"] == chosen[0] and row["Taxable"] is True
    assert world.synced(full=True).written == 0 and not world.sync().conflicts
    world.edit("variants", variant["id"], "Price", 14)
    world.synced()
    assert Decimal(called(world)[0]["price"]) == 14


def test_values_in_their_own_columns_name_the_variant(making: GristWorld) -> None:
    product = optioned(making)
    values = {f"Option {number}": f"X{number}" for number in range(1, len(product["options"]) + 1)}
    add(making, product, Variant="", **values)
    making.synced()
    assert [one["value"] for one in called(making)[0]["selectedOptions"]] == list(values.values())


def test_a_row_that_says_too_little_is_told_and_left_alone(making: GristWorld) -> None:
    world, product, before = making, optioned(making), len(making.goods.variants)
    add(world, product, Price=0)
    add(world, product, Variant="", SKU="N-2")
    world.person("variants").add(SKU="N-3", Variant="Red", Price=1)
    ran = world.synced()
    assert len(world.goods.variants) == before
    (note,) = [note for one in ran.data["runs"] for note in one["notes"] if note["code"] == "unkeyed:variants"]
    assert note["message"].startswith("3 rows of") and "price" in note["next_step"]


@pytest.mark.parametrize("plain", [True, False])
def test_what_cannot_be_a_variant_of_its_product_is_refused_with_the_reason(making: GristWorld, plain: bool) -> None:
    world, before = making, len(making.goods.variants)
    if plain:
        product = next(one for one in world.goods.products.values() if [option["name"] for option in one["options"]] == ["Title"])
        add(world, product)
    else:
        product = optioned(world)
        there = next(one for one in world.goods.variants.values() if one["product"] is product)
        add(world, product, Variant=" / ".join(one["value"] for one in there["selectedOptions"]))
    ran = world.sync()
    told = " ".join(one["why"] for run in ran.data["runs"] for one in run["held_back"])
    assert ran.code == 3 and ("no options" if plain else "already exists") in told, ran.data
    assert len(world.goods.variants) == before


@pytest.mark.parametrize("system", ["shopify", "grist"])
@pytest.mark.parametrize("skip", [0, 1, pytest.param(2, marks=pytest.mark.long)])
def test_a_run_that_dies_on_the_way_leaves_one_variant_and_one_row(making: GristWorld, system: str, skip: int) -> None:
    world = making
    add(world, optioned(world))
    away = Fault("unavailable", lambda seen: cut.seen and seen.system == system, times=None)
    cut = Cut(system, skip)
    world.faults.add(away, Fault("apply_then_cut", cut))
    world.sync()
    world.faults.clear()
    world.synced()
    world.synced(full=True)
    (variant,), (row,) = called(world), rows_called(world)
    assert row["Shopify ID"] == variant["id"] and world.synced(full=True).written == 0


@pytest.mark.long
@pytest.mark.parametrize("system", ["shopify write", "grist write"])
@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
def test_whatever_is_lost_on_the_way_there_is_one_variant_and_one_row(making: GristWorld, system: str, kind: Any) -> None:
    world = making
    for number in range(3):
        chosen = {"Variant": " / ".join(f"N{number}" for _ in optioned(world)["options"])}
        add(world, optioned(world), SKU=f"N-{number}", **chosen)
        world.faults.add(Fault(kind, system, skip=number))
        world.sync()
        world.faults.clear()
    for _ in range(2):
        world.synced(full=True)
    for number in range(3):
        (variant,), (row,) = called(world, f"N-{number}"), rows_called(world, f"N-{number}")
        assert row["Shopify ID"] == variant["id"]
    assert world.synced(full=True).written == 0 and not world.sync().conflicts


def test_a_deleted_row_deletes_its_variant_but_never_a_products_last(making: GristWorld) -> None:
    world, product = making, optioned(making)
    own = [one["id"] for one in world.goods.variants.values() if one["product"] is product]
    world.person("variants").delete(world.row("variants", own[0]))
    assert world.synced().conflicts == 0 and own[0] not in world.goods.variants
    assert world.synced(full=True).written == 0
    plain = next(one for one in world.goods.products.values() if len(one["variants"]) == 1)
    last = plain["variants"][0]["id"]
    world.person("variants").delete(world.row("variants", last))
    ran = world.sync()
    told = " ".join(one["why"] for run in ran.data["runs"] for one in run["held_back"])
    assert ran.code == 3 and "last variant" in told and last in world.goods.variants


def test_a_row_deleted_here_and_edited_there_keeps_its_variant(making: GristWorld) -> None:
    variant = making.variant()
    making.person("variants").delete(making.row("variants", variant["id"]))
    making.merchant.edit_variant(variant["id"], price="77.00")
    assert making.sync().conflicts == 1 and variant["id"] in making.goods.variants
