"""Only the records that somebody chose get rows in Grist, and what happens to the row of one that leaves the selection."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from syncdb.pairs.selection import parse_selection
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.test_grist import make  # noqa: F401

# ruff: noqa: F811

MARK = "Left the selection"


def choosing(make: Any, only: dict[str, Any], prepare: Callable[[GristWorld], None], **more: Any) -> GristWorld:
    world = make(products=5)
    prepare(world)
    chosen = {"products": {"only": only, **more}, "variants": more or True, "inventory": more or True}
    world.env["GRIST_SYNC"] = json.dumps(chosen)
    world.synced()
    return world


def vendors(world: GristWorld) -> None:
    for number, product in enumerate(world.goods.products.values()):
        world.merchant.edit_product(product["id"], vendor="Tea & Co" if number < 2 else "Others", tags=[f"t{number}"])


def chosen_by(world: GristWorld, vendor: str = "Tea & Co") -> set[str]:
    return {gid for gid, one in world.goods.products.items() if one["vendor"] == vendor}


def variants_of(world: GristWorld, products: set[str]) -> set[str]:
    return {gid for gid, one in world.goods.variants.items() if one["product"]["id"] in products}


def test_only_what_was_chosen_gets_rows_with_all_that_belongs_to_it(make: Callable[..., GristWorld]) -> None:
    world = choosing(make, {"vendor": ["tea & co"], "status": ["ACTIVE", "DRAFT", "ARCHIVED", "UNLISTED"]}, vendors)
    chosen = chosen_by(world)
    assert set(world.rows("products")) == chosen and len(chosen) == 2
    assert set(world.rows("variants")) == variants_of(world, chosen)
    stock = {row["Variant"] for row in world.rows("inventory").values()}
    assert stock == {row["row"] for row in world.rows("variants").values()}
    assert world.synced(full=True).written == 0 and world.synced().written == 0


@pytest.mark.parametrize(
    ("only", "wanted"),
    [({"tag": "T3"}, 3), ({"collection": "teas"}, 1), ({"saved_search": "Fourth"}, 4), ({"type": ["Pots"]}, 2)],
)
def test_each_way_to_choose(make: Callable[..., GristWorld], only: dict[str, Any], wanted: int) -> None:
    def prepare(world: GristWorld) -> None:
        vendors(world)
        products = list(world.goods.products.values())
        world.merchant.edit_collection(world.merchant.add_collection("Teas", [products[1]["id"]])["id"], handle="teas")
        world.merchant.edit_product(products[2]["id"], productType="Pots")
        world.merchant.save_search("Fourth", "tag:t4")
        world.pass_time(hours=1)

    world = choosing(make, only, prepare)
    assert set(world.rows("products")) == {list(world.goods.products)[wanted]}


def test_what_comes_into_the_selection_gets_rows_and_what_leaves_is_marked(make: Callable[..., GristWorld]) -> None:
    world = choosing(make, {"vendor": "Tea & Co"}, vendors)
    first, *_, last = world.goods.products
    world.merchant.edit_product(first, vendor="Others")
    world.merchant.edit_product(last, vendor="Tea & Co")
    assert world.synced().conflicts == 0
    assert world.shown("products", first, MARK) and not world.shown("products", last, MARK)
    gone, come = variants_of(world, {first}), variants_of(world, {last})
    rows = world.rows("variants")
    assert all(rows[one][MARK] for one in gone) and come <= rows.keys() and not any(rows[one][MARK] for one in come)
    world.merchant.edit_product(first, title="Still in step")
    assert world.synced().written and world.shown("products", first, "Title") == "Still in step"
    world.person("products").delete(world.row("products", first))
    assert world.synced().conflicts == 0 and world.synced(full=True).written == 0
    assert first not in world.rows("products")
    world.merchant.edit_product(first, vendor="Tea & Co")
    world.synced()
    assert not world.shown("products", first, MARK) and not any(world.rows("variants")[one][MARK] for one in gone)


def test_rows_to_be_removed_go_unless_they_were_edited(make: Callable[..., GristWorld]) -> None:
    world = choosing(make, {"vendor": "Tea & Co"}, vendors, left_selection="remove", gone_in_shop="delete")
    first, second, *_ = world.goods.products
    world.merchant.edit_product(first, vendor="Others")
    world.synced()
    assert first not in world.rows("products") and not variants_of(world, {first}) & world.rows("variants").keys()
    world.edit("products", second, "Title", "Ours")
    world.merchant.edit_product(second, vendor="Others")
    assert world.sync().conflicts == 1 and second in world.rows("products")


def test_stock_of_one_location(make: Callable[..., GristWorld]) -> None:
    world = make(products=4)
    name = next(iter(world.goods.locations.values()))["name"]
    world.env["GRIST_SYNC"] = json.dumps({"inventory": {"only": {"location": name}}})
    world.synced()
    wanted = {gid for gid, one in world.goods.levels.items() if one["location"]["name"] == name}
    assert set(world.rows("inventory")) == wanted and len(wanted) < len(world.goods.levels)


@pytest.mark.parametrize("only", [{"collection": "nowhere"}, {"saved_search": "nowhere"}])
def test_what_the_shop_does_not_have_is_told(make: Callable[..., GristWorld], only: dict[str, Any]) -> None:
    world = make(products=1, env={"GRIST_SYNC": json.dumps({"products": {"only": only}})})
    ran = world.sync(as_json=False)
    assert ran.code == 2 and "nowhere" in " ".join((ran.text + ran.errors).split())


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"only": {"colour": "red"}}, "only.colour"),
        ({"only": {"location": "x"}}, "only.location"),
        ({"only": {"tag": 3}}, "only.tag"),
        ({"only": {"saved_search": ["a"]}}, "only.saved_search"),
        ({"only": {"tag": "a"}, "left_selection": "remove"}, "gone_in_shop: delete"),
        ({"left_selection": "gone"}, "keep, mark or remove"),
    ],
)
def test_what_cannot_be_chosen_is_told(chosen: dict[str, Any], told: str) -> None:
    assert told in " ".join(parse_selection({"products": chosen}, ("all",)).problems)
