"""The values that fields had before, as far as the ledger's history of writes goes back."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from syncdb.ledger.orders import in_groups
from syncdb.values import Value, decode


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a field: in the run `run_id` at `at` (ISO, UTC) the value `before` ended."""

    run_id: int
    at: str
    before: Value


@dataclass(frozen=True, slots=True)
class Past:
    """The `cell_write` table of one pair whose records belong to no order."""

    connection: sqlite3.Connection
    pair: str

    def steps(self, keys: Iterable[str]) -> dict[tuple[str, str], list[Step]]:
        """The writes of each field of these records, by key and field, the oldest first."""
        query = """SELECT key, field, run_id, written_at, before FROM cell_write
                   WHERE pair = ? AND order_id = '' AND action = 'update' AND key IN ({}) ORDER BY write_id"""
        found: dict[tuple[str, str], list[Step]] = {}
        for key, name, run_id, at, before in in_groups(self.connection, query, keys, self.pair):
            found.setdefault((key, name), []).append(Step(run_id, at, decode(json.loads(before)) if before else None))
        return found

    def changed_since(self, run_id: int, fields: Collection[str]) -> int:
        """How many values of these fields were written in later runs than this one."""
        query = """SELECT DISTINCT key, field FROM cell_write
                   WHERE pair = ? AND order_id = '' AND action = 'update' AND run_id > ?"""
        return sum(name in fields for _, name in self.connection.execute(query, (self.pair, run_id)))
