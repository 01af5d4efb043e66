"""The reference connector keeps the contract."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.connectors.memory import MemoryConnector
from syncdb.contract.connector import Contract
from syncdb.contract.own_ids import Linked
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Attempt, Outcome, Result, Side
from syncdb.values import Value


class Forgetful(MemoryConnector):
    """Loses the answer to a write when told to."""

    losing: bool | None = None

    def write(self, attempt: Attempt) -> list[Outcome]:
        losing, self.losing = self.losing, None
        if losing is None:
            return super().write(attempt)
        if losing:
            super().write(attempt)
        return _unknown(attempt.operations)


def _unknown(operations: Sequence[object]) -> list[Outcome]:
    return [Outcome(Result.UNKNOWN) for _ in operations]


class MemoryStage:
    """A stage on which keys are the system's own ids."""

    def __init__(self) -> None:
        self.connector = Forgetful(batch=50)

    def shows(self) -> dict[str, dict[str, Value]]:
        return self.connector.rows

    def person_changes(self, key: str, field: str, value: Value) -> None:
        self.connector.rows[key][field] = value

    def lose_next_answer(self, *, applied: bool) -> None:
        self.connector.losing = applied


class TestMemory(Contract):
    @pytest.fixture
    def stage(self) -> MemoryStage:
        return MemoryStage()


class LinkedStage:
    """A stage on which the system gives ids of its own, and what stands there is known by the key it was made for."""

    def __init__(self, ledger: Ledger) -> None:
        self.system = Forgetful(batch=50, ids="own-")
        self.connector = Linked(self.system, Side.RIGHT, Joins.of(ledger, "p"))

    def shows(self) -> dict[str, dict[str, Value]]:
        return {str(row["key"]): row for row in self.system.rows.values()}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        self.shows()[key][field] = value

    def lose_next_answer(self, *, applied: bool) -> None:
        self.system.losing = applied


class TestLinkedMemory(Contract):
    """What gives ids of its own keeps the same contract, by key."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[LinkedStage]:
        with Ledger.open(tmp_path / "ledger.db", datetime(2026, 11, 21, 7, tzinfo=UTC)) as ledger:
            yield LinkedStage(ledger)

    def test_no_id_is_a_key(self, stage: LinkedStage) -> None:
        self.test_what_was_created_is_there_once(stage)
        assert sorted(stage.system.rows) == ["own-1", "own-2"]
