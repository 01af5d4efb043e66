"""What people do to the sheet, and that they never lose a keystroke to us."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.scenarios.world import World


def some_line(world: World) -> tuple[str, str]:
    """(order id, line id as text) of an order that is not cancelled."""
    gid, order = next((gid, order) for gid, order in world.shop.orders.items() if order["lineItems"] and not order["cancelledAt"])
    return gid, order["lineItems"][0]["id"].rpartition("/")[2]


def test_a_deleted_row_comes_back(world: World) -> None:
    _, key = some_line(world)
    world.colleague.delete_rows(world.row_of(key))
    assert key not in world.rows()
    ran = world.synced(full=True)
    assert key in world.rows() and ran.counts["rows_restored"] == 1


def test_a_deleted_row_is_noticed_within_a_day_by_itself(world: World) -> None:
    _, key = some_line(world)
    world.colleague.delete_rows(world.row_of(key))
    world.synced()
    assert key not in world.rows(), "an hourly run does not read the whole sheet"
    world.pass_time(hours=24)
    world.synced()
    assert key in world.rows()


def test_a_deleted_row_stays_away_if_that_is_wanted(make: Callable[..., World]) -> None:
    world = make(orders=30, env={"DELETED_ROWS": "respect"})
    world.synced()
    gid, key = some_line(world)
    world.colleague.delete_rows(world.row_of(key))
    ran = world.synced(full=True)
    assert key not in world.rows() and ran.data["conflicts"] == 1 and ran.writes == 0
    world.shop.set_note(gid, "changed later")
    world.synced()
    assert key not in world.rows()


def test_an_overwritten_cell_is_put_back_and_told(world: World) -> None:
    _, key = some_line(world)
    cell = f"{world.letter('SKU')}{world.row_of(key)}"
    before = world.rows()[key]["SKU"]
    world.colleague.type(cell, "mine")
    ran = world.synced(full=True)
    assert world.rows()[key]["SKU"] == before and ran.counts["cells_changed"] == 1


def test_an_overwritten_cell_is_left_and_reported_if_that_is_wanted(make: Callable[..., World]) -> None:
    world = make(orders=30, env={"EDITED_CELLS": "report"})
    world.synced()
    gid, key = some_line(world)
    world.colleague.type(f"{world.letter('Note')}{world.row_of(key)}", "mine")
    ran = world.synced(full=True)
    assert world.rows()[key]["Note"] == "mine" and ran.data["conflicts"] == 1 and ran.writes == 0
    world.shop.set_note(gid, "the shop's")
    world.synced()
    assert world.rows()[key]["Note"] == "the shop's", "when the shop changes it later, the shop counts"


def test_a_formula_in_our_cell_is_never_overwritten(world: World) -> None:
    gid, key = some_line(world)
    cell = f"{world.letter('Note')}{world.row_of(key)}"
    world.colleague.type(cell, "=1+1")
    world.shop.set_note(gid, "the shop's")
    told = world.synced()
    assert world.rows()[key]["Note"] == "=1+1" and told.data["conflicts"] == 1
    world.colleague.clear(cell)
    world.synced(full=True)
    assert world.rows()[key]["Note"] == "the shop's"


def test_a_formula_with_the_very_text_of_ours_is_never_overwritten_either(world: World) -> None:
    gid, key = some_line(world)
    world.shop.set_note(gid, "=1+1")
    world.synced()
    world.colleague.type(f"{world.letter('Note')}{world.row_of(key)}", "=1+1")
    world.shop.set_note(gid, "the shop's")
    told = world.synced()
    assert world.rows()[key]["Note"] == "=1+1" and told.data["conflicts"] == 1 and not told.counts["quarantined"]


def test_text_that_looks_like_a_formula_is_no_formula_though_nothing_is_known_of_it(world: World) -> None:
    """With an old copy of the ledger put back, the base cannot tell that the text is ours."""
    gid, key = some_line(world)
    world.shop.set_note(gid, None)
    world.synced()
    ledger, copy = Path(world.env["DB_PATH"]), world.folder / "copy.db"
    shutil.copy(ledger, copy)
    world.shop.set_note(gid, "=1+1")
    world.synced()
    assert world.rows()[key]["Note"] == "=1+1"
    shutil.copy(copy, ledger)
    world.shop.set_note(gid, None)
    ran = world.synced(full=True)
    assert world.rows()[key]["Note"] is None and ran.data["conflicts"] == 0


def test_a_copied_row_freezes_both_and_is_reported(world: World) -> None:
    gid, key = some_line(world)
    row, last = world.row_of(key), len(world.grid())
    world.colleague.insert_rows(last + 1)
    world.colleague.copy_rows(row, 1, last + 1)
    before = world.grid()
    world.shop.set_note(gid, "changed")
    ran = world.sync()
    assert ran.code == 0 and ran.data["conflicts"] == 1
    note = world.column("Note")
    assert world.grid()[row - 1][note] == before[row - 1][note] and world.grid()[last][note] == before[last][note]
    text = world.sync(full=True, as_json=False).text
    assert "stands in several rows" in text and key in text
    world.colleague.delete_rows(last + 1)
    world.synced(full=True)
    assert world.rows()[key]["Note"] == "changed"


def test_a_renamed_header_stops_the_run_before_it_writes(world: World) -> None:
    gid, _ = some_line(world)
    world.shop.set_note(gid, "changed")
    column = world.letter("SKU")
    world.colleague.type(f"{column}1", "Article")
    before = world.grid()
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and world.grid() == before
    assert """lacks the header "SKU". Headers there that are none of syncdb's: "Article".""" in ran.text
    assert '["default", {"field": "sku", "header": "Article"}]' in ran.text and "What to do:" in ran.text
    world.colleague.type(f"{world.letter('Article')}1", "")
    ran = world.sync(as_json=False)
    assert ran.code == 5 and "deleted, most likely" in ran.text and '"SKU" above an empty column' in ran.text
    world.colleague.type(f"{column}1", "SKU")
    world.synced()
    assert "changed" in {row["Note"] for row in world.rows().values()}, "nothing was lost by waiting"


def test_a_renamed_header_can_be_accepted_in_the_configuration(world: World) -> None:
    world.colleague.type(f"{world.letter('SKU')}1", "Article")
    columns = ["default", {"field": "sku", "header": "Article"}]  # as the message of the stopped run says
    (world.folder / "config.json").write_text(__import__("json").dumps({"columns": columns}), encoding="utf-8")
    ran = world.sync(config=world.folder / "config.json")
    assert ran.code == 0 and ran.counts["cells_changed"] == 0


def test_a_doubled_header_stops_the_run(world: World) -> None:
    world.colleague.insert_columns("C")
    world.colleague.type("C1", "SKU")
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and "stands 2 times" in ran.text


def test_a_vanished_tab_stops_the_run_and_a_renamed_one_is_followed(world: World) -> None:
    gid, key = some_line(world)
    world.colleague.rename_tab("Bestellungen")
    world.shop.set_note(gid, "after renaming")
    assert world.sync().code == 0
    tab = world.sandbox.spreadsheet.titled("Bestellungen")
    assert tab is not None
    assert any(cell is not None for row in tab.rows for cell in row)
    from syncdb.sandbox.google.colleague import Colleague

    Colleague(world.sandbox.spreadsheet, "Bestellungen").delete_tab()
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and "is gone from the spreadsheet" in ran.text and "--force" in ran.text
    assert world.synced(force=True).counts["rows_added"] > 0
    assert key in world.rows()


def test_an_emptied_tab_is_not_filled_again_without_asking(world: World) -> None:
    world.colleague.delete_rows(2, len(world.rows()))
    ran = world.sync(full=True, as_json=False)
    assert ran.code == 5 and ran.writes == 0 and "are gone and would be added again" in ran.text
    world.synced(force=True)
    assert set(world.lines()) <= set(world.rows())


def test_a_new_column_is_filled_for_every_row(world: World) -> None:
    from syncdb.mapping import default_columns

    names = [name for name, _ in default_columns("line")]
    world.env |= {"SHEET_COLUMNS": ",".join([*names, "shipping_zip"])}
    ran = world.synced()
    header = world.header()[-1]
    assert ran.counts["rows_added"] == 0
    for key, (order, _) in world.lines().items():
        expected = (order["shippingAddress"] or {}).get("zip")
        assert world.rows()[key][header] == expected, "leading zeros included"
    assert world.synced().writes == 0


def test_rows_above_the_header_and_totals_below_are_left_alone(world: World) -> None:
    from syncdb.sandbox.shopify.generate import new_order

    world.colleague.insert_rows(1, 2)
    world.colleague.type("A1", "Our shop - do not print")
    bottom = len(world.grid()) + 1
    total = world.letter("Total")
    world.colleague.insert_rows(bottom)
    world.colleague.type(f"{total}{bottom}", f"=SUM({total}4:{total}{bottom - 1})")
    new_order(world.shop, __import__("random").Random(5), world.sandbox.now(), 1)
    assert world.synced().counts["rows_added"] > 0
    assert world.grid()[0][0] == "Our shop - do not print"
    assert str(world.grid()[-1][world.column("Total")]).startswith("=SUM(")
