"""Random histories of two systems that both change, with answers lost and writes landing late, judged without the ledger.

The judge keeps its own idea of what was last agreed: what both sides showed after the last clean run.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syncdb.model import Owner, Policy, Rule, Tie
from tests.engine.hostile import World

POLICY = Policy(
    {
        "ours": Rule(Owner.LEFT),
        "theirs": Rule(Owner.RIGHT),
        "shared": Rule(Owner.BOTH, tie=Tie.LEFT),
        "stock": Rule(Owner.BOTH, tie=Tie.SUM),
        "asked": Rule(Owner.BOTH, tie=Tie.ASK),
    },
    create_left=True,
    create_right=True,
)

keys = st.sampled_from(["a", "b", "c", "d", "e"])
fields = st.sampled_from(sorted(POLICY.rules))
numbers = st.integers(0, 5)


def expected(field: str, base: int, left: int, right: int) -> tuple[int, int]:
    """What both sides shall show, worked out from the rule alone."""
    if left == right:
        return left, right
    if field == "ours":
        return left, left
    if field == "theirs":
        return right, right
    if right == base:
        return left, left
    if left == base:
        return right, right
    return {"shared": (left, left), "stock": (left + right - base,) * 2, "asked": (left, right)}[field]


class TwoWay(RuleBasedStateMachine):
    @initialize(seed=st.integers(0, 2**32), hostile=st.booleans())
    def start(self, seed: int, hostile: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder, POLICY, seed, hostile)
        self.agreed: dict[str, dict[str, int]] = {}
        self.notes: dict[str, Any] = {}

    @rule(key=keys, number=numbers)
    def born_left(self, key: str, number: int) -> None:
        if key not in self.world.left.rows and key not in self.world.right.rows:
            self.world.left.rows[key] = dict.fromkeys(POLICY.rules, number)

    @rule(key=keys, number=numbers)
    def born_right(self, key: str, number: int) -> None:
        if key not in self.world.left.rows and key not in self.world.right.rows:
            self.world.right.rows[key] = dict.fromkeys(POLICY.rules, number)

    @rule(key=keys, field=fields, number=numbers, left=st.booleans())
    def edited(self, key: str, field: str, number: int, left: bool) -> None:
        rows = (self.world.left if left else self.world.right).rows
        if key in rows:
            rows[key][field] = number

    @rule(key=keys, number=numbers)
    def colleague_notes(self, key: str, number: int) -> None:
        if key in self.world.right.rows:
            self.world.right.rows[key]["note"] = self.notes[key] = number

    @rule()
    def a_late_write_lands(self) -> None:
        self.world.left.land_late()
        self.world.right.land_late()

    @rule()
    def sync(self) -> None:
        before = [{key: dict(row) for key, row in side.rows.items()} for side in (self.world.left, self.world.right)]
        self.world.sync()
        self.judge(*before)
        assert not self.world.sync().plan.operations, "a second run right after found something to do"

    def judge(self, left: dict[str, dict[str, Any]], right: dict[str, dict[str, Any]]) -> None:
        assert set(self.world.left.rows) == set(self.world.right.rows) == set(left) | set(right)
        for key, row in self.world.left.rows.items():
            for field in POLICY.rules:
                shown = row[field], self.world.right.rows[key][field]
                if key in left and key in right:
                    base = self.agreed[key][field]
                    assert shown == expected(field, base, left[key][field], right[key][field]), (key, field)
                if shown[0] == shown[1]:
                    self.agreed.setdefault(key, {})[field] = shown[0]

    @invariant()
    def nobody_touched_the_notes(self) -> None:
        if hasattr(self, "world"):
            for key, number in self.notes.items():
                assert self.world.right.rows[key]["note"] == number

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)


TwoWay.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TestTwoWay = TwoWay.TestCase
