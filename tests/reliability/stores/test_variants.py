"""A run that carries changed options, a new and a deleted variant to the other store dies at each of its steps: all of it arrives
once, and nothing else is lost. All steps in the long form, some of them by default.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.stores.deaths import die_at_each
from tests.scenarios.test_stores_variants import Shirts

STRIDE = 43  # boundaries from one death to the next


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shirts]:
    monkeypatch.chdir(tmp_path)
    made = Shirts(tmp_path)
    yield made
    made.close()


def change(world: Shirts, at: int) -> None:
    """Another name for the colour, a new variant, and the one that was new the last time deleted."""
    shirt, merchant = world.shirt["taf"], world.taf.merchant
    merchant.change_option(shirt["id"], shirt["options"][0]["name"], to=f"Colour {at}")
    for gone in [one["id"] for one in shirt["variants"] if one["sku"] and one["sku"].startswith("NEW")]:
        merchant.delete_variant(gone)
    made = merchant.add_variant(shirt["id"], {f"Colour {at}": f"Shade {at}", "Size": "S"}, price="10.00")
    merchant.edit_item(made["id"], tracked=True, sku=f"NEW-{at}")
    merchant.receive(made["id"], 4, world.taf.shop.location["id"])


def deaths(world: Shirts, first: int, stride: int) -> int:
    def holds(at: int) -> None:
        world.pass_time(hours=2)
        for _ in range(3):
            world.sync(full=True)
        assert world.shown(world.taf) == world.shown(world.afl), f"dead at {at}"
        stock = [[world.stock(one, store) for one in world.shirt[store.name]["variants"]] for store in (world.taf, world.afl)]
        assert stock[0] == stock[1] == [5, 5, 5, 4], f"dead at {at}"
        assert "No open conflicts" in world.manage("conflicts").all, f"dead at {at}"

    died = die_at_each(first, stride, change=partial(change, world), run=world.sync, holds=holds)
    assert world.synced(full=True).written == 0
    return died


def test_a_death_loses_no_variant_and_makes_none_twice(world: Shirts) -> None:
    assert deaths(world, 9, STRIDE) >= 3


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_death_at_any_step_loses_no_variant_and_makes_none_twice(world: Shirts) -> None:
    assert deaths(world, 1, 1) >= 60
