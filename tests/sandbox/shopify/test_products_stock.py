"""Writing stock: compared quantities, keys that make a repetition harmless, and what moves with what."""

from __future__ import annotations

from typing import Any

import pytest

from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.sandbox.shopify.stocked import Stocked
from tests.sandbox.shopify.test_products_recorded import ADJUST, SET


@pytest.fixture
def shop() -> Stocked:
    return Stocked(products=15)


def level_of(shop: Stocked, at: int = 0) -> Node:
    return [one for one in shop.goods.levels.values() if one["item"]["tracked"]][at]


def row(level: Node, quantity: int, **more: Any) -> Node:
    place = {"inventoryItemId": level["item"]["id"], "locationId": level["location"]["id"]}
    return place | {"quantity": quantity, "changeFromQuantity": level["_counts"]["available"]} | more


def told(*rows: Node, name: str = "available", reason: str = "correction") -> Node:
    return {"name": name, "reason": reason, "quantities": list(rows)}


def put(shop: Stocked, key: str, *rows: Node, **more: Any) -> Node:
    payload: Node = shop.data(SET, input=told(*rows, **more), idempotencyKey=key)["inventorySetQuantities"]
    return payload


def codes(payload: Node) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


def test_a_quantity_that_has_moved_is_not_overwritten_and_spoils_the_whole_call(shop: Stocked) -> None:
    one, other = level_of(shop), level_of(shop, 1)
    before, untouched = row(one, 40), row(other, other["_counts"]["available"] + 1)
    Merchant(shop.goods).sell(one["item"]["variant"]["id"], 1, one["location"]["id"])
    counts = dict(one["_counts"]), dict(other["_counts"])
    payload = put(shop, "k1", untouched, before)
    assert payload["inventoryAdjustmentGroup"] is None and codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert payload["userErrors"][0]["field"] == ["input", "quantities", "1", "changeFromQuantity"]
    assert counts == (one["_counts"], other["_counts"])


def test_null_means_without_comparison(shop: Stocked) -> None:
    level = level_of(shop)
    assert codes(put(shop, "k1", row(level, 7, changeFromQuantity=None))) == []
    assert level["_counts"]["available"] == 7


def test_the_same_key_is_answered_alike_and_not_applied_again(shop: Stocked) -> None:
    level = level_of(shop)
    given = row(level, level["_counts"]["available"] + 5)
    first = put(shop, "k1", given)
    Merchant(shop.goods).sell(level["item"]["variant"]["id"], 2, level["location"]["id"])
    sold = level["_counts"]["available"]
    assert put(shop, "k1", given) == first and level["_counts"]["available"] == sold
    assert codes(put(shop, "k1", given | {"quantity": 1})) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert level["_counts"]["available"] == sold


def test_keys_are_kept_for_a_day(shop: Stocked) -> None:
    level = level_of(shop)
    given = row(level, level["_counts"]["available"] + 5)
    put(shop, "k1", given)
    shop.clock.forward(86_399)
    assert codes(put(shop, "k1", given)) == []
    shop.clock.forward(1)
    assert codes(put(shop, "k1", given)) == ["CHANGE_FROM_QUANTITY_STALE"], "a key forgotten is a new request"


def test_a_key_still_at_work_and_a_key_spent_on_a_refusal(shop: Stocked) -> None:
    level = level_of(shop)
    given = row(level, 3)
    shop.goods.keys.busy.add("k1")
    assert codes(put(shop, "k1", given)) == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    shop.goods.keys.busy.clear()
    assert codes(put(shop, "k1", given)) == []
    stale = row(level, 9, changeFromQuantity=99)
    assert codes(put(shop, "k2", stale)) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(put(shop, "k2", stale)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    shop.goods.keys.failed_keys_are_spent = False
    assert codes(put(shop, "k2", stale)) == ["CHANGE_FROM_QUANTITY_STALE"]


def test_the_key_may_stand_in_the_text(shop: Stocked) -> None:
    level = level_of(shop)
    query = SET.replace(", $idempotencyKey: String!", "").replace("$idempotencyKey", '"k9"')
    given = told(row(level, level["_counts"]["available"] + 1))
    first = shop.data(query, input=given)
    assert shop.data(query, input=given) == first


def test_what_is_on_hand_is_what_is_held(shop: Stocked) -> None:
    level = level_of(shop)
    merchant = Merchant(shop.goods)
    variant, place = level["item"]["variant"]["id"], level["location"]["id"]
    merchant.count(variant, 10, place)
    merchant.sell(variant, 4, place)
    assert [level["_counts"][name] for name in ("available", "committed", "on_hand")] == [6, 4, 10]
    payload = put(shop, "k1", row(level, 12, changeFromQuantity=10), name="on_hand")
    assert [(one["name"], one["delta"]) for one in payload["inventoryAdjustmentGroup"]["changes"]] == [
        ("available", 2),
        ("on_hand", 2),
    ]
    assert [level["_counts"][name] for name in ("available", "committed", "on_hand")] == [8, 4, 12]
    merchant.ship(variant, 4, place)
    assert [level["_counts"][name] for name in ("available", "committed", "on_hand")] == [8, 0, 8]


def test_nothing_to_change_is_no_error(shop: Stocked) -> None:
    level = level_of(shop)
    before = level["updatedAt"]
    shop.clock.forward(60)
    payload = put(shop, "k1", row(level, level["_counts"]["available"]))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []} and level["updatedAt"] == before


@pytest.mark.parametrize(
    ("given", "more", "code"),
    [
        ({}, {"name": "damaged"}, "INVALID_NAME"),
        ({}, {"reason": "because"}, "INVALID_REASON"),
        ({"quantity": 1_000_000_001}, {}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, {}, "INVALID_QUANTITY_TOO_LOW"),
        ({"quantity": -1, "changeFromQuantity": None}, {"name": "on_hand"}, "INVALID_QUANTITY_NEGATIVE"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, {}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, {}, "INVALID_LOCATION"),
    ],
)
def test_refusals(shop: Stocked, given: Node, more: Node, code: str) -> None:
    level = level_of(shop)
    before = dict(level["_counts"])
    assert codes(put(shop, "k1", row(level, 5) | given, **more)) == [code]
    assert level["_counts"] == before


def test_a_pair_named_twice_is_refused(shop: Stocked) -> None:
    level = level_of(shop)
    assert codes(put(shop, "k1", row(level, 5), row(level, 6))) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"] * 2


def test_the_oldest_version_asks_for_less(shop: Stocked) -> None:
    level = level_of(shop)
    query = SET.replace(", $idempotencyKey: String!", "").replace(" @idempotent(key: $idempotencyKey)", "")
    answer = shop.ask(query, "2026-01", input=told(row(level, 5)))
    assert answer["data"]["inventorySetQuantities"]["userErrors"] == [] and level["_counts"]["available"] == 5
    without = {key: value for key, value in row(level, 6).items() if key != "changeFromQuantity"}
    answer = shop.ask(query, "2026-01", input=told(without))
    assert codes(answer["data"]["inventorySetQuantities"]) == ["COMPARE_QUANTITY_REQUIRED"]


def test_an_item_not_stocked_at_a_location(shop: Stocked) -> None:
    level = level_of(shop)
    item, place = level["item"], list(shop.goods.locations)[2]
    found = next((one for one in item["inventoryLevels"] if one["location"]["id"] == place), None)
    if found is not None:
        item["inventoryLevels"].remove(found)
        del shop.goods.levels[found["id"]]
    given = {"inventoryItemId": item["id"], "locationId": place, "quantity": 4, "changeFromQuantity": None}
    answer = shop.ask(SET, "2026-07", input=told(given), idempotencyKey="k1")
    assert codes(answer["data"]["inventorySetQuantities"]) == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    assert codes(put(shop, "k2", given)) == []
    assert next(one for one in item["inventoryLevels"] if one["location"]["id"] == place)["_counts"]["available"] == 4


def test_adjusting_adds_and_names_its_document(shop: Stocked) -> None:
    level = level_of(shop)
    before = level["_counts"]["available"]
    place = {"inventoryItemId": level["item"]["id"], "locationId": level["location"]["id"], "changeFromQuantity": None}

    def adjusted(key: str, name: str, **more: Any) -> Node:
        given = {"name": name, "reason": "received", "changes": [place | {"delta": 3} | more]}
        payload: Node = shop.data(ADJUST, input=given, idempotencyKey=key)["inventoryAdjustQuantities"]
        return payload

    assert codes(adjusted("k1", "available")) == [] and level["_counts"]["available"] == before + 3
    assert codes(adjusted("k2", "damaged")) == ["INVALID_QUANTITY_DOCUMENT"]
    assert codes(adjusted("k3", "damaged", ledgerDocumentUri="https://lager.example/1")) == []
    assert level["_counts"]["damaged"] == 3 and level["_counts"]["on_hand"] == before + 6
    assert codes(adjusted("k4", "on_hand")) == ["INVALID_QUANTITY_NAME"]


def test_an_item_is_written(shop: Stocked) -> None:
    query = """mutation($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { sku tracked unitCost { amount currencyCode } updatedAt } userErrors { field message } } }"""
    item = level_of(shop)["item"]
    shop.clock.forward(60)
    given = {"cost": "12.50", "tracked": False, "sku": "0012"}
    payload = shop.data(query, id=item["id"], input=given)["inventoryItemUpdate"]
    assert payload["inventoryItem"] == {
        "sku": "0012",
        "tracked": False,
        "unitCost": {"amount": "12.5", "currencyCode": "EUR"},
        "updatedAt": shop.goods.stamp(),
    }
    assert item["variant"]["sku"] == "0012"
    refused = shop.data(query, id=item["id"], input={"cost": "-5.00"})["inventoryItemUpdate"]
    assert refused == {
        "inventoryItem": None,
        "userErrors": [{"field": ["input", "cost"], "message": "Cost must be greater than or equal to 0"}],
    }


def test_stock_needs_its_own_scope(shop: Stocked) -> None:
    shop.app.tokens.add_token("shpat_products", frozenset({"write_products", "read_inventory"}))
    level = level_of(shop)
    body = shop.post(SET, token="shpat_products", input=told(row(level, 5)), idempotencyKey="k1").get_json()
    assert "`write_inventory` access scope" in body["errors"][0]["message"]


def test_what_a_sale_moves(shop: Stocked) -> None:
    level = level_of(shop)
    variant = level["item"]["variant"]
    earlier = {name: one["updatedAt"] for name, one in (("item", level["item"]), ("variant", variant))}
    shop.clock.forward(60)
    Merchant(shop.goods).sell(variant["id"], 1, level["location"]["id"])
    assert level["updatedAt"] == variant["product"]["updatedAt"] == shop.goods.stamp()
    assert {"item": level["item"]["updatedAt"], "variant": variant["updatedAt"]} == earlier
    shop.goods.bumps.discard("product after stock")
    at = shop.goods.stamp()
    shop.clock.forward(60)
    Merchant(shop.goods).sell(variant["id"], 1, level["location"]["id"])
    assert variant["product"]["updatedAt"] == at < level["updatedAt"]
