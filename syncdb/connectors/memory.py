"""The reference connector: a system that lives in memory. What it does is what the protocol means."""

from collections.abc import Iterable, Iterator, Sequence

from syncdb.connectors.base import Capabilities
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value, digest, encode_fields


class MemoryConnector:
    """Rows by key. `rows` may be changed from outside at any time, as people do.

    With `ids` the system gives ids of its own, which begin so, and keeps the key that a create came with as an external id.
    """

    can = Capabilities(delete=True, atomic_batches=True, compare_and_set=True, fence=True)

    def __init__(self, name: str = "memory", batch: int = 50, ids: str = "") -> None:
        self.name = self.title = name
        self.rows: dict[str, dict[str, Value]] = {}
        self.batch = batch
        self._ids = ids
        self._given = 0
        self._spent: dict[int, str] = {}
        self._external: dict[tuple[int, str], str] = {}  # by token and key of the create: which id was given

    def new_id(self) -> str:
        """An id that this system never gave before."""
        self._given += 1
        return f"{self._ids}{self._given}"

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
        return [self._write_one(operation, attempt.token) for operation in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        if self._spent.setdefault(attempt.token, "fence") == "fence":
            return [Outcome(Result.STALE, why="it was never applied") for _ in attempt.operations or (None,)]
        return [self._stands(operation, attempt.token) for operation in attempt.operations]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        self._spent.clear()

    def _found(self, key: str) -> Found:
        fields = dict(self.rows[key])
        return Found(key, digest(encode_fields(fields)), Record(key, fields))

    def _write_one(self, operation: Operation, token: int) -> Outcome:
        if operation.action is Action.CREATE:
            return self._create(operation, token)
        row = self.rows.get(operation.key)
        if row is None or not agrees(operation.expected, row):
            return Outcome(Result.STALE, operation.key, "it changed meanwhile")
        if operation.action is Action.UPDATE:
            row.update(operation.changes)
        else:
            del self.rows[operation.key]
        return Outcome(Result.DONE, operation.key)

    def _create(self, operation: Operation, token: int) -> Outcome:
        if self._ids:
            id = self._external[token, operation.key] = self.new_id()
            self.rows[id] = dict(operation.changes)
            return Outcome(Result.DONE, id, id=id)
        if operation.key in self.rows:
            return Outcome(Result.STALE, operation.key, "it exists already")
        self.rows[operation.key] = dict(operation.changes)
        return Outcome(Result.DONE, operation.key)

    def _stands(self, operation: Operation, token: int) -> Outcome:
        """What became of an operation that was applied or stale, by looking: a create under the external id it came with."""
        if self._ids and operation.action is Action.CREATE:
            id = self._external[token, operation.key]
            return Outcome(Result.DONE, id, id=id)
        row = self.rows.get(operation.key)
        gone = operation.action is Action.DELETE
        done = row is None if gone else row is not None and agrees(operation.changes, row)
        return Outcome(Result.DONE if done else Result.STALE, operation.key)
