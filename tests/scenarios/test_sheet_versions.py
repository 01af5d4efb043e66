"""Somebody puts the spreadsheet back to an earlier version (File, Version history): our cells come right again."""

from collections.abc import Callable

import pytest

from tests.scenarios.test_people import some_line
from tests.scenarios.world import Rows, World


def put_back(world: World) -> Rows:
    """The sheet as it was before some orders were cancelled, tagged and placed; what it showed after that."""
    then = world.sandbox.spreadsheet.kept()
    gids = [gid for gid, order in world.shop.orders.items() if not order["cancelledAt"]]
    for gid in gids[:4]:
        world.shop.set_note(gid, "changed since then")
    world.shop.cancel(gids[5])
    world.synced(full=True)
    shown = world.rows()
    world.sandbox.spreadsheet.come_back(then)
    return shown


@pytest.fixture
def filled(make: Callable[..., World]) -> World:
    world = make(orders=30)
    world.synced()
    return world


def test_an_earlier_version_is_brought_up_to_date_within_a_day(filled: World) -> None:
    world, wanted = filled, put_back(filled)
    assert world.rows() != wanted
    world.pass_time(hours=24)
    world.synced()
    assert world.rows() == wanted
    assert world.synced(full=True).writes == 0


def test_an_order_that_changes_is_whole_at_once(filled: World) -> None:
    world, wanted = filled, put_back(filled)
    gid, key = some_line(world)
    world.shop.set_note(gid, "changed again")
    world.synced()
    changed = {name for name, value in world.rows()[key].items() if value != wanted[key][name]}
    assert changed <= {"Note", "Updated", "Tags", "Last synced"}, changed


def test_where_edits_are_only_reported_an_earlier_version_is_reported(make: Callable[..., World]) -> None:
    world = make(orders=30, env={"EDITED_CELLS": "report"})
    world.synced()
    wanted = put_back(world)
    ran = world.synced(full=True)
    assert ran.data["conflicts"] > 0 and world.rows() != wanted, "nobody can tell it from edits, and they are to be left"
    world.synced(accept=("older-copy",))
    assert world.rows() == wanted
    again = world.synced(full=True)
    assert (again.writes, again.data["conflicts"]) == (0, 0)
