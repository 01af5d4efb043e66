"""What a person decides about a conflict is done, once, on whichever sides need it, and only while it still fits."""

from dataclasses import replace
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.model import OnDrift, OnMissing, Owner, Policy, Rule, Take, Tie, Verdict
from tests.engine.hostile import World

POLICY = Policy(
    {"asked": Rule(Owner.BOTH, tie=Tie.ASK), "ours": Rule(Owner.LEFT, OnDrift.REPORT)},
    create_left=True,
    create_right=True,
    missing_right=OnMissing.DELETE,
    missing_left=OnMissing.DELETE,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, POLICY, seed=1, hostile=False)
    world.left.rows["a"] = {"asked": 1, "ours": 1}
    world.sync()
    return world


def _in_dispute(world: World) -> None:
    world.left.rows["a"]["asked"], world.right.rows["a"]["asked"] = 2, 3
    assert [one.field for one in world.sync().plan.conflicts] == ["asked"]


def _decide(world: World, verdict: Verdict) -> None:
    with Ledger.open(world.path, world.time) as ledger, ledger.transaction():
        ledger.verdicts("test").decide(verdict, "2026-09-01T10:00:00Z")


def _ended(world: World) -> list[str]:
    with Ledger.open(world.path, world.time) as ledger:
        return [row[0] for row in ledger.connection.execute("SELECT ended_how FROM verdict ORDER BY verdict_id")]


@pytest.mark.parametrize(("take", "value", "expected"), [(Take.LEFT, None, 2), (Take.RIGHT, None, 3), (Take.VALUE, 7, 7)])
def test_a_decision_is_carried_out_on_the_sides_that_need_it(world: World, take: Take, value: int | None, expected: int) -> None:
    _in_dispute(world)
    _decide(world, Verdict("a", "asked", take, 2, 3, value))
    result = world.sync()
    assert {op.reason for op in result.plan.operations} == {"decided by a person"}
    assert world.left.rows["a"]["asked"] == world.right.rows["a"]["asked"] == expected
    again = world.sync()
    assert not again.plan.operations and not again.plan.conflicts
    assert all("carried out" in how for how in _ended(world))


def test_a_decision_about_what_has_changed_since_does_nothing_and_says_so(world: World) -> None:
    _in_dispute(world)
    _decide(world, Verdict("a", "asked", Take.LEFT, 2, 3))
    world.right.rows["a"]["asked"] = 4
    result = world.sync()
    assert not result.plan.operations and [one.field for one in result.plan.conflicts] == ["asked"]
    assert _ended(world) == ["overtaken: something changed after it was made"]


def test_an_edit_that_is_only_reported_can_be_put_back_but_never_written_over_its_owner(world: World) -> None:
    world.right.rows["a"]["ours"] = 9
    world.sync()
    _decide(world, Verdict("a", "ours", Take.RIGHT, 1, 9))
    assert [one.field for one in world.sync().plan.conflicts] == ["ours"]
    assert world.left.rows["a"]["ours"] == 1
    _decide(world, Verdict("a", "ours", Take.LEFT, 1, 9))
    world.sync()
    assert world.left.rows["a"]["ours"] == world.right.rows["a"]["ours"] == 1
    assert not world.sync().plan.conflicts


def test_a_decision_stands_where_the_rule_asks_nobody_any_more(world: World) -> None:
    """The shop was to keep its price; then writing to it was allowed, and Grist's went over it though nobody wanted that."""
    world.right.rows["a"]["ours"] = 9
    world.sync()
    _decide(world, Verdict("a", "ours", Take.LEFT, 1, 9))
    world.policy = replace(POLICY, rules=POLICY.rules | {"ours": Rule(Owner.BOTH)})
    assert {op.reason for op in world.sync().plan.operations} == {"decided by a person"}
    assert world.left.rows["a"]["ours"] == world.right.rows["a"]["ours"] == 1
    world.right.rows["a"]["ours"] = 9
    world.sync()
    assert world.left.rows["a"]["ours"] == 9, "it was carried out: the same edit made anew is another one"


def test_a_later_decision_overtakes_an_earlier_one(world: World) -> None:
    _in_dispute(world)
    _decide(world, Verdict("a", "asked", Take.LEFT, 2, 3))
    _decide(world, Verdict("a", "asked", Take.RIGHT, 2, 3))
    world.sync()
    assert world.left.rows["a"]["asked"] == 3
    assert _ended(world)[0] == "overtaken by a later decision"


@pytest.mark.parametrize("take", [Take.LEFT, Take.RIGHT])
def test_edited_here_and_deleted_there_can_be_decided_either_way(world: World, take: Take) -> None:
    world.left.rows["a"]["asked"] = 5
    del world.right.rows["a"]
    assert [one.why.value for one in world.sync().plan.conflicts] == ["edit against delete"]
    _decide(world, Verdict("a", None, take))
    world.sync()
    assert ("a" in world.left.rows, "a" in world.right.rows) == ((True, True) if take is Take.LEFT else (False, False))
    assert not world.sync().plan.conflicts
    assert "carried out" in _ended(world)[0]
