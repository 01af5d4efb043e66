"""Products with more variants and media than go into one page or one call, from one store to the other and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.shopify.products.variant_writes import MOST_NAMED
from syncdb.sandbox.shopify.files.contents import png
from syncdb.sandbox.shopify.files.nodes import ready
from syncdb.sandbox.shopify.products.product_writes import new_product
from tests.scenarios.stores_world import StoresWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoresWorld]:
    monkeypatch.chdir(tmp_path)
    made = StoresWorld(tmp_path, products=0, env={"MAX_CHANGED_PERCENT": "100", "MAX_DELETED_PERCENT": "100"})
    made.taf.merchant.add_product("First", sku="FIRST", stock=1)
    made.synced()
    yield made
    made.close()


def large(world: StoresWorld, variants: int, media: int) -> Any:
    """A product with so many sizes, each counted, and so many pictures, each of the first with its variant."""
    store, goods = world.taf, world.taf.goods
    options = [{"name": "Size", "values": [{"name": "0"}]}]
    product = new_product({"title": "Carpet", "vendor": "Kayra", "productOptions": options}, goods)
    goods.add_product(product)
    for number in range(variants):
        made = store.merchant.add_variant(product["id"], {"Size": f"{number}"}, price=f"{number}.00")
        store.merchant.edit_item(made["id"], tracked=True, sku=f"CARPET-{number}")
        store.merchant.receive(made["id"], number % 7, store.shop.location["id"])
    for number in range(media):
        content = png(4, 4, number % 200, b"%d" % number)
        node = ready("IMAGE", goods.new_id(), content, f"{number}", f"{number}.png", 1, goods.stamp())
        product["media"].append(goods.files.keep(node))
        product["variants"][number % variants]["media"] = [node]
    goods.product_changed(product)
    return product


def shown(world: StoresWorld, product: Any, name: str) -> Any:
    store = {"taf": world.taf, "afl": world.afl}[name]
    place = {one["id"]: at for at, one in enumerate(product["media"])}
    variants = [
        (one["sku"], one["price"], world.stock(one, store), [place[each["id"]] for each in one["media"]])
        for one in product["variants"]
    ]
    values = [value["name"] for one in product["options"] for value in one["optionValues"]]
    if len(values) > MOST_NAMED:  # nobody can put so many in order
        values.sort()
    return variants, values, [(one["_content"], one["alt"]) for one in product["media"]]


def in_step(world: StoresWorld, product: Any) -> None:
    other = world.same(product)
    assert shown(world, product, "taf") == shown(world, other, "afl")


def there_and_back(world: StoresWorld, variants: int, media: int) -> None:
    """It arrives whole; a change at its far end, of order and of media goes over alone, in both directions."""
    product = large(world, variants, media)
    for _ in range(4):
        world.sync()
    in_step(world, product)
    assert world.synced().written == 0
    last = product["variants"][-1]
    world.taf.merchant.edit_variant(last["id"], price=f"{variants}.50")
    world.taf.merchant.sell(last["id"], 2, world.taf.shop.location["id"])
    assert world.synced().written == 2
    other = world.same(product)
    world.afl.merchant.order_values(other["id"], "Size", [f"{number}" for number in reversed(range(variants))])
    other["media"].insert(0, other["media"].pop())
    world.afl.goods.product_changed(other)
    for _ in range(2):
        world.sync()
    in_step(world, product)
    world.taf.merchant.delete_variant(product["variants"][-1]["id"])
    world.taf.merchant.add_variant(product["id"], {"Size": "XXL"}, price="5.00")
    for _ in range(3):
        world.sync()
    sizes = [[one["selectedOptions"][0]["value"] for one in each["variants"]] for each in (product, other)]
    assert sizes[0] == sizes[1] and len(sizes[1]) == variants and "XXL" in sizes[1]
    assert world.synced(full=True).written == 0


def test_more_variants_and_media_than_go_into_one_page(world: StoresWorld) -> None:
    there_and_back(world, variants=101, media=22)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_as_many_variants_and_media_as_there_may_be(world: StoresWorld) -> None:
    there_and_back(world, variants=2048, media=250)
