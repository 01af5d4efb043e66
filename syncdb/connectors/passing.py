"""Connectors over other ones: all is passed on, but for what a kind of them does otherwise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.model import Attempt, Operation, Outcome, Snapshot


class PassedOn:
    """Passes everything on to `connector`. What that shows can be changed by `_shown`, what came of a write heard by `_heard`."""

    __slots__ = ()
    connector: Connector

    def structure(self, token: int) -> Attempt | None:
        return self.connector.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        return map(self._shown, self.connector.fetch())

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self._shown(self.connector.look(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return self.connector.prepare(operations, token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, self.connector.write(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, self.connector.settle(attempt))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.connector.mend(attempt, token)

    def close(self) -> None:
        self.connector.close()

    def _shown(self, shown: Snapshot) -> Snapshot:
        return shown

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        return outcomes


@dataclass(slots=True)
class SameName:
    """Before PassedOn or Translated: such a connector is called as the one below it, and can do the same."""

    connector: Connector
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title, self.can = self.connector.name, self.connector.title, self.connector.can


class Translated(PassedOn):
    """Passes operations on as `_own` gives them. An attempt keeps those that were asked for, translated anew each time."""

    __slots__ = ()

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        made = self.connector.prepare([self._own(one) for one in operations], token)
        return replace(made, operations=tuple(operations[: len(made.operations)]))

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, self.connector.write(self._sent(attempt)))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, self.connector.settle(self._sent(attempt)))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.connector.mend(self._sent(attempt), token)

    def _own(self, operation: Operation) -> Operation:
        return operation

    def _sent(self, attempt: Attempt) -> Attempt:
        return replace(attempt, operations=tuple(self._own(one) for one in attempt.operations))
