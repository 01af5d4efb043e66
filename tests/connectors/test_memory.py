"""The reference connector keeps the contract."""

from collections.abc import Sequence

import pytest

from syncdb.connectors.memory import MemoryConnector
from syncdb.model import Attempt, Outcome, Result
from syncdb.values import Value
from tests.connectors.contract import Contract


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
