"""Variants that Sentos adds to products which the shop has, takes away from them, or shows under another id."""

from collections.abc import Callable

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.sentos.books import Article
from tests.scenarios.sentos_world import SentosWorld


@pytest.fixture
def world(make_sentos: Callable[..., SentosWorld]) -> SentosWorld:
    """A hood in two sizes that came from Sentos."""
    made = make_sentos()
    made.clerk.add_product(
        "Kapüşonlu", "HOOD", "599.90", variants=[("HOOD-S", "Siyah", "S"), ("HOOD-XL", "Siyah", "XL")], stock={1: 4}
    )
    made.synced()
    return made


def more(world: SentosWorld, sku: str, of: str, color: str, size: str, stock: int = 6) -> Article:
    """Somebody adds a variant to a product of Sentos."""
    books = world.sentos.books
    added = Article(books.new_id(), sku, color=color, size=("Beden", size), stock={1: stock})
    world.clerk.product(of).variants.append(added)
    return added


def skus(world: SentosWorld, sku: str) -> list[str]:
    return [one["sku"] for one in world.variant(sku)["product"]["variants"]]


def test_a_new_variant_is_added_at_its_place_and_only_once(world: SentosWorld) -> None:
    more(world, "HOOD-M", "HOOD-S", "Siyah", "M")
    more(world, "HOOD-M-RED", "HOOD-S", "Kırmızı", "M", 2)
    world.faults.add(Fault("apply_then_cut", lambda seen: "AddVariants" in str(seen.body_json)))
    world.synced()
    world.synced()
    assert skus(world, "HOOD-S") == ["HOOD-S", "HOOD-M", "HOOD-XL", "HOOD-M-RED"]
    assert world.variant("HOOD-M")["price"] == "599.90" and world.available("HOOD-M") == 6 and world.available("HOOD-M-RED") == 2
    world.clerk.receive("HOOD-M", 3)
    world.synced()
    world.in_step()
    assert world.synced(full=True).written == 0


def test_a_variant_is_added_to_a_product_whose_options_the_shop_calls_otherwise(world: SentosWorld) -> None:
    product = world.variant("HOOD-S")["product"]
    for option, name in zip(product["options"], ("Colour", "Size"), strict=True):
        option["name"] = name
    for variant in product["variants"]:
        for chosen, name in zip(variant["selectedOptions"], ("Colour", "Size"), strict=True):
            chosen["name"] = name
    more(world, "HOOD-M", "HOOD-S", "siyah", "M")
    world.sync()
    assert skus(world, "HOOD-S") == ["HOOD-S", "HOOD-M", "HOOD-XL"]


def test_what_cannot_be_added_for_sure_is_told_and_left_alone(world: SentosWorld) -> None:
    world.clerk.add_product("Kupa", "MUG", "89.90", stock={1: 5})
    world.merchant.add_product("Kupa", price="89.90", sku="MUG", stock=5)
    world.synced()
    more(world, "MUG-BLUE", "MUG", "Mavi", "L")
    world.clerk.product("MUG-BLUE").variants[0].sku = "MUG-BLUE"
    more(world, "MUG", "MUG-BLUE", "Beyaz", "L")
    ran = world.synced()
    assert len(skus(world, "MUG")) == 1 and "MUG-BLUE" in ran.text


def test_without_leave_a_new_variant_is_only_named(make_sentos: Callable[..., SentosWorld]) -> None:
    world = make_sentos(env={"SHOPIFY_WRITES": "inventory,variants.price"})
    world.stock_up()
    world.sync()
    more(world, "TS-NEW", "TS-RED-S", "Kırmızı", "XL")
    ran = world.synced()
    assert "TS-NEW" in ran.text and skus(world, "TS-RED-S") == ["TS-RED-S"]


def test_a_variant_gone_from_sentos_is_sold_no_more_after_two_listings_and_comes_back(world: SentosWorld) -> None:
    product = world.clerk.product("HOOD-S")
    gone = product.variants.pop(1)
    world.synced()
    assert world.available("HOOD-XL") == 4, "one listing is not enough"
    told = world.synced()
    assert world.available("HOOD-XL") == 0 and "HOOD-XL" in told.text and len(skus(world, "HOOD-S")) == 2
    assert told.results("products")["updated"]["names"] == ["HOOD-XL"]
    assert world.synced(full=True).written == 0
    product.variants.append(gone)
    world.synced()
    assert world.available("HOOD-XL") == 4
    world.in_step()


def test_a_variant_that_gets_another_id_in_sentos_stays_the_same(world: SentosWorld) -> None:
    article = world.clerk.article("HOOD-XL")
    article.id = world.sentos.books.new_id()
    article.stock = {1: 9}
    world.synced()
    assert world.available("HOOD-XL") == 9 and skus(world, "HOOD-S") == ["HOOD-S", "HOOD-XL"]
    world.synced()
    world.synced(full=True)
    world.in_step()
