"""Two stores in step, as their owner would tell it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncdb.pairs.shopify_stores.definitions import make_definitions
from syncdb.pairs.shopify_stores.settings import load
from syncdb.sandbox.faults import Fault, Seen
from syncdb.sandbox.shopify.products.product_writes import new_product
from syncdb.sandbox.stores import LocalStore
from tests.scenarios.stores_world import StoresWorld


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., StoresWorld]]:
    made: list[StoresWorld] = []
    monkeypatch.chdir(tmp_path)

    def world(**options: Any) -> StoresWorld:
        folder = tmp_path / f"stores{len(made)}"
        folder.mkdir()
        made.append(StoresWorld(folder, **options))
        return made[-1]

    yield world
    for one in made:
        one.close()


@pytest.fixture
def world(make: Callable[..., StoresWorld]) -> StoresWorld:
    """Two stores with one mug, which both know to be the same."""
    made = make(products=0)
    for store in (made.taf, made.afl):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
    made.synced()
    return made


def mugs(world: StoresWorld) -> tuple[Any, Any]:
    """The mug in either store."""
    taf = next(iter(world.taf.goods.products.values()))
    return taf, world.same(taf)


# --- the first run


def test_what_both_stores_have_is_taken_for_the_same_and_nothing_is_written(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    for store in (world.taf, world.afl):
        for number in range(12):
            store.merchant.add_product(f"Mug {number}", sku=f"MUG-{number}", price="10.00", stock=10, vendor="Kayra")
    first = world.synced()
    assert first.written == 0 and first.conflicts == 0 and set(world.writes()) == {"metafieldDefinitionCreate"}
    assert world.synced(full=True).written == 0


def test_a_look_before_the_first_run_leaves_a_page_of_the_pairing(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    for store in (world.taf, world.afl):
        store.merchant.add_product("Mug <b>", sku="MUG", price="10.00", stock=10, vendor="Kayra")
    ran = world.synced(test=True)
    (note,) = (note for note in ran.report["notes"] if note["code"] == "pairing")
    assert note["message"].startswith("1 product is taken for the same in taf and afl")
    page = Path("test_output", "pairing.html").read_text(encoding="utf-8")
    assert "Mug &lt;b&gt;" in page and page.count("/admin/products/") == 2
    assert world.writes() == [] and not world.ledger.exists()


def test_an_hour_without_news_costs_four_requests_a_side_at_most(make: Callable[..., StoresWorld]) -> None:
    world = make(products=60)
    world.sync()
    world.pass_time(hours=1)
    world.sync()
    world.pass_time(hours=1)
    idle = world.sync()
    assert idle.written == 0 and all(0 < count <= 4 for count in idle.requests), idle.requests


# --- edits


@pytest.mark.parametrize("edited", ["taf", "afl"])
def test_an_edit_reaches_the_other_store_and_is_not_echoed(world: StoresWorld, edited: str) -> None:
    taf, afl = mugs(world)
    (world.taf if edited == "taf" else world.afl).merchant.edit_product((taf if edited == "taf" else afl)["id"], title="Cup")
    assert world.synced().written == 1
    assert taf["title"] == afl["title"] == "Cup"
    for _ in range(3):
        assert world.synced().written == 0


def test_edits_of_different_fields_in_both_stores_merge(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    world.afl.merchant.edit_product(afl["id"], vendor="Tea & Co")
    world.afl.merchant.edit_variant(afl["variants"][0]["id"], price="12.00")
    world.synced()
    for one in (taf, afl):
        assert (one["title"], one["vendor"], one["variants"][0]["price"]) == ("Cup", "Tea & Co", "12.00")


def test_the_same_field_edited_in_both_stores_is_a_question(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    world.afl.merchant.edit_product(afl["id"], title="Beaker")
    assert world.synced().conflicts == 1
    assert (taf["title"], afl["title"]) == ("Cup", "Beaker")
    assert "Cup" in world.manage("conflicts").all and "Beaker" in world.manage("conflicts").all
    world.manage("conflicts", "--all", "--take", "afl", "--yes")
    world.synced()
    assert taf["title"] == afl["title"] == "Beaker"


# --- stock


def test_a_sale_in_each_store_leaves_both_two_less(world: StoresWorld) -> None:
    taf, afl = (one["variants"][0] for one in mugs(world))
    world.taf.merchant.sell(taf["id"], 1)
    world.afl.merchant.sell(afl["id"], 1)
    world.synced()
    assert world.stock(taf, world.taf) == world.stock(afl, world.afl) == 8
    for _ in range(2):
        assert world.synced().written == 0


def test_a_sale_while_stock_is_written_is_taken_in_by_the_same_run_without_listing_all_stock(world: StoresWorld) -> None:
    taf, afl = (one["variants"][0] for one in mugs(world))
    world.taf.merchant.sell(taf["id"], 1)
    sale = Fault(
        "meanwhile", lambda seen: "AdjustQuantities" in str(seen.body_json), action=lambda: world.afl.merchant.sell(afl["id"], 1)
    )
    world.afl.faults.add(sale)
    world.synced()
    assert world.stock(taf, world.taf) == world.stock(afl, world.afl) == 8 and not world.afl.faults.pending()
    asked = [str(seen.body_json) for store in (world.taf, world.afl) for seen in store.faults.log]
    assert not [one for one in asked if "query Page($location" in one]


def test_stock_that_is_not_counted_is_told_and_left_alone(world: StoresWorld) -> None:
    taf, afl = (one["variants"][0] for one in mugs(world))
    other = world.taf.merchant.add_product("Gift box", sku="BOX", price="5.00", stock=3)["variants"][0]
    loose = world.afl.merchant.add_product("Gift box", sku="BOX", price="5.00", stock=50)["variants"][0]
    world.afl.merchant.edit_item(loose["id"], tracked=False)
    told = world.synced()
    assert "untracked:afl" in {note["code"] for note in told.report["notes"]}, told.text
    assert (world.stock(other, world.taf), world.stock(loose, world.afl)) == (3, 50)
    assert world.stock(taf, world.taf) == 10 == world.stock(afl, world.afl)


def test_more_sold_than_there_is_shows_in_both_stores_and_is_told(world: StoresWorld) -> None:
    taf, afl = (one["variants"][0] for one in mugs(world))
    world.taf.merchant.sell(taf["id"], 7)
    world.afl.merchant.sell(afl["id"], 5)
    world.synced()
    assert world.stock(taf, world.taf) == world.stock(afl, world.afl) == -2
    assert "negative" in {note["code"] for note in world.synced(full=True).report["notes"]}


# --- new products


def test_a_new_product_is_made_whole_in_the_other_store_with_its_stock(world: StoresWorld) -> None:
    made = world.afl.merchant.add_product("Plate", sku="PLATE", price="7.50", stock=25, vendor="Kayra", tags=["new"])
    world.synced()
    copy = world.same(made, world.taf)
    assert (copy["title"], copy["vendor"], copy["tags"], copy["variants"][0]["price"]) == ("Plate", "Kayra", ["new"], "7.50")
    world.synced()
    assert world.stock(copy["variants"][0], world.taf) == 25 == world.stock(made["variants"][0], world.afl)
    world.taf.merchant.sell(copy["variants"][0]["id"], 5)
    world.synced()
    assert world.stock(made["variants"][0], world.afl) == 20
    assert world.synced(full=True).written == 0
    assert len(world.taf.goods.products) == len(world.afl.goods.products) == 2


def test_a_new_variant_of_a_product_that_both_have_is_added_in_the_other_store(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    shirts = []
    for store in (world.taf, world.afl):
        shirt = new_product({"title": "Shirt", "productOptions": [{"name": "Size", "values": [{"name": "S"}]}]}, store.goods)
        store.goods.add_product(shirt)
        store.merchant.add_variant(shirt["id"], {"Size": "S"}, price="10.00")
        shirt["vendor"] = "Kayra"
        shirts.append(shirt)
    world.synced()
    large = world.taf.merchant.add_variant(shirts[0]["id"], {"Size": "L"}, price="12.00")
    world.taf.merchant.edit_item(large["id"], tracked=True, sku="SHIRT-L")
    world.taf.merchant.receive(large["id"], 9, world.taf.shop.location["id"])
    world.afl.faults.add(Fault("apply_then_cut", "shopify write"))
    world.sync()
    world.synced()
    copy = [one for one in shirts[1]["variants"] if one["selectedOptions"][0]["value"] == "L"]
    assert [(one["price"], one["sku"], world.stock(one, world.afl)) for one in copy] == [("12.00", "SHIRT-L", 9)]
    assert len(shirts[0]["variants"]) == len(shirts[1]["variants"]) == 2
    assert world.synced(full=True).written == 0


def test_a_whole_catalogue_is_copied_with_options_variants_and_stock(make: Callable[..., StoresWorld]) -> None:
    world = make(products=25, alike=False)
    world.sync()
    world.sync(full=True)
    goods = [one for one in world.taf.goods.products.values() if not one["isGiftCard"]]
    assert len(world.afl.goods.products) == len(goods) > 20
    for product in goods:
        copy = next(one for one in world.afl.goods.products.values() if one["handle"] == product["handle"])
        assert [one["selectedOptions"] for one in copy["variants"]] == [one["selectedOptions"] for one in product["variants"]]
        for variant, other in zip(product["variants"], copy["variants"], strict=True):
            assert (variant["sku"], variant["price"]) == (other["sku"], other["price"])
            if variant["inventoryItem"]["tracked"]:
                assert world.stock(variant, world.taf) == world.stock(other, world.afl), product["title"]
    again = world.sync(full=True)
    assert again.written == 0 and world.writes() == []


def test_a_product_whose_making_was_not_answered_is_there_once(world: StoresWorld) -> None:
    world.taf.merchant.add_product("Plate", sku="PLATE", price="7.50", stock=25)
    world.afl.faults.add(Fault("apply_then_cut", "shopify write", skip=1))
    world.sync()
    world.synced()
    assert [one["title"] for one in world.afl.goods.products.values()].count("Plate") == 1


# --- links that people can see


def test_links_are_shown_in_the_products_once_their_metafields_are_defined(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    assert "not defined:taf" in {note["code"] for note in world.synced(full=True).report["notes"]}
    settings = load({}, world.env, world.folder)
    assert [len(one.definitions) for one in make_definitions(settings)] == [3, 3]
    assert [one.definitions for one in make_definitions(settings)] == [(), ()], "a second time nothing is lacking"
    world.synced(full=True)
    assert link(taf, "afl_product_id") == afl["legacyResourceId"] and link(afl, "taf_product_id") == taf["legacyResourceId"]
    again = world.synced(full=True)
    assert again.written == 0 and world.writes() == []


def link(product: Any, key: str) -> str | None:
    return next((one["value"] for one in product["metafields"] if (one["namespace"], one["key"]) == ("sync", key)), None)


def test_a_lost_ledger_finds_the_pairs_again_by_their_links(world: StoresWorld) -> None:
    make_definitions(load({}, world.env, world.folder))
    world.synced(full=True)
    taf, afl = mugs(world)
    world.ledger.unlink()
    world.afl.merchant.edit_variant(afl["variants"][0]["id"], sku="OTHER")
    world.sync()
    assert len(world.taf.goods.products) == len(world.afl.goods.products) == 1


# --- deleted products


def test_a_deleted_product_is_taken_off_sale_in_the_other_store_and_stays_gone(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.taf.merchant.delete_product(taf["id"])
    world.synced(full=True)
    assert afl["status"] == "DRAFT"
    for _ in range(2):
        assert world.synced(full=True).written == 0
    assert world.taf.goods.products == {} and list(world.afl.goods.products) == [afl["id"]]
    assert "No open conflicts" in world.manage("conflicts").all


def test_a_product_that_was_made_in_the_other_store_is_taken_off_sale_there_when_it_is_deleted(world: StoresWorld) -> None:
    make_definitions(load({}, world.env, world.folder))
    plate = world.taf.merchant.add_product("Plate", sku="PLATE", price="7.50", stock=2)
    for _ in range(3):
        world.synced()
    made = world.same(plate)
    world.taf.merchant.delete_product(plate["id"])
    world.synced(full=True)
    assert made["status"] == "DRAFT" and "No open conflicts" in world.manage("conflicts").all


def test_a_single_answer_that_it_is_gone_deletes_nothing(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    products, asked = world.taf.goods.products, list[bool]()

    def looked_at(seen: Seen) -> bool:
        return "query ById" in str(seen.body_json) and taf["id"] in str(seen.body_json)

    def there_again() -> None:
        asked.append(True)
        products[taf["id"]] = taf

    products.pop(taf["id"])
    world.taf.faults.add(Fault("meanwhile", looked_at, skip=1, action=there_again))
    world.sync(full=True)
    assert asked and afl["status"] == "ACTIVE" and world.synced(full=True).written == 0


def test_an_edit_there_wins_over_the_delete(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.taf.merchant.delete_product(taf["id"])
    world.afl.merchant.edit_product(afl["id"], title="A better mug")
    assert world.synced(full=True).conflicts >= 1
    assert (afl["status"], afl["title"]) == ("ACTIVE", "A better mug")


@pytest.mark.parametrize("kind", ["unavailable", "cut_before", "html_200"])
def test_a_read_that_fails_takes_nothing_off_sale(world: StoresWorld, kind: str) -> None:
    taf, afl = mugs(world)
    world.taf.faults.add(Fault(kind, "shopify read", times=1000))
    assert world.sync(full=True).code != 0
    world.taf.faults.clear()
    world.synced(full=True)
    assert (taf["status"], afl["status"]) == ("ACTIVE", "ACTIVE")


def test_many_deletes_at_once_are_for_a_person_to_look_at(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    for store in (world.taf, world.afl):
        for number in range(20):
            store.merchant.add_product(f"Mug {number}", sku=f"MUG-{number}", price="10.00", stock=10, vendor="Kayra")
    world.synced()
    for gid in list(world.taf.goods.products)[:12]:
        world.taf.merchant.delete_product(gid)
    assert world.sync(full=True).code == 5
    assert {one["status"] for one in world.afl.goods.products.values()} == {"ACTIVE"}


# --- writing must be switched on


def test_nothing_is_written_until_it_is_switched_on(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0, env={"STORES_WRITE": "no"})
    for store in (world.taf, world.afl):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
    ran = world.synced()
    assert "stores_write" in ran.text and world.writes() == [] and not world.ledger.exists()


def test_stores_of_other_names_are_called_by_these(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    for name, store in (("home", world.taf), ("outlet", world.afl)):
        store.merchant.add_product("Mug", sku="MUG", price="10.00", stock=10, vendor="Kayra")
        for key, value in store.environment().items():
            world.env[key.replace(store.name.upper(), name.upper())] = value
            del world.env[key]
    world.env["STORES"] = "home,outlet"
    world.synced()
    taf, afl = mugs(world)
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    world.afl.merchant.edit_product(afl["id"], title="Beaker")
    world.synced()
    assert "home or outlet" in world.manage("conflicts").all
    world.manage("conflicts", "--all", "--take", "outlet", "--yes")
    world.synced()
    assert taf["title"] == afl["title"] == "Beaker"


# --- which is the same


def test_equal_handles_with_other_skus_are_a_question_and_no_second_product(make: Callable[..., StoresWorld]) -> None:
    world = make(products=0)
    for store, sku in ((world.taf, "A"), (world.afl, "B")):
        store.merchant.add_product("Mug", sku=sku, price="10.00", stock=10, vendor="Kayra")
    assert world.synced().conflicts == 1
    assert len(world.taf.goods.products) == len(world.afl.goods.products) == 1


def test_the_configuration_may_name_the_stores_the_other_way_round(world: StoresWorld) -> None:
    taf, afl = mugs(world)
    world.env["STORES"] = "afl,taf"
    world.taf.merchant.edit_product(taf["id"], title="Cup")
    assert world.synced().written == 1
    assert afl["title"] == "Cup" and world.synced().written == 0


def test_an_audit_proves_both_stores_equal_or_names_what_is_not(world: StoresWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    equal = world.manage("audit", "--json")
    assert equal.code == 0 and equal.data["proven"], equal.all
    counted = {one["entity"]: one["records"] for one in equal.data["audits"]}
    assert all(records["left"] == records["right"] > 0 for records in counted.values())
    assert counted.keys() >= {"products", "variants", "inventory"}
    taf, afl = mugs(world)
    world.afl.merchant.edit_product(afl["id"], title="Beaker")
    world.taf.merchant.sell(taf["variants"][0]["id"], 1)
    world.pass_time(60)
    told = world.manage("audit", "--json")
    found = [(one["field"], one["left"], one["right"]) for audit in told.data["audits"] for one in audit["differences"]]
    assert told.code == 3 and sorted(found) == [("available", "9", "10"), ("title", "Mug", "Beaker")]
    assert (taf["title"], afl["title"]) == ("Mug", "Beaker")


def test_a_wrong_secret_is_in_the_ledger_until_a_run_goes_well(world: StoresWorld) -> None:
    right, world.env["AFL_CLIENT_SECRET"] = world.env["AFL_CLIENT_SECRET"], "shpss_wrong"
    assert world.sync().code == 4
    assert world.manage("status").code == 1 and "afl (afl-demo.myshopify.com): Shopify refused" in world.manage("errors").out
    world.env["AFL_CLIENT_SECRET"] = right
    world.synced()
    assert "refused" not in world.manage("errors").out


def test_a_store_that_became_another_shop_is_not_filled(world: StoresWorld) -> None:
    other = LocalStore("afl", 9, lambda: world.time, "EUR")
    try:
        world.env |= other.environment()
        stopped = world.sync()
        assert stopped.code == 5 and "So far afl was the shop afl-demo.myshopify.com" in stopped.text
        assert not other.goods.products
    finally:
        other.server.close()
        other.app.webhooks.close()


def test_two_names_for_one_shop_are_refused(world: StoresWorld) -> None:
    world.env |= {name.replace("TAF_", "AFL_"): value for name, value in world.taf.environment().items() if "DOMAIN" not in name}
    stopped = world.sync()
    assert stopped.code in (2, 4, 5) and len(world.afl.goods.products) == len(world.taf.goods.products) == 1
