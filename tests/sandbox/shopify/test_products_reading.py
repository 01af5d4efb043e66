"""Products, variants, stock and collections as they are asked for: lists, searches, single things, what lags."""

from __future__ import annotations

from typing import Any

import pytest

from syncdb.sandbox.shopify.documents import read_document
from syncdb.sandbox.shopify.execute import Execution
from syncdb.sandbox.shopify.products import parts
from syncdb.sandbox.shopify.resolvers import RESOLVERS, Asker
from syncdb.sandbox.shopify.tokens import ALL_SCOPES
from tests.sandbox.shopify.asking import everything
from tests.sandbox.shopify.stocked import Stocked

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on %s { %s } } }"


@pytest.fixture(scope="module")
def shop() -> Stocked:
    return Stocked(products=560, orders=30)


def test_every_kind_is_listed_whole(shop: Stocked) -> None:
    goods = shop.goods
    assert shop.listed("products", None) == sorted(goods.products, key=lambda one: int(one.rsplit("/", 1)[1]))
    assert set(shop.listed("productVariants", None)) == set(goods.variants)
    assert set(shop.listed("inventoryItems", None)) == set(goods.items)
    assert set(shop.listed("collections", None)) == set(goods.collections)
    assert set(shop.listed("locations", None)) == set(goods.locations) and len(goods.locations) == 3
    assert len(goods.variants) > 2048, "one product has the largest matrix there may be"


def test_levels_of_a_location_are_paged_by_their_item(shop: Stocked) -> None:
    query = """query($id: ID!, $after: String) { location(id: $id) { inventoryLevels(first: 250, after: $after) {
        nodes { id quantities(names: ["available", "on_hand", "nonsense"]) { id name quantity updatedAt } item { sku } }
        pageInfo { hasNextPage endCursor } } } }"""
    place = list(shop.goods.locations)[1]
    found: list[dict[str, Any]] = []
    after = None
    while after is not None or not found:
        page = shop.data(query, id=place, after=after)["location"]["inventoryLevels"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert {one["id"] for one in found} == {key for key, one in shop.goods.levels.items() if one["location"]["id"] == place}
    first = found[0]["quantities"]
    assert [one["name"] for one in first] == ["available", "on_hand"]
    number = found[0]["id"].removeprefix("gid://shopify/InventoryLevel/")
    assert first[0]["id"] == f"gid://shopify/InventoryQuantity/{number}&name=available"
    assert first[0]["updatedAt"] and first[1]["updatedAt"] is None


@pytest.mark.parametrize("kind", ["Product", "ProductVariant", "InventoryItem", "InventoryLevel", "Collection", "Location"])
def test_every_field_of_the_schema_has_a_value_or_null(shop: Stocked, kind: str) -> None:
    document = read_document(NODES % (kind, everything(kind, 2)))
    ids = list(shop.goods.by_kind[kind])[:60]
    run = Execution(document, {"ids": ids}, RESOLVERS, Asker(shop.shop, ALL_SCOPES, "2026-10"))
    data = run.run(document.operation(None))
    assert run.errors == [] and data is not None
    assert [one["id"] for one in data["nodes"]] == ids


@pytest.mark.parametrize(
    ("root", "search", "fits"),
    [
        ("products", "status:draft", lambda one: one["status"] == "DRAFT"),
        ("products", "tag:SALE", lambda one: "SALE" in one["tags"]),
        ("products", "tag_not:SALE", lambda one: "SALE" not in one["tags"]),
        ("products", "sku:DOPPELT-001", lambda one: any(v["sku"] == "DOPPELT-001" for v in one["variants"])),
        ("products", "vendor:Kayra status:active", lambda one: one["vendor"] == "Kayra" and one["status"] == "ACTIVE"),
        ("productVariants", "sku:DOPPELT-001", lambda one: one["sku"] == "DOPPELT-001"),
        ("productVariants", "product_status:archived", lambda one: one["product"]["status"] == "ARCHIVED"),
        ("inventoryItems", "sku:1E5", lambda one: one["variant"]["sku"] == "1E5"),
        ("collections", "collection_type:smart", lambda one: one["ruleSet"] is not None),
    ],
)
def test_searches(shop: Stocked, root: str, search: str, fits: Any) -> None:
    kind = {"products": "Product", "productVariants": "ProductVariant", "inventoryItems": "InventoryItem"}.get(root, "Collection")
    wanted = {key for key, one in shop.goods.by_kind[kind].items() if fits(one)}
    assert set(shop.listed(root, search)) == wanted
    assert 0 < len(wanted) < len(shop.goods.by_kind[kind])


def test_an_unknown_field_fails_open_with_a_warning(shop: Stocked) -> None:
    body = shop.ask('{ products(first: 1, query: "colour:red") { nodes { id } } }')
    assert len(body["data"]["products"]["nodes"]) == 1
    assert body["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_sorting_by_change_and_counting(shop: Stocked) -> None:
    query = """{ products(first: 250, sortKey: UPDATED_AT, reverse: true, query: "status:active") { nodes { updatedAt } }
        productsCount(query: "status:active") { count precision } }"""
    data = shop.data(query)
    times = [one["updatedAt"] for one in data["products"]["nodes"]]
    assert times == sorted(times, reverse=True)
    active = sum(1 for one in shop.goods.products.values() if one["status"] == "ACTIVE")
    assert data["productsCount"] == {"count": active, "precision": "EXACT"}


def test_an_order_s_line_shows_the_goods_as_they_are_now(shop: Stocked) -> None:
    query = """query($id: ID!) { order(id: $id) { lineItems(first: 50) {
        nodes { title product { id title } variant { id sku } } } } }"""
    lines = [line for one in shop.ids for line in shop.data(query, id=one)["order"]["lineItems"]["nodes"]]
    sold = next(line["product"]["id"] for line in lines if line["product"] and line["variant"])
    shop.goods.products[sold]["title"] = "Umbenannt"
    lines = [line for one in shop.ids for line in shop.data(query, id=one)["order"]["lineItems"]["nodes"]]
    assert {line["product"]["title"] for line in lines if line["product"] and line["product"]["id"] == sold} == {"Umbenannt"}
    assert "Umbenannt" not in {line["title"] for line in lines}


def test_searches_and_totals_lag_and_single_reads_do_not() -> None:
    shop = Stocked(products=12, index_lag=30)
    one = next(one for one in shop.goods.products.values() if one["variants"][0]["inventoryItem"]["tracked"])
    level = one["variants"][0]["inventoryItem"]["inventoryLevels"][0]
    query = "query($id: ID!) { product(id: $id) { totalInventory updatedAt variants(first: 1) { nodes { inventoryQuantity } } } }"
    before = shop.data(query, id=one["id"])["product"]
    shop.clock.forward(60)
    since = shop.goods.stamp()
    level["_counts"]["available"] += 5
    shop.goods.stock_changed(level, ["available"])
    after = shop.data(query, id=one["id"])["product"]
    assert after["updatedAt"] == since and after["totalInventory"] == before["totalInventory"]
    first, second = (answer["variants"]["nodes"][0]["inventoryQuantity"] for answer in (before, after))
    assert second == first + 5
    assert shop.listed("products", f"updated_at:>='{since}'") == []
    shop.clock.forward(30)
    assert shop.listed("products", f"updated_at:>='{since}'") == [one["id"]]
    assert shop.data(query, id=one["id"])["product"]["totalInventory"] == before["totalInventory"] + 5


def test_scopes_stand_before_goods(shop: Stocked) -> None:
    shop.app.tokens.add_token("shpat_orders_only", frozenset({"read_orders"}))
    body = shop.post("{ products(first: 1) { nodes { id } } }", token="shpat_orders_only").get_json()
    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "`read_products` access scope" in body["errors"][0]["message"]
    shop.app.tokens.add_token("shpat_products", frozenset({"read_products"}))
    item = next(iter(shop.goods.items))
    query = "query($id: ID!) { inventoryItem(id: $id) { sku inventoryLevels(first: 1) { nodes { id } } } }"
    body = shop.post(query, token="shpat_products", id=item).get_json()
    assert "`read_inventory` access scope" in body["errors"][0]["message"]


def test_the_same_seed_gives_the_same_goods() -> None:
    def told(seed: int) -> list[Any]:
        goods = Stocked(products=60, seed=seed).goods
        return [(one["title"], [(v["sku"], v["price"]) for v in one["variants"]]) for one in goods.products.values()]

    assert told(4) == told(4) != told(5)


def test_goods_the_catalogue_does_not_list_are_told_as_the_order_knew_them() -> None:
    shop = Stocked(products=0, orders=6)
    line = next(line for one in shop.ids for line in shop.shop.orders[one]["lineItems"] if line["variant"])
    line["product"]["productType"], line["variant"]["barcode"] = "Kleidung", "4006381333931"
    query = """query($id: ID!) { node(id: $id) { ... on LineItem {
        product { id productType handle variantsCount { count } }
        variant { id barcode sku price inventoryItem { tracked } } } } }"""
    told = shop.data(query, id=line["id"])["node"]
    handle = line["product"]["handle"]
    assert told["product"] == {
        "id": line["product"]["id"],
        "productType": "Kleidung",
        "handle": handle,
        "variantsCount": {"count": 1},
    }
    variant = line["variant"]
    assert told["variant"] == {
        "id": variant["id"],
        "barcode": "4006381333931",
        "sku": variant["sku"],
        "price": variant["price"],
        "inventoryItem": {"tracked": False},
    }


def test_ids_of_any_length_are_paged_in_their_order() -> None:
    shop = Stocked(products=0)
    for number in (9, 10, 99, 100, 1_000_000):
        shop.goods.add_product(parts.product(number, f"Nr. {number}", shop.goods.stamp()))
    query = """query($after: String, $back: Boolean) { products(first: 2, after: $after, reverse: $back) {
        nodes { title } pageInfo { endCursor hasNextPage } } }"""
    for back in (False, True):
        found, after = [], None
        for _ in range(3):
            page = shop.data(query, after=after, back=back)["products"]
            found += [one["title"] for one in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
        wanted = ["Nr. 9", "Nr. 10", "Nr. 99", "Nr. 100", "Nr. 1000000"]
        assert found == (wanted[::-1] if back else wanted) and not page["pageInfo"]["hasNextPage"]
