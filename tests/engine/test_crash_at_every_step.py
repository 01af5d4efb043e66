"""A run that dies at step N, for every N, and the clean run after it: nothing lost, nothing twice."""

from pathlib import Path

import pytest

from syncdb.model import Owner, Policy, Rule, Tie
from tests.engine.hostile import Crash, Steps, World

ONE_WAY = Policy({"title": Rule(Owner.LEFT), "count": Rule(Owner.LEFT)})
TWO_WAY = Policy(
    {"title": Rule(Owner.BOTH, tie=Tie.LEFT), "count": Rule(Owner.BOTH, tie=Tie.SUM)}, create_left=True, create_right=True
)


def one_way_world(folder: Path) -> World:
    world = World(folder, ONE_WAY)
    world.left.rows = {f"k{n}": {"title": f"Thing {n}", "count": n} for n in range(7)}
    world.sync()
    world.left.rows["k1"]["count"] = 100
    world.left.rows["k2"]["title"] = "renamed"
    world.left.rows["new"] = {"title": "fresh", "count": 1}
    world.right.rows["k3"]["title"] = "scribbled over"
    del world.right.rows["k4"]
    return world


def two_way_world(folder: Path) -> World:
    world = World(folder, TWO_WAY)
    world.left.rows = {f"k{n}": {"title": f"Thing {n}", "count": 10} for n in range(5)}
    world.sync()
    world.left.rows["k0"]["count"] = 8  # two sold here
    world.right.rows["k0"]["count"] = 15  # five received there
    world.left.rows["k1"]["title"] = "left's"
    world.right.rows["k2"]["title"] = "right's"
    world.right.rows["r"] = {"title": "born on the right", "count": 1}
    return world


def one_way_is_right(world: World) -> None:
    assert world.right.rows == world.left.rows
    assert world.left.rows["k1"]["count"] == 100


def two_way_is_right(world: World) -> None:
    assert world.left.rows == world.right.rows
    assert world.left.rows["k0"]["count"] == 13
    assert (world.left.rows["k1"]["title"], world.left.rows["k2"]["title"]) == ("left's", "right's")
    assert "r" in world.left.rows


@pytest.mark.parametrize(("make", "is_right"), [(one_way_world, one_way_is_right), (two_way_world, two_way_is_right)])
def test_dying_at_any_step_is_made_good(tmp_path: Path, make, is_right) -> None:
    at = 0
    while True:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        world = make(folder)
        try:
            world.sync(Steps(die_at=at))
        except Crash:
            world.sync()
            is_right(world)
            assert not world.sync().plan.operations, f"after dying at step {at}, a third run still found something to do"
        else:
            is_right(world)
            break
    assert at > 15, "too few steps were examined to mean anything"
