"""Writes that were seen not to take place on a system which may still carry them out: what then moved there may be ours."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import syncdb.ledger.state_keys as state_keys
from syncdb.model import Action, Operation
from syncdb.values import Value, canonical_json


@dataclass(frozen=True, slots=True)
class LateWrites:
    """What is kept of them for one pair, in the `meta` table: by key, the fields. Callers bring the transaction."""

    connection: sqlite3.Connection
    pair: str

    def add(self, operations: Iterable[Operation]) -> None:
        """These changes may still be carried out. New and deleted records tell by themselves what became of them."""
        for one in operations:
            if one.action is Action.UPDATE:
                self._put(one.key, self._of(one.key) | one.changes.keys())

    def agreed(self, key: str, fields: Mapping[str, Value]) -> None:
        """Both sides show these fields alike: a late write that expects what was there before finds it no more."""
        known = self._of(key)
        if known and not known.isdisjoint(fields):
            self._put(key, known - fields.keys())

    def fields(self) -> dict[str, frozenset[str]]:
        """By key, the fields that a late write of ours may have changed."""
        query = "SELECT name, value FROM meta WHERE name >= ? AND name < ?"
        rows = self.connection.execute(query, (self._name(""), f"{self._name('')}\U0010ffff"))
        return {name.removeprefix(self._name("")): frozenset(json.loads(value)) for name, value in rows}

    def _name(self, key: str) -> str:
        return state_keys.late_writes(self.pair, key)

    def _of(self, key: str) -> set[str]:
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (self._name(key),)).fetchone()
        return set(json.loads(row[0])) if row else set()

    def _put(self, key: str, fields: set[str]) -> None:
        self.connection.execute("DELETE FROM meta WHERE name = ?", (self._name(key),))
        if fields:
            self.connection.execute("INSERT INTO meta VALUES (?, ?)", (self._name(key), canonical_json(sorted(fields))))
