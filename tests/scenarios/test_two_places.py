"""One ledger, two tabs with orders: what a run for the one reads, the other shows, too."""

from typing import Any

from tests.scenarios.test_everyday import first_order
from tests.scenarios.world import World


def notes(world: World, tab: str, name: str) -> set[Any]:
    rows = world.grid(tab)
    order, note = rows[0].index("Order"), rows[0].index("Note")
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
