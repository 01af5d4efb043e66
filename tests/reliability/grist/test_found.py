"""What histories, crashes and deliberate defects of this pair found, each as a short scenario."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdb.sandbox.grist.document import Document
from syncdb.sandbox.grist.person import SOMEBODY
from tests.reliability.grist.acts import retype
from tests.reliability.grist.judged import Judged
from tests.reliability.grist.view import look
from tests.reliability.grist.world import ProofWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProofWorld]:
    monkeypatch.chdir(tmp_path)
    made = ProofWorld(tmp_path)
    try:
        made.synced()
        yield made
    finally:
        made.close()


def test_a_formula_does_not_count_as_agreed_in_a_new_row(world: ProofWorld) -> None:
    """A new row was recorded as if its formula showed the shop's value; the next run then took that for an edit in Grist."""
    world.chosen["products"]["vendor"] = "ask"
    world.person("products").make_formula("Vendor", '"Always us"')
    world.synced(full=True)
    made = world.merchant.add_product("Oolong", price="12.00", stock=4, vendor="Maker")
    world.synced(full=True)
    ran = world.synced(full=True)
    assert (ran.written, ran.conflicts, made["vendor"]) == (0, 1, "Maker")


def test_a_run_of_some_fields_forgets_no_renamed_column_of_others(world: ProofWorld) -> None:
    """After --fields=price a renamed column was not found again, made anew, and its zeros were written to the shop."""
    world.person("variants").rename_column("Compare-at price", "Was")
    world.synced(full=True)
    before = [variant["compareAtPrice"] for variant in world.goods.variants.values()]
    world.synced(fields=("price",))
    columns = len(world.person("variants").here().columns)
    assert world.synced(full=True).written == 0
    assert [variant["compareAtPrice"] for variant in world.goods.variants.values()] == before
    assert len(world.person("variants").here().columns) == columns


def test_a_row_made_by_a_run_of_some_fields_is_whole(world: ProofWorld) -> None:
    """It had only the fields asked for; the zeros in the others then stood against the shop's amounts."""
    made = world.merchant.add_product("Oolong", price="12.00", stock=4)["variants"][0]
    world.merchant.edit_variant(made["id"], compareAtPrice="15.00")
    world.synced(fields=("products", "price"), full=True)
    assert world.shown("variants", made["id"], "Compare-at price") == 15
    ran = world.synced(full=True)
    assert ran.conflicts == 0 and world.synced(full=True).written == 0


def test_a_column_chosen_again_after_it_was_deleted_empties_nothing(world: ProofWorld) -> None:
    """What was agreed about a column that people deleted since made its empty successor look like edits, down to the shop."""
    world.chosen["variants"]["barcode"] = "ask"
    for number, gid in enumerate(world.goods.variants):
        world.merchant.edit_variant(gid, barcode=f"4000{number}")
    world.synced(full=True)
    del world.chosen["variants"]["barcode"]
    world.synced(full=True)
    world.person("variants").delete_column("Barcode")
    world.synced(full=True)
    world.chosen["variants"]["barcode"] = "ask"
    world.synced(full=True)
    shown = {key: row["Barcode"] for key, row in world.rows("variants").items()}
    assert shown == {gid: one["barcode"] for gid, one in world.goods.variants.items()} and all(shown.values())
    assert world.synced(full=True).written == 0


def test_a_word_in_a_cell_that_may_be_empty_empties_nothing(world: ProofWorld) -> None:
    """No test noticed when a cell that cannot be read was taken for an empty one: a price to compare with may be empty."""
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], compareAtPrice="99.00")
    world.synced(full=True)
    world.edit("variants", variant["id"], "Compare-at price", "ask Ann")
    assert world.sync(full=True).code == 3
    assert (variant["compareAtPrice"], world.shown("variants", variant["id"], "Compare-at price")) == ("99.00", "ask Ann")


def test_a_run_of_some_fields_forgets_no_change_of_others(world: ProofWorld) -> None:
    """No test noticed when such a run moved the cursors: only fields of the same kind of records are forgotten by that."""
    world.synced()
    product = world.product()
    world.edit("products", product["id"], "Title", "Renamed in Grist")
    world.synced(fields=("vendor",))
    assert product["title"] != "Renamed in Grist"
    world.pass_time(hours=1)
    world.synced()
    assert product["title"] == "Renamed in Grist"


def test_a_column_left_out_for_a_while_is_found_again_by_its_number(world: ProofWorld) -> None:
    """Renamed, left out and chosen again, it was not known any more: a second column was made beside it."""
    world.chosen["variants"]["barcode"] = "ask"
    world.synced(full=True)
    person = world.person("variants")
    person.rename_column("Barcode", "EAN")
    del world.chosen["variants"]["barcode"]
    world.synced(full=True)
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], barcode="4006381333931")
    columns = len(person.here().columns)
    for _ in range(2):
        world.chosen["variants"]["barcode"] = "ask"
        world.synced(full=True)
        assert world.shown("variants", variant["id"], "EAN") == "4006381333931"
        assert len(person.here().columns) == columns


def test_a_price_in_dispute_is_not_deleted_with_its_row(world: ProofWorld) -> None:
    """After a lost ledger nothing was agreed about it; when the shop deleted the variant, its row and the price in it went."""
    world.gone["variants"] = "delete"
    product = world.product(0)
    variant = product["variants"][0]["id"]
    world.edit("variants", variant, "Price", 99)
    world.put_ledger(None)
    assert world.synced(full=True).conflicts == 1
    world.merchant.delete_product(product["id"])
    world.sync(full=True)
    assert world.shown("variants", variant, "Price") == 99


def test_the_first_word_of_grist_is_asked_about_where_nobody_knows_what_was_agreed(world: ProofWorld) -> None:
    """A column of numbers made 451 of the SKU 000451; after a lost ledger that went over it by the rule grist."""
    world.chosen["variants"]["sku"] = "grist"
    variant = world.variant()
    world.merchant.edit_variant(variant["id"], inventoryItem={"sku": "000451"})
    world.put_ledger(None)
    world.edit("variants", variant["id"], "SKU", "451")
    assert world.synced(full=True).conflicts == 1
    assert variant["sku"] == "000451" and world.shown("variants", variant["id"], "SKU") == "451"
    assert world.manage("conflicts", "--all", "--take", "grist").code == 0
    world.synced()
    assert variant["sku"] == "451"
    world.edit("variants", variant["id"], "SKU", "452")
    world.synced()
    assert variant["sku"] == "452"  # from then on it is Grist's


def test_a_word_in_a_cell_keeps_the_row(world: ProofWorld) -> None:
    world.gone["variants"] = "delete"
    product = world.product(0)
    variant = product["variants"][0]["id"]
    world.edit("variants", variant, "Price", "ask Ann")
    world.sync(full=True)
    world.merchant.delete_product(product["id"])
    world.sync(full=True)
    assert world.shown("variants", variant, "Price") == "ask Ann"


def test_a_deleted_product_takes_its_variants_and_stock_with_it(world: ProofWorld) -> None:
    """Grist emptied the variant's reference to the product's row, and that was taken for an edit: variants and stock stayed."""
    world.gone |= dict.fromkeys(("products", "variants", "inventory"), "delete")
    product = world.product(0)
    gone = {variant["id"] for variant in product["variants"]}
    world.merchant.delete_product(product["id"])
    world.synced(full=True)
    world.synced(full=True)
    assert product["id"] not in world.rows("products") and not gone & world.rows("variants").keys()
    assert set(world.rows("inventory")) == set(world.goods.levels)


def test_a_row_with_a_persons_note_is_not_deleted_unasked(world: ProofWorld) -> None:
    world.gone["products"] = "delete"
    person = world.person("products")
    person.add_column("Our notes")
    first, second = (world.product(number)["id"] for number in (0, 1))
    world.edit("products", first, "Our notes", "call Ann")
    world.synced(full=True)
    for gid in (first, second):
        world.merchant.delete_product(gid)
    world.synced(full=True)
    assert world.shown("products", first, "Our notes") == "call Ann" and second not in world.rows("products")
    (one,) = [one for one in world.manage("conflicts", "--json").data["conflicts"] if one["key"] == first]
    assert world.manage("conflicts", one["id"], "--take", "shopify").code == 0
    world.synced()
    assert first not in world.rows("products")


def test_a_column_just_made_for_a_field_that_grist_decides_empties_nothing(world: ProofWorld) -> None:
    """Chosen later, or made anew after a lost ledger, its blanks were written over the shop's SKUs and barcodes."""
    before = {}
    for number, gid in enumerate(world.goods.variants):
        world.merchant.edit_variant(gid, barcode=f"4000{number}")
        before[gid] = f"4000{number}"
    world.chosen["variants"]["barcode"] = "grist"
    world.synced(full=True, force=True)
    assert {gid: one["barcode"] for gid, one in world.goods.variants.items()} == before
    assert {key: row["Barcode"] for key, row in world.rows("variants").items()} == before
    variant = world.variant()
    world.edit("variants", variant["id"], "Barcode", "")
    world.synced()
    assert variant["barcode"] in ("", None)


@pytest.mark.parametrize(("entity", "field"), [("products", "Title"), ("variants", "Product"), ("inventory", "Available")])
def test_a_renamed_column_is_asked_about_after_the_ledger_is_lost(world: ProofWorld, entity: str, field: str) -> None:
    """A second column was made beside the one that people went on using."""
    person = world.person(entity)
    person.rename_column(field, "Something else")
    world.put_ledger(None)
    columns = len(person.here().columns)
    refused = world.sync(full=True, as_json=False)
    assert refused.code == 5 and "Something else" in refused.text and field in refused.text, refused.text
    assert len(person.here().columns) == columns
    person.rename_column("Something else", field)
    assert world.synced(full=True).written == 0
    assert len(person.here().columns) == columns


def test_a_renamed_table_or_key_column_is_asked_about_after_the_ledger_is_lost(world: ProofWorld) -> None:
    """A second table of the stock was made, and a second column of keys."""
    world.person("inventory").rename_table("Lager")
    world.person("variants").rename_column("Shopify ID", "Id in the shop")
    world.put_ledger(None)
    tables = world.tables()
    refused = world.sync(full=True, as_json=False)
    assert refused.code == 5, refused.text
    assert world.tables() == tables and "Id in the shop" in refused.text, refused.text
    world.person("variants").rename_column("Id in the shop", "Shopify ID")
    refused = world.sync(full=True, as_json=False)
    assert refused.code == 5 and "Lager" in refused.text and world.tables() == tables, refused.text
    world.person("Lager").rename_table("Inventory")
    assert world.synced(full=True).written == 0 and world.tables() == (tables - {"Lager"}) | {"Inventory"}


def test_what_stands_under_another_name_is_made_anew_if_that_is_wanted(world: ProofWorld) -> None:
    world.person("variants").rename_column("Price", "Old price")
    world.put_ledger(None)
    world.synced(full=True, force=True)
    shown = {key: (row["Price"], row["Old price"]) for key, row in world.rows("variants").items()}
    assert all(new == old for new, old in shown.values())


def test_a_renamed_column_of_counts_is_asked_about_though_every_count_moved(world: ProofWorld) -> None:
    """After a lost ledger with sales since, none of them was as in the shop: a second column was made."""
    person = world.person("inventory")
    person.rename_column("Available", "Stock here")
    for level in list(world.goods.levels.values()):
        world.merchant.sell(level["item"]["variant"]["id"], 1, level["location"]["id"])
    world.put_ledger(None)
    refused = world.sync(full=True, as_json=False)
    assert refused.code == 5 and "Stock here" in refused.text, refused.text


def test_a_column_of_peoples_own_is_no_lookalike(world: ProofWorld) -> None:
    """A new field is told from people's notes by what they hold."""
    world.person("variants").add_column("Note")
    world.edit("variants", world.variant()["id"], "Note", "4006381333931")
    world.merchant.edit_variant(world.variant()["id"], barcode="4006381333932")
    world.chosen["variants"]["barcode"] = "ask"
    world.synced(full=True)
    assert world.shown("variants", world.variant()["id"], "Barcode") == "4006381333932"


def test_a_word_in_a_field_that_grist_decides_does_not_undo_the_shops_edit(world: ProofWorld) -> None:
    """The shop's SKU was put back to the one agreed, while nobody could read what Grist says."""
    world.chosen["variants"]["price"] = "grist"
    world.synced(full=True)
    variant = world.variant()
    world.edit("variants", variant["id"], "Price", "ask Ann")
    world.merchant.edit_variant(variant["id"], price="77.00")
    world.sync(full=True)
    assert (variant["price"], world.shown("variants", variant["id"], "Price")) == ("77.00", "ask Ann")


def test_an_older_copy_takes_back_nothing_in_the_shop_that_grist_decides(world: ProofWorld) -> None:
    """SKUs given in Grist since were set back in the shop, though the message says that every difference is asked."""
    document, variant = world.document, world.variant()
    aside = Document("aside", "Aside", document._clock, SOMEBODY)
    aside.become(document)
    world.edit("variants", variant["id"], "SKU", "NEW-1")
    world.synced(full=True)
    assert variant["sku"] == "NEW-1"
    document.become(aside)
    assert world.sync(full=True).code == 5
    ran = world.synced(full=True, accept=("older-copy",))
    assert (variant["sku"], ran.conflicts) == ("NEW-1", 1)
    assert world.manage("conflicts", "--all", "--take", "grist").code == 0
    world.synced()
    assert variant["sku"] == world.shown("variants", variant["id"], "SKU") != "NEW-1"


def test_a_reference_to_a_former_table_of_ours_says_what_helps(world: ProofWorld) -> None:
    """The ledger was lost after a table had been renamed: what is new stands in another one than the column refers to."""
    world.hand("variants").rename_table("Goods")
    world.put_ledger(None)
    world.merchant.add_product("Oolong", price="12.00", stock=4)
    asked = world.sync(full=True)
    assert asked.code == 5 and asked.written == 1, "it is made anew for a person only; the product was written before"
    assert "Nothing was written to it." in asked.text
    ran = world.sync(full=True, force=True)
    (held,) = ran.data["runs"][0]["held_back"]
    assert ran.code == 3 and "the table Goods, to which the column refers" in held["why"]
    assert "let the column refer to that one" in held["why"]
    column = world.column("inventory", "variant")
    assert column is not None
    world.hand("inventory").retype(column.id, "Ref:Variants")
    world.synced(full=True)
    assert world.rows("inventory").keys() == world.goods.levels.keys() and world.synced(full=True).written == 0


@pytest.mark.parametrize("table", [False, True])
def test_an_older_ledger_goes_by_the_numbers_of_its_columns(world: ProofWorld, table: bool) -> None:
    """Not the product was wrong but the oracle, which took what another ledger had made beside them for ours."""
    judged, person = Judged(world), world.person("variants")
    judged.run(full=True)
    judged.copy_aside()
    gid = world.variant()["id"]
    world.edit("variants", gid, "Variant", "mine")
    person.rename_column("Variant", "Renamed")
    if table:
        person.rename_table("Goods")
    judged.lose()
    judged.run(full=True, force=True)
    former = world.document.table("Goods" if table else "Variants")
    made = world.column("variants", "title")
    judged.put_back()
    judged.run(full=True)
    ours = world.column("variants", "title")
    assert made is not None and ours is not None and former is not None
    assert made.ref != ours.ref and (ours.label, made.label) == ("Renamed", "Variant")
    assert "mine" not in {former.get(row, ours) for row in former.ids()}
    judged.agree()
    assert (ours.label, made.label) == ("Variant", f"Former {made.ref}" if not table else "Variant")


def test_rows_that_stood_twice_in_a_table_made_anew_are_not_looked_for_there(world: ProofWorld) -> None:
    """The oracle ran into an error of its own: a table that people had renamed was made anew after the ledger was lost."""
    judged, hand = Judged(world), world.hand("collections")
    hand.copy(world.rows_of("collections")[0])
    hand.rename_table("Ours")
    judged.lose()
    judged.run(full=True, force=True)
    judged.agree()
    assert len(world.rows("collections")) == len(world.goods.collections)


def test_a_row_without_a_key_is_none_of_a_table_made_anew(world: ProofWorld) -> None:
    """The oracle was wrong: it took a row of the former table for the one of that number in the new one."""
    judged, hand = Judged(world), world.hand("products")
    row = world.rows_of("products")[0]
    hand.edit(row, "Title", "mine")
    hand.edit(row, "Shopify ID", "")
    hand.rename_table("Ours")
    judged.lose()
    judged.run(full=True, force=True)
    table = world.table("products")
    assert table is not None and table.id == "Products" and row in table.ids()


def test_nobody_decides_what_a_row_without_its_key_shows(world: ProofWorld) -> None:
    """The oracle forgot such a decision, and took for a lost edit what was done by it once the row had its key again."""
    judged, key = Judged(world), world.variant()["id"]
    row = world.rows_of("variants")[world.index_of("variants", key)]
    judged.lose()
    world.edit("variants", key, "Price", 3)
    judged.oracle.hear(look(world))
    assert judged.run(full=True).conflicts == 1
    judged.agree()
    world.hand("variants").edit(row, "Shopify ID", "")
    judged.decide(0, grist=False)
    judged.run()
    assert world.rows_of("variants").count(row) == 1 and world.shown("variants", key, "Price") == 3


def test_an_older_ledger_that_knew_no_columns_yet_finds_them_by_name(world: ProofWorld) -> None:
    """The oracle went by the numbers of columns that the ledger had asked about, not taken."""
    judged = Judged(world)
    world.chosen["variants"]["sku"] = "shopify"
    judged.run(full=True)
    world.hand("inventory").rename_column("SKU", "Article")
    judged.lose()
    assert judged.run(full=True).code == 5
    judged.copy_aside()
    judged.run(full=True, force=True)
    world.merchant.edit_variant(world.variant()["id"], inventoryItem={"sku": "NEW-1"})
    judged.put_back()
    judged.run(full=True)
    judged.agree()
    column = world.column("inventory", "sku")
    assert column is not None and column.label == "SKU"


def test_a_reference_to_a_row_that_its_former_table_lacks_stays_empty(world: ProofWorld) -> None:
    """The oracle wanted it to show the record, whose row stands in the table made anew only."""
    judged, key = Judged(world), world.variant()["id"]
    row = world.rows_of("variants")[world.index_of("variants", key)]
    world.hand("variants").rename_table("Goods")
    world.hand("variants").delete(row)
    judged.lose()
    judged.run(full=True, force=True)
    ran = judged.run(clean=True, full=True, force=True)
    assert ran.code == 3 and "the table Goods, to which the column refers" in ran.text


def test_a_decision_for_the_shop_stands_when_it_may_be_written_again(world: ProofWorld) -> None:
    """The price that a person had refused was written to the shop, once writing to it was allowed."""
    judged, variant = Judged(world), world.variant()
    judged.run(full=True)
    judged.agree()
    price = variant["price"]
    world.env["SHOPIFY_WRITES"] = "products"
    world.edit("variants", variant["id"], "Price", 41)
    judged.run()
    judged.decide(0, grist=False)
    world.env["SHOPIFY_WRITES"] = "all"
    judged.run(full=True)
    assert (variant["price"], world.shown("variants", variant["id"], "Price")) == (price, float(price))


def test_nothing_is_agreed_about_a_type_that_changed_back_while_the_field_was_only_reported(world: ProofWorld) -> None:
    """The oracle thought that what both sides showed alike meanwhile was agreed, and wanted the edit to go to the shop."""
    judged, variant = Judged(world), world.variant(3)
    judged.run(full=True)
    judged.act(0, 0, 1, (retype,))  # whole numbers
    assert judged.run().code == 3
    world.env["SHOPIFY_WRITES"] = "products"
    judged.act(0, 0, 1, (retype,))
    judged.agree()
    world.edit("variants", variant["id"], "Price", 41)
    judged.run()
    world.env["SHOPIFY_WRITES"] = "all"
    ran = judged.run(clean=True, full=True)
    assert ran.conflicts == len(world.goods.variants), ran.text


def test_a_new_ledger_goes_by_names_whatever_the_one_before_knew(world: ProofWorld) -> None:
    """The oracle went on by the numbers of an older ledger that was put back and then lost: ours was people's to it."""
    judged, key = Judged(world), world.product()["id"]
    judged.run(full=True)
    world.hand("products").rename_column("Title", "Renamed")
    judged.copy_aside()
    judged.lose()
    judged.run(full=True, force=True)
    judged.put_back()
    judged.lose()
    world.merchant.edit_product(key, title="Kasack")
    assert judged.run(full=True).conflicts == 1 and world.shown("products", key, "Title") == "Leinenhemd"
