"""Where products are published, and in which collections they are, between two stores, where that is switched on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld

CHOSEN = '{"products": true, "variants": true, "inventory": true, "publications": true, "collections": true}'


class Shelves(StoresWorld):
    """Two stores that have the same two mugs, of which both stores publish the first in the online store."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        super().__init__(folder, products=0, env={"STORES_SYNC": CHOSEN, "MAX_CHANGED_PERCENT": "100"} | (env or {}))
        self.mugs = {store.name: self.made_in(store) for store in (self.taf, self.afl)}

    def made_in(self, store: LocalStore) -> list[Any]:
        made = [store.merchant.add_product(f"Mug {at}", sku=f"M{at}", price="5.00", stock=3, vendor="Kayra") for at in range(2)]
        for at, mug in enumerate(made):
            store.merchant.publish(mug["id"], ["Online Store"] if at == 0 else [])
        return made

    def published(self, product: Any, store: LocalStore) -> set[str]:
        return {store.goods.publications[one]["name"] for one in product["_published"]}

    def collected(self, store: LocalStore) -> dict[str, list[str]]:
        """By collection, the titles of what people put into it."""
        goods = store.goods
        return {
            one["title"]: sorted(goods.products[id]["title"] for id in one["_products"]) for one in goods.collections.values()
        }


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelves]:
    monkeypatch.chdir(tmp_path)
    made = Shelves(tmp_path)
    yield made
    made.close()


def test_collections_are_each_stores_own_unless_they_are_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = Shelves(tmp_path, {"STORES_SYNC": ""})
    world.taf.merchant.add_collection("Gifts", [world.mugs["taf"][0]["id"]])
    assert world.synced().conflicts == 0 and world.synced(full=True).written == 0
    assert world.collected(world.afl) == {}
    world.close()


def test_a_product_is_shown_where_the_other_store_shows_it(world: Shelves) -> None:
    world.synced()
    taf, afl = (world.mugs[name] for name in ("taf", "afl"))
    world.taf.merchant.publish(taf[1]["id"], ["Online Store"])
    world.afl.merchant.publish(afl[0]["id"], [])
    world.synced()
    assert [world.published(one, world.afl) for one in afl] == [set(), {"Online Store"}]
    assert [world.published(one, world.taf) for one in taf] == [set(), {"Online Store"}]
    assert world.synced(full=True).written == 0


def test_a_new_product_is_published_as_it_is_where_it_comes_from(world: Shelves) -> None:
    world.synced()
    new = {shown: world.taf.merchant.add_product(f"New {shown}", sku=f"N{shown}", price="1.00") for shown in (True, False)}
    for shown, product in new.items():
        world.taf.merchant.publish(product["id"], ["Online Store"] if shown else [])
    for _ in range(2):
        world.synced(full=True)
    assert [world.published(world.same(new[shown]), world.afl) for shown in (True, False)] == [{"Online Store"}, set()]
    assert world.synced(full=True).written == 0


def test_what_the_stores_show_in_other_places_is_a_question_at_first(world: Shelves) -> None:
    world.taf.merchant.publish(world.mugs["taf"][1]["id"], ["Online Store"])
    assert world.synced().conflicts == 1
    assert world.published(world.mugs["afl"][1], world.afl) == set()


def test_an_app_without_the_right_is_told_and_the_rest_goes_on(world: Shelves) -> None:
    world.synced()
    scopes = frozenset({"write_products", "write_inventory", "read_locations", "write_files"})
    client = world.afl.app.tokens.clients[world.afl.client_id]
    world.afl.app.tokens.add_client(world.afl.client_id, type(client)(client.secret, scopes))
    world.taf.merchant.edit_product(world.mugs["taf"][0]["id"], title="Better mug")
    ran = world.sync()
    assert ran.code != 0 and "read_publications" in ran.text + ran.errors
    assert world.mugs["afl"][0]["title"] == "Better mug"


@pytest.mark.parametrize("kind", [None, "apply_then_cut", "cut_before"])
def test_a_collection_is_made_with_its_products(world: Shelves, kind: Any) -> None:
    world.synced()
    taf = world.mugs["taf"]
    made = world.taf.merchant.add_collection("Gifts", [taf[0]["id"], taf[1]["id"]])
    if kind:
        world.afl.faults.add(Fault(kind, "shopify write"))
    for _ in range(3):
        world.sync(full=True)
    assert world.collected(world.afl) == world.collected(world.taf) == {"Gifts": ["Mug 0", "Mug 1"]}
    world.taf.merchant.collect(made["id"], [taf[1]["id"]])
    world.synced(full=True)
    assert world.collected(world.afl) == {"Gifts": ["Mug 1"]}
    assert world.synced(full=True).written == 0


def test_both_stores_add_to_and_take_from_a_collection(world: Shelves) -> None:
    both = [(store, world.mugs[store.name]) for store in (world.taf, world.afl)]
    gifts = [store.merchant.add_collection("Gifts", [mugs[0]["id"]]) for store, mugs in both]
    world.synced()
    world.synced(full=True)
    world.taf.merchant.collect(gifts[0]["id"], [])
    world.afl.merchant.collect(gifts[1]["id"], [one["id"] for one in world.mugs["afl"]])
    world.synced(full=True)
    assert world.collected(world.taf) == world.collected(world.afl) == {"Gifts": ["Mug 1"]}


def test_a_smart_collection_comes_with_its_rules_and_nothing_is_put_into_it(world: Shelves) -> None:
    world.synced()
    rules = {"appliedDisjunctively": False, "rules": [{"column": "VENDOR", "relation": "EQUALS", "condition": "Kayra"}]}
    world.taf.merchant.add_collection("Of Kayra", rules=rules)
    for _ in range(2):
        world.synced(full=True)
    (copy,) = world.afl.goods.collections.values()
    assert copy["ruleSet"] == rules and copy["_products"] == []
    assert world.synced(full=True).written == 0
