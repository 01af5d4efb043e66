"""Reading products, variants, stock and collections from the local shop."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.errors import ConfigurationError, Refused
from syncdb.model import Found
from syncdb.sandbox.faults import Fault
from syncdb.values import moment, wall_clock
from tests.connectors.shopify.catalogue.conftest import EVERYTHING, Shelf

ENTITIES = ("products", "variants", "inventory", "collections")


def fetched(side: Any) -> tuple[dict[str, Found], bool]:
    blocks = list(side.fetch())
    found: dict[str, Found] = {}
    for block in blocks:
        assert not found.keys() & block.found.keys()
        found |= block.found
    return found, all(block.complete for block in blocks)


def shown(shelf: Shelf, entity: str) -> Mapping[str, Any]:
    goods = shelf.goods
    return {
        "products": goods.products,
        "variants": goods.variants,
        "inventory": goods.levels,
        "collections": goods.collections,
    }[entity]


@pytest.mark.parametrize("entity", ENTITIES)
def test_everything_is_fetched_once_and_looking_shows_the_same(shelf: Shelf, entity: str) -> None:
    shelf.fill(120)
    side = shelf.catalogue().side(entity)
    found, complete = fetched(side)
    assert complete and found.keys() == shown(shelf, entity).keys() and len(found) >= 5
    looked = side.look(found)
    assert looked.complete and looked.found == found
    assert all(one.ref == key and one.changed_at for key, one in found.items())


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_empty_shop_shows_nothing_and_all_of_it(shelf: Shelf, entity: str) -> None:
    found, complete = fetched(shelf.catalogue().side(entity))
    assert (found, complete) == ({}, True)


def test_the_values_of_a_product(shelf: Shelf) -> None:
    shelf.fill(60)
    node = next(one for one in shelf.goods.products.values() if one["media"] and one["seo"]["title"] and one["tags"])
    fields = shelf.catalogue().side("products").look([node["id"]]).found[node["id"]].record.fields
    zone = ZoneInfo(shelf.world.shop.timezone)
    assert fields["title"] == node["title"] and fields["status"] == node["status"]
    assert fields["tags"] == ", ".join(sorted(node["tags"])) and fields["seo_title"] == node["seo"]["title"]
    assert fields["created_at"] == wall_clock(moment(node["createdAt"]), zone)
    assert fields["image_url"] == node["media"][0]["_url"]
    assert set(fields) == set(EVERYTHING["products"])


def test_the_values_of_a_variant_and_its_stock(shelf: Shelf) -> None:
    shelf.fill(60)
    node = next(one for one in shelf.goods.variants.values() if one["compareAtPrice"] and one["inventoryItem"]["_cost"])
    catalogue = shelf.catalogue()
    fields = catalogue.side("variants").look([node["id"]]).found[node["id"]].record.fields
    assert fields["price"] == Decimal(node["price"]) and fields["compare_at_price"] == Decimal(node["compareAtPrice"])
    assert fields["cost"] == Decimal(node["inventoryItem"]["_cost"]) and fields["product"] == node["product"]["id"]
    assert fields["option1"] == node["selectedOptions"][0]["value"]
    assert fields["taxable"] is node["taxable"] and fields["tracked"] is node["inventoryItem"]["tracked"]
    level = node["inventoryItem"]["inventoryLevels"][0]
    stock = catalogue.side("inventory").look([level["id"]]).found[level["id"]].record.fields
    assert stock == {
        "available": level["_counts"]["available"],
        "on_hand": level["_counts"]["on_hand"],
        "variant": node["id"],
        "product": node["product"]["id"],
        "sku": node["sku"],
        "location": level["location"]["name"],
        "location_id": level["location"]["id"],
        "tracked": node["inventoryItem"]["tracked"],
        "committed": level["_counts"]["committed"],
        "incoming": level["_counts"]["incoming"],
        "variant_number": node["id"].rpartition("/")[2],
        "product_number": node["product"]["id"].rpartition("/")[2],
    }


def test_a_metafield_and_the_kinds_of_collections(shelf: Shelf) -> None:
    shelf.fill(60)
    catalogue = shelf.catalogue({"products": ["metafields.custom.material"], "collections": ["kind", "products_count"]})
    products, _ = fetched(catalogue.side("products"))
    values = {one.record.fields["metafields.custom.material"] for one in products.values()}
    assert values == {None, "Leinen"}
    collections, _ = fetched(catalogue.side("collections"))
    kinds = {key: one.record.fields["kind"] for key, one in collections.items()}
    assert kinds == {key: "smart" if one["ruleSet"] else "custom" for key, one in shelf.goods.collections.items()}
    assert {"smart", "custom"} == set(kinds.values())


def test_keys_that_are_none_or_of_another_kind_are_not_there(shelf: Shelf) -> None:
    shelf.fill(3)
    key = shelf.product()["id"]
    looked = shelf.catalogue().side("products").look([key, "x", "", "gid://shopify/Product/1", shelf.variant()["id"]])
    assert looked.complete and list(looked.found) == [key]


def test_a_field_not_chosen_is_neither_asked_nor_shown(shelf: Shelf) -> None:
    shelf.fill(3)
    found, _ = fetched(shelf.catalogue({"products": ["title"]}).side("products"))
    assert {frozenset(one.record.fields) for one in found.values()} == {frozenset({"title"})}
    bodies = [str(seen.body_json) for seen in shelf.world.faults.log]
    assert any("products(" in body for body in bodies) and not any("descriptionHtml" in body for body in bodies)


def test_an_unknown_field_or_entity_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ConfigurationError, match="no field 'colour'"):
        shelf.catalogue({"products": ["colour"]})
    with pytest.raises(ConfigurationError, match="'gifts'"):
        shelf.catalogue({"gifts": ["title"]})
    with pytest.raises(ConfigurationError, match="were not chosen"):
        shelf.catalogue({"products": ["title"]}).side("variants")


@pytest.mark.parametrize(("entity", "scope"), [("products", "read_products"), ("inventory", "read_inventory")])
def test_a_missing_permission_is_named(shelf: Shelf, entity: str, scope: str) -> None:
    shelf.fill(3)
    shelf.grant("read_orders")
    with pytest.raises(Refused) as refused:
        fetched(shelf.catalogue().side(entity))
    assert scope in refused.value.next_step


def test_a_hidden_field_is_left_out_and_told_and_the_listing_stays_whole(shelf: Shelf) -> None:
    shelf.fill(5)

    def hide(body: dict[str, Any]) -> None:
        for position, node in enumerate(((body.get("data") or {}).get("productVariants") or {}).get("nodes", [])):
            if "unitCost" in (node.get("inventoryItem") or {}):
                node["inventoryItem"] = None
                error = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}
                body.setdefault("errors", []).append(
                    error | {"path": ["productVariants", "nodes", position, "inventoryItem", "unitCost"]}
                )

    shelf.world.app.tamper = hide
    catalogue = shelf.catalogue()
    found, complete = fetched(catalogue.side("variants"))
    assert complete and len(found) == len(shelf.goods.variants)
    assert all("cost" not in one.record.fields and "tracked" in one.record.fields for one in found.values())
    assert any("cost" in notice.message for notice in catalogue.news())


def test_a_page_of_stock_says_once_where_it_is(shelf: Shelf) -> None:
    """Each object of each level costs points, and the location of all levels of a page is the same."""
    shelf.fill(40)
    found, complete = fetched(shelf.catalogue().side("inventory"))
    assert complete and len({one.record.fields["location"] for one in found.values()}) > 1
    pages = [body["query"] for seen in shelf.world.faults.log if "inventoryLevels(" in str(body := seen.body_json)]
    assert pages and all("location" not in page.partition("nodes {")[2] for page in pages)


def test_a_hidden_name_of_a_location_is_left_out_and_told(shelf: Shelf) -> None:
    shelf.fill(5)

    def hide(body: dict[str, Any]) -> None:
        if "name" in ((body.get("data") or {}).get("location") or {}):
            body["data"]["location"]["name"] = None
            error = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}, "path": ["location", "name"]}
            body.setdefault("errors", []).append(error)

    shelf.world.app.tamper = hide
    catalogue = shelf.catalogue()
    found, complete = fetched(catalogue.side("inventory"))
    assert complete and found.keys() == shelf.goods.levels.keys()
    assert all("location" not in one.record.fields and "location_id" in one.record.fields for one in found.values())
    assert any("location" in notice.message for notice in catalogue.news())


def test_one_broken_record_costs_only_itself(shelf: Shelf) -> None:
    shelf.fill(5)
    broken = shelf.product(2)["id"]

    def breaks(body: dict[str, Any]) -> None:
        nodes = ((body.get("data") or {}).get("products") or {}).get("nodes", [])
        for position, node in enumerate(nodes):
            if node["id"] == broken:
                error = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
                body["errors"] = [error | {"path": ["products", "nodes", position, "title"]}]

    shelf.world.app.tamper = breaks
    catalogue = shelf.catalogue()
    found, complete = fetched(catalogue.side("products"))
    assert not complete and found.keys() == shelf.goods.products.keys() - {broken}
    assert any("Internal error" in notice.message for notice in catalogue.news())


def test_a_page_that_fails_as_a_whole_is_read_record_by_record(shelf: Shelf) -> None:
    shelf.fill(9)
    bad = shelf.product(4)["id"]

    def breaks(body: dict[str, Any]) -> None:
        data = body.get("data") or {}
        listed = (data.get("products") or {}).get("nodes", [])
        nodes = listed or data.get("nodes") or []
        if any(node and node.get("id") == bad and "title" in node for node in nodes):
            body["data"] = None
            body["errors"] = [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]

    shelf.world.app.tamper = breaks
    found, complete = fetched(shelf.catalogue().side("products"))
    assert not complete and found.keys() == shelf.goods.products.keys() - {bad}


def test_another_version_in_the_answer_makes_everything_incomplete(shelf: Shelf) -> None:
    shelf.fill(3)
    shelf.world.app.answer_version = "2026-04"
    catalogue = shelf.catalogue()
    found, complete = fetched(catalogue.side("products"))
    assert found and not complete and not catalogue.side("products").look(found).complete
    assert any("2026-04" in notice.message for notice in catalogue.news())


def test_reading_is_tried_again_through_trouble(shelf: Shelf) -> None:
    shelf.fill(80)
    shelf.world.faults.add(Fault("refuse", "read"), Fault("too_many", "read", skip=1), Fault("cut_before", "read", skip=2))
    shelf.world.app.bucket.spend(1990)
    found, complete = fetched(shelf.catalogue().side("variants"))
    assert complete and found.keys() == shelf.goods.variants.keys()


def test_a_page_that_is_too_costly_is_asked_for_in_smaller_ones(shelf: Shelf) -> None:
    shelf.fill(60)
    names = [f"metafields.custom.m{number}" for number in range(95)]
    found, complete = fetched(shelf.catalogue({"products": names}).side("products"))
    assert complete and found.keys() == shelf.goods.products.keys()


def test_what_the_shop_says_of_itself(shelf: Shelf) -> None:
    catalogue = shelf.catalogue({"products": ["title"], "inventory": ["available"]})
    shop = catalogue.shop()
    assert (shop.zone.key, shop.currency) == (shelf.world.shop.timezone, shelf.goods.currency)
    assert catalogue.scopes() is not None and catalogue.shop() is shop and shelf.requests() == 1
    shelf.grant("write_products", "read_locations", "read_inventory", "read_orders")
    other = shelf.catalogue({"products": ["title"], "inventory": ["available"]})
    assert other.lacks(writing=False) == () and other.lacks(writing=True) == ("write_inventory",)


def test_moments_are_the_shops_wall_clock(shelf: Shelf) -> None:
    shelf.fill(1)
    node = shelf.product()
    node["createdAt"] = "2026-07-01T22:30:00Z"
    fields = shelf.catalogue({"products": ["created_at"]}).side("products").look([node["id"]]).found[node["id"]].record.fields
    zone = ZoneInfo(shelf.world.shop.timezone)
    assert fields["created_at"] == datetime(2026, 7, 1, 22, 30, tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
