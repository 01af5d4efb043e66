"""The decision table of docs/reconciliation.md, line by line."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from types import EllipsisType
from typing import Any

import pytest

from syncdb.engine.policy import Triple, decide
from syncdb.model import Action, Found, OnDrift, OnMissing, Owner, Policy, Record, Rule, Side, Take, Tie, Verdict, Why
from syncdb.values import Value

LEFT, RIGHT = Side.LEFT, Side.RIGHT


def found(value: Value, changed_at: str | None = None, frozen: bool = False) -> Found:
    return Found("7", "v", Record("k", {"f": value}), {"f": "a formula"} if frozen else {}, changed_at)


def policy(rule: Rule, **more: object) -> Policy:
    return Policy({"f": rule}, **more)  # type: ignore[arg-type]


def written(base: Value | EllipsisType, left: Value, right: Value, rule: Rule) -> dict[Side, Value] | Why:
    """What is written where, or why nothing is. A base of ... means that there is none."""
    known = None if isinstance(base, EllipsisType) else Record("k", {"f": base})
    decision = decide(Triple("k", known, found(left), found(right)), policy(rule))
    if decision.conflicts:
        assert not decision.operations
        return decision.conflicts[0].why
    return {op.side: op.changes["f"] for op in decision.operations}


OWNER_LEFT, OWNER_RIGHT = Rule(Owner.LEFT), Rule(Owner.RIGHT)


@pytest.mark.parametrize(
    ("rule", "left_moved", "right_moved", "both_moved"),
    [
        (OWNER_LEFT, {RIGHT: 2}, {RIGHT: 1}, {RIGHT: 2}),
        (Rule(Owner.LEFT, OnDrift.REPORT), {RIGHT: 2}, Why.EDITED, {RIGHT: 2}),
        (OWNER_RIGHT, {LEFT: 1}, {LEFT: 3}, {LEFT: 3}),
        (Rule(Owner.RIGHT, OnDrift.REPORT), Why.EDITED, {LEFT: 3}, {LEFT: 3}),
        (Rule(Owner.BOTH, tie=Tie.LEFT), {RIGHT: 2}, {LEFT: 3}, {RIGHT: 2}),
        (Rule(Owner.BOTH, tie=Tie.RIGHT), {RIGHT: 2}, {LEFT: 3}, {LEFT: 3}),
        (Rule(Owner.BOTH, tie=Tie.SUM), {RIGHT: 2}, {LEFT: 3}, {LEFT: 4, RIGHT: 4}),
        (Rule(Owner.BOTH, tie=Tie.ASK), {RIGHT: 2}, {LEFT: 3}, Why.BOTH_CHANGED),
        (Rule(Owner.BOTH, tie=Tie.NEWEST), {RIGHT: 2}, {LEFT: 3}, Why.BOTH_CHANGED),
    ],
)
def test_the_table(rule: Rule, left_moved: object, right_moved: object, both_moved: object) -> None:
    assert written(1, 2, 1, rule) == left_moved
    assert written(1, 1, 3, rule) == right_moved
    assert written(1, 2, 3, rule) == both_moved


def test_newest_follows_the_later_change() -> None:
    rule = policy(Rule(Owner.BOTH, tie=Tie.NEWEST))
    older, newer = "2026-11-20T07:00:00Z", "2026-11-20T07:00:01Z"
    triple = Triple("k", Record("k", {"f": 1}), found(2, older), found(3, newer))
    assert [(op.side, op.changes) for op in decide(triple, rule).operations] == [(LEFT, {"f": 3})]


SUM = Rule(Owner.BOTH, tie=Tie.SUM)


def test_equal_movements_of_a_count_are_two_movements() -> None:
    assert written(250, 248, 248, SUM) == {LEFT: 246, RIGHT: 246}
    assert written(Decimal("1.50"), Decimal("2.00"), 2, SUM) == {LEFT: Decimal("2.50"), RIGHT: Decimal("2.50")}


@pytest.mark.parametrize("base", [..., None, "many", True])
def test_equal_counts_without_a_number_that_was_agreed_are_agreement(base: Value | EllipsisType) -> None:
    known = None if isinstance(base, EllipsisType) else Record("k", {"f": base})
    decision = decide(Triple("k", known, found(248), found(248)), policy(SUM))
    assert (decision.operations, decision.conflicts, decision.agreed) == ((), (), {"f": 248})


@pytest.mark.parametrize("more", [{"computed": frozenset({"f"})}, {"frozen": {"f": "a formula"}}])
def test_equal_counts_of_which_one_cannot_be_written_are_agreement(more: dict[str, Any]) -> None:
    for left, right in ((found(248), replace(found(248), **more)), (replace(found(248), **more), found(248))):
        decision = decide(Triple("k", Record("k", {"f": 250}), left, right), policy(SUM))
        assert (decision.operations, decision.conflicts, decision.agreed) == ((), (), {"f": 248})


class TestEqualMovementsOfWhichOneMayBeOurs:
    base = Record("k", {"f": 250})

    def triple(self, **verdicts: Any) -> Triple:
        return Triple("k", self.base, found(248), found(248), late=frozenset({"f"}), **verdicts)

    def test_is_asked(self) -> None:
        decision = decide(self.triple(), policy(SUM))
        (one,) = decision.conflicts
        assert (one.why, one.base, one.left, one.right, decision.operations, decision.agreed) == (
            Why.ALIKE,
            250,
            248,
            248,
            (),
            {},
        )

    def test_unequal_movements_are_asked_too(self) -> None:
        decision = decide(replace(self.triple(), left=found(247)), policy(SUM))
        assert [one.why for one in decision.conflicts] == [Why.ALIKE] and not decision.operations

    def test_one_movement_is_brought_over(self) -> None:
        decision = decide(replace(self.triple(), right=found(250)), policy(SUM))
        assert {op.side: op.changes["f"] for op in decision.operations} == {RIGHT: 248}

    def test_a_person_says_that_it_was_one_movement(self) -> None:
        verdicts = {"f": Verdict("k", "f", Take.LEFT, 248, 248)}
        decision = decide(self.triple(verdicts=verdicts), policy(SUM))
        assert (decision.operations, decision.conflicts, decision.agreed) == ((), (), {"f": 248})

    def test_a_person_says_what_it_shall_be(self) -> None:
        verdicts = {"f": Verdict("k", "f", Take.VALUE, 248, 248, 246)}
        decision = decide(self.triple(verdicts=verdicts), policy(SUM))
        assert {op.side: op.changes["f"] for op in decision.operations} == {LEFT: 246, RIGHT: 246}


def test_equal_sides_are_adopted_whatever_the_base_says() -> None:
    for base in (None, Record("k", {"f": 1})):
        decision = decide(Triple("k", base, found(Decimal("2.00")), found(2)), policy(OWNER_LEFT))
        assert not decision.operations and not decision.conflicts
        assert decision.agreed == {"f": Decimal("2.00")}


def test_without_a_base_a_shared_field_is_never_overwritten() -> None:
    for tie in Tie:
        assert written(..., 2, 3, Rule(Owner.BOTH, tie=tie)) is Why.NO_BASE


def test_without_a_base_the_owner_fills_the_other_side() -> None:
    assert written(..., 2, 3, OWNER_LEFT) == {RIGHT: 2}


def test_a_record_is_not_deleted_where_nothing_is_agreed_about_what_people_may_have_edited() -> None:
    rules = {"f": Rule(Owner.BOTH), "owned": OWNER_LEFT}
    chosen = Policy(rules, missing_left=OnMissing.DELETE)
    there = Found("7", "v", Record("k", {"f": "a person's", "owned": 1}))
    unknown = Triple("k", Record("k", {"owned": 1}), None, there)
    assert [one.why for one in decide(unknown, chosen).conflicts] == [Why.EDIT_AGAINST_DELETE]
    known = replace(unknown, base=Record("k", {"f": "a person's", "owned": 1}))
    assert [one.action for one in decide(known, chosen).operations] == [Action.DELETE]
    blank = replace(unknown, right=replace(there, blank=frozenset({"f"})))
    assert [one.action for one in decide(blank, chosen).operations] == [Action.DELETE]


def test_a_sum_of_things_that_are_no_numbers_is_a_conflict() -> None:
    assert written("a", "b", "c", Rule(Owner.BOTH, tie=Tie.SUM)) is Why.BOTH_CHANGED
    assert written(True, False, None, Rule(Owner.BOTH, tie=Tie.SUM)) is Why.BOTH_CHANGED


def test_a_persons_formula_is_never_overwritten() -> None:
    triple = Triple("k", Record("k", {"f": "paid"}), found("refunded"), found("=A1", frozen=True))
    decision = decide(triple, policy(OWNER_LEFT))
    assert [one.why for one in decision.conflicts] == [Why.FORMULA] and not decision.operations


def test_a_persons_formula_that_reads_as_what_was_agreed_is_not_overwritten_either() -> None:
    triple = Triple("k", Record("k", {"f": "=A1"}), found("hello"), found("=A1", frozen=True))
    decision = decide(triple, policy(OWNER_LEFT))
    assert [one.why for one in decision.conflicts] == [Why.FORMULA] and not decision.operations


@pytest.mark.parametrize("base", [None, "=A1", "paid"])
def test_text_that_looks_like_a_formula_is_text_whatever_was_agreed(base: str | None) -> None:
    assert written(base, "hello", "=A1", OWNER_LEFT) == {RIGHT: "hello"}


def test_a_field_that_was_not_observed_says_nothing() -> None:
    blind = Found("7", "v", Record("k", {}))
    decision = decide(Triple("k", Record("k", {"f": 1}), blind, found(1)), policy(OWNER_LEFT))
    assert not decision.operations and not decision.agreed
    decision = decide(Triple("k", None, blind, found(1)), policy(OWNER_LEFT))
    assert not decision.operations and not decision.agreed


class TestAbsence:
    base = Record("k", {"f": 1})

    def test_new_on_the_left_is_created(self) -> None:
        (operation,) = decide(Triple("k", None, found(1), None), policy(OWNER_LEFT)).operations
        assert (operation.side, operation.action, operation.reason) == (RIGHT, Action.CREATE, "new")

    def test_absence_from_a_partial_listing_means_nothing(self) -> None:
        decision = decide(Triple("k", self.base, found(2), None, sure_right=False), policy(OWNER_LEFT))
        assert not decision.operations and not decision.conflicts and not decision.forget

    def test_gone_on_the_right_is_restored_or_respected(self) -> None:
        gone = Triple("k", self.base, found(1), None)
        (operation,) = decide(gone, policy(OWNER_LEFT)).operations
        assert (operation.action, operation.reason) == (Action.CREATE, "row restored")
        respected = decide(gone, policy(OWNER_LEFT, missing_right=OnMissing.RESPECT))
        assert not respected.operations and [one.why for one in respected.conflicts] == [Why.GONE]

    def test_a_delete_against_an_edit_keeps_the_edit(self) -> None:
        two_way = policy(Rule(Owner.BOTH), missing_left=OnMissing.DELETE, missing_right=OnMissing.DELETE)
        edited = decide(Triple("k", self.base, None, found(2)), two_way)
        assert not edited.operations and [one.why for one in edited.conflicts] == [Why.EDIT_AGAINST_DELETE]
        untouched = decide(Triple("k", self.base, None, found(1)), two_way)
        assert [(op.side, op.action) for op in untouched.operations] == [(RIGHT, Action.DELETE)]

    def test_what_was_never_agreed_on_is_no_reason_to_delete(self) -> None:
        """A price in dispute since the ledger was lost is not in the base; the record went with the person's price."""
        two_way = Policy({"f": Rule(Owner.BOTH), "g": Rule(Owner.BOTH)}, missing_left=OnMissing.DELETE)
        disputed = Found("7", "v", Record("k", {"f": 1, "g": 5}))
        assert [one.why for one in decide(Triple("k", self.base, None, disputed), two_way).conflicts] == [Why.EDIT_AGAINST_DELETE]
        for nobodys in (
            replace(disputed, blank=frozenset({"g"})),
            replace(disputed, computed=frozenset({"g"})),
            Found("7", "v", Record("k", {"f": 1, "g": None})),
        ):
            assert [op.action for op in decide(Triple("k", self.base, None, nobodys), two_way).operations] == [Action.DELETE]

    def test_a_word_that_is_no_value_of_its_field_is_an_edit(self) -> None:
        two_way = policy(Rule(Owner.BOTH), missing_left=OnMissing.DELETE)
        word = Found("7", "v", Record("k", {}), {"f": "'ask Ann' is no number"})
        assert [one.why for one in decide(Triple("k", self.base, None, word), two_way).conflicts] == [Why.EDIT_AGAINST_DELETE]

    def test_a_reference_that_its_system_emptied_is_no_edit(self) -> None:
        """The row of a deleted product goes first, and Grist empties what referred to it; the variant then stayed for ever."""
        for rule, expected in ((OWNER_LEFT, [Action.DELETE]), (Rule(Owner.BOTH), [])):
            decision = decide(Triple("k", self.base, None, found(None)), policy(rule, missing_left=OnMissing.DELETE))
            assert [op.action for op in decision.operations] == expected

    def test_a_record_with_notes_of_peoples_own_is_not_deleted_unasked(self) -> None:
        noted = replace(found(1), notes=("Our_notes",))
        two_way = policy(Rule(Owner.BOTH), missing_left=OnMissing.DELETE)
        (conflict,) = decide(Triple("k", self.base, None, noted), two_way).conflicts
        assert (conflict.why, conflict.where) == (Why.NOTED, ("Our_notes",))
        asked = Triple("k", self.base, None, noted, verdicts={None: Verdict("k", None, Take.LEFT, None, True)})
        assert [op.action for op in decide(asked, two_way).operations] == [Action.DELETE]

    def test_a_foreign_key_is_left_alone(self) -> None:
        decision = decide(Triple("k", None, None, found(1)), policy(OWNER_LEFT))
        assert not decision.operations and [one.why for one in decision.conflicts] == [Why.UNKNOWN_KEY]

    def test_gone_on_both_sides_is_forgotten(self) -> None:
        assert decide(Triple("k", self.base, None, None), policy(OWNER_LEFT)).forget
        assert not decide(Triple("k", self.base, None, None, sure_right=False), policy(OWNER_LEFT)).forget

    def test_a_doubled_key_freezes_everything(self) -> None:
        decision = decide(Triple("k", self.base, found(2), found(1), doubled=("A2", "A9")), policy(OWNER_LEFT))
        assert not decision.operations
        assert [(one.why, one.where) for one in decision.conflicts] == [(Why.DOUBLED, ("A2", "A9"))]


@pytest.mark.parametrize("rule", [Rule(Owner.BOTH), Rule(Owner.LEFT, OnDrift.REPORT)])
def test_without_a_base_a_blank_is_filled_and_anything_else_is_for_a_person(rule: Rule) -> None:
    blank = replace(found(0), blank=frozenset({"f"}))
    filled = decide(Triple("k", None, found(5), blank), policy(rule))
    assert [(op.side, op.changes, op.reason) for op in filled.operations] == [(RIGHT, {"f": 5}, "blank filled")]
    assert written(..., 5, 0, rule) is Why.NO_BASE
    assert decide(Triple("k", None, replace(found(5), blank=frozenset({"f"})), blank), policy(Rule(Owner.BOTH))).conflicts
    known = decide(Triple("k", Record("k", {"f": 5}), found(5), blank), policy(rule))
    assert not any(op.reason == "blank filled" for op in known.operations)  # agreed and then emptied is an edit


def test_a_computed_field_is_never_written_whatever_it_shows() -> None:
    for base, right in ((1, 1), (1, 3), (None, None)):
        there = replace(found(right), computed=frozenset({"f"}))
        decision = decide(Triple("k", Record("k", {"f": base}), found(2), there), policy(OWNER_LEFT))
        assert not decision.operations and decision.conflicts[0].why is Why.FORMULA


def test_an_owner_that_never_said_anything_is_filled_and_empties_nothing() -> None:
    """A column just made for a field that Grist decides emptied that field in the whole shop."""
    blank = replace(found(None), blank=frozenset({"f"}))
    filled = decide(Triple("k", None, found("TEA-1"), blank), policy(OWNER_RIGHT))
    assert [(op.side, op.changes, op.reason) for op in filled.operations] == [(RIGHT, {"f": "TEA-1"}, "blank filled")]
    emptied = decide(Triple("k", Record("k", {"f": "TEA-1"}), found("TEA-1"), blank), policy(OWNER_RIGHT))
    assert [(op.side, op.changes) for op in emptied.operations] == [(LEFT, {"f": None})]


def test_newest_asks_where_the_time_may_be_another_fields() -> None:
    """A title typed first won, because something else of the same record changed later."""
    rule = Policy({"f": Rule(Owner.BOTH, tie=Tie.NEWEST), "g": Rule(Owner.BOTH)})
    older, newer = "2026-11-20T07:00:00Z", "2026-11-20T07:00:01Z"
    base = Record("k", {"f": 1, "g": 1})

    def side(f: int, g: int, at: str) -> Found:
        return Found("7", "v", Record("k", {"f": f, "g": g}), changed_at=at)

    def decided(left: Found, right: Found) -> list[tuple[Side, str]] | Why:
        decision = decide(Triple("k", base, left, right), rule)
        if disputed := [one.why for one in decision.conflicts if one.field == "f"]:
            return disputed[0]
        return sorted((op.side.value, name) for op in decision.operations for name in op.changes if name == "f")  # type: ignore[misc]

    assert decided(side(2, 1, newer), side(3, 1, older)) == [("right", "f")]
    assert decided(side(2, 5, newer), side(3, 1, older)) is Why.BOTH_CHANGED  # the later time may be that of g
    assert decided(side(2, 5, older), side(3, 1, newer)) == [("left", "f")]  # f on the left is older still
    assert decided(side(2, 1, older), side(3, 5, newer)) is Why.BOTH_CHANGED
    disputed = Triple("k", base, side(2, 1, newer), side(3, 1, older), disputed={"f": (2, 3)})  # g was brought over since
    assert [one.why for one in decide(disputed, rule).conflicts] == [Why.BOTH_CHANGED]
    said_anew = replace(disputed, disputed={"f": (7, 3)})
    assert [op.changes for op in decide(said_anew, rule).operations] == [{"f": 2}]
    gone = replace(side(3, 1, newer), record=Record("k", {"f": 3}), frozen={"g": "'ask Ann' is no number"})
    assert decided(side(2, 1, older), gone) is Why.BOTH_CHANGED  # a word typed into another field has a time, too
    noted = replace(side(3, 1, newer), notes=("Our_notes",))
    assert decided(side(2, 1, older), noted) is Why.BOTH_CHANGED


@pytest.mark.parametrize(
    ("base", "left", "right", "expected"),
    [
        ("a, b", "a, b, c", "b, d", {LEFT: "b, c, d", RIGHT: "b, c, d"}),
        ("a", "a, b", "a, c", {LEFT: "a, b, c", RIGHT: "a, b, c"}),
        (None, "red", "blue", {LEFT: "blue, red", RIGHT: "blue, red"}),
        (None, "Red", "blue, red", {LEFT: "Red, blue", RIGHT: "Red, blue"}),
        ("a", None, "a, b", {LEFT: "b", RIGHT: "b"}),
        ("a, b", "a", "b", {LEFT: None, RIGHT: None}),
        ("a, b", "a", None, {LEFT: None}),
        (..., "a", "b", Why.NO_BASE),
        (1, 2, 3, Why.BOTH_CHANGED),
    ],
)
def test_merged_words(base: Value | EllipsisType, left: Value, right: Value, expected: dict[Side, Value] | Why) -> None:
    assert written(base, left, right, Rule(Owner.BOTH, tie=Tie.MERGE)) == expected


A1, A2, A3, B1, C1 = 'a = "1"', 'a = "2"', 'a = "3"', 'b = "1"', 'c = "x, = y"'


@pytest.mark.parametrize(
    ("base", "left", "right", "expected"),
    [
        ([A1], [A2], [A1, B1], {LEFT: [A2, B1], RIGHT: [A2, B1]}),
        ([A1, B1], [A2, B1], [A1], {LEFT: [A2], RIGHT: [A2]}),
        ([A1, B1], [B1], [A1], {LEFT: [], RIGHT: []}),
        ([A1], [A2, B1], [A2, C1], {LEFT: [A2, B1, C1], RIGHT: [A2, B1, C1]}),
        ([A1], [A2], [A3], Why.BOTH_CHANGED),
        ([A1], [A2, B1], [], Why.BOTH_CHANGED),  # changed here, removed there
        ([A1], [A1], [A2], {LEFT: [A2]}),
        (..., [A1], [B1], {LEFT: [A1, B1], RIGHT: [A1, B1]}),
        (..., [A1, B1], [A1], {RIGHT: [A1, B1]}),
        (..., [], [C1], {LEFT: [C1]}),
        (..., [A1], [A2], Why.NO_BASE),
    ],
)
def test_entries_of_a_text_are_merged_one_by_one(
    base: list[str] | EllipsisType, left: list[str], right: list[str], expected: dict[Side, list[str]] | Why
) -> None:
    before = ... if isinstance(base, EllipsisType) else "\n".join(base) or None
    texts = ["\n".join(one) or None for one in (left, right)]
    meant = {side: "\n".join(one) or None for side, one in expected.items()} if isinstance(expected, dict) else expected
    assert written(before, *texts, Rule(Owner.BOTH, tie=Tie.EACH)) == meant


@pytest.mark.parametrize("rule", [OWNER_LEFT, OWNER_RIGHT, Rule(Owner.BOTH), Rule(Owner.BOTH, tie=Tie.RIGHT)])
def test_nothing_is_written_anywhere_for_what_cannot_be_read(rule: Rule) -> None:
    """The shop's value was put back to what was agreed, because the owner's own word could not be read."""
    word = Found("7", "v", Record("k", {}), {"f": "'ask Ann' is no number"})
    for left, right in ((found(2), word), (word, found(2))):
        decision = decide(Triple("k", Record("k", {"f": 1}), left, right), policy(rule))
        assert not decision.operations and [one.why for one in decision.conflicts] == [Why.UNREADABLE]


def test_a_side_that_a_policy_never_writes_is_not_written_whatever_either_side_shows() -> None:
    """And one that it may write is, in one of the cases."""
    states = [None, found("a"), found("b")]
    cases = [(base, left, right) for base in (None, Record("k", {"f": "a"})) for left in states for right in states]
    for rule, here, there, new in product((OWNER_LEFT, OWNER_RIGHT, Rule(Owner.BOTH)), OnMissing, OnMissing, (False, True)):
        for creates in (False, True):
            chosen = policy(rule, missing_left=here, missing_right=there, create_left=new, create_right=creates)
            made = [decide(Triple("k", *case), chosen) for case in cases if case[1] or case[2]]
            sides = {operation.side for decision in made for operation in decision.operations}
            assert sides == {side for side in Side if chosen.may_write(side)}, chosen
