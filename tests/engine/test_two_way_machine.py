"""Random histories of two systems that both change, with answers lost and writes landing late, judged without the ledger.

The judge keeps its own idea of what was last agreed: what both sides showed after the last clean run.
"""

import copy
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syncdb.engine.match import Matching
from syncdb.model import OnMissing, Owner, Policy, Rule, Side, Tie
from tests.engine.hostile import NAME, Hostile, World

POLICY = Policy(
    {
        "ours": Rule(Owner.LEFT),
        "theirs": Rule(Owner.RIGHT),
        "shared": Rule(Owner.BOTH, tie=Tie.LEFT),
        "stock": Rule(Owner.BOTH, tie=Tie.SUM),
        "asked": Rule(Owner.BOTH, tie=Tie.ASK),
    },
    missing_left=OnMissing.RESTORE,
    create_left=True,
    create_right=True,
)
SHARED = [name for name, rule in POLICY.rules.items() if rule.owner is Owner.BOTH]

keys = st.sampled_from(["a", "b", "c", "d", "e"])
fields = st.sampled_from(sorted(POLICY.rules))
numbers = st.integers(0, 5)


def expected(field: str, base: int | None, left: int, right: int) -> tuple[int, int]:
    """What both sides shall show, worked out from the rule alone. Without a base only an owner's word counts."""
    if left == right:
        return (2 * left - base,) * 2 if field == "stock" and base is not None else (left, right)
    if field == "ours":
        return left, left
    if field == "theirs":
        return right, right
    if base is None:
        return left, right
    if right == base:
        return left, left
    if left == base:
        return right, right
    return {"shared": (left, left), "stock": (left + right - base,) * 2, "asked": (left, right)}[field]


class TwoWay(RuleBasedStateMachine):
    matching: Matching | None = None
    changed: Mapping[Side, Collection[str]] | None = None  # what a run is told of; None: it looks at everything

    @initialize(seed=st.integers(0, 2**32), hostile=st.booleans())
    def start(self, seed: int, hostile: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.begin()
        self.world = World(self.folder, POLICY, seed, hostile, self.matching)
        self.agreed: dict[str, dict[str, int]] = {}
        self.notes: dict[str, Any] = {}
        self.remade: set[tuple[str, bool]] = set()  # what was made anew since the last run, and on which side
        self.aside: dict[bool, dict[str, dict[str, Any]]] = {}

    def begin(self) -> None:
        """What a machine needs before its world is made."""

    def shown(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """What stands on both sides by what it is, as the rows themselves."""
        return self.world.things(self.world.left), self.world.things(self.world.right)

    def side(self, left: bool) -> Hostile:
        return self.world.left if left else self.world.right

    @rule(key=keys, number=numbers, left=st.booleans())
    def born(self, key: str, number: int, left: bool) -> None:
        if not any(key in rows for rows in self.shown()):
            self.world.add(self.side(left), key, dict.fromkeys(POLICY.rules, number))

    @rule(key=keys, field=fields, number=numbers, left=st.booleans())
    def edited(self, key: str, field: str, number: int, left: bool) -> None:
        rows = self.shown()[0 if left else 1]
        if key in rows:
            rows[key][field] = number

    @rule(key=keys, field=st.sampled_from(["stock", "stock", "asked"]), by=st.sampled_from([-2, -1, 3]))
    def both_sides_move_alike(self, key: str, field: str, by: int) -> None:
        for rows in self.shown():
            if key in rows:
                rows[key][field] += by

    @rule(key=keys, number=numbers)
    def colleague_notes(self, key: str, number: int) -> None:
        right = self.shown()[1]
        if key in right:
            right[key]["note"] = self.notes[key] = number

    @rule()
    def a_late_write_lands(self) -> None:
        self.world.left.land_late()
        self.world.right.land_late()

    @rule(left=st.booleans())
    def copied_aside(self, left: bool) -> None:
        self.aside[left] = copy.deepcopy(self.side(left).rows)

    @rule(left=st.booleans(), field=st.sampled_from([*SHARED, None]), number=numbers)
    def an_older_copy_takes_its_place(self, left: bool, field: str | None, number: int) -> None:
        """A backup is put back, edited or not, and a person consents to that."""
        side = self.side(left)
        if left not in self.aside or not self.same_ids(side, self.aside[left]):
            return
        side.rows = copy.deepcopy(self.aside[left])
        for row in side.rows.values() if field else ():
            row[field or ""] = number
        for row in side.rows.values() if not left else ():  # what people noted goes back, too
            row.pop("note", None)
        if not left:
            self.notes = {}
        for agreed in self.agreed.values():
            for name in SHARED:
                agreed.pop(name, None)
        self.sync(anew=True)

    def same_ids(self, side: Hostile, rows: Mapping[str, Any]) -> bool:
        """Whether nothing was made anew there since: records with ids of their own would stand twice."""
        return rows.keys() <= side.rows.keys()

    @rule()
    def a_run(self) -> None:
        self.sync()

    def sync(self, *, anew: bool = False) -> None:
        before = [{key: dict(row) for key, row in rows.items()} for rows in self.shown()]
        result = self.world.sync(anew=anew, changed=self.changed)
        while result.unsettled:  # answers may be lost as often as a run looks again
            result = self.world.sync()
        self.judge(*before)
        assert not self.world.sync().plan.operations, "a second run right after found something to do"

    def judge(self, left: dict[str, dict[str, Any]], right: dict[str, dict[str, Any]]) -> None:
        on_left, on_right = self.shown()
        assert set(on_left) == set(on_right) == set(left) | set(right)
        for key, row in on_left.items():
            for field in POLICY.rules:
                shown = row[field], on_right[key][field]
                if key in left and key in right:
                    base = self.agreed.get(key, {}).get(field)
                    assert shown == expected(field, base, left[key][field], right[key][field]), (key, field, base, shown)
                else:
                    assert shown == ((left.get(key) or right[key])[field],) * 2, (key, field)
                if shown[0] == shown[1]:
                    self.agreed.setdefault(key, {})[field] = shown[0]

    @invariant()
    def nobody_touched_the_notes(self) -> None:
        if hasattr(self, "world"):
            right = self.shown()[1]
            for key, number in self.notes.items():
                assert right[key]["note"] == number

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)


class TwoWayOwnIds(TwoWay):
    """Both sides give ids of their own: what is new on one of them is linked when it is made on the other."""

    matching = Matching()

    @rule(key=keys)
    def deleted_right(self, key: str) -> None:
        """It is made again there, under another id."""
        left, right = self.shown()
        if key in left and key in right:
            del self.world.right.rows[self.world.ids(self.world.right)[key]]
            self.notes.pop(key, None)


class TwoWayMatched(TwoWayOwnIds):
    """The same thing may come into being on both sides, and be made anew: it is known by its name."""

    matching = Matching((NAME,))

    @rule(key=keys, here=numbers, there=numbers)
    def born_on_both(self, key: str, here: int, there: int) -> None:
        if not any(key in rows for rows in self.shown()):
            for left, number in ((True, here), (False, there)):
                self.world.add(self.side(left), key, dict.fromkeys(POLICY.rules, number))

    @rule(key=keys, number=numbers, left=st.booleans())
    def made_anew(self, key: str, number: int, left: bool) -> None:
        side = self.side(left)
        if all(key in rows for rows in self.shown()):
            del side.rows[self.world.ids(side)[key]]
            self.world.add(side, key, dict.fromkeys(POLICY.rules, number))
            self.remade.add((key, left))
            if {(key, True), (key, False)} <= self.remade:  # two new records that nobody brought together yet
                self.agreed.pop(key, None)
            if not left:
                self.notes.pop(key, None)

    def sync(self, *, anew: bool = False) -> None:
        self.remade.clear()
        super().sync(anew=anew)


class TwoWayNear(TwoWayMatched):
    """A run looks at what changed alone; what is new is held against what it could be, not against everything.

    Played in tests/reliability/test_in_memory.py.
    """

    def begin(self) -> None:
        self.matching = Matching((NAME,), near=self.near)
        self.after: dict[Side, dict[str, dict[str, Any]]] = {side: {} for side in Side}
        self.untold: set[tuple[Side, str]] = set()  # by name what came into being there and no run is told of

    def near(self, side: Side, new: Sequence[Mapping[str, Any]]) -> list[str]:
        names = {one[NAME] for one in new}
        return [id for id, row in self.side(side is Side.LEFT).rows.items() if row[NAME] in names]

    @rule(key=keys, here=numbers, there=numbers, left=st.booleans())
    def born_on_both_and_told_on_one(self, key: str, here: int, there: int, left: bool) -> None:
        if not any(key in rows for rows in self.shown()):
            self.born_on_both(key, here, there)
            self.untold.add((Side.LEFT if left else Side.RIGHT, key))

    def told(self, side: Side) -> list[str]:
        """The ids of what changed there since the last run, without what is told of on the other side only."""
        now, before = self.side(side is Side.LEFT).rows, self.after[side]
        changed = [id for id in {**now, **before} if now.get(id) != before.get(id)]
        both = set.intersection(*(set(rows) for rows in self.shown()))
        found = {name for where, name in self.untold if where is side} & both
        return [id for id in changed if id not in now or now[id][NAME] not in found]

    def sync(self, *, anew: bool = False) -> None:
        self.changed = None if anew else {side: self.told(side) for side in Side}
        self.untold.clear()
        super().sync(anew=anew)
        self.after = {side: copy.deepcopy(self.side(side is Side.LEFT).rows) for side in Side}


RUNS = settings(max_examples=60, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
for machine in (TwoWay, TwoWayOwnIds, TwoWayMatched):
    machine.TestCase.settings = RUNS
TestTwoWay, TestTwoWayOwnIds, TestTwoWayMatched = TwoWay.TestCase, TwoWayOwnIds.TestCase, TwoWayMatched.TestCase
