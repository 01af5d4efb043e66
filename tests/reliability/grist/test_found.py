"""What histories, crashes and deliberate defects of this pair found, each as a short scenario."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
