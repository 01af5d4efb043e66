"""The reference connector: a system that lives in memory. What it does is what the protocol means."""

from collections.abc import Iterable, Iterator, Sequence

from syncdb.connectors.base import Capabilities
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value, digest, encode_fields


class MemoryConnector:
    """Rows by key. `rows` may be changed from outside at any time, as people do."""

    can = Capabilities(delete=True, atomic_batches=True, compare_and_set=True, fence=True)

    def __init__(self, name: str = "memory", batch: int = 50) -> None:
        self.name = name
        self.rows: dict[str, dict[str, Value]] = {}
        self.batch = batch
        self._spent: dict[int, str] = {}

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        yield self.look(tuple(self.rows))

    def look(self, keys: Iterable[str]) -> Snapshot:
        return Snapshot({key: self._found(key) for key in keys if key in self.rows}, complete=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, tuple(operations[: self.batch]), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """All or nothing as a batch is sent once; each operation stands or is stale by what it expected."""
        if attempt.token in self._spent:
            return self.settle(attempt)
        self._spent[attempt.token] = "batch"
        return [self._write_one(operation) for operation in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        if self._spent.setdefault(attempt.token, "fence") == "fence":
            return [Outcome(Result.STALE, why="it was never applied") for _ in attempt.operations or (None,)]
        return [self._stands(operation) for operation in attempt.operations]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        self._spent.clear()

    def _found(self, key: str) -> Found:
        fields = dict(self.rows[key])
        return Found(key, digest(encode_fields(fields)), Record(key, fields))

    def _write_one(self, operation: Operation) -> Outcome:
        row = self.rows.get(operation.key)
        if operation.action is Action.CREATE:
            if row is not None:
                return Outcome(Result.STALE, operation.key, "it exists already")
            self.rows[operation.key] = dict(operation.changes)
        elif row is None or not agrees(operation.expected, row):
            return Outcome(Result.STALE, operation.key, "it changed meanwhile")
        elif operation.action is Action.UPDATE:
            row.update(operation.changes)
        else:
            del self.rows[operation.key]
        return Outcome(Result.DONE, operation.key)

    def _stands(self, operation: Operation) -> Outcome:
        row = self.rows.get(operation.key)
        gone = operation.action is Action.DELETE
        done = row is None if gone else row is not None and agrees(operation.changes, row)
        return Outcome(Result.DONE if done else Result.STALE, operation.key)
