"""A run that dies at step N, for every N, and the clean run after it: nothing lost, nothing twice."""

from pathlib import Path

import pytest

from syncdb.engine.match import Matching
from syncdb.model import OnMissing, Owner, Policy, Rule, Tie
from tests.engine.hostile import Crash, Steps, World

ONE_WAY = Policy({"title": Rule(Owner.LEFT), "count": Rule(Owner.LEFT)})
TWO_WAY = Policy(
    {"title": Rule(Owner.BOTH, tie=Tie.LEFT), "count": Rule(Owner.BOTH, tie=Tie.SUM)},
    missing_left=OnMissing.DELETE,
    create_left=True,
    create_right=True,
)


def one_way_world(folder: Path, matching: Matching | None) -> World:
    world = World(folder, ONE_WAY, matching=matching)
    for n in range(7):
        world.add(world.left, f"k{n}", {"title": f"Thing {n}", "count": n})
    world.sync()
    left, right = world.things(world.left), world.things(world.right)
    left["k1"]["count"] = 100
    left["k2"]["title"] = "renamed"
    world.add(world.left, "new", {"title": "fresh", "count": 1})
    right["k3"]["title"] = "scribbled over"
    del world.right.rows[world.ids(world.right)["k4"]]
    return world


def two_way_world(folder: Path, matching: Matching | None) -> World:
    world = World(folder, TWO_WAY, matching=matching)
    for n in range(6):
        world.add(world.left, f"k{n}", {"title": f"Thing {n}", "count": 10})
    world.sync()
    left, right = world.things(world.left), world.things(world.right)
    left["k0"]["count"] = 8  # two sold here
    right["k0"]["count"] = 15  # five received there
    left["k4"]["count"] = right["k4"]["count"] = 8  # two sold on either side
    left["k1"]["title"] = "left's"
    right["k2"]["title"] = "right's"
    world.add(world.right, "r", {"title": "born on the right", "count": 1})
    del world.left.rows[world.ids(world.left)["k5"]]
    if matching and matching.fields:
        for side in (world.left, world.right):
            world.add(side, "twin", {"title": "born on both sides", "count": 4})
        del world.right.rows[world.ids(world.right)["k3"]]
        world.add(world.right, "k3", {"title": "made anew", "count": 10})
    return world


def one_way_is_right(world: World) -> None:
    left, right = world.things(world.left), world.things(world.right)
    assert right == left and set(left) == {*(f"k{n}" for n in range(7)), "new"}
    assert left["k1"]["count"] == 100


def two_way_is_right(world: World) -> None:
    left, right = world.things(world.left), world.things(world.right)
    matched = bool(world.matching and world.matching.fields)
    assert left == right and set(left) == {*(f"k{n}" for n in range(5)), "r", *(["twin"] if matched else [])}
    assert (left["k0"]["count"], left["k4"]["count"]) == (13, 6)
    assert (left["k1"]["title"], left["k2"]["title"]) == ("left's", "right's")
    assert left["k3"]["title"] == ("made anew" if matched else "Thing 3")


@pytest.mark.parametrize("matching", [None, Matching(), Matching(("name",))], ids=["one id", "own ids", "own ids, matched"])
@pytest.mark.parametrize(("make", "is_right"), [(one_way_world, one_way_is_right), (two_way_world, two_way_is_right)])
def test_dying_at_any_step_is_made_good(tmp_path: Path, make, is_right, matching: Matching | None) -> None:
    at = 0
    while True:
        at += 1
        folder = tmp_path / str(at)
        folder.mkdir()
        world = make(folder, matching)
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
