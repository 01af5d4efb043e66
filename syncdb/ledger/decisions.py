"""What people decided about conflicts: kept until it is carried out or overtaken, and afterwards for the history."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from syncdb.ledger.orders import in_groups
from syncdb.model import Take, Verdict
from syncdb.values import Value, canonical_json, decode, encode


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The `verdict` table of one pair. Callers bring the transaction; `now` is ISO UTC."""

    connection: sqlite3.Connection
    pair: str

    def decide(self, verdict: Verdict, now: str) -> None:
        """Keep a decision; an earlier one about the same conflict that was not carried out yet is overtaken by it."""
        self.end([(verdict.key, verdict.field)], "overtaken by a later decision", now)
        shown = (canonical_json(encode(value)) for value in (verdict.left, verdict.right, verdict.value))
        self.connection.execute(
            """INSERT INTO verdict (pair, key, field, take, left_shown, right_shown, value, decided_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (self.pair, verdict.key, verdict.field or "", verdict.take.value, *shown, now),
        )

    def keys(self) -> list[str]:
        """The records that a decision waits for."""
        query = "SELECT DISTINCT key FROM verdict WHERE pair = ? AND ended_at IS NULL ORDER BY key"
        return [row[0] for row in self.connection.execute(query, (self.pair,))]

    def open(self, keys: Iterable[str]) -> dict[str, dict[str | None, Verdict]]:
        """The decisions about these records that are not carried out yet, by key and field."""
        found: dict[str, dict[str | None, Verdict]] = {}
        query = """SELECT key, field, take, left_shown, right_shown, value FROM verdict
                   WHERE pair = ? AND ended_at IS NULL AND key IN ({})"""
        for key, field, take, left, right, value in in_groups(self.connection, query, keys, self.pair):
            verdict = Verdict(key, field or None, Take(take), _value(left), _value(right), _value(value))
            found.setdefault(key, {})[verdict.field] = verdict
        return found

    def end(self, which: Iterable[tuple[str, str | None]], how: str, now: str) -> None:
        """These are done with: carried out, or no longer about anything."""
        self.connection.executemany(
            "UPDATE verdict SET ended_at = ?, ended_how = ? WHERE pair = ? AND key = ? AND field = ? AND ended_at IS NULL",
            ((now, how, self.pair, key, field or "") for key, field in which),
        )


def _value(text: str | None) -> Value:
    return decode(json.loads(text)) if text is not None else None
