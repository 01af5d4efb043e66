"""Records that are kept of people beside the orders that were read: what all tables hold of them, and taking it out."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.ledger import state_keys
from syncdb.ledger.orders import groups
from syncdb.ledger.runs import Runs
from syncdb.values import canonical_json, decode, decode_fields

Fields = Mapping[str, Any]
# of a record whose sides have ids of their own the link tells them; else the key is one of them
_KEYS = """SELECT key, left_id, right_id FROM (
             SELECT key FROM record WHERE pair = :pair UNION SELECT key FROM conflict WHERE pair = :pair
             UNION SELECT key FROM called WHERE pair = :pair) LEFT JOIN (
             SELECT key, left_id, right_id FROM link WHERE pair = :pair) USING (key)"""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """The key of a record with the ids that it has on either side, None for none."""

    key: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class KeptRecords:
    """What one pair of a ledger keeps of its records. Callers of `forget` bring the transaction."""

    connection: sqlite3.Connection
    pair: str

    def all_keys(self) -> Iterator[KeptKey]:
        """Every record that anything is known of."""
        for key, left, right in self._all(_KEYS, {"pair": self.pair}):
            yield KeptKey(key, left, right) if left else _of_key(key)

    def fields(self) -> Iterator[tuple[str, Fields]]:
        """What is held of any record, one piece at a time: what was agreed, both sides of a conflict, what was written."""
        for key, base in self._all("SELECT key, base FROM record WHERE pair = ? AND base IS NOT NULL", (self.pair,)):
            yield key, decode_fields(base)
        for table, columns in _PIECES.items():
            for key, name, *texts in self._all(f"SELECT key, field, {columns} FROM {table} WHERE pair = ?", (self.pair,)):
                for value in _values(texts):
                    yield key, {name: value}

    def forget(self, keys: Collection[str], plain: Collection[str]) -> dict[str, int]:
        """Take out of these records, and out of all that is told of them, every field that is not plain. How much that was."""
        counts = {"agreed_rows": 0, "cell_writes": 0, "conflicts": 0}
        for group in groups(keys):
            counts["agreed_rows"] += self._narrow(group, plain)
            for table, (name, change) in _EMPTIED.items():
                marks, kept = ",".join("?" * len(group)), ",".join("?" * len(plain))
                where = f"WHERE pair = ? AND key IN ({marks}) AND coalesce(field, '') NOT IN ({kept})"
                done = self.connection.execute(f"{change} {where} {_STILL[table]}", (self.pair, *group, *plain))
                counts[name] = counts.get(name, 0) + done.rowcount
            self._names(group, plain)
        return counts

    def _narrow(self, keys: Collection[str], plain: Collection[str]) -> int:
        marks = ",".join("?" * len(keys))
        query = f"SELECT key, base FROM record WHERE pair = ? AND base IS NOT NULL AND key IN ({marks})"
        narrowed = []
        for key, base in list(self._all(query, (self.pair, *keys))):
            fields = json.loads(base)
            left = {name: value for name, value in fields.items() if name in plain}
            narrowed += [(canonical_json(left) if left else None, self.pair, key)] if left != fields else []
        self.connection.executemany("UPDATE record SET base = ? WHERE pair = ? AND key = ?", narrowed)
        return len(narrowed)

    def _names(self, keys: Collection[str], plain: Collection[str]) -> None:
        """By what people know the records: only what tells nothing of a person."""
        marks = ",".join("?" * len(keys))
        rows = list(self._all(f"SELECT key, fields FROM called WHERE pair = ? AND key IN ({marks})", (self.pair, *keys)))
        left = [({name: value for name, value in json.loads(text).items() if name in plain}, key) for key, text in rows]
        self.connection.executemany(
            "UPDATE called SET fields = ? WHERE pair = ? AND key = ?",
            [(canonical_json(one), self.pair, key) for one, key in left],
        )

    def look_again(self, keys: Collection[str]) -> None:
        """The next run looks at them."""
        name, runs = state_keys.again(self.pair), Runs(self.connection)
        runs.put(name, sorted({*(runs.get(name) or ()), *keys}))

    def _all(self, query: str, parameters: Any) -> sqlite3.Cursor:
        return self.connection.execute(query, parameters)


_PIECES = {
    "conflict": "detail",
    "cell_write": "before, after",
    "verdict": "left_shown, right_shown, value",
}
_EMPTIED = {
    "cell_write": ("cell_writes", "UPDATE cell_write SET before = NULL, after = NULL"),
    "conflict": ("conflicts", "DELETE FROM conflict"),
    "verdict": (
        "verdicts",
        "UPDATE verdict SET left_shown = NULL, right_shown = NULL, value = NULL, "
        "ended_at = coalesce(ended_at, decided_at), ended_how = coalesce(ended_how, 'redacted')",
    ),
}
_STILL = {
    "cell_write": "AND (before IS NOT NULL OR after IS NOT NULL)",
    "conflict": "",
    "verdict": "AND (left_shown IS NOT NULL OR right_shown IS NOT NULL OR value IS NOT NULL)",
}


def _of_key(key: str) -> KeptKey:
    """A record that is joined with none stands under its own id, marked where it is the right side's."""
    side, _, id = key.partition(":")
    if side.rstrip("+") == "right":
        return KeptKey(key, None, id)
    return KeptKey(key, id if side.rstrip("+") == "left" else key, None)


def _values(texts: Collection[str | None]) -> Iterator[Any]:
    for text in texts:
        told = json.loads(text) if text else None
        if isinstance(told, dict):
            yield from (decode(told[side]) for side in ("base", "left", "right") if side in told)
        else:
            yield decode(told)
