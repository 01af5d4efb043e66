"""A shop and Sentos in step, as a shop's owner would tell it: products and stock come, orders go, and nothing is made twice."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.scenarios.sentos_world import SentosWorld


@pytest.fixture
def make(make_sentos: Callable[..., SentosWorld]) -> Callable[..., SentosWorld]:
    return make_sentos


@pytest.fixture
def world(make: Callable[..., SentosWorld]) -> SentosWorld:
    """A shop whose goods are those of Sentos already."""
    made = make()
    made.stock_up()
    made.sync()
    return made


def test_prices_and_stock_come_from_sentos_and_a_second_run_writes_nothing(make: Callable[..., SentosWorld]) -> None:
    world = make()
    world.stock_up()
    first = world.synced()
    assert world.variant("TS-RED-S")["price"] == "299.90" and world.variant("TS-RED-S")["compareAtPrice"] == "349.90"
    assert world.available("TS-RED-S") == 10 and world.available("MUG") == 25
    assert first.results("products")["updated"]["count"] == 2, first.text
    assert world.synced().written == 0


def test_an_order_goes_to_sentos_once(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 3}, off="10.00")
    ran = world.synced()
    assert ran.results("orders")["created"]["names"] == [order["name"]]
    world.same_to_the_cent(order)
    assert world.available("MUG") == world.clerk.stock("MUG") == 22
    assert world.synced(full=True).sentos_writes == 0 and len(world.sent(order)) == 1
    world.in_step()


def test_an_order_whose_answer_is_lost_is_not_made_twice(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1})
    world.faults.add(Fault("apply_then_cut", "sentos write"))
    world.synced()
    world.synced()
    assert len(world.sent(order)) == 1
    world.in_step()


def test_a_product_that_is_new_in_sentos_is_made_whole(world: SentosWorld) -> None:
    sizes = [(f"HOOD-{size}", "Siyah", size) for size in ("XL", "S", "M")]
    world.clerk.add_product("Kapüşonlu", "HOOD", "599.90", variants=sizes, stock={1: 4}, list_price="699.90")
    ran = world.synced()
    assert ran.results("products")["created"]["names"] == ["Kapüşonlu (HOOD)"]
    product = world.variant("HOOD-S")["product"]
    assert [one["sku"] for one in product["variants"]] == ["HOOD-S", "HOOD-M", "HOOD-XL"], "sizes stand in their order"
    assert world.variant("HOOD-M")["price"] == "599.90" and world.available("HOOD-XL") == 4
    world.in_step()
    assert world.synced().written == 0 and world.synced(full=True).written == 0


def test_a_product_whose_sku_is_in_the_shop_already_is_never_made_again(world: SentosWorld) -> None:
    world.clerk.add_product("Kupa, yeni", "MUG", "99.90", stock={1: 4})
    before = len(world.goods.products)
    ran = world.sync()
    assert len(world.goods.products) == before and ran.code == 3
    assert "MUG" in ran.results("products")["failed"]["names"][0]["why"]


def test_a_price_of_nothing_or_far_lower_stops_that_product_only(world: SentosWorld) -> None:
    world.clerk.price("MUG", "0")
    world.clerk.price("TS-RED-S", "310.00")
    ran = world.sync()
    assert ran.code == 3 and world.variant("MUG")["price"] == "89.90" and world.variant("TS-RED-S")["price"] == "310.00"
    assert "0" in ran.results("products")["failed"]["names"][0]["why"]
    world.clerk.price("MUG", "20.00")
    fell = world.sync()
    assert fell.code == 3 and world.variant("MUG")["price"] == "89.90", fell.text
    world.synced(force=True)
    assert world.variant("MUG")["price"] == "20.00"


def test_a_product_without_a_price_is_known_again_and_its_price_alone_left_alone(world: SentosWorld) -> None:
    world.clerk.price("MUG", "0")
    world.clerk.product("MUG").name = "Kupa, el yapımı"
    world.clerk.add_product("Kapüşonlu", "HOOD", "0", stock={1: 4})
    before = len(world.goods.products)
    ran = world.sync()
    assert ran.code == 3 and world.variant("MUG")["product"]["title"] == "Kupa, el yapımı", ran.text
    assert world.variant("MUG")["price"] == "89.90" and len(world.goods.products) == before
    world.clerk.price("MUG", "95.00")
    world.clerk.price("HOOD", "599.90")
    world.synced()
    assert world.variant("MUG")["price"] == "95.00" and world.variant("HOOD")["price"] == "599.90"
    assert len(world.goods.products) == before + 1


def test_an_amount_that_could_mean_two_things_is_not_guessed(world: SentosWorld) -> None:
    world.clerk.price("MUG", "1299")
    world.sentos.behave(money="thousands")
    ran = world.sync()
    assert ran.code == 3 and world.variant("MUG")["price"] == "89.90"
    assert "1.299" in ran.results("products")["failed"]["names"][0]["why"]
    assert "1.299" in world.manage("errors").out


def test_a_product_gone_from_sentos_is_taken_off_sale_after_two_listings(world: SentosWorld) -> None:
    world.clerk.remove("MUG")
    world.synced()
    product = world.variant("MUG")["product"]
    assert product["status"] == "ACTIVE"
    drafted = world.synced()
    assert product["status"] == "DRAFT" and drafted.results("products")["updated"]["names"] == ["Kupa"]
    assert "Taken off sale (drafts now), because Sentos no longer shows them: Kupa." in drafted.text
    again = world.synced(full=True)
    assert again.written == 0 and not [one for one in again.data["runs"] if one["conflicts"]], "it is told once, by its name"


def test_a_cancelled_order_is_cancelled_in_sentos_and_its_pieces_come_back(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 3})
    world.synced()
    world.till.cancel(order)
    world.synced()
    assert world.sent(order)[0]["status"] == 6
    world.in_step()
    assert world.synced().written == 0


def test_an_order_that_waits_for_its_payment_is_approved_once_it_is_paid(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1}, paid=False, gateway="bank deposit")
    world.synced()
    assert world.sent(order)[0]["status"] == 1 and world.sent(order)[0]["payment_method"] == "EFT/HAVALE"
    world.shop.mark_paid(order["id"])
    world.synced()
    assert world.sent(order)[0]["status"] == 2
    assert world.synced(full=True).written == 0


def test_an_order_that_was_sent_out_says_with_whom(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1})
    world.synced()
    world.shop.fulfil(order["id"], tracking=[("Yurtiçi Kargo", "123456", "https://kargo.example/123456")])
    world.synced()
    sent = world.sent(order)[0]
    assert sent["status"] == 5 and sent["tracking_info"]["tracking_number"] == "123456"
    world.clerk.set_status(world.order_id(order), 99)
    assert world.synced(full=True).written == 0


def test_what_sentos_does_with_an_order_itself_is_not_undone(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1})
    world.synced()
    world.clerk.set_status(world.order_id(order), 5, tracking_number="9")
    assert world.synced(full=True).sentos_writes == 0 and world.sent(order)[0]["status"] == 5


@pytest.mark.parametrize(
    ("missing", "why"),
    [({"phone": None}, "telephone"), ({"gateway": "Mystery Pay"}, "sentos_payment_methods")],
)
def test_what_an_order_lacks_is_never_invented(world: SentosWorld, missing: dict[str, Any], why: str) -> None:
    order = world.till.sell({"MUG": 1}, **missing)
    ran = world.sync()
    assert ran.code == 3 and world.sent(order) == []
    assert why in ran.results("orders")["failed"]["names"][0]["why"]
    assert why in world.manage("errors").out
    # its piece is sold all the same: the shop does not offer it again
    assert world.clerk.stock("MUG") == 25 and world.available("MUG") == 24


def test_an_sku_that_sentos_has_not_holds_the_order_back(world: SentosWorld) -> None:
    order = world.till.sell({"NOBODY": 1})
    ran = world.sync()
    assert ran.code == 3 and world.sent(order) == [] and "NOBODY" in ran.text
    world.clerk.add_product("Yeni", "NOBODY", "10.00", stock={1: 5})
    world.sync()
    assert len(world.sent(order)) == 1


def test_without_leave_nothing_is_written_anywhere(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_WRITE": "false", "SHOPIFY_WRITES": ""})
    world.stock_up()
    order = world.till.sell({"MUG": 1})
    ran = world.synced()
    assert ran.sentos_writes == 0 and ran.shop_writes == 0, ran.text
    assert "would be sent" in ran.text and order["name"] in ran.text and "shopify_writes" in ran.text


def test_a_look_before_anything_is_allowed_names_the_products_that_the_shop_lacks(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_WRITE": "false", "SHOPIFY_WRITES": ""})
    world.stock_up()
    world.clerk.add_product("Kapüşonlu", "HOOD", "599.90", stock={1: 4})
    ran = world.synced(test=True)
    assert "Products of Sentos that are not in the shop: Kap" in ran.text and "(HOOD)" in ran.text, ran.text
    page = (Path("test_output") / "products" / "summary.html").read_text(encoding="utf-8")
    assert not re.search(r"right:\d", page) and "unknown key" not in page and "agree already" not in page


def test_a_sales_channel_that_sentos_has_not_is_told_by_its_setting(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_CHANNEL_ID": "99"})
    world.stock_up()
    world.till.sell({"MUG": 1})
    ran = world.sync()
    assert ran.code == 3 and "sentos_channel_id" in ran.text and not world.sentos.books.orders, ran.text
    assert ran.results("orders")["failed"]["names"][0]["name"] == "#1001"


def test_a_place_of_orders_that_the_shop_has_not_is_told(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_ORDER_LOCATIONS": "online,Mars"})
    ran = world.synced()
    assert 'no location \\"Mars\\", which sentos_order_locations names' in ran.text, ran.text
    assert "Mars" not in world.synced().text


def test_a_trial_brings_over_some_only(make: Callable[..., SentosWorld]) -> None:
    world = make()
    world.stock_up()
    orders = [world.till.sell({"MUG": 1}) for _ in range(4)]
    ran = world.synced(limit=1)
    assert sum(len(world.sent(one)) for one in orders) == 1, ran.text
    assert world.variant("TS-RED-S")["price"] == "299.90" and world.available("MUG") != world.clerk.stock("MUG")
    world.synced()
    assert [len(world.sent(one)) for one in orders] == [1, 1, 1, 1]
    world.in_step()


def test_only_orders_or_only_products(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1})
    world.clerk.price("TS-RED-S", "310.00")
    world.synced(fields=("products", "variants", "inventory"))
    assert world.sent(order) == [] and world.variant("TS-RED-S")["price"] == "310.00"
    world.synced(fields=("orders",))
    assert len(world.sent(order)) == 1


def test_a_dry_run_changes_nothing_and_names_what_would_be(world: SentosWorld) -> None:
    order = world.till.sell({"MUG": 1})
    world.clerk.price("MUG", "95.00")
    ran = world.synced(test=True)
    assert ran.sentos_writes == ran.shop_writes == 0 and world.sent(order) == []
    assert ran.results("orders")["created"]["names"] == [order["name"]]
    assert ran.results("products")["updated"]["names"] == ["Kupa (MUG)"]


def test_a_new_draft_that_the_shop_puts_up_for_sale_stays_for_sale(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_NEW": "draft"})
    world.clerk.add_product("Yeni", "NEW", "59.90", stock={1: 4})
    world.synced()
    product = world.variant("NEW")["product"]
    assert product["status"] == "DRAFT"
    world.merchant.edit_product(product["id"], status="ACTIVE")
    world.synced()
    world.synced(full=True)
    assert product["status"] == "ACTIVE"


def test_a_product_that_comes_back_is_the_shops_to_put_up_for_sale(world: SentosWorld) -> None:
    gone = world.clerk.remove("MUG")
    world.synced()
    world.synced()
    product = world.variant("MUG")["product"]
    assert product["status"] == "DRAFT"
    world.sentos.books.products[gone.id] = gone
    world.synced()
    world.merchant.edit_product(product["id"], status="ACTIVE")
    world.synced()
    world.synced(full=True)
    assert product["status"] == "ACTIVE"


def test_a_listing_that_is_cut_short_takes_nothing_off_sale(world: SentosWorld) -> None:
    world.clerk.fill(120)
    world.synced(force=True)
    world.sentos.behave(largest_page=7, listing="bare")
    for _ in range(3):
        world.sync()
    assert {one["status"] for one in world.goods.products.values()} == {"ACTIVE"}


def test_a_list_price_that_ends_takes_the_compare_at_price_away(world: SentosWorld) -> None:
    assert world.variant("TS-RED-S")["compareAtPrice"] == "349.90"
    world.clerk.price("TS-RED-S", "299.90")
    world.synced()
    assert world.variant("TS-RED-S")["compareAtPrice"] is None and world.variant("TS-RED-S")["price"] == "299.90"


def test_two_products_of_sentos_that_are_one_in_the_shop_are_told_and_nothing_is_made(make: Callable[..., SentosWorld]) -> None:
    world = make()
    product = world.merchant.add_product("Both", price="10.00", sku="A", stock=1)
    world.merchant.add_variant(product["id"], {"Title": "Second"}, sku="B", price="10.00")
    world.clerk.add_product("One", "A", "11.00")
    world.clerk.add_product("Other", "B", "12.00")
    ran = world.sync()
    assert ran.code == 3 and len(world.goods.products) == 1, ran.text
    assert {one["name"] for one in ran.results("products")["failed"]["names"]} == {"One (A)", "Other (B)"}
    assert (world.variant("A")["price"], world.variant("B")["price"]) == ("11.00", "12.00"), "variants are found all the same"


def test_a_dry_run_names_what_would_be_held_back(world: SentosWorld) -> None:
    world.till.sell({"MUG": 1}, phone=None)
    ran = world.synced(test=True)
    assert ran.results("orders")["created"]["count"] == 0 and "telephone" in ran.results("orders")["failed"]["names"][0]["why"]


def test_a_first_look_may_change_everything_and_later_ones_not(make: Callable[..., SentosWorld]) -> None:
    world = make()
    for number in range(12):
        world.clerk.add_product(f"Ürün {number}", f"S-{number}", "100.00", stock={1: 5})
        world.merchant.add_product(f"Product {number}", price="90.00", sku=f"S-{number}", stock=1)
    world.synced()
    world.in_step()
    for number in range(12):
        world.clerk.price(f"S-{number}", "120.00")
    stopped = world.sync()
    assert stopped.code == 5 and world.variant("S-3")["price"] == "100.00", stopped.text
    world.synced(force=True)
    world.in_step()


def test_orders_of_years_in_the_ledger_are_not_sent(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"LOOKBACK_DAYS": "90", "SENTOS_WRITE": "false"})
    world.stock_up()
    old = world.till.sell({"MUG": 1})
    world.synced()
    world.pass_time(hours=24 * 60)
    new = world.till.sell({"MUG": 1})
    world.env |= {"LOOKBACK_DAYS": "30", "SENTOS_WRITE": "true"}
    world.synced()
    assert world.sent(old) == [] and len(world.sent(new)) == 1


def test_a_variant_that_the_shop_lacks_is_named(world: SentosWorld) -> None:
    ran = world.synced(full=True)
    assert "TS-RED-M" in ran.text and "are not in the shop" in ran.text, ran.text
    made = world.merchant.add_variant(world.variant("TS-RED-S")["product"]["id"], {"Title": "M"}, sku="TS-RED-M", price="1.00")
    world.merchant.edit_item(made["id"], tracked=True)
    told = world.synced()
    assert "are not in the shop" not in told.text and world.variant("TS-RED-M")["price"] == "299.90"


def test_what_people_improved_in_the_shop_is_left_to_it_by_rule(make: Callable[..., SentosWorld]) -> None:
    world = make(env={"SENTOS_FIELDS": '{"title": "shop", "description_html": "shop"}'})
    world.stock_up()
    product = world.variant("MUG")["product"]
    product |= {"title": "The best mug", "descriptionHtml": "<p>ours</p>", "seo": {"title": "Mug", "description": "Buy it"}}
    world.synced()
    world.clerk.product("MUG").name = "Kupa, mavi"
    world.clerk.product("MUG").detail = "<p>theirs</p>"
    world.clerk.price("MUG", "95.00")
    world.synced(full=True)
    assert (product["title"], product["descriptionHtml"], product["vendor"]) == ("The best mug", "<p>ours</p>", "Acme")
    assert product["seo"] == {"title": "Mug", "description": "Buy it"} and world.variant("MUG")["price"] == "95.00"


def test_histories_and_missing_orders_speak_of_sentos_as_it_is(world: SentosWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.till.sell({"MUG": 1})
    world.synced()
    world.clerk.price("MUG", "95.00")
    world.synced()
    told = world.manage("history", "MUG")
    assert told.code == 0 and "95.00" in told.all, told.all
    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    missing = world.manage("missing", "--pair", "sentos")
    assert "Sentos was not compared: not every order is sent there" in missing.all and "no run" not in missing.all, missing.all


def test_goods_of_another_shop_than_the_one_that_was_asked_are_left_alone(make: Callable[..., SentosWorld]) -> None:
    world = make()
    world.stock_up()
    world.env["SHOPIFY_STORE_NAME"] = "somebody-else"
    ran = world.sync(as_json=False, fields=("products", "inventory"))
    assert ran.code == 5 and ran.shop_writes == 0
    assert "somebody-else.myshopify.com is configured, but kayra-demo.myshopify.com answered" in ran.text
