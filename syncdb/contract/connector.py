"""What every connector must do. A connector's test module makes a `Stage` and inherits `Contract`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pytest

from syncdb.connectors.base import Connector
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Side, agrees
from syncdb.values import Value


class Stage(Protocol):
    """A fresh system with a connector to it, and eyes of its own that do not go through the connector."""

    connector: Connector

    def shows(self) -> dict[str, dict[str, Value]]:
        """What stands there by key, read behind the connector's back."""

    def person_changes(self, key: str, field: str, value: Value) -> None:
        """Somebody changes a value by hand."""

    def lose_next_answer(self, *, applied: bool) -> None:
        """The next write is applied (or not) and its answer is lost."""


ONE: dict[str, Value] = {"key": "a", "title": "Mug", "count": 3}
TWO: dict[str, Value] = {"key": "b", "title": "Läufer 🧵", "count": 0}


def create(key: str, fields: Mapping[str, Value]) -> Operation:
    return Operation(Side.RIGHT, Action.CREATE, key, None, {}, dict(fields), "new")


def update(key: str, expected: Mapping[str, Value], changes: Mapping[str, Value]) -> Operation:
    return Operation(Side.RIGHT, Action.UPDATE, key, None, dict(expected), dict(changes), "changed")


class Contract:
    """Inherit and provide a `stage` fixture."""

    token = 1000
    many = 120
    repeatable = False  # settling brings about what was not applied: to do it twice is to do it once

    @pytest.fixture(autouse=True)
    def made(self, stage: Stage) -> Iterator[None]:
        for _ in range(3):
            attempt = stage.connector.structure(self.next_token())
            if attempt is None:
                break
            assert stage.connector.write(attempt) == []
        else:
            raise AssertionError("structure() never came to an end")
        yield
        stage.connector.close()

    @classmethod
    def next_token(cls) -> int:
        Contract.token += 1
        return Contract.token

    def write(self, stage: Stage, operations: Sequence[Operation]) -> list[Outcome]:
        """Prepare and write batch by batch, as the engine does."""
        outcomes: list[Outcome] = []
        waiting = list(operations)
        while waiting:
            attempt = stage.connector.prepare(waiting, self.next_token())
            assert attempt.operations == tuple(waiting[: len(attempt.operations)]) and attempt.operations
            outcomes += stage.connector.write(attempt)
            waiting = waiting[len(attempt.operations) :]
        return outcomes

    def lost(self, stage: Stage, operations: Sequence[Operation], *, applied: bool) -> tuple[Attempt, list[Outcome]]:
        attempt = stage.connector.prepare(operations, self.next_token())
        stage.lose_next_answer(applied=applied)
        return attempt, stage.connector.write(attempt)

    def test_an_empty_system_shows_nothing(self, stage: Stage) -> None:
        blocks = list(stage.connector.fetch())
        assert all(block.complete and not block.found for block in blocks)
        assert stage.connector.look(["a"]).found == {}

    def test_what_was_created_is_there_once(self, stage: Stage) -> None:
        outcomes = self.write(stage, [create("a", ONE), create("b", TWO)])
        assert [outcome.result for outcome in outcomes] == [Result.DONE, Result.DONE]
        assert stage.shows() == {"a": ONE, "b": TWO}

    def test_fetch_and_look_show_the_same(self, stage: Stage) -> None:
        self.write(stage, [create("a", ONE), create("b", TWO)])
        fetched = {key: found.record.fields for block in stage.connector.fetch() for key, found in block.found.items()}
        looked = {key: found.record.fields for key, found in stage.connector.look(["a", "b", "c"]).found.items()}
        assert set(fetched) == set(looked) == {"a", "b"}
        for shown in (fetched, looked):
            assert agrees(ONE, shown["a"]) and agrees(TWO, shown["b"])

    def test_an_update_changes_only_its_field(self, stage: Stage) -> None:
        self.write(stage, [create("a", ONE), create("b", TWO)])
        outcomes = self.write(stage, [update("a", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.DONE]
        assert stage.shows() == {"a": ONE | {"count": 4}, "b": TWO}

    def test_an_update_of_a_value_that_moved_is_stale_and_writes_nothing(self, stage: Stage) -> None:
        self.write(stage, [create("a", ONE)])
        stage.person_changes("a", "count", 9)
        outcomes = self.write(stage, [update("a", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.STALE]
        assert stage.shows() == {"a": ONE | {"count": 9}}

    def test_an_update_of_a_vanished_record_is_stale(self, stage: Stage) -> None:
        outcomes = self.write(stage, [update("nobody", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.STALE]
        assert stage.shows() == {}

    @pytest.mark.parametrize("applied", [True, False])
    def test_a_lost_answer_is_unknown_until_settled(self, stage: Stage, applied: bool) -> None:
        attempt, outcomes = self.lost(stage, [create("a", ONE), create("b", TWO)], applied=applied)
        assert {outcome.result for outcome in outcomes} == {Result.UNKNOWN}
        settled = stage.connector.settle(attempt)
        there = applied or self.repeatable
        sent = {one.key: one.changes for one in attempt.operations}  # a system may take one at a time
        assert [outcome.result for outcome in settled] == [Result.DONE if there else Result.STALE] * len(sent)
        assert stage.shows() == (sent if there else {})
        assert stage.connector.mend(attempt, self.next_token()) is None

    def test_after_settling_nothing_of_it_can_apply_late(self, stage: Stage) -> None:
        attempt, _ = self.lost(stage, [create("a", ONE)], applied=False)
        stage.connector.settle(attempt)
        settled = stage.shows()
        outcomes = stage.connector.write(attempt)
        assert (outcomes[0].result is Result.DONE) == self.repeatable
        assert stage.shows() == settled == ({"a": ONE} if self.repeatable else {})

    def test_settling_twice_says_the_same(self, stage: Stage) -> None:
        attempt, _ = self.lost(stage, [create("a", ONE)], applied=True)
        assert stage.connector.settle(attempt) == stage.connector.settle(attempt)
        assert stage.shows() == {"a": ONE}

    def test_many_records_go_in_several_batches_and_all_arrive(self, stage: Stage) -> None:
        many: dict[str, dict[str, Value]] = {
            f"k{number}": {"key": f"k{number}", "title": f"Thing {number}", "count": number} for number in range(self.many)
        }
        outcomes = self.write(stage, [create(key, fields) for key, fields in many.items()])
        assert {outcome.result for outcome in outcomes} == {Result.DONE}
        assert stage.shows() == many
