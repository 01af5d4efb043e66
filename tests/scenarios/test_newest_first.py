"""New orders on top of the sheet, by setting; everything else of the sheet as it is without."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.generate import new_order
from tests.scenarios.world import World

Make = Callable[..., World]


@pytest.fixture
def world(make: Make) -> World:
    made = make(orders=6, env={"SHEET_NEWEST": "first"})
    made.synced()
    return made


def orders_down(world: World) -> list[str]:
    """The orders from top to bottom, each once where its lines stand together."""
    at = world.column("Order")
    shown = [row[at] for row in world.grid()[world.header_row() :] if len(row) > at and row[at]]
    return [name for place, name in enumerate(shown) if place == 0 or shown[place - 1] != name]


def placed(world: World) -> Any:
    return new_order(world.shop, Random(len(world.shop.orders)), datetime.fromtimestamp(world.time, UTC))


def newest(world: World) -> list[str]:
    return [one["name"] for one in sorted(world.shop.orders.values(), key=lambda one: one["createdAt"], reverse=True)]


def test_new_orders_go_on_top_and_old_ones_change_where_they_stand(world: World) -> None:
    assert orders_down(world) == newest(world)
    for gid in list(world.shop.orders)[:2]:
        world.shop.set_tags(gid, ["looked at"])
    made = [placed(world) for _ in range(2)]
    ran = world.synced()
    assert ran.counts["rows_added"] == sum(len(one["lineItems"]) for one in made)
    assert orders_down(world) == newest(world) and len(world.rows()) == len(world.lines())
    assert {row["Tags"] for row in world.rows().values()} >= {"looked at"}
    assert (world.synced().writes, world.synced(full=True).counts.get("rows_changed", 0)) == (0, 0)


def test_what_people_have_in_the_sheet_stays_and_a_lost_answer_doubles_nothing(world: World) -> None:
    colleague = world.colleague
    letter = world.letter("Order")
    width = len(world.header())
    colleague.insert_rows(2)
    colleague.type(f"{letter}2", "as of today")
    notes = {key: f"note {key}" for key in world.rows()}
    header = "ZZ"
    colleague.insert_columns("A")
    colleague.type("A1", header)
    for number, key in world.keys().items():
        colleague.type(f"A{number}", notes[key])
    placed(world)
    world.faults.add(Fault("apply_then_cut", "sheets write"))
    world.sync()
    world.synced()
    rows = world.rows()
    assert {key: row[header] for key, row in rows.items() if row[header]} == notes
    assert len(rows) == len(world.lines()) and len(world.header()) == width + 1
    assert world.grid()[1][1 + world.header()[1:].index("Order")] == "as of today"
    assert orders_down(world)[1:] == newest(world)  # below what a person wrote above the first order


def test_each_route_may_have_its_own_way(make: Make) -> None:
    routes = '{"top": {"target_worksheet": "Top", "rows": "order", "newest": "first"}}'
    world = make(orders=3, env={"ROUTES": routes})
    world.synced()
    placed(world)
    world.synced()
    first = [row[1] for row in world.grid("Top")[1:] if len(row) > 1 and row[1]]
    assert first == newest(world) and orders_down(world) == first[::-1]
