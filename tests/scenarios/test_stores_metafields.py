"""Metafields of products between two stores, as their owner would tell it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.products.definitions import define
from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoresWorld]:
    """Two stores with one mug, which both know to be the same."""
    monkeypatch.chdir(tmp_path)
    made = StoresWorld(tmp_path, products=0, env={"MAX_CHANGED_PERCENT": "100"})
    for store in (made.taf, made.afl):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
    write(made.taf, "care", "by hand")
    made.synced()
    yield made
    made.close()


def mug(store: LocalStore) -> Any:
    return next(iter(store.goods.products.values()))


def write(store: LocalStore, key: str, value: str, kind: str = "single_line_text_field") -> None:
    """Somebody, or another app, writes a metafield of the mug."""
    store.merchant.set_metafield(mug(store)["id"], "custom", key, value, kind)


def forget(store: LocalStore, key: str) -> None:
    mug(store)["metafields"] = [one for one in mug(store)["metafields"] if one["key"] != key]
    store.goods.metafield_changed(mug(store))


def shown(store: LocalStore) -> dict[str, tuple[str, str]]:
    return {one["key"]: (one["type"], one["value"]) for one in mug(store)["metafields"] if one["namespace"] == "custom"}


def values(store: LocalStore) -> dict[str, str]:
    return {key: value for key, (_, value) in shown(store).items()}


def test_what_only_one_store_has_is_brought_over_with_its_type(world: StoresWorld) -> None:
    assert shown(world.afl) == {"care": ("single_line_text_field", "by hand")}
    assert world.synced().written == 0 and world.synced(full=True).written == 0


def test_metafields_edited_added_and_removed_in_both_stores(world: StoresWorld) -> None:
    write(world.taf, "size", "5", "number_integer")
    world.synced()
    write(world.taf, "care", "machine")
    forget(world.afl, "size")
    write(world.afl, "story", 'She said: "tea = warm"\nand (text)', "multi_line_text_field")
    world.synced()
    for store in (world.taf, world.afl):
        assert values(store) == {"care": "machine", "story": 'She said: "tea = warm"\nand (text)'}
    assert world.synced().written == 0 and world.synced(full=True).written == 0


def test_the_same_metafield_edited_in_both_stores_is_a_question(world: StoresWorld) -> None:
    write(world.taf, "story", "tea")
    world.synced()
    write(world.taf, "care", "machine")
    write(world.afl, "care", "not at all")
    assert world.synced().conflicts == 1
    assert values(world.taf)["care"] == "machine" and values(world.afl)["care"] == "not at all"
    told = world.manage("conflicts").all
    assert "Mug" in told and "machine" in told and "not at all" in told and "story" not in told  # just what differs
    assert world.manage("conflicts", "--all", "--take", "afl", "--yes").code == 0
    world.synced()
    assert values(world.taf) == values(world.afl) == {"care": "not at all", "story": "tea"}


def test_what_means_something_in_one_store_only_is_no_part_of_it(world: StoresWorld) -> None:
    write(world.taf, "twin", mug(world.taf)["id"], "product_reference")
    write(world.taf, "deposit", '{"amount":"1.00","currency_code":"EUR"}', "money")
    world.taf.merchant.edit_product(mug(world.taf)["id"], title="Cup")
    world.synced()
    assert values(world.afl) == {"care": "by hand"} and mug(world.afl)["title"] == "Cup"
    assert set(values(world.taf)) == {"care", "twin", "deposit"}


def test_one_that_the_store_refuses_is_named_and_the_others_arrive(world: StoresWorld) -> None:
    define(world.afl.goods, "PRODUCT", "custom", "size", "Size", "number_integer")
    write(world.taf, "size", "large")
    write(world.taf, "story", "tea")
    ran = world.sync()
    assert ran.code == 3 and "custom.size" in world.manage("errors").all
    assert values(world.afl) == {"care": "by hand", "story": "tea"}
    forget(world.taf, "size")
    world.synced()
    assert values(world.taf) == values(world.afl)


def test_metafields_chosen_as_fields_keep_their_own_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    chosen = '{"products": {"fields": {"usual": true, "metafields.custom.care": "taf"}}, "metafields": true}'
    world = StoresWorld(tmp_path, products=0, env={"STORES_SYNC": chosen, "MAX_CHANGED_PERCENT": "100"})
    for store in (world.taf, world.afl):
        store.merchant.add_product("Mug", sku="MUG")
        write(store, "care", "by hand")
    world.synced()
    write(world.afl, "care", "machine")
    write(world.afl, "story", "tea")
    world.synced()
    assert values(world.taf) == values(world.afl) == {"care": "by hand", "story": "tea"}
    world.close()


def test_what_is_only_added_to_many_products_needs_nobodys_consent_and_what_is_replaced_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = StoresWorld(tmp_path, products=0)
    made = {
        store.name: [store.merchant.add_product(f"Mug {at}", sku=f"M{at}", vendor="K")["id"] for at in range(8)]
        for store in (world.taf, world.afl)
    }
    for store in (world.taf, world.afl):
        for id in made[store.name]:
            store.merchant.set_metafield(id, "custom", "care", "by hand")
    for id in made["taf"]:
        world.taf.merchant.set_metafield(id, "custom", "story", "tea")
    assert world.synced().written == 8
    for id in made["taf"]:
        world.taf.merchant.set_metafield(id, "custom", "care", "machine")
    assert world.sync().code == 5
    world.close()
