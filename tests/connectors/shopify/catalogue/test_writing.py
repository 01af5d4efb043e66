"""Writing products, variants, metafields, collections and orders to the local shop."""

from decimal import Decimal
from typing import Any

import pytest

from syncdb.errors import Refused
from syncdb.model import Action, Operation, Outcome, Result, Side
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.values import Value
from tests.connectors.shopify.catalogue.conftest import Shelf, update

MATERIAL = "metafields.custom.material"


def results(outcomes: list[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


@pytest.fixture
def merchant(shelf: Shelf) -> Merchant:
    shelf.fill(40)
    return Merchant(shelf.goods)


def fields(shelf: Shelf, entity: str, key: str) -> dict[str, Value]:
    """What the shop shows, asked anew."""
    return dict(shelf.catalogue().side(entity).look([key]).found[key].record.fields)


def changing(shelf: Shelf, entity: str, key: str, **changes: Value) -> Operation:
    shown = fields(shelf, entity, key)
    return update(key, {name: shown[name] for name in changes}, changes)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("title", "Tasse 🐈", "Tasse 🐈"),
        ("handle", "tasse-neu", "tasse-neu"),
        ("status", "DRAFT", "DRAFT"),
        ("vendor", "Werk", "Werk"),
        ("product_type", None, None),
        ("tags", "zwei, eins", "eins, zwei"),
        ("tags", None, None),
        ("description_html", "<p>Neu</p>", "<p>Neu</p>"),
        ("seo_title", "Kaufen", "Kaufen"),
        ("seo_description", None, None),
        ("template_suffix", "gross", "gross"),
        ("category", "gid://shopify/TaxonomyCategory/aa-1-13", "gid://shopify/TaxonomyCategory/aa-1-13"),
        ("requires_selling_plan", True, True),
        (MATERIAL, "Wolle", "Wolle"),
    ],
)
def test_each_field_of_a_product_is_written_alone(
    shelf: Shelf, merchant: Merchant, name: str, value: Value, stored: Value
) -> None:
    key = next(one["id"] for one in shelf.goods.products.values() if one["seo"]["title"] and one["tags"])
    merchant.set_metafield(key, "custom", "material", "Leinen")
    before = fields(shelf, "products", key)
    outcomes = shelf.write(shelf.catalogue().side("products"), update(key, {name: before[name]}, {name: value}))
    after = fields(shelf, "products", key)
    assert results(outcomes) == [Result.DONE] and outcomes[0].ref == key
    assert (after[name] or None) == stored
    assert {one: after[one] for one in after if one not in (name, "url")} == {
        one: before[one] for one in before if one not in (name, "url")
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("price", Decimal("12.34")),
        ("compare_at_price", Decimal("99")),
        ("compare_at_price", None),
        ("sku", "0012"),
        ("sku", None),
        ("barcode", "4006381333931"),
        ("taxable", False),
        ("inventory_policy", "CONTINUE"),
        ("cost", Decimal("5.5")),
        ("cost", None),
        ("tracked", False),
        ("requires_shipping", False),
        ("weight", Decimal("0.1")),
        ("weight_unit", "GRAMS"),
        ("harmonized_code", "610910"),
        ("country_of_origin", "DE"),
        ("province_of_origin", "BY"),
        ("tax_code", "0012"),
        (MATERIAL, "Wolle"),
    ],
)
def test_each_field_of_a_variant_is_written_alone(shelf: Shelf, merchant: Merchant, name: str, value: Value) -> None:
    node = next(one for one in shelf.goods.variants.values() if one["compareAtPrice"] and one["inventoryItem"]["_cost"])
    merchant.set_metafield(node["id"], "custom", "material", "Leinen")
    before = fields(shelf, "variants", node["id"])
    outcomes = shelf.write(shelf.catalogue().side("variants"), update(node["id"], {name: before[name]}, {name: value}))
    after = fields(shelf, "variants", node["id"])
    assert results(outcomes) == [Result.DONE]
    assert after == before | {name: after[name]} and (after[name] if after[name] != "" else None) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("title", "Herbst"), ("handle", "herbst"), ("description_html", None), ("sort_order", "ALPHA_DESC")],
)
def test_each_field_of_a_collection_is_written_alone(shelf: Shelf, merchant: Merchant, name: str, value: Value) -> None:
    key = shelf.collection(0)["id"]
    before = fields(shelf, "collections", key)
    outcomes = shelf.write(shelf.catalogue().side("collections"), update(key, {name: before[name]}, {name: value}))
    after = fields(shelf, "collections", key)
    assert results(outcomes) == [Result.DONE] and after == before | {name: value or ""}


def test_many_products_go_in_few_documents(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.products)
    side = shelf.catalogue({"products": ["title"]}).side("products")
    outcomes = shelf.write(side, *(changing(shelf, "products", key, title=f"Nr. {key[-3:]}") for key in keys))
    assert results(outcomes) == [Result.DONE] * 40 and shelf.requests("write") == 2
    assert all(one["title"] == f"Nr. {key[-3:]}" for key, one in shelf.goods.products.items())


def test_variants_of_many_products_go_in_few_documents(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.variants)[:60]
    side = shelf.catalogue({"variants": ["price"]}).side("variants")
    outcomes = shelf.write(side, *(changing(shelf, "variants", key, price=Decimal("7.77")) for key in keys))
    assert results(outcomes) == [Result.DONE] * 60 and shelf.requests("write") == 2
    assert {shelf.goods.variants[key]["price"] for key in keys} == {"7.77"}


def test_one_refused_variant_does_not_hold_the_others_of_its_product(shelf: Shelf, merchant: Merchant) -> None:
    product = max(shelf.goods.products.values(), key=lambda one: len(one["variants"]))
    keys = [one["id"] for one in product["variants"]]
    assert len(keys) >= 3
    operations = [changing(shelf, "variants", key, price=Decimal("3"), barcode="1") for key in keys]
    operations[1] = changing(shelf, "variants", keys[1], price=Decimal("3"), barcode="9" * 300)
    outcomes = shelf.write(shelf.catalogue({"variants": ["price", "barcode", "sku", "title"]}).side("variants"), *operations)
    assert results(outcomes) == [Result.DONE, Result.REJECTED, *[Result.DONE] * (len(keys) - 2)]
    assert "Barcode is too long" in outcomes[1].why and keys[1] in outcomes[1].why
    assert [shelf.goods.variants[key]["barcode"] == "1" for key in keys] == [True, False, *[True] * (len(keys) - 2)]


def test_what_shopify_refuses_names_record_field_and_reason(shelf: Shelf, merchant: Merchant) -> None:
    one, other = list(shelf.goods.products.values())[:2]
    outcomes = shelf.write(
        shelf.catalogue().side("products"),
        changing(shelf, "products", one["id"], handle=other["handle"]),
        changing(shelf, "products", other["id"], title="Geht"),
    )
    assert results(outcomes) == [Result.REJECTED, Result.DONE]
    assert one["title"] in outcomes[0].why and "handle" in outcomes[0].why and "already in use" in outcomes[0].why


def test_what_does_not_fit_is_refused_before_anything_is_sent(shelf: Shelf, merchant: Merchant) -> None:
    key = shelf.product()["id"]
    outcomes = shelf.write(shelf.catalogue().side("products"), changing(shelf, "products", key, status="sold out"))
    assert results(outcomes) == [Result.REJECTED] and shelf.requests("write") == 0
    assert "status 'sold out'" in outcomes[0].why and "ACTIVE" in outcomes[0].why


def test_what_shopify_keeps_as_something_else_is_told(shelf: Shelf, merchant: Merchant) -> None:
    key = shelf.product()["id"]
    outcomes = shelf.write(shelf.catalogue().side("products"), changing(shelf, "products", key, handle="Neue Tasse!"))
    assert results(outcomes) == [Result.DONE] and outcomes[0].instead == {"handle": "neue-tasse"}


@pytest.mark.parametrize("entity", ["products", "variants", "collections"])
def test_what_moved_since_the_plan_is_left_alone(shelf: Shelf, merchant: Merchant, entity: str) -> None:
    node = {"products": shelf.product, "variants": shelf.variant, "collections": shelf.collection}[entity](1)
    name = {"products": "vendor", "variants": "barcode", "collections": "title"}[entity]
    operation = update(node["id"], {name: "was never there"}, {name: "Neu"})
    outcomes = shelf.write(shelf.catalogue().side(entity), operation)
    assert results(outcomes) == [Result.STALE] and shelf.requests("write") == 0


def test_what_moves_between_preparing_and_writing_is_left_alone(shelf: Shelf, merchant: Merchant) -> None:
    one, other = list(shelf.goods.products)[:2]
    side = shelf.catalogue().side("products")
    operations = [changing(shelf, "products", key, title="Von uns") for key in (one, other)]
    attempt = side.prepare(operations, 7)
    merchant.edit_product(one, title="Von Hand")
    assert results(side.write(attempt)) == [Result.STALE, Result.DONE]
    assert shelf.goods.products[one]["title"] == "Von Hand" and shelf.goods.products[other]["title"] == "Von uns"


def test_tags_in_another_order_are_the_same_tags(shelf: Shelf, merchant: Merchant) -> None:
    key = shelf.product()["id"]
    merchant.edit_product(key, tags=["a", "b", "c"])
    side = shelf.catalogue({"products": ["tags"]}).side("products")
    assert results(shelf.write(side, update(key, {"tags": "c, b,a"}, {"tags": "d, b"}))) == [Result.DONE]
    assert sorted(shelf.goods.products[key]["tags"]) == ["b", "d"]


def test_one_seo_text_does_not_lose_the_other(shelf: Shelf, merchant: Merchant) -> None:
    node = next(one for one in shelf.goods.products.values() if one["seo"]["title"])
    side = shelf.catalogue({"products": ["seo_title"]}).side("products")
    operation = update(node["id"], {"seo_title": node["seo"]["title"]}, {"seo_title": "X"})
    assert results(shelf.write(side, operation)) == [Result.DONE]
    assert node["seo"] == {"title": "X", "description": "Günstig & gut"}
    body: Any = next(seen.body_json for seen in reversed(shelf.world.faults.log) if seen.kind == "write")
    assert body["variables"]["r0"]["seo"] == node["seo"]


def test_a_record_that_is_gone_is_stale(shelf: Shelf, merchant: Merchant) -> None:
    key = shelf.product()["id"]
    operation = changing(shelf, "products", key, title="Neu")
    merchant.delete_product(key)
    assert results(shelf.write(shelf.catalogue().side("products"), operation)) == [Result.STALE]


def test_records_cannot_be_made_here(shelf: Shelf, merchant: Merchant) -> None:
    operation = Operation(Side.LEFT, Action.CREATE, "gid://shopify/Product/1", None, {}, {"title": "Neu"}, "new")
    side = shelf.catalogue().side("products")
    (outcome,) = shelf.write(side, operation)
    assert outcome.result is Result.REJECTED and "cannot be made" in outcome.why and not side.can.create


def test_a_product_is_deleted_only_as_it_was_seen(shelf: Shelf, merchant: Merchant) -> None:
    one, other = list(shelf.goods.products)[:2]
    catalogue = shelf.catalogue({"products": ["title", "vendor"], "variants": ["price"]})
    side = catalogue.side("products")
    seen = {key: dict(found.record.fields) for key, found in side.look([one, other]).found.items()}
    operations = [Operation(Side.LEFT, Action.DELETE, key, key, seen[key], {}, "deleted") for key in (one, other)]
    merchant.edit_product(other, vendor="Jemand")
    assert side.can.delete and results(shelf.write(side, *operations)) == [Result.DONE, Result.STALE]
    assert one not in shelf.goods.products and other in shelf.goods.products
    variant = shelf.variant()["id"]
    deletion = Operation(Side.LEFT, Action.DELETE, variant, variant, {}, {}, "deleted")
    assert results(shelf.write(catalogue.side("variants"), deletion)) == [Result.REJECTED]


def test_a_metafield_is_set_made_and_deleted(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.products)[:3]
    merchant.set_metafield(keys[0], "custom", "material", "Leinen")
    merchant.set_metafield(keys[1], "custom", "material", "Leinen")
    bare = next(one["id"] for one in shelf.goods.products.values() if not one["metafields"])
    side = shelf.catalogue({"products": [MATERIAL]}).side("products")
    outcomes = shelf.write(
        side,
        update(keys[0], {MATERIAL: "Leinen"}, {MATERIAL: "Wolle"}),
        update(keys[1], {MATERIAL: "Leinen"}, {MATERIAL: None}),
        update(bare, {MATERIAL: None}, {MATERIAL: "Seide"}),
    )
    # nothing is known of the type of a metafield that was never there and has no definition
    assert results(outcomes) == [Result.DONE, Result.DONE, Result.REJECTED] and "Type can't be blank" in outcomes[2].why
    assert fields(shelf, "products", keys[0])[MATERIAL] == "Wolle" and fields(shelf, "products", keys[1])[MATERIAL] is None


def test_a_metafield_that_moved_in_the_last_moment_is_stale_and_the_others_are_written(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.products)[:30]
    for key in keys:
        merchant.set_metafield(key, "custom", "material", "Leinen")
    side = shelf.catalogue({"products": [MATERIAL]}).side("products")
    operations = [update(key, {MATERIAL: "Leinen"}, {MATERIAL: "Wolle"}) for key in keys]
    shelf.world.faults.add(
        Fault("meanwhile", "shopify write", action=lambda: merchant.set_metafield(keys[3], "custom", "material", "Filz"))
    )
    outcomes = shelf.write(side, *operations)
    assert results(outcomes) == [Result.STALE if key == keys[3] else Result.DONE for key in keys]
    assert fields(shelf, "products", keys[3])[MATERIAL] == "Filz" and fields(shelf, "products", keys[29])[MATERIAL] == "Wolle"


def test_where_a_part_is_refused_the_rest_that_stands_is_told(shelf: Shelf, merchant: Merchant) -> None:
    one, other = list(shelf.goods.products.values())[:2]
    merchant.set_metafield(one["id"], "custom", "material", "Leinen")
    operation = changing(shelf, "products", one["id"], **{MATERIAL: "Wolle", "handle": other["handle"]})
    (outcome,) = shelf.write(shelf.catalogue().side("products"), operation)
    assert outcome.result is Result.REJECTED and f"written already: {MATERIAL}" in outcome.why
    assert fields(shelf, "products", one["id"])[MATERIAL] == "Wolle"


def test_a_stale_metafield_keeps_the_rest_of_its_record_from_being_written(shelf: Shelf, merchant: Merchant) -> None:
    node = shelf.product()
    merchant.set_metafield(node["id"], "custom", "material", "Leinen")
    operation = changing(shelf, "products", node["id"], **{MATERIAL: "Wolle", "title": "Neu"})
    shelf.world.faults.add(
        Fault("meanwhile", "shopify write", action=lambda: merchant.set_metafield(node["id"], "custom", "material", "Filz"))
    )
    assert results(shelf.write(shelf.catalogue().side("products"), operation)) == [Result.STALE]
    assert node["title"] != "Neu" and fields(shelf, "products", node["id"])[MATERIAL] == "Filz"


@pytest.mark.parametrize("entity", ["products", "variants", "inventory"])
def test_a_missing_permission_to_write_is_named_and_nothing_written(shelf: Shelf, merchant: Merchant, entity: str) -> None:
    node: Node = {"products": shelf.product, "variants": shelf.variant, "inventory": shelf.level}[entity](0)
    name = {"products": "title", "variants": "barcode", "inventory": "available"}[entity]
    operation = changing(shelf, entity, node["id"], **{name: 5 if entity == "inventory" else "Neu"})
    shelf.grant("read_products", "read_inventory", "read_locations", "read_orders")
    side = shelf.catalogue().side(entity)
    with pytest.raises(Refused) as refused:
        shelf.write(side, operation)
    assert f"write_{'inventory' if entity == 'inventory' else 'products'}" in refused.value.next_step
    assert fields(shelf, entity, node["id"])[name] == operation.expected[name]


def test_a_document_that_is_too_costly_is_sent_in_parts(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.products)[:20]
    names = ["title", "image_url", *(f"metafields.custom.m{number}" for number in range(60))]
    side = shelf.catalogue({"products": names}).side("products")
    outcomes = shelf.write(side, *(changing(shelf, "products", key, title="Teuer") for key in keys))
    assert results(outcomes) == [Result.DONE] * 20 and shelf.requests("write") > 2
