"""Two systems with ids of their own: joined by what they are, in doubt left alone, found by either id, and gone when gone."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.engine.links import Joins, LinkedSide
from syncdb.engine.match import Matching
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.model import Action, Attempt, OnMissing, Operation, Outcome, Owner, Policy, Result, Rule, Side, Tie, Why
from tests.engine.hostile import NAME, Hostile, World

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
AT = "2026-11-21T07:00:00Z"
FIELDS = {"price": Rule(Owner.BOTH, tie=Tie.ASK), "title": Rule(Owner.LEFT)}
POLICY = Policy(FIELDS, create_left=True)
BY_NAME = Matching((NAME,))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "joins.db", NOW) as made:
        yield made


@pytest.fixture
def joins(ledger: Ledger) -> Joins:
    return Joins.of(ledger, "p")


def world_of(folder: Path, policy: Policy = POLICY, matching: Matching = BY_NAME) -> World:
    return World(folder, policy, matching=matching)


def links_of(world: World) -> dict[str, tuple[str, str]]:
    with sqlite3.connect(world.path) as made:
        return {key: (left, right) for key, left, right in made.execute("SELECT key, left_id, right_id FROM link")}


def waiting(world: World) -> list[tuple[str, str]]:
    with sqlite3.connect(world.path) as made:
        return sorted(made.execute("SELECT key, why FROM conflict"))


# --- keys and ids


def test_a_key_without_a_link_is_the_id_on_both_sides_once_something_is_agreed(joins: Joins) -> None:
    joins.records.agree("5", {"price": 1}, 1, AT)
    assert joins.ids(Side.LEFT, ["5"]) == joins.ids(Side.RIGHT, ["5"]) == {"5": "5"}
    assert joins.keys(Side.LEFT, ["5"]) == joins.keys(Side.RIGHT, ["5"]) == {"5": "5"}
    assert joins.alone(["5", "6"]) == {"6"}


def test_equal_ids_of_strangers_are_two_records(joins: Joins) -> None:
    assert joins.keys(Side.LEFT, ["5"]) == {"5": "5"}
    assert joins.keys(Side.RIGHT, ["5"]) == {"5": "right:5"}
    assert joins.ids(Side.LEFT, ["5", "right:5"]) == {"5": "5"}
    assert joins.ids(Side.RIGHT, ["5", "right:5"]) == {"right:5": "5"}


@pytest.mark.parametrize("id", ["right:5", "left:5", "left+:right:5", "a:b", "", "new\nline"])
@pytest.mark.parametrize("side", Side)
def test_any_text_may_be_an_id(joins: Joins, side: Side, id: str) -> None:
    key = joins.keys(side, [id])[id]
    assert joins.ids(side, [key]) == {key: id} and joins.ids(side.other, [key]) == {}


def test_a_new_record_gets_no_key_that_is_taken(joins: Joins) -> None:
    joins.links.put(Link("5", "l-new", "r1"))  # its first left record, with the id 5, was deleted and made again
    joins.links.put(Link("right:7", "l7", "r-new"))
    assert joins.keys(Side.LEFT, ["5", "l-new"]) == {"5": "left:5", "l-new": "5"}
    assert joins.keys(Side.RIGHT, ["7", "r-new"]) == {"7": "right+:7", "r-new": "right:7"}
    assert joins.ids(Side.LEFT, ["left:5"]) == {"left:5": "5"} and joins.ids(Side.RIGHT, ["right+:7"]) == {"right+:7": "7"}


def test_what_is_created_under_our_own_key_needs_no_link(joins: Joins) -> None:
    assert joins.join(Side.RIGHT, "5", "5")
    assert joins.links.count() == 0
    assert joins.join(Side.RIGHT, "6", "r6") and joins.join(Side.LEFT, "right:7", "l7")
    assert joins.links.of(["6", "right:7"]) == {"6": Link("6", "6", "r6"), "right:7": Link("right:7", "l7", "7")}


def test_an_id_that_another_record_has_is_not_joined(joins: Joins) -> None:
    joins.links.put(Link("1", "1", "r1"))
    joins.records.agree("same", {"price": 1}, 1, AT)
    assert not joins.join(Side.RIGHT, "2", "r1") and not joins.join(Side.RIGHT, "2", "same")
    assert joins.links.of(["1", "2"]) == {"1": Link("1", "1", "r1")}


def test_a_record_made_anew_takes_over_the_past_of_the_one_that_is_gone(joins: Joins) -> None:
    joins.links.put(Link("1", "1", "r-gone"))
    assert joins.adopt("1", "right:r-new", AT) == "1"
    joins.links.put(Link("right:8", "l-gone", "8"))
    assert joins.adopt("l-new", "right:8", AT) == "right:8"
    joins.records.agree("same", {"price": 1}, 1, AT)
    assert joins.adopt("l-other", "same", AT) == "same"
    assert joins.adopt("l9", "right:r9", AT) == "l9"
    assert {key: (one.left_id, one.right_id) for key, one in joins.links.of(["1", "right:8", "same", "l9"]).items()} == {
        "1": ("1", "r-new"), "right:8": ("l-new", "8"), "same": ("l-other", "same"), "l9": ("l9", "r9"),
    }  # fmt: skip


# --- runs


def test_what_is_the_same_on_both_sides_is_adopted_and_nothing_is_written(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    for side in (world.left, world.right):
        world.add(side, "mug", {"price": 1, "title": "Mug"})
    assert not world.sync().plan.operations
    assert links_of(world) == {"L1": ("L1", "R1")}
    world.right.rows["R1"]["price"] = 2
    world.sync()
    assert world.left.rows == {"L1": {NAME: "mug", "price": 2, "title": "Mug"}} and len(world.right.rows) == 1


def test_where_adopted_records_differ_the_rules_decide(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    world.add(world.right, "mug", {"price": 2, "title": "Becher"})
    world.sync()
    assert world.right.rows["R1"] == {"name": "mug", "price": 2, "title": "Mug"} and world.left.rows["L1"]["price"] == 1
    assert waiting(world) == [("L1", "no base")]


def test_what_a_listing_lacks_is_looked_for_before_it_counts_as_gone(tmp_path: Path) -> None:
    world = world_of(tmp_path, Policy(FIELDS, OnMissing.DELETE, OnMissing.DELETE, create_left=True))
    for number in range(3):
        world.add(world.left, f"n{number}", {"price": number})
    world.sync()
    kept = {id: dict(row) for id, row in world.right.rows.items()}
    lacking = world.ids(world.right)["n1"]
    world.right.unlisted = {lacking}
    world.right.can = replace(world.right.can, listing_may_lack=True)
    world.sync()
    assert world.right.rows == kept and len(world.left.rows) == len(kept) == 3 and waiting(world) == []
    del world.right.rows[lacking]  # gone in earnest
    world.sync()
    assert world.ids(world.left).keys() == {"n0", "n2"}


def test_what_could_be_several_is_left_alone_until_a_person_makes_it_clear(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    for price in (1, 2):
        world.add(world.right, "mug", {"price": price, "title": "Mug"})
    world.add(world.left, "cup", {"price": 3, "title": "Cup"})
    for _ in range(2):
        result = world.sync()
        assert [(one.key, one.why, one.where) for one in result.plan.conflicts] == [
            ("L1", Why.AMBIGUOUS, ("right:R1", "right:R2"))
        ]
    assert len(world.left.rows) == 2 and len(world.right.rows) == 3, "only the cup was made on the other side"
    assert waiting(world) == [("L1", "ambiguous match")]
    world.right.rows["R2"][NAME] = "large mug"
    world.sync()
    assert waiting(world) == [] and world.things(world.left) == world.things(world.right)
    assert links_of(world)["L1"] == ("L1", "R1") and len(links_of(world)) == 3


def test_records_without_what_they_are_matched_by_are_new(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    for side in (world.left, world.right):
        side.rows[side.new_id()] = {NAME: None, "price": 1, "title": "?"}
    world.sync()
    assert len(world.left.rows) == len(world.right.rows) == 2 and len(links_of(world)) == 2


def test_nothing_is_matched_or_made_where_a_side_was_not_seen_whole(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    world.add(world.right, "mug", {"price": 1, "title": "Mug"})
    world.add(world.right, "cup", {"price": 1, "title": "Cup"})
    world.right.partial = True
    result = world.sync()
    assert not result.complete and not result.plan.operations and links_of(world) == {}
    world.right.partial = False
    world.sync()
    assert world.things(world.left) == world.things(world.right) and len(links_of(world)) == 2


def test_a_deleted_record_takes_its_link_with_it(tmp_path: Path) -> None:
    world = world_of(tmp_path, Policy(FIELDS, OnMissing.DELETE, OnMissing.DELETE, create_left=True))
    for thing in ("mug", "cup", "jar"):
        world.add(world.left, thing, {"price": 1, "title": thing})
    world.sync()
    assert len(links_of(world)) == 3
    del world.left.rows[world.ids(world.left)["mug"]]
    del world.right.rows[world.ids(world.right)["cup"]]
    for side in (world.left, world.right):
        del side.rows[world.ids(side)["jar"]]
    world.sync()
    assert world.left.rows == world.right.rows == {} and links_of(world) == {}


def test_a_few_changed_keys_are_looked_at_without_a_listing_unless_one_is_new(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    world.sync()
    world.left.rows["L1"]["price"] = 5
    listed = count_listings(world)
    world.sync(keys=["L1"])
    assert world.right.rows["R1"]["price"] == 5 and listed == []
    world.add(world.right, "cup", {"price": 2, "title": "Cup"})
    world.add(world.left, "cup", {"price": 2, "title": "Cup"})
    world.sync(keys=["L2"])
    assert listed == ["right", "left"] and links_of(world)["L2"] == ("L2", "R2") and len(world.left.rows) == 2


def test_without_match_rules_what_is_new_needs_no_listing(tmp_path: Path) -> None:
    world = world_of(tmp_path, matching=Matching())
    world.add(world.right, "cup", {"price": 2, "title": "Cup"})
    listed = count_listings(world)
    world.sync(keys=["right:R1"])
    assert listed == [] and links_of(world) == {"right:R1": ("L1", "R1")}


def count_listings(world: World) -> list[str]:
    listed: list[str] = []
    for side in (world.left, world.right):
        plain = side.fetch
        side.fetch = lambda plain=plain, name=side.name: (listed.append(name), plain())[1]  # type: ignore[method-assign,misc]
    return listed


class Confused(Hostile):
    """Answers every create with the same id."""

    def write(self, attempt: Attempt) -> list[Outcome]:
        return [Outcome(one.result, one.ref, id="R1") if one.id else one for one in super().write(attempt)]


def test_a_system_that_gives_one_id_twice_is_told_and_nothing_is_agreed(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.right = Confused("right", ids="R")
    for thing in ("mug", "cup"):
        world.add(world.left, thing, {"price": 1, "title": thing})
    result = world.sync()
    assert result.unsettled == {"L2"} and links_of(world) == {"L1": ("L1", "R1")}
    with sqlite3.connect(world.path) as made:
        (message,) = made.execute("SELECT message FROM sync_errors").fetchone()
    assert "the id R1, which is another record's" in message


def test_an_unknown_create_is_settled_after_the_links_have_changed(ledger: Ledger, joins: Joins) -> None:
    """An attempt is settled by the ids it was sent with, and a create by the key that went along with it."""
    right = Hostile("right", ids="R")
    side = LinkedSide(right, Side.RIGHT, joins)
    right.rows["R0"] = {"price": 1}
    joins.links.put(Link("1", "1", "R0"))
    update = Operation(Side.RIGHT, Action.UPDATE, "1", None, {"price": 1}, {"price": 2}, "changed")
    create = Operation(Side.RIGHT, Action.CREATE, "2", None, {}, {"price": 3}, "new")
    attempt = side.prepare([update, create], 77)
    assert attempt.operations == (update, create), "the journal speaks of keys"
    ledger.journal("p").begin(attempt, Side.RIGHT, "records", 1, AT)
    side.write(attempt)
    joins.links.forget("1")
    (unfinished,) = ledger.journal("p").unfinished()
    assert unfinished.side is Side.RIGHT
    outcomes = side.settle(unfinished.attempt)
    assert [one.result for one in outcomes] == [Result.DONE, Result.DONE] and outcomes[1].id == "R1"


# --- pairs of one id pay nothing


def statements(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a full run asks of the tables that only systems with ids of their own need."""
    asked: list[str] = []
    plain = Ledger.open.__func__  # type: ignore[attr-defined]

    def traced(cls: type[Ledger], *given: Any) -> Ledger:
        ledger: Ledger = plain(cls, *given)
        ledger.connection.set_trace_callback(asked.append)
        return ledger

    monkeypatch.setattr(Ledger, "open", classmethod(traced))
    world.sync()
    return [one for one in asked if " link " in one or "base IS NOT NULL AND key IN" in one]


def test_a_pair_of_one_id_asks_for_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Mapping[str, Any] = {"price": 1, "title": "Mug"}
    for name, matching in (("one", None), ("own", BY_NAME)):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name, POLICY, matching=matching)
        world.add(world.left, "mug", rows)
        assert bool(statements(world, monkeypatch)) is (matching is not None)


# --- a few new records need no listing where the pair says what they could be


def near_world(folder: Path) -> World:
    def near(side: Side, new: Sequence[Mapping[str, Any]]) -> list[str]:
        there = (world.left if side is Side.LEFT else world.right).rows
        names = {one[NAME] for one in new}
        return [id for id, fields in there.items() if fields[NAME] in names]

    policy = Policy(FIELDS, missing_right=OnMissing.RESPECT, create_left=True, create_right=True)
    world = world_of(folder, policy, Matching((NAME,), near=near))
    return world


def test_a_new_record_is_made_or_matched_without_a_listing(tmp_path: Path) -> None:
    world = near_world(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    world.sync()
    listed = count_listings(world)
    world.add(world.left, "cup", {"price": 2, "title": "Cup"})
    world.add(world.left, "jar", {"price": 3, "title": "Jar"})
    world.add(world.right, "jar", {"price": 3, "title": "Jar"})  # nobody told of this one
    world.sync(keys=["L2", "L3"])
    assert listed == []
    assert len(world.right.rows) == len(world.left.rows) == 3
    assert set(links_of(world)) == {"L1", "L2", "L3"}


@pytest.mark.parametrize("seen", ["L1", "right:R2"])
def test_what_could_be_several_things_is_asked_without_a_listing_too(tmp_path: Path, seen: str) -> None:
    world = near_world(tmp_path)
    world.sync()
    world.add(world.left, "jar", {"price": 3, "title": "Jar"})
    for price in (3, 4):
        world.add(world.right, "jar", {"price": price, "title": "Jar"})
    world.sync(keys=[seen])
    assert waiting(world) == [("L1", "ambiguous match")] and len(world.left.rows) == 1
    world.sync(keys=["right:R2"])
    assert waiting(world) == [("L1", "ambiguous match")], "asked once, whichever of them is looked at"
    world.right.rows["R2"][NAME] = "large jar"
    world.sync(keys=["right:R2"])
    assert waiting(world) == [] and links_of(world)["L1"] == ("L1", "R1") and len(world.left.rows) == 2


def test_a_record_that_was_made_anew_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    world = near_world(tmp_path)
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    world.sync()
    del world.left.rows["L1"]
    world.add(world.left, "mug", {"price": 1, "title": "Mug"})
    listed = count_listings(world)
    world.sync(keys=["L1", *(id for id in world.left.rows)])
    assert listed == [] and len(world.right.rows) == 1
    assert [one[0] for one in links_of(world).values()] == list(world.left.rows)
