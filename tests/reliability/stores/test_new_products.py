"""A run that makes a product with its pictures in the other store dies at each of its steps: there is one, whole, afterwards.
All steps in the long form, some of them by default.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from tests.reliability.stores.deaths import die_at_each
from tests.scenarios.stores_world import StoresWorld

STRIDE = 40  # boundaries from one death to the next


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoresWorld]:
    monkeypatch.chdir(tmp_path)
    made = StoresWorld(tmp_path, products=0)
    made.taf.merchant.add_product("First", sku="FIRST", stock=1)
    made.synced()
    made.synced()
    yield made
    made.close()


def new(world: StoresWorld, number: int) -> Any:
    """A product with two variants, stock and two pictures, of which the second shows a variant."""
    goods = world.taf.goods
    product = world.taf.merchant.add_product(f"Bowl {number}", sku=f"B-{number}", price="7.00", stock=number)
    variant = world.taf.merchant.add_variant(product["id"], {"Title": "Large"}, inventoryItem={"sku": f"L-{number}"})
    for shade in (1, 2):
        node = ready("IMAGE", goods.new_id(), png(6, 6, shade, b"%d" % number), f"{shade}", f"{shade}.png", 1, goods.stamp())
        product["media"].append(goods.files.keep(node))
    variant["media"] = [product["media"][1]]
    goods.product_changed(product)
    return product


def shown(product: Any) -> Any:
    media = [one["id"] for one in product["media"]]
    return (
        [(one["_content"], one["alt"]) for one in product["media"]],
        [(one["sku"], one["price"], [media.index(two["id"]) for two in one["media"]]) for one in product["variants"]],
    )


def deaths(world: StoresWorld, first: int, stride: int) -> int:
    made: dict[int, Any] = {}

    def change(at: int) -> None:
        made[at] = new(world, at)

    def holds(at: int) -> None:
        for _ in range(3):
            world.sync()
        there = world.same(made[at])
        assert shown(there) == shown(made[at]), f"dead at {at}"
        assert world.stock(there["variants"][0], world.afl) == at
        assert len(world.afl.goods.products) == len(world.taf.goods.products)

    died = die_at_each(first, stride, change=change, run=world.sync, holds=holds)
    assert world.synced().written == 0
    used = sum(len(one["media"]) for one in world.afl.goods.products.values())
    assert len(world.afl.goods.files.files) == used, "nothing was sent twice and left behind"
    return died


def test_a_death_makes_no_second_product_and_loses_no_picture(world: StoresWorld) -> None:
    assert deaths(world, 21, STRIDE) >= 5


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_death_at_any_step_makes_no_second_product_and_loses_no_picture(world: StoresWorld) -> None:
    assert deaths(world, 1, 1) >= 200
