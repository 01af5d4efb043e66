"""productSet, collections and orderUpdate: lists that replace what was there."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.sandbox.shopify.stocked import Stocked

SET = """mutation($who: ProductSetIdentifiers, $given: ProductSetInput!, $now: Boolean) {
    productSet(identifier: $who, input: $given, synchronous: $now) {
      product { id title handle tags totalInventory options { name values }
        variants(first: 50) { nodes { id title sku price position inventoryQuantity } }
        metafields(first: 9) { nodes { key value } } }
      productSetOperation { id status product { id } } userErrors { field message code } } }"""
COLLECTION = """mutation($input: CollectionInput!) { collectionUpdate(input: $input) {
    collection { id title handle sortOrder descriptionHtml updatedAt } job { done } userErrors { field message } } }"""
MEMBERS = """mutation($id: ID!, $ids: [ID!]!) { collectionAddProducts(id: $id, productIds: $ids) {
    collection { productsCount { count } } userErrors { field message } } }"""
ORDER = """mutation($input: OrderInput!) { orderUpdate(input: $input) {
    order { note tags customAttributes { key value } poNumber updatedAt } userErrors { field message } } }"""


@pytest.fixture
def shop() -> Stocked:
    return Stocked(products=30, orders=4)


def two_sizes(shop: Stocked) -> Node:
    place = next(iter(shop.goods.locations))
    return {
        "title": "Weste",
        "tags": ["neu"],
        "productOptions": [{"name": "Größe", "values": [{"name": "S"}, {"name": "M"}]}],
        "variants": [
            {
                "optionValues": [{"optionName": "Größe", "name": size}],
                "sku": f"W-{size}",
                "price": "20",
                "inventoryItem": {"tracked": True},
                "inventoryQuantities": [{"locationId": place, "name": "available", "quantity": 3}],
            }
            for size in ("S", "M")
        ],
        "metafields": [{"namespace": "custom", "key": "stoff", "type": "single_line_text_field", "value": "Wolle"}],
    }


def test_a_product_is_made_as_a_whole(shop: Stocked) -> None:
    payload = shop.data(SET, given=two_sizes(shop))["productSet"]
    assert payload["userErrors"] == []
    made = payload["product"]
    assert (made["handle"], made["totalInventory"], made["options"]) == ("weste", 6, [{"name": "Größe", "values": ["S", "M"]}])
    shown = [(one["title"], one["sku"], one["price"], one["inventoryQuantity"]) for one in made["variants"]["nodes"]]
    assert shown == [("S", "W-S", "20.00", 3), ("M", "W-M", "20.00", 3)]
    assert made["metafields"]["nodes"] == [{"key": "stoff", "value": "Wolle"}]
    assert shop.listed("products", "sku:W-M") == [made["id"]]


def test_what_the_lists_leave_out_is_deleted(shop: Stocked) -> None:
    made = shop.data(SET, given=two_sizes(shop))["productSet"]["product"]
    small, medium = (one["id"] for one in made["variants"]["nodes"])
    given = {key: one for key, one in two_sizes(shop).items() if key in ("productOptions", "metafields")}
    given |= {"variants": [{"id": medium, "optionValues": [{"optionName": "Größe", "name": "M"}], "price": "25"}]}
    given |= {"metafields": [], "handle": "weste"}
    after = shop.data(SET, who={"handle": "weste"}, given=given)["productSet"]
    assert after["userErrors"] == [] and after["product"]["id"] == made["id"] and after["product"]["tags"] == ["neu"]
    left = after["product"]["variants"]["nodes"]
    assert [(one["id"], one["sku"], one["price"], one["position"], one["inventoryQuantity"]) for one in left] == [
        (medium, "W-M", "25.00", 1, 3)
    ]
    assert after["product"]["options"] == [{"name": "Größe", "values": ["M"]}]
    assert after["product"]["metafields"]["nodes"] == [] and small not in shop.goods.variants


def test_lists_not_given_stay(shop: Stocked) -> None:
    made = shop.data(SET, given=two_sizes(shop))["productSet"]["product"]
    after = shop.data(SET, who={"id": made["id"]}, given={"title": "Weste II"})["productSet"]["product"]
    assert after == made | {"title": "Weste II"}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"variants": None}, ["input", "variants"], "VARIANTS_INPUT_MISSING"),
        ({"productOptions": None}, ["input", "productOptions"], "PRODUCT_OPTIONS_INPUT_MISSING"),
        ({"id": "gid://shopify/Product/1"}, ["input", "id"], "PRODUCT_DOES_NOT_EXIST"),
    ],
)
def test_product_set_refused(shop: Stocked, change: Node, field: list[str], code: str) -> None:
    known = set(shop.goods.products)
    given = {key: one for key, one in (two_sizes(shop) | change).items() if one is not None}
    payload = shop.data(SET, given=given)["productSet"]
    assert payload["product"] is None
    assert [(one["field"], one["code"]) for one in payload["userErrors"]] == [(field, code)]
    assert set(shop.goods.products) == known


def test_two_alike_and_a_cost_below_nothing(shop: Stocked) -> None:
    given = two_sizes(shop)
    given["variants"][1]["optionValues"][0]["name"] = "S"
    given["variants"][0]["inventoryItem"]["cost"] = "-1"
    payload = shop.data(SET, given=given)["productSet"]
    assert [(one["field"], one["message"]) for one in payload["userErrors"]] == [
        (["input", "variants", "0", "inventoryItem", "cost"], "Cost per item must be greater than or equal to 0"),
        (["input", "variants", "1"], "The variant 'S' already exists. Please change at least one option value."),
    ]


def test_two_thousand_and_forty_eight_variants_at_once_and_no_more(shop: Stocked) -> None:
    def rows(count: int) -> Node:
        values = [f"V{at}" for at in range(count)]
        variants = [{"optionValues": [{"optionName": "Los", "name": one}], "price": "1.00"} for one in values]
        return {"title": "Viele", "productOptions": [{"name": "Los", "values": []}], "variants": variants}

    body = shop.ask(SET, given=rows(2049))
    assert body["errors"][0]["message"] == "The input array size of 2049 is greater than the maximum allowed of 2048."
    assert body["errors"][0]["path"] == ["productSet", "input", "variants"] and "data" not in body
    made = shop.data(SET, given=rows(2048))["productSet"]
    assert made["userErrors"] == [] and len(shop.goods.products[made["product"]["id"]]["variants"]) == 2048


def test_an_operation_that_is_not_waited_for(shop: Stocked) -> None:
    payload = shop.data(SET, given={"title": "Später"}, now=False)["productSet"]
    operation = payload["productSetOperation"]
    assert payload["product"] is None and operation["status"] == "CREATED" and operation["product"] is None
    query = "query($id: ID!) { productOperation(id: $id) { __typename status product { title } } }"
    early = shop.data(query, id=operation["id"])["productOperation"]
    assert early == {"__typename": "ProductSetOperation", "status": "ACTIVE", "product": None}
    assert not any(one["title"] == "Später" for one in shop.goods.products.values())
    shop.clock.forward(5)
    asked = shop.data(query, id=operation["id"])["productOperation"]
    assert asked == {"__typename": "ProductSetOperation", "status": "COMPLETE", "product": {"title": "Später"}}


def test_collections_are_written(shop: Stocked) -> None:
    one = next(one for one in shop.goods.collections.values() if one["ruleSet"] is None)
    before = deepcopy(one)
    shop.clock.forward(60)
    given = {"id": one["id"], "title": "Umbenannt", "sortOrder": "PRICE_ASC", "descriptionHtml": "<p>Neu</p>"}
    payload = shop.data(COLLECTION, input=given)["collectionUpdate"]
    assert payload["userErrors"] == [] and payload["collection"] == {
        "id": one["id"],
        "title": "Umbenannt",
        "handle": before["handle"],
        "sortOrder": "PRICE_ASC",
        "descriptionHtml": "<p>Neu</p>",
        "updatedAt": shop.goods.stamp(),
    }
    assert shop.data(COLLECTION, input={"id": one["id"], "title": ""})["collectionUpdate"]["userErrors"] == [
        {"field": ["title"], "message": "Title can't be blank"}
    ]
    missing = shop.ask(COLLECTION, input={"title": "Ohne"})
    assert missing["errors"][0]["message"] == "id must be specified on collectionUpdate"
    assert missing["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}
    unknown = shop.data(COLLECTION, input={"id": "gid://shopify/Collection/1", "title": "x"})["collectionUpdate"]
    assert unknown == {"collection": None, "job": None, "userErrors": [{"field": None, "message": "Collection does not exist"}]}
    rules = {"appliedDisjunctively": False, "rules": [{"column": "TAG", "relation": "EQUALS", "condition": "x"}]}
    refused = shop.data(COLLECTION, input={"id": one["id"], "ruleSet": rules})["collectionUpdate"]
    assert refused["userErrors"] == [{"field": ["id"], "message": "Cannot update rule set of a custom collection"}]


def test_products_go_into_custom_collections_only(shop: Stocked) -> None:
    create = "mutation($input: CollectionInput!) { collectionCreate(input: $input) { collection { id } userErrors { message } } }"
    ids = list(shop.goods.products)[:3]
    made = shop.data(create, input={"title": "Startseite"})["collectionCreate"]["collection"]["id"]
    assert shop.goods.collections[made]["handle"] == "startseite-1"
    assert shop.data(MEMBERS, id=made, ids=ids)["collectionAddProducts"]["collection"] == {"productsCount": {"count": 3}}
    remove = MEMBERS.replace("collectionAddProducts", "collectionRemoveProducts").replace(
        "collection { productsCount { count } }", "job { done }"
    )
    assert shop.data(remove, id=made, ids=ids[:1])["collectionRemoveProducts"]["job"] == {"done": False}
    assert shop.goods.collections[made]["_products"] == ids[1:]
    smart = next(one["id"] for one in shop.goods.collections.values() if one["ruleSet"])
    refused = shop.data(MEMBERS, id=smart, ids=ids)["collectionAddProducts"]
    assert refused["userErrors"] == [{"field": ["id"], "message": "Can't manually add products to a smart collection"}]
    delete = "mutation($id: ID!) { collectionDelete(input: {id: $id}) { deletedCollectionId userErrors { message } } }"
    assert shop.data(delete, id=made)["collectionDelete"] == {"deletedCollectionId": made, "userErrors": []}
    assert made not in shop.listed("collections", None)


def test_a_smart_collection_follows_its_rules(shop: Stocked) -> None:
    query = "query($id: ID!, $one: ID!) { collection(id: $id) { hasProduct(id: $one) productsCount { count } } }"
    smart = next(one for one in shop.goods.collections.values() if one["ruleSet"] and one["title"] == "Neu")
    product = next(one for one in shop.goods.products.values() if "Neu" not in one["tags"])
    before = shop.data(query, id=smart["id"], one=product["id"])["collection"]
    Merchant(shop.goods).edit_product(product["id"], tags=[*product["tags"], "Neu"])
    after = shop.data(query, id=smart["id"], one=product["id"])["collection"]
    assert (before["hasProduct"], after["hasProduct"]) == (False, True)
    assert after["productsCount"]["count"] == before["productsCount"]["count"] + 1


def test_an_order_s_note_and_tags(shop: Stocked) -> None:
    order = shop.shop.orders[shop.ids[0]]
    order["tags"], order["note"] = ["alt"], "bleibt"
    shop.clock.forward(60)
    given = {"id": order["id"], "tags": ["VIP", "b2b"], "customAttributes": [{"key": "Quelle", "value": "Büro"}]}
    payload = shop.data(ORDER, input=given)["orderUpdate"]
    assert payload["userErrors"] == []
    assert payload["order"] == {
        "note": "bleibt",
        "tags": ["b2b", "VIP"],
        "customAttributes": [{"key": "Quelle", "value": "Büro"}],
        "poNumber": order["poNumber"],
        "updatedAt": shop.goods.stamp(),
    }
    refused = shop.ask(ORDER, input={"id": order["id"], "totalPrice": "1.00"})
    assert refused["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    unknown = shop.data(ORDER, input={"id": "gid://shopify/Order/1", "note": "x"})["orderUpdate"]
    assert unknown == {"order": None, "userErrors": [{"field": ["id"], "message": "Order does not exist"}]}
    shop.app.tokens.add_token("shpat_reader", frozenset({"read_orders"}))
    body = shop.post(ORDER, token="shpat_reader", input=given).get_json()
    assert "`write_orders` access scope" in body["errors"][0]["message"]


def test_a_merchant_s_changes_are_seen(shop: Stocked) -> None:
    merchant, rng = Merchant(shop.goods), random.Random(3)
    shop.clock.forward(60)
    since = shop.goods.stamp()
    done = [merchant.random_change(rng) for _ in range(120)]
    assert len({name for name, _ in done}) == 10
    changed = {gid for name, gid in done if name in ("title", "tags", "metafield")}
    assert changed <= set(shop.listed("products", f"updated_at:>='{since}'"))
    levels = {key for key, one in shop.goods.levels.items() if one["updatedAt"] >= since}
    assert levels and levels == {
        one["id"]
        for place in shop.goods.locations
        for one in shop.data(
            """query($id: ID!, $q: String) { location(id: $id) {
                inventoryLevels(first: 250, query: $q) { nodes { id } } } }""",
            id=place,
            q=f"updated_at:>='{since}'",
        )["location"]["inventoryLevels"]["nodes"]
    }
    made = merchant.add_product("Frisch", price="5", sku="F-1", stock=4)
    assert shop.listed("productVariants", "sku:F-1") == [made["variants"][0]["id"]]
    merchant.delete_product(made["id"])
    assert shop.listed("productVariants", "sku:F-1") == []


def test_a_product_made_to_fail(shop: Stocked) -> None:
    one, other = list(shop.goods.products)[:2]
    shop.shop.withhold(one, "status")
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { id title templateSuffix status } } }"
    body = shop.ask(query.replace(" status", ""), ids=[one, other])
    assert "errors" not in body
    body = shop.ask(query, ids=[one, other])
    assert body["data"]["nodes"][0] is None and body["data"]["nodes"][1]["id"] == other
    assert body["errors"][0]["path"] == ["nodes", 0, "status"]
    shop.shop.fail_order(other)
    assert shop.ask(query, ids=[other])["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
