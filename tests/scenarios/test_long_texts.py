"""Texts longer than a cell: the cell is cut, its row goes on."""

from collections.abc import Callable

from syncdb.connectors.google_sheets.cells import LONGEST_TEXT
from syncdb.mapping.long_texts import units
from tests.sandbox.shopify.placed import placed
from tests.scenarios.world import World

LONG = "🐝" * 30_000


def test_a_text_longer_than_a_cell_is_cut_and_told_once(make: Callable[..., World]) -> None:
    world = make()
    world.env |= {"SHEET_COLUMNS": "order_name,fulfilled_quantity,line_properties,note,property:letter"}
    order = placed(world.shop, ("30.00", 1))
    order["lineItems"][0]["customAttributes"] = [{"key": "letter", "value": LONG}]
    world.synced()
    (row,) = world.rows().values()
    for header in ("Properties", "letter"):
        assert units(row[header]) <= LONGEST_TEXT and row[header].endswith(" characters]"), header
    assert row["Properties"].startswith("letter: 🐝") and row["letter"].count("🐝") > 24_900
    world.shop.fulfil(order["id"], {order["lineItems"][0]["id"]: 1})
    ran = world.synced()
    (row,) = world.rows().values()
    assert row["Fulfilled quantity"] == 1 and "cut" not in [note["code"] for note in ran.data["notes"]]
    assert world.synced(full=True).writes == 0


def test_it_is_told_with_its_order_and_what_to_do(make: Callable[..., World]) -> None:
    world = make(orders=3)
    world.synced()
    order = placed(world.shop, ("30.00", 1))
    world.shop.set_note(order["id"], LONG)
    dry = world.sync(test=True)
    ran = world.synced()
    for one in (dry, ran):
        (note,) = [note for note in one.data["notes"] if note["code"] == "cut"]
        assert order["name"] in note["message"] and "note" in note["message"] and "export" in note["next_step"]
    assert len(world.rows()) > 3 and world.synced().data["notes"] == []
    world.shop.set_note(order["id"], "short again")
    world.synced()
    assert world.rows()[order["lineItems"][0]["id"].rpartition("/")[2]]["Note"] == "short again"


def test_a_row_that_was_held_back_for_it_is_written_now(make: Callable[..., World]) -> None:
    """As earlier versions left it: the order waits, its problem is open."""
    world = make()
    order = placed(world.shop, ("30.00", 1))
    world.shop.set_note(order["id"], "x" * 60_000)
    ran = world.synced()
    assert ran.counts["quarantined"] == 0 and ran.counts["rows_added"] == 1
    (row,) = world.rows().values()
    assert len(row["Note"]) == LONGEST_TEXT and row["Note"].endswith("… [cut off: 60,000 characters]")
