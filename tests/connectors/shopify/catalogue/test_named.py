"""The keys of what somebody named, asked of the local shop by id."""

import pytest

from syncdb.connectors.shopify.catalogue import named as asking
from syncdb.errors import Refused, RetryLater
from tests.connectors.shopify.catalogue.conftest import EVERYTHING, Shelf


@pytest.fixture(autouse=True)
def filled(shelf: Shelf) -> None:
    shelf.fill(6)


def number(gid: str) -> str:
    return gid.rsplit("/", 1)[1].split("?")[0]


def test_a_product_stands_for_itself_and_its_variants(shelf: Shelf) -> None:
    product = shelf.product(1)
    keys = shelf.catalogue(EVERYTHING).named({"products": [number(product["id"])]})
    assert keys == {"products": (product["id"],), "variants": tuple(one["id"] for one in product["variants"])}


def test_an_inventory_item_stands_for_its_levels_everywhere(shelf: Shelf) -> None:
    item = shelf.variant(3)["inventoryItem"]
    keys = shelf.catalogue(EVERYTHING).named({"inventory_items": [number(item["id"])]})
    assert keys == {"inventory": tuple(one["id"] for one in item["inventoryLevels"])} and keys["inventory"]


def test_many_variants_are_read_to_the_last(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    product = max(shelf.goods.products.values(), key=lambda one: len(one["variants"]))
    assert len(product["variants"]) > 1
    for name in ("PRODUCTS", "MORE_VARIANTS"):
        document = getattr(asking, name).replace(f"first: {asking.VARIANTS}", "first: 1")
        monkeypatch.setattr(asking, name, document)
    keys = shelf.catalogue(EVERYTHING).named({"products": [number(product["id"])]})
    assert keys["variants"] == tuple(one["id"] for one in product["variants"])


def test_only_chosen_entities_are_told(shelf: Shelf) -> None:
    product = shelf.product(1)
    keys = shelf.catalogue({"variants": ("price",)}).named({"products": [number(product["id"])], "collections": ["1"]})
    assert list(keys) == ["variants"]


def test_a_product_that_is_gone_is_named_and_its_variants_are_not(shelf: Shelf) -> None:
    product = shelf.product(1)
    shelf.goods.delete_product(product)
    keys = shelf.catalogue(EVERYTHING).named({"products": [number(product["id"])]})
    assert keys == {"products": (product["id"],)}


def test_what_the_index_does_not_know_yet_is_found(shelf: Shelf) -> None:
    shelf.world.shop.index_lag = 3600
    item = shelf.variant(1)["inventoryItem"]
    level = item["inventoryLevels"][0]
    level["_counts"]["available"] += 1
    shelf.goods.stock_changed(level, ["available"])
    assert level["id"] in shelf.catalogue(EVERYTHING).named({"inventory_items": [number(item["id"])]})["inventory"]


def test_an_answer_in_part_is_no_answer(shelf: Shelf) -> None:
    shelf.grant("read_orders")
    with pytest.raises((Refused, RetryLater)):
        shelf.catalogue(EVERYTHING).named({"products": [number(shelf.product(1)["id"])]})
