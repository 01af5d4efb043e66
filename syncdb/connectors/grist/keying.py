"""Rows that have no key, or one that stands for a record still to be made: they are given the key that is theirs.

Each is written as an attempt of its own before records are compared, and only where the row still shows what was seen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.clock import SYSTEM, Clock
from syncdb.connectors.base import Capabilities
from syncdb.connectors.grist.client import Json
from syncdb.connectors.grist.document import GristDocument
from syncdb.connectors.grist.failures import Declined
from syncdb.connectors.grist.layout import TableLayout
from syncdb.connectors.grist.standing import SETTLE_AFTER
from syncdb.connectors.grist.table import GristTable
from syncdb.errors import OutcomeUnknown
from syncdb.model import Attempt, Found, Operation, Outcome, Result, Snapshot

KIND = "keys"
WRITE = {"noadd": "1", "noparse": "1", "onmany": "none"}

Keys = Callable[[Sequence[Found], Callable[[], Iterable[str]]], Mapping[str, str]]


@dataclass(slots=True)
class KeyingTable:
    """A table whose rows are given keys. `keys_for` is told rows without a key and those whose key begins with `mark`.

    It says by place (the row's id as text) which key each is to have; the second thing it is given asks for all keys that stand.
    `marks` are those that stand in rows, None where that is not known. A dry run shows rows as if they had been given theirs.
    """

    table: GristTable
    document: GristDocument
    keys_for: Keys
    mark: str
    marks: Callable[[], Sequence[str] | None] = lambda: ()
    dry: bool = False
    clock: Clock = SYSTEM
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title, self.can = self.table.name, self.table.title, self.table.can

    def structure(self, token: int) -> Attempt | None:
        """What the table lacks first of all; then the keys that rows lack."""
        lacking = self.table.structure(token)
        if self.dry:
            self.table.given = {row: key for row, _, key in self._given()[1]}
        if lacking is not None or self.dry:
            return lacking
        return self._keys(token)

    def fetch(self) -> Iterator[Snapshot]:
        return self.table.fetch()

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.table.look(keys)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return self.table.prepare(operations, token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        if attempt.evidence.get("kind") != KIND:
            return self.table.write(attempt)
        try:
            self._send(attempt)
        except OutcomeUnknown:
            return [Outcome(Result.UNKNOWN)]
        return []

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What was not written is looked for again: a copy of the write that lands later finds other keys and does nothing."""
        if attempt.evidence.get("kind") != KIND:
            return self.table.settle(attempt)
        self.clock.sleep(SETTLE_AFTER)
        self.document.forget()
        self.document.wrote(str(attempt.evidence["table"]))
        return []

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if attempt.evidence.get("kind") == KIND else self.table.mend(attempt, token)

    def close(self) -> None:
        self.table.close()

    def _keys(self, token: int) -> Attempt | None:
        layout, given = self._given()
        if layout is None or not given:
            return None
        rows = [{"require": {"id": row, **cells}, "fields": {layout.key.id: key}} for row, cells, key in given]
        return Attempt(token, (), {"kind": KIND, "table": layout.table, "rows": rows})

    def _given(self) -> tuple[TableLayout | None, list[tuple[int, Json, str]]]:
        """Rows that are to have another key: each with the cells by which it is known, and the key."""
        layout, rows = self.table.keyless(self.mark, self.marks())
        if layout is None:
            return None, []

        def standing() -> Iterable[str]:
            return self.document.keys_of(layout.table, layout.key.id)[1]

        wanted = self.keys_for([found for found, _ in rows], standing)
        return layout, [
            (int(found.ref), {layout.key.id: found.record.key, **cells}, key)
            for found, cells in rows
            if (key := wanted.get(found.ref, found.record.key)) != found.record.key
        ]

    def _send(self, attempt: Attempt) -> None:
        table = str(attempt.evidence["table"])
        try:
            self.document.call("PUT", f"/tables/{table}/records", {"records": attempt.evidence["rows"]}, WRITE)
        except Declined as declined:
            if not declined.schema_moved:
                raise self.document.explained(declined) from declined
        finally:
            self.document.wrote(table)
