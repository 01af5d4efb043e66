"""A run that carries metafields, publications and a new collection with its products to the other store dies at each of its
steps: all of it arrives once. All steps in the long form, some of them by default.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.stores import LocalStore
from tests.reliability.stores.deaths import die_at_each
from tests.scenarios.test_stores_belonging import Shelves

STRIDE = 97  # boundaries from one death to the next
KINDS = ("products", "variants", "metafields", "publications", "collections")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelves]:
    monkeypatch.chdir(tmp_path)
    made = Shelves(tmp_path, {"STORES_SYNC": json.dumps(dict.fromkeys(KINDS, True))})
    made.synced()
    yield made
    made.close()


def change(world: Shelves, at: int) -> None:
    """In both stores a metafield of the first mug, in one a publication, and a collection that holds both mugs."""
    taf, afl = world.taf, world.afl
    taf.merchant.set_metafield(world.mugs["taf"][0]["id"], "custom", "care", f"care {at}")
    afl.merchant.set_metafield(world.mugs["afl"][0]["id"], "custom", "story", f"story {at}")
    published = world.published(world.mugs["afl"][1], afl)
    afl.merchant.publish(world.mugs["afl"][1]["id"], [] if published else ["Online Store"])
    taf.merchant.add_collection(f"Gifts {at}", [one["id"] for one in world.mugs["taf"]])


def shown(world: Shelves, store: LocalStore) -> Any:
    mugs = world.mugs[store.name]
    metafields = {one["key"]: one["value"] for one in mugs[0]["metafields"]}
    return metafields, [world.published(one, store) for one in mugs], world.collected(store)


def deaths(world: Shelves, first: int, stride: int) -> int:
    def holds(at: int) -> None:
        world.pass_time(hours=2)
        for _ in range(3):
            world.sync(full=True)
        left, right = shown(world, world.taf), shown(world, world.afl)
        assert left == right, f"dead at {at}"
        assert left[0] == {"care": f"care {at}", "story": f"story {at}"}, f"dead at {at}"
        assert left[2][f"Gifts {at}"] == ["Mug 0", "Mug 1"], f"dead at {at}"
        assert "No open conflicts" in world.manage("conflicts").all, f"dead at {at}"

    died = die_at_each(first, stride, change=partial(change, world), run=lambda: world.sync(full=True), holds=holds)
    assert world.synced(full=True).written == 0
    return died


def test_a_death_loses_no_metafield_and_makes_no_collection_twice(world: Shelves) -> None:
    assert deaths(world, 61, STRIDE) >= 1


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_death_at_any_step_loses_no_metafield_and_makes_no_collection_twice(world: Shelves) -> None:
    assert deaths(world, 1, 1) >= 90
