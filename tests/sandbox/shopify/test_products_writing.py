"""Writes of products and variants: what changes, what is refused, and that a refusal leaves everything as it was."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.sandbox.shopify.stocked import Stocked

UPDATE = """mutation($product: ProductUpdateInput!) { productUpdate(product: $product) {
    product { id title handle tags status updatedAt seo { title description } } userErrors { field message } } }"""
BULK = """mutation($id: ID!, $rows: [ProductVariantsBulkInput!]!, $partial: Boolean) {
    productVariantsBulkUpdate(productId: $id, variants: $rows, allowPartialUpdates: $partial) {
      product { id updatedAt }
      productVariants { id price compareAtPrice sku barcode taxable inventoryPolicy
        inventoryItem { tracked unitCost { amount } } }
      userErrors { field message code } } }"""
CREATE = """mutation($id: ID!, $rows: [ProductVariantsBulkInput!]!, $how: ProductVariantsBulkCreateStrategy) {
    productVariantsBulkCreate(productId: $id, variants: $rows, strategy: $how) {
      product { options { name values } variants(first: 20) { nodes { title sku position inventoryQuantity } } }
      productVariants { id } userErrors { field message code } } }"""
DELETE = """mutation($id: ID!, $ids: [ID!]!) { productVariantsBulkDelete(productId: $id, variantsIds: $ids) {
    product { variants(first: 20) { nodes { id position } } } userErrors { field message code } } }"""


@pytest.fixture
def shop() -> Stocked:
    return Stocked(products=40)


def some(shop: Stocked, variants: int = 1) -> Node:
    return next(one for one in shop.goods.products.values() if len(one["variants"]) >= variants)


def plain(product: Node) -> Any:
    """A product's own values, to compare before with after."""
    variants = [
        {key: value for key, value in one.items() if key not in ("product", "inventoryItem")} for one in product["variants"]
    ]
    rest = {key: value for key, value in product.items() if key != "variants"}
    return deepcopy((rest, variants, [one["inventoryItem"]["_cost"] for one in product["variants"]]))


def test_only_what_is_given_is_written(shop: Stocked) -> None:
    product = some(shop)
    before = plain(product)[0]
    shop.clock.forward(60)
    given = {"id": product["id"], "title": "Neu 🐈", "tags": ["b", "A", "a ", "c,d"], "seo": {"title": "Kurz"}}
    payload = shop.data(UPDATE, product=given)["productUpdate"]
    assert payload["userErrors"] == [] and payload["product"]["title"] == "Neu 🐈"
    assert payload["product"]["tags"] == ["A", "b", "c", "d"] and payload["product"]["handle"] == before["handle"]
    assert payload["product"]["seo"] == {"title": "Kurz", "description": before["seo"]["description"]}
    assert payload["product"]["updatedAt"] == shop.goods.stamp() > before["updatedAt"]
    assert product["vendor"] == before["vendor"] and product["descriptionHtml"] == before["descriptionHtml"]


def test_writing_what_is_there_changes_nothing(shop: Stocked) -> None:
    product = some(shop)
    before = plain(product)
    shop.clock.forward(60)
    shop.data(UPDATE, product={"id": product["id"], "title": product["title"], "tags": product["tags"]})
    row = {"id": product["variants"][0]["id"], "price": product["variants"][0]["price"]}
    shop.data(BULK, id=product["id"], rows=[row])
    assert plain(product) == before


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"title": "  "}, ["title"], "Title can't be blank"),
        ({"title": "t" * 256}, ["title"], "Title is too long (maximum is 255 characters)"),
        ({"vendor": "v" * 256}, ["vendor"], "Vendor is too long (maximum is 255 characters)"),
    ],
)
def test_a_product_refused_stays_as_it_was(shop: Stocked, given: Node, field: list[str], message: str) -> None:
    product = some(shop)
    before = plain(product)
    payload = shop.data(UPDATE, product={"id": product["id"], "status": "ARCHIVED", **given})["productUpdate"]
    assert payload["userErrors"] == [{"field": field, "message": message}]
    assert plain(product) == before


def test_a_handle_in_use_and_an_unknown_product(shop: Stocked) -> None:
    one, other = list(shop.goods.products.values())[:2]
    payload = shop.data(UPDATE, product={"id": one["id"], "handle": other["handle"]})["productUpdate"]
    text = f"Handle '{other['handle']}' already in use. Please provide a new handle."
    assert payload["userErrors"] == [{"field": ["input", "handle"], "message": text}]
    payload = shop.data(UPDATE, product={"id": "gid://shopify/Product/1", "title": "x"})["productUpdate"]
    assert payload == {"product": None, "userErrors": [{"field": ["id"], "message": "Product does not exist"}]}


def test_a_field_orders_and_products_do_not_have_is_refused_by_the_schema(shop: Stocked) -> None:
    body = shop.ask(UPDATE, product={"id": some(shop)["id"], "price": "1.00"})
    assert body["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE" and "data" not in body


def test_variants_are_written_together(shop: Stocked) -> None:
    product = some(shop, 2)
    first, second = product["variants"][:2]
    shop.clock.forward(60)
    rows = [
        {
            "id": first["id"],
            "price": "24",
            "compareAtPrice": "30.5",
            "barcode": "111",
            "inventoryItem": {"sku": "NEU", "cost": "7.10"},
        },
        {
            "id": second["id"],
            "price": "9.99",
            "inventoryPolicy": "CONTINUE",
            "taxable": False,
            "inventoryItem": {"tracked": False},
        },
    ]
    payload = shop.data(BULK, id=product["id"], rows=rows)["productVariantsBulkUpdate"]
    assert payload["userErrors"] == [] and payload["product"]["updatedAt"] == shop.goods.stamp()
    one, two = payload["productVariants"]
    assert (one["price"], one["compareAtPrice"], one["sku"], one["barcode"]) == ("24.00", "30.50", "NEU", "111")
    assert one["inventoryItem"]["unitCost"] == {"amount": "7.1"}
    assert (two["price"], two["inventoryPolicy"], two["taxable"], two["inventoryItem"]["tracked"]) == (
        "9.99",
        "CONTINUE",
        False,
        False,
    )
    assert first["inventoryItem"]["updatedAt"] == first["updatedAt"] == shop.goods.stamp()


@pytest.mark.parametrize("partial", [False, True])
def test_one_bad_row_spoils_all_unless_partial_updates_are_allowed(shop: Stocked, partial: bool) -> None:
    product = some(shop, 2)
    first, second = product["variants"][:2]
    before = plain(product)
    rows = [{"id": first["id"], "price": "9.99"}, {"id": second["id"], "price": "-1.00"}]
    payload = shop.data(BULK, id=product["id"], rows=rows, partial=partial)["productVariantsBulkUpdate"]
    error = {"field": ["variants", "1", "price"], "message": "Price must be greater than or equal to 0"}
    assert payload["userErrors"] == [error | {"code": "GREATER_THAN_OR_EQUAL_TO"}]
    assert second["price"] == before[1][1]["price"]
    assert (first["price"] == "9.99") is partial
    assert (plain(product) == before) is not partial


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ({"price": "1"}, ["variants", "0", "id"], "PRODUCT_VARIANT_ID_MISSING"),
        ({"id": "gid://shopify/ProductVariant/1"}, ["variants", "0", "id"], "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        (
            {"optionValues": [{"optionName": "Stoff", "name": "Samt"}], "own": True},
            ["variants", "0", "optionValues", "0"],
            "OPTION_DOES_NOT_EXIST",
        ),
    ],
)
def test_rows_of_strangers(shop: Stocked, row: Node, field: list[str], code: str) -> None:
    product = some(shop)
    rows = [{key: value for key, value in row.items() if key != "own"}]
    if row.get("own"):
        rows[0]["id"] = product["variants"][0]["id"]
    payload = shop.data(BULK, id=product["id"], rows=rows)["productVariantsBulkUpdate"]
    assert payload["productVariants"] is None
    assert [(one["field"], one["code"]) for one in payload["userErrors"]] == [(field, code)]


def test_a_variant_of_another_product_is_not_written(shop: Stocked) -> None:
    one, other = list(shop.goods.products.values())[:2]
    stranger = other["variants"][0]
    before = plain(other)
    payload = shop.data(BULK, id=one["id"], rows=[{"id": stranger["id"], "price": "1.00"}])["productVariantsBulkUpdate"]
    assert payload["userErrors"][0]["code"] == "PRODUCT_VARIANT_DOES_NOT_EXIST" and plain(other) == before


def test_variants_are_added_and_deleted(shop: Stocked) -> None:
    product = next(
        one for one in shop.goods.products.values() if one["variants"][0]["selectedOptions"][0]["value"] == "Default Title"
    )
    place = next(iter(shop.goods.locations))
    row = {
        "optionValues": [{"optionName": "Title", "name": "Groß"}],
        "inventoryItem": {"sku": "G-1", "tracked": True},
        "inventoryQuantities": [{"locationId": place, "availableQuantity": 6}],
    }
    again = shop.data(
        CREATE, id=product["id"], rows=[row, row | {"optionValues": [{"optionName": "Title", "name": "Default Title"}]}]
    )
    assert again["productVariantsBulkCreate"]["userErrors"][0]["code"] == "VARIANT_ALREADY_EXISTS"
    assert len(product["variants"]) == 1, "nothing of a refused call is kept"
    payload = shop.data(CREATE, id=product["id"], rows=[row])["productVariantsBulkCreate"]
    assert payload["product"]["options"] == [{"name": "Title", "values": ["Groß"]}]
    assert payload["product"]["variants"]["nodes"] == [{"title": "Groß", "sku": "G-1", "position": 1, "inventoryQuantity": 6}]
    gone = payload["productVariants"][0]["id"]
    stranger = shop.data(DELETE, id=product["id"], ids=[gone, "gid://shopify/ProductVariant/1"])["productVariantsBulkDelete"]
    assert stranger["userErrors"][0]["code"] == "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
    assert gone in shop.goods.variants
    last = shop.data(DELETE, id=product["id"], ids=[gone])["productVariantsBulkDelete"]
    assert last["userErrors"][0]["code"] == "CANNOT_DELETE_LAST_VARIANT" and gone in shop.goods.variants
    more = row | {"optionValues": [{"optionName": "Title", "name": "Klein"}], "inventoryItem": {"sku": "K-1"}}
    assert shop.data(CREATE, id=product["id"], rows=[more])["productVariantsBulkCreate"]["userErrors"] == []
    left = shop.data(DELETE, id=product["id"], ids=[gone])["productVariantsBulkDelete"]["product"]["variants"]["nodes"]
    assert [one["id"] for one in left] != [gone] and len(left) == 1
    assert gone not in shop.goods.variants and shop.listed("productVariants", "sku:G-1") == []


def test_a_deleted_product_is_gone_with_all_that_was_its() -> None:
    shop = Stocked(products=12, orders=30)
    query = "query($id: ID!) { order(id: $id) { lineItems(first: 50) { nodes { title product { id } variant { id } } } } }"
    lines = [line for one in shop.ids for line in shop.data(query, id=one)["order"]["lineItems"]["nodes"]]
    gid = next(line["product"]["id"] for line in lines if line["product"])
    below = [one["inventoryItem"]["id"] for one in shop.goods.products[gid]["variants"]]
    mutation = "mutation($id: ID!) { productDelete(input: {id: $id}) { deletedProductId userErrors { field message } } }"
    assert shop.data(mutation, id=gid)["productDelete"] == {"deletedProductId": gid, "userErrors": []}
    assert shop.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[gid, *below])["nodes"] == [None] * (1 + len(below))
    assert gid not in shop.listed("products", None)
    lines = [line for one in shop.ids for line in shop.data(query, id=one)["order"]["lineItems"]["nodes"]]
    assert gid not in {line["product"]["id"] for line in lines if line["product"]} and all(line["title"] for line in lines)
    again = shop.data(mutation, id=gid)["productDelete"]
    assert again == {"deletedProductId": None, "userErrors": [{"field": ["id"], "message": "Product does not exist"}]}


def test_tags_are_added_and_removed_whatever_their_case(shop: Stocked) -> None:
    product = some(shop)
    shop.data(UPDATE, product={"id": product["id"], "tags": ["Red"]})
    add = """mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) {
        node { ... on Product { tags } } userErrors { field } } }"""
    assert shop.data(add, id=product["id"], tags=["blue,green", "RED"])["tagsAdd"]["node"]["tags"] == ["blue", "green", "Red"]
    payload = shop.data(add.replace("tagsAdd", "tagsRemove"), id=product["id"], tags=["GREEN"])["tagsRemove"]
    assert payload["node"]["tags"] == ["blue", "Red"]


@pytest.mark.parametrize("query", [UPDATE, BULK, CREATE, DELETE])
def test_writing_needs_a_scope(shop: Stocked, query: str) -> None:
    product = some(shop)
    before = plain(product)
    shop.app.tokens.add_token("shpat_reader", frozenset({"read_products", "read_inventory"}))
    variables: Node = {"product": {"id": product["id"], "title": "x"}, "id": product["id"], "rows": [], "ids": []}
    body = shop.post(query, token="shpat_reader", **variables).get_json()
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "`write_products` access scope" in body["errors"][0]["message"]
    assert set(body["data"].values()) == {None} and plain(product) == before


def test_an_input_array_too_long_stops_the_whole_document(shop: Stocked) -> None:
    product = some(shop)
    body = shop.ask(BULK, id=product["id"], rows=[{"id": product["variants"][0]["id"], "price": "1.00"}] * 251)
    assert "data" not in body and body["errors"][0]["path"] == ["productVariantsBulkUpdate", "variants"]
    assert body["errors"][0]["message"] == "The input array size of 251 is greater than the maximum allowed of 250."


REORDER = """mutation($id: ID!, $options: [OptionReorderInput!]!) { productOptionsReorder(productId: $id, options: $options) {
  product { options { name position optionValues { name } } variants(first: 9) { nodes { title } } }
  userErrors { field code } } }"""


def test_options_and_values_take_their_variants_along(shop: Stocked) -> None:
    """As Shopify describes the mutation."""
    merchant = Merchant(shop.goods)
    colours, sizes = ("Red", "Green", "Blue"), ("Small", "Medium")
    options = [
        {"name": "Color", "values": [{"name": one} for one in colours]},
        {"name": "Size", "values": [{"name": one} for one in sizes]},
    ]
    product = merchant.add_product("Shirt", productOptions=options)
    product["variants"][0]["selectedOptions"] = [{"name": "Color", "value": "Red"}, {"name": "Size", "value": "Small"}]
    for colour, size in (("Green", "Medium"), ("Blue", "Small")):
        merchant.add_variant(product["id"], {"Color": colour, "Size": size})
    wanted = [
        {"name": "Size", "values": [{"name": "Small"}, {"name": "Medium"}]},
        {"name": "Color", "values": [{"name": "Green"}, {"name": "Red"}, {"name": "Blue"}]},
    ]
    answer = shop.data(REORDER, id=product["id"], options=wanted)["productOptionsReorder"]
    titles = [one["title"] for one in answer["product"]["variants"]["nodes"]]
    assert answer["userErrors"] == [] and [one["name"] for one in answer["product"]["options"]] == ["Size", "Color"]
    assert titles == ["Small / Red", "Small / Blue", "Medium / Green"]
    lacking = shop.data(REORDER, id=product["id"], options=wanted[:1])["productOptionsReorder"]
    assert [one["code"] for one in lacking["userErrors"]] == ["MISSING_OPTION_NAME"]
