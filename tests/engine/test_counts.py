"""Counts that move on both sides: each movement counts once, and where one may be a write of ours a person is asked."""

from dataclasses import replace
from pathlib import Path

import pytest

from syncdb.errors import RetryLater
from syncdb.ledger import Ledger, state_keys
from syncdb.model import Attempt, Outcome, Owner, Policy, Result, Rule, Tie, Why
from tests.engine.hostile import Hostile, World

POLICY = Policy({"count": Rule(Owner.BOTH, tie=Tie.SUM)}, create_left=True, create_right=True)


class Unfenced(Hostile):
    """A system that cannot be told to forget a write: one that was not seen to take place may still arrive."""

    can = replace(Hostile.can, fence=False)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.fates: list[str] = []

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not self.fates:
            return super().write(attempt)
        if self.fates.pop(0) == "late":
            self.late.append(attempt)
        return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        if "away" in self.fates:
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]
        return [self._stands(operation, attempt.token) for operation in attempt.operations]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, POLICY)
    world.right = Unfenced("right")
    world.left.rows["k"] = {"count": 250}
    world.sync()
    return world


def shown(world: World) -> tuple[object, object]:
    return world.left.rows["k"]["count"], world.right.rows["k"]["count"]


def test_two_sold_on_either_side_are_four(world: World) -> None:
    world.left.rows["k"]["count"] = world.right.rows["k"]["count"] = 248
    world.sync()
    assert shown(world) == (246, 246)
    assert not world.sync().plan.operations


def _left_open(world: World) -> None:
    """A sale of the left side is sent, neither answered nor seen to arrive, and arrives after it was looked for."""
    assert isinstance(world.right, Unfenced)
    world.left.rows["k"]["count"] = 248
    world.right.fates = ["late", "away"]
    with pytest.raises(RetryLater):
        world.sync()
    world.right.fates = []


def test_a_write_that_arrives_after_it_was_looked_for_is_no_movement(world: World) -> None:
    _left_open(world)
    looked = world.right.settle

    def lands_after_the_look(attempt: Attempt) -> list[Outcome]:
        outcomes = looked(attempt)
        world.right.land_late()
        return outcomes

    world.right.settle = lands_after_the_look  # type: ignore[method-assign]
    result = world.sync()
    assert [(one.why, one.base, one.left, one.right) for one in result.plan.conflicts] == [(Why.ALIKE, 250, 248, 248)]
    assert shown(world) == (248, 248)


def test_what_was_written_again_and_agreed_is_counted_as_before(world: World) -> None:
    _left_open(world)
    world.sync()
    assert shown(world) == (248, 248)
    world.left.rows["k"]["count"] = world.right.rows["k"]["count"] = 247
    assert not world.sync().plan.conflicts and shown(world) == (246, 246)


def test_an_older_copy_of_the_ledger_takes_what_both_sides_show_for_agreed(world: World) -> None:
    with Ledger.open(world.path, world.time) as ledger, ledger.transaction():
        ledger.runs.put(state_keys.old_base("test"), True)
    world.left.rows["k"]["count"] = world.right.rows["k"]["count"] = 248  # agreed after the copy was made
    world.sync()
    assert shown(world) == (248, 248)
