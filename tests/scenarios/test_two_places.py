"""One ledger, two tabs with orders: what a run for the one reads, the other shows, too."""

import json
from typing import Any

from syncdb.sandbox.shopify.anatomy import metafield
from tests.scenarios.test_everyday import first_order
from tests.scenarios.world import World


def notes(world: World, tab: str, name: str) -> set[Any]:
    return shown(world, tab, name, "Note")


def shown(world: World, tab: str, name: str, header: str) -> set[Any]:
    rows = world.grid(tab)
    order, note = rows[0].index("Order"), rows[0].index(header)
    found = {row[note] if len(row) > note else None for row in rows[1:] if row[order] == name}
    assert found, f"{name} is not in {tab}"
    return found


def into(world: World, tab: str, **asked: Any) -> None:
    world.env["TARGET_WORKSHEET"] = tab
    world.synced(**asked)


def test_a_change_read_for_one_tab_reaches_the_other_without_a_full_run(world: World) -> None:
    into(world, "Second")
    gid, order = first_order(world)
    world.shop.set_note(gid, "ring twice")
    into(world, "Orders")
    world.pass_time(hours=2)  # past the overlap: the shop's search no longer tells of the change
    into(world, "Second")
    assert notes(world, "Orders", order["name"]) == notes(world, "Second", order["name"]) == {"ring twice"}


def test_a_tab_that_was_away_for_long_hears_of_everything(world: World) -> None:
    into(world, "Second")
    world.pass_time(hours=24 * 28)
    into(world, "Orders")
    world.pass_time(hours=24 * 3)
    gid, order = first_order(world)
    world.shop.set_note(gid, "ring twice")
    into(world, "Orders")
    world.pass_time(hours=2)
    into(world, "Second")
    assert notes(world, "Second", order["name"]) == {"ring twice"}


def test_a_tab_renamed_in_the_sheet_and_in_the_settings_stays_the_same_tab(world: World) -> None:
    tab = world.sandbox.spreadsheet.titled("Orders")
    assert tab is not None
    before = world.grid()
    tab.title = world.env["TARGET_WORKSHEET"] = "Sales"
    world.synced(full=True)
    assert world.grid("Sales") == before and world.sandbox.spreadsheet.titled("Orders") is None


def test_places_that_read_different_things_do_not_make_each_other_read_everything_again(world: World) -> None:
    """Also a place that reads fewer things, and one that looks back further."""
    shapes: dict[str, dict[str, str]] = {
        "First": {"SHEET_COLUMNS": json.dumps(["order_name", "metafield:custom.wrap"]), "LOOKBACK_DAYS": "300"},
        "Second": {"SHEET_COLUMNS": json.dumps(["order_name", "note", "metafield:custom.care", "payment_terms"])},
        "Third": {"SHEET_COLUMNS": json.dumps(["order_name", "note"]), "LOOKBACK_DAYS": "90"},
    }
    gid, order = first_order(world)
    order["metafields"] = [
        metafield(world.shop.new_id(), "custom", name, "single_line_text_field", value, value, order["createdAt"])
        for name, value in (("wrap", "red"), ("care", "cold"))
    ]
    world.shop.changed(order)

    def hour(tab: str, **asked: Any) -> int:
        world.env.update({"LOOKBACK_DAYS": "60"} | shapes[tab])
        world.env["TARGET_WORKSHEET"] = tab
        return int(world.synced(**asked).counts["fetched"])

    for tab in [*shapes, *shapes]:  # once more what others came to want, too, after it was read
        hour(tab)
    world.pass_time(hours=2)
    assert [hour(tab) for tab in [*shapes, *shapes]] == [0] * 6
    hour("Third", full=True)
    assert [hour(tab) for tab in shapes] == [0] * 3, "what was read before stays read"
    world.shop.set_note(gid, "ring twice")
    assert hour("Third") == 1
    world.pass_time(hours=2)
    assert [hour(tab) for tab in shapes] == [0] * 3
    assert shown(world, "First", order["name"], "custom.wrap") == {"red"}
    assert shown(world, "Second", order["name"], "custom.care") == {"cold"}
    assert notes(world, "Second", order["name"]) == notes(world, "Third", order["name"]) == {"ring twice"}
