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

from syncdb.engine.match import Matching
from syncdb.engine.reconcile import Reconciled
from syncdb.model import Found, OnDrift, OnMissing, Owner, Policy, Rule, Tie
from syncdb.values import iso
from tests.engine.hostile import NAME, Hostile, World

HISTORIES = int(os.environ.get("SYNCDB_TWO_WAY", "1000"))
FIELDS = ("a", "b", "c")
KEYS = ("k1", "k2", "k3", "k4")
MIRROR = {Owner.LEFT: Owner.RIGHT, Owner.RIGHT: Owner.LEFT, Owner.BOTH: Owner.BOTH}
TIES = [tie for tie in Tie if tie not in (Tie.MERGE, Tie.EACH)]  # the fields hold numbers, of which nothing can be merged
MIRROR_TIE = {Tie.LEFT: Tie.RIGHT, Tie.RIGHT: Tie.LEFT} | {tie: tie for tie in (Tie.NEWEST, Tie.SUM, Tie.ASK)}
MEMORY = Path("/dev/shm")


class Timed(Hostile):
    """Says when each record was last edited by a person, as far as it knows."""

    def __init__(self, name: str, rng: random.Random | None = None, ids: str = "") -> None:
        super().__init__(name, rng, ids)
        self.times: dict[str, str] = {}

    def _found(self, key: str) -> Found:
        return replace(super()._found(key), changed_at=self.times.get(key))


class TimedWorld(World):
    def system(self, name: str, rng: random.Random | None, ids: str) -> Timed:
        return Timed(name, rng, ids)


def any_policy(rng: random.Random) -> Policy:
    def rule() -> Rule:
        owner, tie = rng.choice([*Owner, Owner.BOTH, Owner.BOTH]), rng.choice([*TIES, Tie.ASK, Tie.ASK])
        return Rule(owner, rng.choice(list(OnDrift)), tie)

    left, right = (rng.choice(list(OnMissing)) for _ in range(2))
    return Policy({name: rule() for name in FIELDS}, left, right, create_left=rng.random() < 0.7, create_right=rng.random() < 0.7)


def mirrored(policy: Policy) -> Policy:
    rules = {name: Rule(MIRROR[rule.owner], rule.on_drift, MIRROR_TIE[rule.tie]) for name, rule in policy.rules.items()}
    return Policy(rules, policy.missing_right, policy.missing_left, policy.create_right, policy.create_left)


def rows(world: World) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    """What stands on both sides by what it is; each must stand there once."""
    left, right = (world.things(side) for side in (world.left, world.right))
    return {k: dict(v) for k, v in left.items()}, {k: dict(v) for k, v in right.items()}


class Twins:
    """A world and its mirror image, with what people did to each side since the last run."""

    def __init__(self, folder: Path, number: int, matching: Matching | None) -> None:
        self.rng = random.Random(number)
        self.policy = any_policy(self.rng)
        for name in ("one", "two"):
            (folder / name).mkdir()
        self.matching = matching
        self.one = TimedWorld(folder / "one", self.policy, matching=matching)
        self.two = TimedWorld(folder / "two", mirrored(self.policy), matching=matching)
        self.edited: dict[str, set[tuple[str, str]]] = {"left": set(), "right": set()}
        self.deleted: dict[str, set[str]] = {"left": set(), "right": set()}
        self.shown: tuple[dict[str, dict[str, object]], ...] = ({}, {})  # after the last run
        self.seen: Counter[str] = Counter()

    def sides(self, side: str) -> list[tuple[World, Timed]]:
        """The same side of both worlds: the other one in the mirror."""
        found = (self.one.left, self.two.right) if side == "left" else (self.one.right, self.two.left)
        return list(zip((self.one, self.two), found, strict=True))  # type: ignore[arg-type]

    def act(self) -> None:
        side, key, name = self.rng.choice(("left", "right")), self.rng.choice(KEYS), self.rng.choice(FIELDS)
        kind, value = self.rng.choice(("edit", "edit", "edit", "delete", "add")), self.rng.randrange(6)
        at = iso(self.one.time + timedelta(minutes=self.rng.randrange(50)))
        there = key in self.one.things(self.sides(side)[0][1])
        for world, mine in self.sides(side):
            if kind == "add" and not there:
                world.add(mine, key, dict.fromkeys(FIELDS, value))
            id = world.ids(mine).get(key, key)
            if kind == "edit" and there:
                mine.rows[id][name], mine.times[id] = value, at
            elif kind == "delete" and there:
                del mine.rows[id]
            elif kind == "add" and not there:
                mine.times[id] = at
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
        assert self._told(result) == self._told(image)
        self._no_edit_lost(before, after)
        assert not self.one.sync().plan.operations, "a second run found something to do"
        assert rows(self.one) == after
        self.two.sync()
        self.shown = after
        self.edited, self.deleted = {"left": set(), "right": set()}, {"left": set(), "right": set()}

    def _told(self, result: Reconciled) -> list[tuple[str, str, str]]:
        """The conflicts; a mirrored record with an id of its own has another key."""
        keyed = self.matching is None
        return sorted((one.key if keyed else "", one.field or "", one.why.value) for one in result.plan.conflicts)

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


def live(number: int, matching: Matching | None = None) -> Counter[str]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        twins = Twins(Path(folder), number, matching)
        for _ in range(twins.rng.randrange(1, 4)):
            for _ in range(twins.rng.randrange(1, 9)):
                twins.act()
            twins.sync()
            twins.seen["runs"] += 1
        return twins.seen


@pytest.mark.parametrize("part", range(8))
def test_any_two_systems_converge_alike_and_lose_no_edit(part: int) -> None:
    examine(range(part, HISTORIES, 8), None)


@pytest.mark.parametrize("part", range(4))
def test_two_systems_with_ids_of_their_own_converge_alike_and_lose_no_edit(part: int) -> None:
    examine(range(part, HISTORIES // 4, 4), Matching((NAME,)))


def examine(numbers: range, matching: Matching | None) -> None:
    seen: Counter[str] = Counter()
    for number in numbers:
        try:
            seen += live(number, matching)
        except AssertionError as wrong:
            raise AssertionError(f"history {number}: {wrong}") from wrong
    assert seen["runs"] >= len(numbers)
    assert seen["asked"] > len(numbers) / 5 and seen["edit against delete"] > len(numbers) / 32, seen
