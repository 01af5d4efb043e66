"""Stock of two stores at more than one location."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld

PAIRS = {"TAF warehouse": "AFL warehouse", "TAF market stall": "AFL market stall"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoresWorld]:
    """Two stores, each with a warehouse and a market stall, and one mug that lies at both."""
    monkeypatch.chdir(tmp_path)
    made = StoresWorld(tmp_path, products=0, env={"STORES_LOCATION_PAIRS": json.dumps(PAIRS)})
    for store in (made.taf, made.afl):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
        store.merchant.count(mug(store), 4, places(store)[1])
    made.synced()
    yield made
    made.close()


def places(store: LocalStore) -> tuple[str, str]:
    """The warehouse and the stall."""
    first, second = store.goods.locations
    return first, second


def mug(store: LocalStore) -> str:
    return str(next(iter(store.goods.variants)))


def lying(store: LocalStore, variant: str = "") -> list[int]:
    levels: list[Any] = [store.merchant.level(variant or mug(store), place) for place in places(store)]
    return [level["_counts"]["available"] for level in levels]


def transfer(store: LocalStore, pieces: int) -> None:
    """From the warehouse to the stall."""
    for place, by in zip(places(store), (-pieces, pieces), strict=True):
        store.merchant.receive(mug(store), by, place)


def test_each_pair_of_locations_is_kept_in_step_and_transfers_are_two_movements(world: StoresWorld) -> None:
    transfer(world.taf, 3)
    world.afl.merchant.sell(mug(world.afl), 2, places(world.afl)[1])
    transfer(world.afl, 1)
    world.synced()
    assert lying(world.taf) == lying(world.afl) == [6, 6]
    assert world.synced().written == 0 and world.synced(full=True).written == 0


def test_a_new_product_gets_its_stock_at_each_of_them(world: StoresWorld) -> None:
    bowl = world.afl.merchant.add_product("Bowl", sku="BOWL", stock=5)
    variant = bowl["variants"][0]["id"]
    world.afl.merchant.count(variant, 2, places(world.afl)[1])
    world.synced()
    (there,) = world.same(bowl, world.taf)["variants"]
    assert lying(world.taf, there["id"]) == [5, 2]
    assert world.synced().written == 0


def test_a_location_that_there_is_not_is_named_with_those_that_there_are(world: StoresWorld) -> None:
    world.env["STORES_LOCATION_PAIRS"] = '{"TAF warehouse": "Attic"}'
    ran = world.sync()
    assert ran.code == 2 and "afl has no location 'Attic'" in ran.text and "AFL market stall" in ran.text
