"""Whole products as they are read, against what stands in the shop."""

from decimal import Decimal

import pytest

from syncdb.connectors.shopify.products.whole import MediumKind, Metafield, Special, Stock, Weight
from syncdb.errors import Refused, RetryLater
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products import parts
from tests.connectors.shopify.products.conftest import Shelf


def big(shelf: Shelf, variants: int = 300) -> Node:
    """A product whose every list is longer than a page."""
    product = shelf.merchant.add_product("Viele", sku="V")
    for number in range(variants):
        shelf.merchant.add_variant(product["id"], {"Title": f"Los {number}"}, sku=f"V-{number}")
    for number in range(70):
        shelf.merchant.set_metafield(product["id"], "custom", f"feld_{number:02}", str(number))
        shelf.goods.files.keep(
            one := parts.image(shelf.goods.new_id(), f"https://cdn.shop.example/{number}", None, shelf.goods.stamp())
        )
        product["media"].append(one)
    for number in range(25):
        shelf.merchant.set_metafield(product["variants"][7]["id"], "custom", f"form_{number:02}", str(number))
        place = shelf.goods.add_location(parts.location(500 + number, f"Ort {number}", shelf.goods.stamp()))
        shelf.goods.stock(product["variants"][7]["inventoryItem"], place, number)
    return product


def test_every_part_of_a_product(shelf: Shelf) -> None:
    gid = shelf.merchant.add_product("Weste", sku="W-1", price="20", stock=5, tags=["b", "A"], vendor="Kayra")["id"]
    node = shelf.goods.products[gid]
    variant = node["variants"][0]
    shelf.merchant.edit_product(gid, category="gid://shopify/TaxonomyCategory/aa-1-2", seo={"title": "T", "description": ""})
    weight = {"weight": {"value": 0.1, "unit": "KILOGRAMS"}}
    codes = [{"countryCode": "TR", "harmonizedSystemCode": "610910"}]
    origin = {"countryCodeOfOrigin": "DE", "provinceCodeOfOrigin": "BY", "harmonizedSystemCode": "6109"}
    shelf.merchant.edit_item(variant["id"], cost="7.5", measurement=weight, countryHarmonizedSystemCodes=codes, **origin)
    unit = {"quantityUnit": "ML", "quantityValue": 1.5, "referenceUnit": "L", "referenceValue": 1}
    shelf.merchant.edit_variant(variant["id"], unitPriceMeasurement=unit, taxCode="P1", compareAtPrice="25", barcode="0040")
    shelf.merchant.set_metafield(variant["id"], "custom", "form", "eng")
    found = shelf.reader().one(gid)
    assert found is not None
    assert (found.title, found.handle, found.tags, found.vendor) == ("Weste", "weste", ("A", "b"), "Kayra")
    assert (found.category, found.seo_title, found.seo_description) == ("gid://shopify/TaxonomyCategory/aa-1-2", "T", "")
    assert (found.currency, found.special, found.media, found.has_options) == ("EUR", frozenset(), (), False)
    assert found.variants is not None
    one = found.variants[0]
    assert (one.price, one.compare_at_price, one.cost) == (Decimal("20.00"), Decimal("25.00"), Decimal("7.5"))
    assert (one.weight, one.codes) == (Weight(Decimal("0.1"), "KILOGRAMS"), (("TR", "610910"),))
    assert (one.harmonized_code, one.country_of_origin, one.province_of_origin) == ("6109", "DE", "BY")
    assert one.unit_price is not None and one.unit_price.quantity == Decimal("1.5") and one.tax_code == "P1"
    assert (one.sku, one.barcode, one.tracked, one.medium) == ("W-1", "0040", True, None)
    assert one.metafields == (Metafield("custom", "form", "single_line_text_field", "eng"),)
    assert one.stock == (Stock(next(iter(shelf.goods.locations)), 5),)
    assert (one.ref, one.item_ref) == (variant["id"], variant["inventoryItem"]["id"])


def test_long_lists_are_read_to_their_ends(shelf: Shelf) -> None:
    product = big(shelf)
    found = shelf.reader().one(product["id"])
    assert found is not None and found.variants is not None and found.metafields is not None and found.media is not None
    assert [one.sku for one in found.variants] == [one["sku"] for one in product["variants"]]
    assert len(found.metafields) == len(found.media) == 70
    stocked = found.variants[7]
    assert stocked.metafields is not None and stocked.stock is not None
    assert (len(stocked.metafields), len(stocked.stock)) == (25, 26)
    assert [one.ref for one in found.media] == [one["id"] for one in product["media"]]


def test_many_are_the_same_as_one_by_one(shelf: Shelf) -> None:
    keys = [*shelf.fill(30), big(shelf, 40)["id"], "gid://shopify/Product/1"]
    reader = shelf.reader()
    many = dict(reader.many(keys))
    assert list(many) == keys and many[keys[-1]] is None
    assert {key: reader.one(key) for key in keys} == many


def test_a_variant_says_which_picture_shows_it(shelf: Shelf) -> None:
    product = next(shelf.goods.products[one] for one in shelf.fill(60) if shelf.goods.products[one]["media"])
    product["variants"][0]["media"] = [product["media"][0]]
    found = shelf.reader().one(product["id"])
    assert found is not None and found.variants is not None and found.media is not None
    assert found.variants[0].medium == 0
    medium = found.media[0]
    assert (medium.kind, medium.mime_type, medium.ready) == (MediumKind.IMAGE, "image/png", True)
    assert medium.size == len(product["media"][0]["_content"]) and "/originals/" in medium.address


def test_a_product_that_changes_while_it_is_read_is_read_again(shelf: Shelf) -> None:
    product = big(shelf)
    shelf.world.time.seconds += 5

    def rename() -> None:
        shelf.merchant.edit_product(product["id"], title="Anders")

    shelf.world.faults.add(Fault("meanwhile", "shopify read", skip=2, action=rename))
    found = shelf.reader().one(product["id"])
    assert found is not None and found.title == "Anders" and found.variants is not None and len(found.variants) == 301


def test_one_that_never_stands_still_is_left_for_later(shelf: Shelf) -> None:
    product = big(shelf)
    titles = iter(range(1000))

    def rename() -> None:
        shelf.world.time.seconds += 2
        shelf.merchant.edit_product(product["id"], title=f"Titel {next(titles)}")

    shelf.world.faults.add(Fault("meanwhile", "shopify read", times=None, action=rename))
    with pytest.raises(RetryLater, match="keeps changing"):
        shelf.reader().one(product["id"])


def test_what_cannot_be_made_elsewhere_is_named(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Bündel")
    product["isGiftCard"] = True
    product["variants"][0]["requiresComponents"] = True
    found = shelf.reader().one(product["id"])
    assert found is not None and found.special == {Special.GIFT_CARD, Special.BUNDLE}


def test_a_missing_right_is_named_and_nothing_is_handed_on(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste", stock=2)
    shelf.grant("read_products")
    with pytest.raises(Refused, match="read whole products"):
        shelf.reader().one(product["id"])


def test_a_product_read_in_part_is_not_handed_on(shelf: Shelf) -> None:
    product = shelf.merchant.add_product("Weste")
    shelf.world.shop.withhold(product["id"], "descriptionHtml")
    with pytest.raises(RetryLater):
        shelf.reader().one(product["id"])
