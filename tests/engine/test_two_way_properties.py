"""What must hold between any two systems under any rules: it converges, it knows no preferred side, and no edit is lost unasked.

Two worlds live through the same history, the second one with its sides swapped and its rules mirrored.
"""

import os
import random
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncdb.model import Found, OnDrift, OnMissing, Owner, Policy, Rule, Tie
from syncdb.values import iso
from tests.engine.hostile import Hostile, World

HISTORIES = int(os.environ.get("SYNCDB_TWO_WAY", "2000"))
FIELDS = ("a", "b", "c")
KEYS = ("k1", "k2", "k3", "k4")
MIRROR = {Owner.LEFT: Owner.RIGHT, Owner.RIGHT: Owner.LEFT, Owner.BOTH: Owner.BOTH}
MIRROR_TIE = {Tie.LEFT: Tie.RIGHT, Tie.RIGHT: Tie.LEFT} | {tie: tie for tie in (Tie.NEWEST, Tie.SUM, Tie.ASK)}
MEMORY = Path("/dev/shm")


class Timed(Hostile):
    """Says when each record was last edited by a person, as far as it knows."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.times: dict[str, str] = {}

    def _found(self, key: str) -> Found:
        return replace(super()._found(key), changed_at=self.times.get(key))


class TimedWorld(World):
    def __init__(self, folder: Path, policy: Policy) -> None:
        super().__init__(folder, policy)
        self.left, self.right = Timed("left"), Timed("right")


def any_policy(rng: random.Random) -> Policy:
    def rule() -> Rule:
        owner, tie = rng.choice([*Owner, Owner.BOTH, Owner.BOTH]), rng.choice([*Tie, Tie.ASK, Tie.ASK])
        return Rule(owner, rng.choice(list(OnDrift)), tie)

    missing = [rng.choice(list(OnMissing)) for _ in range(2)]
    return Policy({name: rule() for name in FIELDS}, *missing, create_left=rng.random() < 0.7, create_right=rng.random() < 0.7)


def mirrored(policy: Policy) -> Policy:
    rules = {name: Rule(MIRROR[rule.owner], rule.on_drift, MIRROR_TIE[rule.tie]) for name, rule in policy.rules.items()}
    return Policy(rules, policy.missing_right, policy.missing_left, policy.create_right, policy.create_left)


def rows(world: World) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    return {k: dict(v) for k, v in world.left.rows.items()}, {k: dict(v) for k, v in world.right.rows.items()}


class Twins:
    """A world and its mirror image, with what people did to each side since the last run."""

    def __init__(self, folder: Path, number: int) -> None:
        self.rng = random.Random(number)
        self.policy = any_policy(self.rng)
        for name in ("one", "two"):
            (folder / name).mkdir()
        self.one, self.two = TimedWorld(folder / "one", self.policy), TimedWorld(folder / "two", mirrored(self.policy))
        self.edited: dict[str, set[tuple[str, str]]] = {"left": set(), "right": set()}
        self.deleted: dict[str, set[str]] = {"left": set(), "right": set()}
        self.shown: tuple[dict[str, dict[str, object]], ...] = ({}, {})  # after the last run
        self.seen: Counter[str] = Counter()

    def sides(self, side: str) -> tuple[Timed, Timed]:
        """The same side of both worlds: the other one in the mirror."""
        return (self.one.left, self.two.right) if side == "left" else (self.one.right, self.two.left)  # type: ignore[return-value]

    def act(self) -> None:
        side, key, name = self.rng.choice(("left", "right")), self.rng.choice(KEYS), self.rng.choice(FIELDS)
        kind, value = self.rng.choice(("edit", "edit", "edit", "delete", "add")), self.rng.randrange(6)
        at = iso(self.one.time + timedelta(minutes=self.rng.randrange(50)))
        there = key in self.sides(side)[0].rows
        for mine in self.sides(side):
            if kind == "edit" and there:
                mine.rows[key][name], mine.times[key] = value, at
            elif kind == "delete" and there:
                del mine.rows[key]
            elif kind == "add" and not there:
                mine.rows[key], mine.times[key] = dict.fromkeys(FIELDS, value), at
        if kind == "edit" and there:
            self.edited[side].add((key, name))
        elif kind == "delete" and there:
            self.deleted[side].add(key)
            self.edited[side] = {one for one in self.edited[side] if one[0] != key}
        elif kind == "add" and not there:
            self.deleted[side].discard(key)
            self.edited[side] |= {(key, one) for one in FIELDS}

    def sync(self) -> None:
        before = rows(self.one)
        result, image = self.one.sync(), self.two.sync()
        after, other = rows(self.one), rows(self.two)
        assert after == other[::-1], "the sides are not treated alike"
        assert sorted((c.key, c.field or "") for c in result.plan.conflicts) == sorted(
            (c.key, c.field or "") for c in image.plan.conflicts
        )
        self._no_edit_lost(before, after)
        assert not self.one.sync().plan.operations, "a second run found something to do"
        assert rows(self.one) == after
        self.two.sync()
        self.shown = after
        self.edited, self.deleted = {"left": set(), "right": set()}, {"left": set(), "right": set()}

    def _no_edit_lost(self, before: tuple[dict, ...], after: tuple[dict, ...]) -> None:  # type: ignore[type-arg]
        for number, side in enumerate(("left", "right")):
            other = ("right", "left")[number]
            for key, name in self.edited[side]:
                if before[number].get(key, {}).get(name) == self.shown[number].get(key, {}).get(name):
                    continue  # edited, and edited back
                if key in self.deleted[other] and key in before[number]:
                    assert key in after[number], f"{key} was edited on the {side} and deleted on the {other}: it is gone"
                    self.seen["edit against delete"] += 1
                rule = self.policy.rules[name]
                if rule.owner is Owner.BOTH and rule.tie is Tie.ASK and key in before[number]:
                    assert after[number][key][name] == before[number][key][name], f"{side} {key}.{name} was lost under ask"
                    self.seen["asked"] += 1


def live(number: int) -> Counter[str]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        twins = Twins(Path(folder), number)
        for _ in range(twins.rng.randrange(1, 4)):
            for _ in range(twins.rng.randrange(1, 9)):
                twins.act()
            twins.sync()
            twins.seen["runs"] += 1
        return twins.seen


@pytest.mark.parametrize("part", range(8))
def test_any_two_systems_converge_alike_and_lose_no_edit(part: int) -> None:
    seen: Counter[str] = Counter()
    for number in range(part, HISTORIES, 8):
        try:
            seen += live(number)
        except AssertionError as wrong:
            raise AssertionError(f"history {number}: {wrong}") from wrong
    assert seen["runs"] >= HISTORIES / 8
    assert seen["asked"] > HISTORIES / 40 and seen["edit against delete"] > HISTORIES / 250, seen
