"""Variants and options of products that both stores have: deleted, renamed, put in another order in one, so in the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.products.product_writes import new_product
from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld

CHOICES = (("Red", "S"), ("Red", "M"), ("Blue", "S"))


class Shirts(StoresWorld):
    """Two stores that have the same shirt in two colours and sizes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, products=0, env={"MAX_CHANGED_PERCENT": "100", "MAX_DELETED_PERCENT": "100"})
        self.shirt = {store.name: self.made_in(store) for store in (self.taf, self.afl)}
        self.synced()
        self.synced()

    def made_in(self, store: LocalStore) -> Any:
        options = [{"name": "Colour", "values": [{"name": "Red"}]}, {"name": "Size", "values": [{"name": "S"}]}]
        shirt = new_product({"title": "Shirt", "vendor": "Kayra", "productOptions": options}, store.goods)
        store.goods.add_product(shirt)
        for number, (colour, size) in enumerate(CHOICES):
            made = store.merchant.add_variant(shirt["id"], {"Colour": colour, "Size": size}, price="10.00")
            store.merchant.edit_item(made["id"], tracked=True, sku=f"SHIRT-{number}")
            store.merchant.receive(made["id"], 5, store.shop.location["id"])
        return shirt

    def variant(self, store: LocalStore, number: int) -> Any:
        return next(one for one in self.shirt[store.name]["variants"] if one["sku"] == f"SHIRT-{number}")

    def shown(self, store: LocalStore) -> Any:
        """Options with the values that variants have (one that none has any more shows nowhere), and the variants."""
        shirt = self.shirt[store.name]
        used = {(pick["name"], pick["value"]) for one in shirt["variants"] for pick in one["selectedOptions"]}
        names = [
            (one["name"], [value["name"] for value in one["optionValues"] if (one["name"], value["name"]) in used])
            for one in shirt["options"]
        ]
        return names, [(one["sku"], [pick["value"] for pick in one["selectedOptions"]]) for one in shirt["variants"]]

    def in_step(self) -> None:
        assert self.shown(self.taf) == self.shown(self.afl)
        assert self.synced(full=True).written == 0


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shirts]:
    monkeypatch.chdir(tmp_path)
    made = Shirts(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("full", [False, True])
def test_a_variant_deleted_in_one_store_goes_in_the_other(world: Shirts, full: bool) -> None:
    world.taf.merchant.delete_variant(world.variant(world.taf, 1)["id"])
    world.synced(full=full)
    assert [sku for sku, _ in world.shown(world.afl)[1]] == ["SHIRT-0", "SHIRT-2"]
    world.in_step()
    assert world.synced().conflicts == 0


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
def test_a_lost_answer_deletes_no_other_variant(world: Shirts, kind: Any) -> None:
    world.afl.merchant.delete_variant(world.variant(world.afl, 2)["id"])
    world.taf.faults.add(Fault(kind, "shopify write"))
    world.sync()
    world.synced(full=True)
    assert [sku for sku, _ in world.shown(world.taf)[1]] == ["SHIRT-0", "SHIRT-1"]
    world.in_step()


def test_an_edit_wins_over_the_delete_and_is_asked(world: Shirts) -> None:
    world.taf.merchant.delete_variant(world.variant(world.taf, 1)["id"])
    world.afl.merchant.edit_variant(world.variant(world.afl, 1)["id"], price="12.00")
    assert world.sync().conflicts >= 1
    assert len(world.shirt["afl"]["variants"]) == 3


def test_what_was_sold_of_a_deleted_variant_keeps_it_and_is_told(world: Shirts) -> None:
    kept = world.variant(world.afl, 1)
    world.taf.merchant.delete_variant(world.variant(world.taf, 1)["id"])
    world.afl.merchant.sell(kept["id"], 2, world.afl.shop.location["id"])
    ran = world.sync()
    assert len(world.shirt["afl"]["variants"]) == 3
    assert "its stock moved here since (5 agreed, 3 now)" in ran.text
    world.afl.merchant.delete_variant(kept["id"])
    world.synced(full=True)
    world.in_step()


def test_a_product_that_was_deleted_loses_no_variant_in_the_other_store(world: Shirts) -> None:
    """Where an edit keeps the product, its variants stay, too."""
    world.taf.merchant.delete_product(world.shirt["taf"]["id"])
    world.afl.merchant.edit_product(world.shirt["afl"]["id"], title="Better shirt")
    for full in (False, True, True):
        world.sync(full=full)
    assert len(world.shirt["afl"]["variants"]) == 3


def test_all_variants_replaced_by_others(world: Shirts) -> None:
    for number in range(3):
        world.taf.merchant.add_variant(world.shirt["taf"]["id"], {"Colour": "Green", "Size": f"{number}"}, price="9.00")
    for number in range(3):
        world.taf.merchant.delete_variant(world.variant(world.taf, number)["id"])
    for _ in range(2):
        world.sync()
    assert [values for _, values in world.shown(world.afl)[1]] == [["Green", "0"], ["Green", "1"], ["Green", "2"]]
    world.in_step()


def rename_option(world: Shirts) -> None:
    world.taf.merchant.change_option(world.shirt["taf"]["id"], "Colour", to="Farbe")


def rename_value(world: Shirts) -> None:
    world.taf.merchant.change_option(world.shirt["taf"]["id"], "Colour", values={"Red": "Crimson"})


def exchange_options(world: Shirts) -> None:
    world.taf.merchant.change_option(world.shirt["taf"]["id"], "Size", position=1)


def order_variants(world: Shirts) -> None:
    shirt = world.shirt["taf"]
    world.taf.merchant.order_variants(shirt["id"], [one["id"] for one in reversed(shirt["variants"])])


def order_values(world: Shirts) -> None:
    world.taf.merchant.order_values(world.shirt["taf"]["id"], "Colour", ["Blue", "Red"])


def order_values_alone(world: Shirts) -> None:
    """The variants are put back where they were."""
    order = [one["id"] for one in world.shirt["taf"]["variants"]]
    world.taf.merchant.order_values(world.shirt["taf"]["id"], "Size", ["M", "S"])
    world.taf.merchant.order_variants(world.shirt["taf"]["id"], order)


CHANGES = (rename_option, rename_value, exchange_options, order_variants, order_values, order_values_alone)


@pytest.mark.parametrize("change", CHANGES)
def test_options_changed_in_one_store_are_so_in_the_other(world: Shirts, change: Callable[[Shirts], None]) -> None:
    before, own = world.shown(world.taf), [one["id"] for one in world.shirt["afl"]["variants"]]
    change(world)
    assert world.shown(world.taf) != before
    world.synced()
    assert world.shown(world.taf) == world.shown(world.afl)
    assert sorted(own) == sorted(one["id"] for one in world.shirt["afl"]["variants"])  # changed, not made anew
    assert [world.stock(world.variant(store, 1), store) for store in (world.taf, world.afl)] == [5, 5]
    world.in_step()


def test_an_option_is_renamed_and_a_variant_with_it_is_new(world: Shirts) -> None:
    rename_option(world)
    world.taf.merchant.add_variant(world.shirt["taf"]["id"], {"Farbe": "Blue", "Size": "M"}, price="11.00")
    world.synced()
    world.synced()
    assert world.shown(world.taf) == world.shown(world.afl)
    world.in_step()


def test_options_changed_in_both_stores_are_a_question(world: Shirts) -> None:
    rename_option(world)
    world.afl.merchant.change_option(world.shirt["afl"]["id"], "Colour", to="Couleur")
    assert world.sync().conflicts == 1
    assert [world.shown(store)[0][0][0] for store in (world.taf, world.afl)] == ["Farbe", "Couleur"]
    told = " ".join(world.manage("conflicts").all.split())
    assert "afl Couleur (Red, Blue), Size (S, M): Red / S, Red / M, Blue / S" in told


def test_a_new_value_between_others_comes_to_its_place(world: Shirts) -> None:
    shirt = world.shirt["taf"]["id"]
    world.taf.merchant.add_variant(shirt, {"Colour": "Amber", "Size": "S"}, price="11.00")
    world.taf.merchant.order_values(shirt, "Colour", ["Red", "Amber", "Blue"])
    world.synced()
    world.synced()
    assert world.shown(world.afl)[0][0] == ("Colour", ["Red", "Amber", "Blue"])
    world.in_step()


def test_a_product_that_gets_options_gets_them_in_the_other_store(world: Shirts) -> None:
    plain = world.taf.merchant.add_product("Cap", sku="CAP", price="5.00", stock=1)
    world.synced()
    world.synced()
    copy = world.same(plain)
    world.taf.merchant.change_option(plain["id"], "Title", to="Size", values={"Default Title": "S"})
    world.taf.merchant.add_variant(plain["id"], {"Size": "L"}, price="6.00")
    world.synced()
    world.synced()
    assert [one["name"] for one in copy["options"]] == ["Size"]
    assert [one["selectedOptions"][0]["value"] for one in copy["variants"]] == ["S", "L"]
    assert world.synced(full=True).written == 0
