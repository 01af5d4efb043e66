"""A shop and a Grist document in step, as a shop's owner would tell it: in the sandbox, and in a real Grist if one is named."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from tests.sandbox.grist.places import names, place
from tests.sandbox.shopify.placed import placed
from tests.scenarios.grist_world import GristWorld


@pytest.fixture(params=names())
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GristWorld]]:
    made: list[GristWorld] = []
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:

        def world(**options: Any) -> GristWorld:
            folder = tmp_path / f"grist{len(made)}"
            folder.mkdir()
            if request.param == "real":
                options["real"] = stack.enter_context(stack.enter_context(place("real")).document())
            made.append(GristWorld(folder, **options))
            stack.callback(made[-1].close)
            return made[-1]

        yield world


@pytest.fixture
def world(make: Callable[..., GristWorld]) -> GristWorld:
    """A shop whose goods stand in the document already."""
    made = make()
    made.synced()
    return made


# --- the everyday


def test_the_first_run_fills_the_document_and_the_second_does_nothing(make: Callable[..., GristWorld]) -> None:
    world = make(products=30)
    first = world.synced()
    world.agreed()
    assert first.counts["rows_added"] == sum(len(world.rows(one)) for one in ("products", "variants", "inventory", "collections"))
    assert world.synced(full=True).written == 0


def columns_of(world: GristWorld, table: str) -> dict[str, Any]:
    """The settings of each column by its label, in the order in which people see them."""
    answer = world._call("GET", f"{{}}/tables/{table}/columns")
    return {one["fields"]["label"]: one["fields"] for one in answer["columns"]}


def test_the_document_reads_well(make: Callable[..., GristWorld]) -> None:
    chosen: dict[str, Any] = {
        "products": True,
        "variants": True,
        "inventory": True,
        "customers": True,
        "orders": {"columns": ["order_total"]},
    }
    chosen["draft_orders"] = True
    world = make(products=3, orders=2, env={"GRIST_SYNC": json.dumps(chosen)})
    world.synced()
    titles = {gid: one["title"] for gid, one in world.goods.products.items()}
    variants = {row["row"]: key for key, row in world.rows("variants").items()}
    assert {variants[row]: shown for row, shown in world.person("variants").looks("Product").items()} == {
        gid: titles[one["product"]["id"]] for gid, one in world.goods.variants.items()
    }
    stock = set(world.person("inventory").looks("Variant").values())
    kinds = [
        (titles[one["product"]["id"]], " / ".join(part["value"] for part in one["selectedOptions"]))
        for one in world.goods.variants.values()
    ]
    assert stock == {title if kind == "Default Title" else f"{title} - {kind}" for title, kind in kinds}
    price, total = columns_of(world, "Variants")["Price"], columns_of(world, "Orders")["Total"]
    assert json.loads(price["widgetOptions"]) == {"numMode": "currency", "currency": "EUR", "decimals": 2}
    assert json.loads(total["widgetOptions"]) == {"numMode": "decimal", "decimals": 2}
    assert json.loads(columns_of(world, "Customers")["Spent"]["widgetOptions"]) == {"numMode": "decimal", "decimals": 2}
    first = [next(iter(columns_of(world, one))) for one in ("Products", "Variants", "Inventory")]
    assert first == ["Title", "Product", "Variant"]
    wide = {"Product": 240, "Variant": 180, "SKU": 140, "Barcode": 140, "Price": 100, "Compare-at price": 154, "Shopify ID": 310}
    assert world.person("variants").widths() == wide
    assert [world.person(one).page() for one in ("products", "draft_orders", "orders")] == ["Products", "Draft orders", "Orders"]
    world.person("draft_orders").rename_page("What is to come")
    world.person("variants").widen("Price", 60)
    chosen["variants"] = {"fields": ["product", "title", "sku", "barcode", "price", "compare_at_price", "taxable"]}
    world.env["GRIST_SYNC"] = json.dumps(chosen)
    world.synced(full=True)
    assert world.person("variants").widths() == wide | {"Price": 60, "Taxable": 86}
    assert world.person("draft_orders").page() == "What is to come"


def test_an_hour_without_news_costs_three_requests_a_side_at_most(make: Callable[..., GristWorld]) -> None:
    world = make(products=200)
    world.synced()
    world.synced()
    world.pass_time(hours=1)
    idle = world.synced()
    assert idle.written == 0 and 0 < idle.shop_requests <= 3 and 0 < idle.grist_requests <= 3


def test_a_price_changed_in_grist_reaches_the_shop(world: GristWorld) -> None:
    variant = world.variant()
    world.edit("variants", variant["id"], "Price", 77.7)
    assert world.synced().counts["written_left"] == 1
    assert variant["price"] == "77.70"
    world.agreed()
    assert world.synced().written == 0


def test_prices_set_to_nothing_in_grist_do_not_reach_the_shop_unasked(world: GristWorld) -> None:
    before = {gid: variant["price"] for gid, variant in world.goods.variants.items()}
    for gid in before:
        world.edit("variants", gid, "Price", 0)
    refused = world.sync(as_json=False)
    assert refused.code == 5 and "price" in refused.text and "-> 0" in refused.text, refused.text
    assert {gid: variant["price"] for gid, variant in world.goods.variants.items()} == before
    world.synced(force=True)
    assert {variant["price"] for variant in world.goods.variants.values()} == {"0.00"}


def test_prices_that_the_shop_cannot_take_are_refused_one_by_one(world: GristWorld) -> None:
    first, second = world.variant(0), world.variant(1)
    before = first["price"]
    world.edit("variants", first["id"], "Price", -4)
    world.edit("variants", second["id"], "Price", 45)
    for _ in range(2):  # it stands in the way of nothing, however often
        ran = world.sync(full=True)
        assert ran.code == 3 and "-4" in world.manage("errors").all, ran.text
        assert (first["price"], second["price"]) == (before, "45.00")


def test_a_title_changed_in_the_shop_reaches_grist(world: GristWorld) -> None:
    gid = world.product()["id"]
    world.merchant.edit_product(gid, title="Green tea, loose")
    assert world.synced().counts["written_right"] == 1
    assert world.shown("products", gid, "Title") == "Green tea, loose"


def test_edits_of_different_fields_on_both_sides_merge(world: GristWorld) -> None:
    gid = world.product()["id"]
    world.merchant.edit_product(gid, title="Green tea, loose")
    world.edit("products", gid, "Vendor", "Tea & Co")
    world.synced()
    assert (world.product()["title"], world.product()["vendor"]) == ("Green tea, loose", "Tea & Co")
    world.agreed()


def test_two_sold_in_the_shop_and_five_received_in_grist_give_the_right_stock(world: GristWorld) -> None:
    variant = world.variant()
    level = world.merchant.count(variant["id"], 10)
    world.synced(full=True)
    world.merchant.sell(variant["id"], 2)
    world.edit("inventory", level["id"], "Available", 15)
    world.synced()
    assert level["_counts"]["available"] == 13 == world.shown("inventory", level["id"], "Available")
    assert world.synced().written == 0


def test_two_sold_in_the_shop_and_two_taken_in_grist_are_four(world: GristWorld) -> None:
    variant = world.variant()
    level = world.merchant.count(variant["id"], 250)
    world.synced(full=True)
    world.merchant.sell(variant["id"], 2)
    world.edit("inventory", level["id"], "Available", 248)
    world.synced()
    assert level["_counts"]["available"] == 246 == world.shown("inventory", level["id"], "Available")
    assert world.synced().written == 0
    told = world.manage("history", variant["sku"]).all
    assert "246" in told, told


def test_new_and_deleted_products_of_the_shop(world: GristWorld) -> None:
    made = world.merchant.add_product("Oolong", price="12.00", sku="OOL", stock=4)
    world.synced()
    assert world.shown("products", made["id"], "Title") == "Oolong"
    world.merchant.delete_product(made["id"])
    gone = world.sync(full=True)
    assert gone.code == 0 and gone.conflicts >= 2  # product and variant: kept and told
    assert world.shown("products", made["id"], "Title") == "Oolong"


def test_an_order_in_fils_keeps_its_third_decimal_in_a_shop_of_cents(make: Callable[..., GristWorld]) -> None:
    """Placed before the shop changed its currency: what is read back must not be rounded to the decimals of the new one."""
    world = make(env={"GRIST_SYNC": json.dumps({"orders": {"rows": "order"}})})
    shop = world.sandbox.shop
    shop.currency = "KWD"
    order = placed(shop, ("4.963", 1))
    shop.currency = "EUR"
    world.synced()
    key = order["id"].rpartition("/")[2]
    assert world.shown("orders", key, "Total") == 9.863
    assert world.synced(full=True).written == 0 and world.synced(full=True).conflicts == 0


def test_orders_stand_in_grist_and_their_notes_go_back_where_chosen(make: Callable[..., GristWorld]) -> None:
    world = make(orders=6, env={"GRIST_SYNC": json.dumps({"orders": {"from_grist": ["note", "tags"]}})})
    world.synced()
    rows = world.rows("orders")
    assert len(rows) == len(world.sandbox.shop.orders) > 0
    key = next(iter(rows))
    order = world.sandbox.shop.orders[f"gid://shopify/Order/{key}"]
    world.edit("orders", key, "Note", "call before delivery")
    world.edit("orders", key, "Tags", "vip, b2b")
    world.synced()
    assert (order["note"], sorted(order["tags"])) == ("call before delivery", ["b2b", "vip"])
    world.sandbox.shop.set_note(f"gid://shopify/Order/{key}", "ring twice")
    world.synced()
    assert world.shown("orders", key, "Note") == "ring twice"
    world.pass_time(hours=1)
    assert world.synced().written == 0


@pytest.mark.parametrize("in_the_shop", [True, False])
def test_the_stocks_table_sees_another_sku_at_once(world: GristWorld, in_the_shop: bool) -> None:
    """It showed the old one until the daily look at everything."""
    world.synced()
    world.pass_time(hours=1)
    variant = world.variant()
    if in_the_shop:
        world.merchant.edit_variant(variant["id"], sku="NEW-1")
    else:
        world.edit("variants", variant["id"], "SKU", "NEW-1")
    world.synced()
    shown = {row["SKU"] for row in world.rows("inventory").values() if row["Variant"] == world.row("variants", variant["id"])}
    assert shown == {"NEW-1"}
    assert world.synced().written == 0


def test_a_row_that_somebody_adds_is_told(world: GristWorld) -> None:
    """It did nothing, and was told nowhere."""
    world.synced()
    person = world.person("products")
    before = len(world.goods.products)
    assert world.synced().data["runs"][0]["notes"] == []
    person.add(Title="Oolong")
    for asked in ({}, {"full": True}):
        told = world.synced(**asked).data["runs"][0]["notes"]
        assert [(one["code"], "1 row of" in one["message"]) for one in told] == [("unkeyed:products", True)], told
    assert "Oolong" in told[0]["message"] and len(world.goods.products) == before
    assert world.synced().data["runs"][0]["notes"] == []


def test_an_orders_note_is_asked_about_and_its_tags_are_merged(make: Callable[..., GristWorld]) -> None:
    """Grist won without a word: what the shop had written into the note, and its tag, were gone."""
    world = make(orders=4, env={"GRIST_SYNC": json.dumps({"orders": {"from_grist": ["note", "tags"]}})})
    world.synced()
    key = next(iter(world.rows("orders")))
    gid = f"gid://shopify/Order/{key}"
    order = world.sandbox.shop.orders[gid]
    world.edit("orders", key, "Tags", "b2b, vip")
    world.synced()
    world.edit("orders", key, "Note", "call before delivery")
    world.edit("orders", key, "Tags", "b2b, grist")
    world.sandbox.shop.set_note(gid, "ring twice")
    world.sandbox.shop.set_tags(gid, ["b2b", "vip", "shop"])
    ran = world.synced()
    assert ran.conflicts == 1 and (order["note"], world.shown("orders", key, "Note")) == ("ring twice", "call before delivery")
    assert sorted(order["tags"]) == ["b2b", "grist", "shop"] and world.shown("orders", key, "Tags") == "b2b, grist, shop"
    (one,) = world.manage("conflicts", "--json").data["conflicts"]
    assert (one["field"], one["entity"]) == ("note", "orders")
    assert world.manage("conflicts", one["id"], "--take", "grist").code == 0
    world.synced()
    assert order["note"] == "call before delivery" and world.synced().written == 0


def test_only_the_fields_asked_for_are_looked_at_and_nothing_else_is_forgotten(world: GristWorld) -> None:
    variant, gid = world.variant(), world.product()["id"]
    world.edit("variants", variant["id"], "Price", 55)
    world.edit("products", gid, "Title", "Renamed in Grist")
    world.synced(fields=("price",))
    assert variant["price"] == "55.00" and world.product()["title"] != "Renamed in Grist"
    world.synced()
    assert world.product()["title"] == "Renamed in Grist"


# --- who may write, and conflicts


def test_nothing_is_written_to_the_shop_until_it_is_switched_on(make: Callable[..., GristWorld]) -> None:
    world = make(env={"SHOPIFY_WRITES": ""})
    world.synced()
    variant, before = world.variant(), world.variant()["price"]
    world.edit("variants", variant["id"], "Price", 77.7)
    told = world.synced()
    assert told.written == 0 and told.conflicts == 1 and variant["price"] == before
    assert world.shown("variants", variant["id"], "Price") == 77.7  # the person's value stays, too
    world.env["SHOPIFY_WRITES"] = "variants.price"
    world.synced()
    assert variant["price"] == "77.70"


def test_a_conflict_is_told_decided_and_explained(world: GristWorld) -> None:
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], price="21.00")
    world.edit("variants", variant["id"], "Price", 22.5)
    ran = world.synced()
    assert ran.conflicts == 1 and ran.written == 0
    (one,) = world.manage("conflicts", "--json").data["conflicts"]
    assert (one["field"], one["shopify"], one["grist"]) == ("price", ["d", "21.00"], ["d", "22.50"])
    assert world.manage("conflicts", one["id"], "--take", "grist").code == 0
    assert world.synced().counts["written_left"] == 1
    assert variant["price"] == "22.50" and "No open conflicts" in world.manage("conflicts").all
    assert world.synced().written == 0


def test_a_row_deleted_in_grist_comes_back_and_one_edited_there_survives_the_shops_delete(world: GristWorld) -> None:
    first, second = world.product(0)["id"], world.product(1)["id"]
    world.person("products").delete(world.row("products", first))
    world.merchant.delete_product(second)
    world.edit("products", second, "Title", "Do not lose me")
    ran = world.sync(full=True)
    assert first in world.rows("products")
    assert world.shown("products", second, "Title") == "Do not lose me" and ran.conflicts >= 1


def test_a_lost_ledger_is_rebuilt_by_looking_and_overwrites_nothing(world: GristWorld) -> None:
    variant = world.variant()
    world.edit("variants", variant["id"], "Price", 99)
    for file in world.folder.glob("ledger.db*"):
        file.unlink()
    refused = world.sync(full=True, as_json=False)
    assert refused.code == 5 and "another ledger" in refused.text and "--force" in refused.text
    ran = world.sync(full=True, force=True)
    assert ran.code == 0 and ran.written == 0 and ran.conflicts == 1
    assert world.shown("variants", variant["id"], "Price") == 99 and variant["price"] != "99.00"


@pytest.mark.parametrize("rows", ["order", "line"])
def test_a_renamed_table_of_orders_is_asked_about_after_the_ledger_is_lost(make: Callable[..., GristWorld], rows: str) -> None:
    """A second table of all orders was made beside the one that people went on using."""
    chosen = {"orders": {"rows": rows, "columns": ["order_name", "order_total", "processed_at"]}}
    world = make(products=1, orders=3, env={"GRIST_SYNC": json.dumps(chosen)})
    world.synced()
    world.person("orders").rename_table("Bestellungen")
    world.ledger.unlink()
    tables = world.tables()
    refused = world.sync(as_json=False)
    assert refused.code == 5 and "Bestellungen" in refused.text and world.tables() == tables, refused.text
    world.person("Bestellungen").rename_table("Orders")
    person = world.person("orders")
    person.rename_column("Order", "Bestellung")
    refused = world.sync(as_json=False)
    assert refused.code == 5 and "Bestellung" in refused.text, refused.text
    person.rename_column("Bestellung", "Order")
    assert world.sync().code == 5, "the table still carries the mark of the ledger that was lost"
    assert world.synced(force=True).written == 0 and world.synced().written == 0


def test_notes_of_many_orders_go_in_one_document_and_are_settled_where_its_answer_is_lost(
    make: Callable[..., GristWorld],
) -> None:
    chosen = {"orders": {"columns": ["order_name", "note"], "from_grist": {"note": "ask"}}}
    world = make(products=1, orders=5, env={"GRIST_SYNC": json.dumps(chosen)})
    world.synced()
    quiet = world.synced().shop_requests
    keys = [gid.rpartition("/")[2] for gid in world.shop.orders]
    for number, kind in enumerate(("", "apply_then_cut", "cut_before")):
        for key in keys:
            world.edit("orders", key, "Note", f"{number} {key}")
        if kind:
            world.faults.add(Fault(kind, "shopify write"))  # type: ignore[arg-type]
        ran = world.sync()
        world.synced()
        assert [one["note"] for one in world.shop.orders.values()] == [f"{number} {key}" for key in keys]
        assert kind or ran.shop_requests <= quiet + 6, ran.shop_requests


def test_two_ledgers_never_keep_one_table(world: GristWorld) -> None:
    """Each took the other's writes for edits of people."""
    first, env = world.ledger, dict(world.env)
    world.env["DB_PATH"] = str(world.folder / "second.db")
    for asked in ({}, {"test": True}, {"full": True}):
        refused = world.sync(as_json=False, **asked)
        assert refused.code == 5 and "kept by another ledger" in refused.text, refused.text
    taken = world.sync(force=True)
    assert taken.code == 0 and world.synced().written == 0
    world.env = env
    refused = world.sync(as_json=False)
    assert refused.code == 5 and "kept by another ledger" in refused.text and first.exists()


def test_a_word_where_a_price_belongs_is_told_as_that(world: GristWorld) -> None:
    """It was told as "worked out by a formula"."""
    variant = world.variant()
    world.edit("variants", variant["id"], "Price", "ask Ann")
    world.merchant.edit_variant(variant["id"], price="21.00")
    ran = world.sync(full=True, as_json=False)
    assert "holds what is not a value of its field" in ran.text and "formula" not in ran.text, ran.text
    told = world.manage("conflicts").all
    assert "not a value of its field" in told and "formula" not in told, told


def test_each_refusal_is_told_with_its_reason_and_what_to_do(world: GristWorld) -> None:
    """Five refusals stood under one message, with ids in place of names and words of the program."""
    first, second, third = (world.product(number) for number in range(3))
    world.edit("products", first["id"], "Title", "")
    world.edit("products", second["id"], "Status", "GONE")
    world.edit("products", third["id"], "Title", "x" * 300)
    world.edit("variants", world.variant()["id"], "Price", "ask Ann")
    ran = world.sync(as_json=False)
    assert ran.code == 3
    reasons = ("title cannot be empty", "it must be one of ACTIVE", "Title is too long", "ask Ann")
    for told in (ran.text, " ".join(world.manage("errors").all.split())):
        assert all(reason in told for reason in reasons) and told.count("What to do") >= 2, told
    assert f"{first['title']}: title cannot be empty" in ran.text and "gid://" not in ran.text, ran.text
    assert len(world.manage("errors", "--json").data["groups"]) == 4


def test_a_price_with_too_many_decimals_is_rounded_where_it_was_typed_too(world: GristWorld) -> None:
    for number, (typed, price) in enumerate([(50.899, "50.90"), (49.904, "49.90"), (19.9 * 3, "59.70")]):
        variant = world.variant(number)
        world.edit("variants", variant["id"], "Price", typed)
        assert world.synced().conflicts == 0
        assert (variant["price"], round(world.shown("variants", variant["id"], "Price"), 9)) == (price, float(price))
    world.synced(full=True)  # a collection by price counts anew
    assert world.synced(full=True).written == 0
    before = world.variant()["price"]
    world.edit("variants", world.variant()["id"], "Price", 0.004)
    assert world.sync().code == 5 and world.variant()["price"] == before, "it would be nothing"


def test_a_conflict_is_told_by_the_records_name(world: GristWorld) -> None:
    product = world.product()
    world.merchant.edit_product(product["id"], title="From the shop")
    world.edit("products", product["id"], "Title", "From Grist")
    ran = world.sync(as_json=False)
    assert '"Title" of ' in ran.text and "gid://" not in ran.text, ran.text


def test_a_decision_that_was_overtaken_is_told(world: GristWorld) -> None:
    """Nobody heard that it was not carried out."""
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], price="71.00")
    world.edit("variants", variant["id"], "Price", 72)
    assert world.synced().conflicts == 1
    (one,) = world.manage("conflicts", "--json").data["conflicts"]
    assert world.manage("conflicts", one["id"], "--take", "grist").code == 0
    world.merchant.edit_variant(variant["id"], price="73.00")
    told = world.synced().data["runs"][0]["notes"]
    assert [note["code"] for note in told] == ["overtaken"] and variant["sku"] in told[0]["message"], told
    assert variant["price"] == "73.00" and world.shown("variants", variant["id"], "Price") == 72


def test_a_record_that_syncdb_cannot_make_in_the_shop_is_not_taken_from_grist(world: GristWorld) -> None:
    """It was accepted, and every run ended with code 3 from then on."""
    product = world.product()["id"]
    world.merchant.delete_product(product)
    world.sync(full=True)
    (one,) = [one for one in world.manage("conflicts", "--json").data["conflicts"] if one["key"] == product]
    refused = world.manage("conflicts", one["id"], "--take", "grist")
    assert refused.code == 2 and "makes none" in refused.all, refused.all
    assert world.sync(full=True).code == 0
    assert world.manage("conflicts", one["id"], "--take", "shopify").code == 0
    world.synced()
    assert product not in world.rows("products")


# --- people's own things


def test_peoples_columns_formulas_and_renames_are_left_alone(world: GristWorld) -> None:
    person = world.person("variants")
    person.add_column("My notes")
    person.add_formula("Gross", "$Price * 2")
    variant = world.variant()
    world.edit("variants", variant["id"], "My notes", "check with supplier")
    person.rename_column("Price", "Preis EUR")
    world.merchant.edit_variant(variant["id"], price="31.00")
    world.synced()
    row = world.rows("variants")[variant["id"]]
    assert (row["Preis EUR"], row["My notes"], row["Gross"]) == (31, "check with supplier", 62)
    assert world.synced().written == 0


def test_a_managed_column_made_a_formula_is_a_source_only(world: GristWorld) -> None:
    gid = world.product()["id"]
    world.person("products").make_formula("Vendor", '"Always us"')
    assert world.sync(full=True).code == 5  # every vendor of the shop would change
    world.sync(force=True)
    assert world.product()["vendor"] == "Always us"
    world.merchant.edit_product(gid, vendor="Somebody else")
    ran = world.sync()
    assert world.shown("products", gid, "Vendor") == "Always us" and ran.conflicts == 1


def test_a_word_in_a_number_column_is_quarantined_and_the_rest_goes_on(world: GristWorld) -> None:
    first, second = world.variant(0), world.variant(1)
    before = first["price"]
    world.edit("variants", first["id"], "Price", "ask Ann")
    world.edit("variants", second["id"], "Price", 45)
    ran = world.sync()
    assert ran.code == 3 and second["price"] == "45.00" and first["price"] == before
    assert world.shown("variants", first["id"], "Price") == "ask Ann"
    told = world.manage("errors").all
    assert "price" in told and "gid://shopify/ProductVariant" in told
    world.edit("variants", first["id"], "Price", 46)
    world.synced()
    assert first["price"] == "46.00" and "No open errors" in world.manage("errors").all


def test_a_field_chosen_later_is_filled_everywhere_and_asks_nobody(make: Callable[..., GristWorld]) -> None:
    fields = ["product", "title", "sku", "price"]
    world = make(products=120, env={"GRIST_SYNC": json.dumps({"products": True, "variants": {"fields": fields}})})
    world.synced()
    for number, variant in enumerate(world.goods.variants.values()):
        world.merchant.edit_item(variant["id"], cost=f"{number}.25", tracked=number % 2 == 0)
    more = {"products": True, "variants": {"fields": [*fields, "cost", "tracked", "barcode"]}}
    world.env["GRIST_SYNC"] = json.dumps(more)
    planned = world.synced(test=True)
    ran = world.synced()
    assert ran.conflicts == 0 and planned.data["runs"][0]["plan_digest"] == ran.data["runs"][0]["plan_digest"]
    assert len(world.goods.variants) > 100
    for number, (gid, variant) in enumerate(world.goods.variants.items()):
        row = world.rows("variants")[gid] if number < 5 else None
        if row is not None:
            shown = (row["Cost"], row["Stock tracked"], row["Barcode"] or None)
            assert shown == (number + 0.25, number % 2 == 0, variant["barcode"])
    assert world.synced(full=True).written == 0


def test_a_table_that_people_made_before_is_taken_over_and_its_empty_cells_are_filled(make: Callable[..., GristWorld]) -> None:
    world = make(env={"GRIST_SYNC": json.dumps({"products": {"table": "Artikel", "fields": ["title", "vendor"]}})})
    first, second = world.product(0), world.product(1)
    world.by_hand(
        "Artikel",
        [
            {"Shopify ID": first["id"], "Title": first["title"], "Shelf": "A1"},
            {"Shopify ID": second["id"], "Title": "our own title", "Vendor": "Ours", "Shelf": "B2"},
        ],
    )
    ran = world.synced()
    assert ran.conflicts == 1 + (second["vendor"] != "Ours") and ran.counts["rows_added"] == len(world.goods.products) - 2
    rows = world.rows("Artikel")
    assert (rows[first["id"]]["Vendor"], rows[first["id"]]["Shelf"]) == (first["vendor"], "A1")
    assert (rows[second["id"]]["Title"], rows[second["id"]]["Vendor"]) == ("our own title", "Ours")
    assert second["title"] != "our own title"


# --- trouble


def test_a_dry_run_changes_nothing_and_plans_what_the_run_does(make: Callable[..., GristWorld]) -> None:
    world = make()
    planned = world.synced(test=True)
    assert not world.tables() & {"Products", "Variants"}
    assert not world.ledger.exists()
    done = world.synced()
    assert planned.data["runs"][0]["plan_digest"] == done.data["runs"][0]["plan_digest"]
    assert (Path("test_output") / "products" / "plan.json").exists()


@pytest.mark.parametrize(
    ("env", "code", "told"),
    [
        ({"GRIST_API_KEY": "k" * 40}, 4, "key"),
        ({"GRIST_DOCUMENT": "nosuchdocument12"}, 4, "nosuchdocument12"),
        ({"GRIST_SYNC": '{"product": true}'}, 2, "did you mean products"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_done(
    make: Callable[..., GristWorld], env: dict[str, str], code: int, told: str
) -> None:
    world = make(env=env)
    ran = world.sync(as_json=False)
    assert ran.code == code and told in ran.text
    assert "Shopify" in ran.text or code == 2 or "Grist" in ran.text


def test_a_grist_that_takes_no_writes_is_told_as_one_that_is_away(make: Callable[..., GristWorld]) -> None:
    world = make(env={"DEADLINE_SECONDS": "30"})
    if world.real is not None:
        pytest.skip("a real server cannot be told to fail")
    world.faults.add(Fault("unavailable", "grist write", times=1000))
    ran = world.sync(as_json=False)
    assert ran.code == 4 and "somebody else" not in ran.text, ran.text
    world.faults.clear()
    world.synced(full=True)
    world.agreed()


def test_a_months_calls_are_counted_and_kept_to(make: Callable[..., GristWorld]) -> None:
    world = make(env={"GRIST_CALLS_PER_MONTH": "100"})
    world.synced()
    codes = [world.sync(full=True).code for _ in range(20)]
    assert codes[0] == 0 and codes[-1] == 4
    assert "100 calls" in world.sync(as_json=False).text


def test_continuous_runs_again_and_ends_well_when_asked(make: Callable[..., GristWorld], monkeypatch: pytest.MonkeyPatch) -> None:
    world = make()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        world.pass_time(seconds)
        waits.append(seconds)
        if len(waits) == 3:
            from syncdb.errors import Interrupted

            raise Interrupted("asked to end")

    world.clock = type(world.clock)(now=world.clock.now, monotonic=world.clock.monotonic, sleep=wait)
    ran = world.sync(continuous=True, interval=30, as_json=False)
    assert ran.code == 0 and waits == [30.0] * 3 and ran.text.count("Nothing to change") == 2
    log = (world.folder / "sync.log").read_text(encoding="utf-8")
    assert [log.count(f"run {number} ended") for number in (1, 2, 3)] == [1, 1, 1]
    world.agreed()


def test_a_product_is_put_into_collections_and_taken_out_on_both_sides(make: Callable[..., GristWorld]) -> None:
    fields = ["title", "media_urls", "image_url", "collections"]
    world = make(products=3, env={"GRIST_SYNC": json.dumps({"products": {"fields": fields}})})
    first, second = (one["id"] for one in list(world.goods.products.values())[:2])
    teas, pots, new = (world.merchant.add_collection(name, [first])["handle"] for name in ("Teas of spring", "Pots", "New"))
    world.synced()
    told = set(world.shown("products", first, "Collections")) - {"L"}
    assert {teas, pots, new} <= told
    images = world.shown("products", first, "Media").splitlines()
    assert not images or images[0] == world.shown("products", first, "Image")
    world.edit("products", first, "Collections", ["L", *sorted(told - {pots})])
    world.edit("products", second, "Collections", ["L", teas])
    by_handle = {one["handle"]: one for one in world.goods.collections.values()}
    by_handle[new]["_products"].remove(first)
    world.synced(full=True)
    inside = {handle: set(by_handle[handle]["_products"]) & {first, second} for handle in (teas, pots)}
    assert inside == {teas: {first, second}, pots: set()}
    assert set(world.shown("products", first, "Collections")) - {"L"} == told - {pots, new}
    assert world.synced(full=True).written == 0
    world.edit("products", second, "Collections", ["L", teas, "nowhere"])
    ran = world.sync()
    assert ran.code == 3 and "nowhere" in ran.text and second in by_handle[teas]["_products"]
