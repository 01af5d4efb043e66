"""Many values that return to what they were at one earlier time: an older copy took a system's place, whichever it is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncdb.engine.guards import Limits
from syncdb.errors import NeedsPerson
from syncdb.model import OnMissing, Owner, Policy, Rule, Tie
from tests.engine.hostile import Hostile, World

POLICY = Policy(
    {"price": Rule(Owner.BOTH), "count": Rule(Owner.BOTH, tie=Tie.SUM)}, missing_left=OnMissing.RESTORE, create_left=True
)


class Live(Hostile):
    """Customers see at once what is written there."""

    can = replace(Hostile.can, live=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, POLICY, limits=Limits(live_percent=100))
    world.left = Live("left")
    for number in range(20):
        world.left.rows[f"k{number}"] = {"price": 100 + number, "count": 40}
    world.sync()
    yield world


def busy(world: World, by: int) -> None:
    """Prices and stock move on either side, and are brought over."""
    for number in range(12):
        side = world.left if number % 2 else world.right
        side.rows[f"k{number}"]["price"] = 200 + by + number
        world.left.rows[f"k{number}"]["count"] = 40 - by
    world.sync()


def test_a_backup_of_the_other_side_undoes_nothing_in_a_live_system(world: World) -> None:
    busy(world, 1)
    aside = {key: dict(row) for key, row in world.right.rows.items()}
    busy(world, 2)
    busy(world, 3)
    world.right.rows = {key: dict(row) for key, row in aside.items()}
    world.right.rows["k15"]["price"] = 7  # and somebody works on in it
    before = {key: dict(row) for key, row in world.left.rows.items()}
    with pytest.raises(NeedsPerson, match="what they were before .*as if an older copy") as stopped:
        world.sync()
    assert "right" in str(stopped.value) and "--accept older-copy" in stopped.value.next_step
    assert world.left.rows == before
    result = world.sync(anew=True)
    assert world.left.rows == before and {one.why.value for one in result.plan.conflicts} == {"no base"}
    assert not world.sync().plan.operations


def test_what_ends_in_the_midst_of_other_work_is_no_older_copy(world: World) -> None:
    """A sale ends: prices are again what they were, while stock went on moving."""
    busy(world, 1)
    before = [world.right.rows[f"k{number}"]["price"] for number in range(7)]
    for number in range(7):
        world.right.rows[f"k{number}"]["price"] = 90
    world.sync()
    for number in range(20):
        world.left.rows[f"k{number}"]["count"] = 30 - number
    world.sync()
    for number in range(7):
        world.right.rows[f"k{number}"]["price"] = before[number]
    world.sync()
    assert [world.left.rows[f"k{number}"]["price"] for number in range(7)] == before


def test_a_few_values_may_return(world: World) -> None:
    busy(world, 1)
    for number in range(5):
        world.right.rows[f"k{number}"]["price"] = 100 + number
    world.sync()
    assert world.left.rows["k4"]["price"] == 104


def test_new_values_are_no_return(world: World) -> None:
    for by in range(1, 5):
        busy(world, by)
    assert world.left.rows["k0"]["price"] == 204
