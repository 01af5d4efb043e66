"""What changed in the local shop's catalogue since a cursor."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue import changes as asking
from syncdb.connectors.shopify.catalogue.catalogue import ShopCatalogue
from syncdb.errors import Refused
from syncdb.sandbox.faults import Seen
from syncdb.values import iso, moment
from tests.connectors.shopify.catalogue.conftest import EVERYTHING, Shelf

ALL = dict.fromkeys(EVERYTHING)


def since_now(shelf: Shelf, catalogue: Any) -> str:
    """A cursor that knows all entities, far enough back in time that it overlaps with nothing made before."""
    shelf.world.time.seconds += 3600
    return str(catalogue.changes(None).cursor)


def change_product(shelf: Shelf) -> set[str]:
    product = shelf.product(1)
    product["title"] = "Neu"
    shelf.goods.product_changed(product)
    return {product["id"]}


def change_variant(shelf: Shelf) -> set[str]:
    variant = shelf.variant(3)
    variant["price"] = "1.23"
    shelf.goods.variants_changed(variant["product"], [variant])
    return {variant["id"]}


def change_cost(shelf: Shelf) -> set[str]:
    shelf.goods.bumps.discard("variant after item")
    item = shelf.variant(4)["inventoryItem"]
    item["_cost"] = "1.00"
    shelf.goods.item_changed(item)
    return {item["variant"]["id"]}


def change_stock(shelf: Shelf) -> set[str]:
    level = shelf.level(2)
    level["_counts"]["available"] -= 1
    shelf.goods.stock_changed(level, ["available", "on_hand"])
    return {level["id"]}


def change_collection(shelf: Shelf) -> set[str]:
    collection = shelf.collection(1)
    collection["title"] = "Anders"
    shelf.goods.touched(collection)
    return {collection["id"]}


def test_the_first_time_everything_is_to_be_looked_at(shelf: Shelf) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue()
    assert catalogue.changes(None).keys == ALL
    assert catalogue.changes("no cursor of ours").keys == ALL
    assert catalogue.changes('{"since": "2026-11-20T00:00:00", "entities": []}').keys == ALL


def test_where_nothing_changed_one_request_says_so(shelf: Shelf) -> None:
    shelf.fill(40)
    cursor = since_now(shelf, shelf.catalogue())
    before = shelf.requests()
    changes = shelf.catalogue().changes(cursor)
    assert changes.keys == {} and shelf.requests() - before == 1


@pytest.mark.parametrize(
    ("entity", "act"),
    [
        ("products", change_product),
        ("variants", change_variant),
        ("variants", change_cost),
        ("inventory", change_stock),
        ("collections", change_collection),
    ],
)
def test_a_change_is_told(shelf: Shelf, entity: str, act: Callable[[Shelf], set[str]]) -> None:
    shelf.fill(40)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)
    changed = act(shelf)
    shelf.world.time.seconds += 300
    told = catalogue.changes(cursor)
    assert set(told.keys[entity] or ()) == changed
    assert all(keys is not None for keys in told.keys.values())
    assert shelf.requests() == 2


def test_a_change_within_the_overlap_is_told_again_and_not_for_ever(shelf: Shelf) -> None:
    shelf.fill(5)
    catalogue = shelf.catalogue({"products": ["title"]})
    cursor = since_now(shelf, catalogue)
    changed = change_product(shelf)
    shelf.world.time.seconds += 60
    first = catalogue.changes(cursor)
    shelf.world.time.seconds += 60
    second = catalogue.changes(first.cursor)
    shelf.world.time.seconds += 1200
    third = catalogue.changes(catalogue.changes(second.cursor).cursor)
    assert set(first.keys["products"] or ()) == set(second.keys["products"] or ()) == changed and third.keys == {}


def test_more_changes_than_a_page_holds_are_all_told(shelf: Shelf) -> None:
    shelf.fill(150)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)
    for node in (*shelf.goods.products.values(), *shelf.goods.variants.values(), *shelf.goods.levels.values()):
        shelf.goods.touched(node)
    shelf.world.time.seconds += 300
    told = catalogue.changes(cursor)
    assert set(told.keys["products"] or ()) == shelf.goods.products.keys()
    assert set(told.keys["variants"] or ()) == shelf.goods.variants.keys() and len(shelf.goods.variants) > 200
    assert set(told.keys["inventory"] or ()) == shelf.goods.levels.keys()


def test_changes_at_more_locations_than_a_page_holds_are_told(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.fill(40)
    for name in ("LEVELS", "MORE_LOCATIONS"):
        document = getattr(asking, name).replace("first: 50", "first: 1")
        monkeypatch.setattr(asking, name, document)
    catalogue = shelf.catalogue({"inventory": ["available"]})
    cursor = since_now(shelf, catalogue)
    for level in shelf.goods.levels.values():
        shelf.goods.touched(level)
    shelf.world.time.seconds += 300
    assert set(catalogue.changes(cursor).keys["inventory"] or ()) == shelf.goods.levels.keys()
    assert len({level["location"]["id"] for level in shelf.goods.levels.values()}) > 1


def test_too_much_to_be_listed_means_everything(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST", 100)
    shelf.fill(150)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)
    for node in shelf.goods.products.values():
        shelf.goods.touched(node)
    shelf.world.time.seconds += 300
    assert catalogue.changes(cursor).keys == {"products": None}


def test_an_entity_chosen_later_is_to_be_looked_at_whole(shelf: Shelf) -> None:
    shelf.fill(3)
    cursor = since_now(shelf, shelf.catalogue({"products": ["title"]}))
    assert shelf.catalogue({"products": ["title"], "variants": ["price"]}).changes(cursor).keys == {"variants": None}


def test_the_cursor_lies_before_the_question_by_the_overlap(shelf: Shelf) -> None:
    asked = shelf.world.now()
    cursor = json.loads(shelf.catalogue({"products": ["title"]}, overlap=600).changes(None).cursor)
    assert moment(cursor["since"]) <= asked - timedelta(seconds=600)


@pytest.mark.parametrize(("ahead", "counts"), [(3600, 0), (-3600, -3600)])
def test_the_earlier_of_both_clocks_counts(shelf: Shelf, ahead: float, counts: float) -> None:
    """Where ours runs ahead, what changes in the next hour of the shop's must not be missed."""
    client, time = shelf.world.client(), shelf.world.time
    client.clock = replace(time.clock(), now=lambda: datetime.fromtimestamp(time.seconds + ahead, UTC))
    catalogue = ShopCatalogue(client, fields={"products": ["title"]}, overlap=timedelta(0))
    since = moment(json.loads(catalogue.changes(None).cursor)["since"])
    expected = shelf.world.now() + timedelta(seconds=counts)
    assert expected - timedelta(seconds=3) <= since <= expected


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_an_entity_shopify_did_not_answer_for_is_to_be_looked_at_whole(shelf: Shelf, code: str) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)

    def breaks(body: dict[str, Any]) -> None:
        body["data"]["collections"] = None
        body["errors"] = [{"message": "broken", "path": ["collections"], "extensions": {"code": code}}]

    shelf.world.app.tamper = breaks
    assert catalogue.changes(cursor).keys == {"collections": None}
    assert any("broken" in notice.message for notice in catalogue.news())


def test_a_filter_that_was_not_understood_tells_nothing(shelf: Shelf) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)

    def warns(body: dict[str, Any]) -> None:
        warning = {"field": "updated_at", "message": "Input is invalid", "code": "invalid_value"}
        body["extensions"]["search"] = [{"path": ["products"], "warnings": [warning]}]

    shelf.world.app.tamper = warns
    assert catalogue.changes(cursor).keys == ALL


def test_another_version_tells_nothing(shelf: Shelf) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)
    shelf.world.app.answer_version = "2026-04"
    assert catalogue.changes(cursor).keys == ALL


def test_a_missing_permission_is_named(shelf: Shelf) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue()
    cursor = since_now(shelf, catalogue)
    shelf.grant("read_orders", "read_products")
    with pytest.raises(Refused) as refused:
        catalogue.changes(cursor)
    assert "read_inventory" in refused.value.next_step


def test_only_what_was_chosen_is_asked_for_with_quoted_times(shelf: Shelf) -> None:
    shelf.fill(3)
    catalogue = shelf.catalogue({"inventory": ["available"], "variants": ["price"]})
    catalogue.changes(since_now(shelf, catalogue))
    last: Seen = shelf.world.faults.log[-1]
    assert isinstance(last.body_json, dict)
    asked = str(last.body_json["query"])
    assert "inventoryLevels(" in asked and "productVariants(" in asked
    assert not any(name in asked for name in ("products(", "collections(", "inventoryItems("))
    since = last.body_json["variables"]["since"]
    assert since.startswith("updated_at:>='") and since.endswith("Z'") and iso(moment(since[14:-1])) == since[14:-1]
