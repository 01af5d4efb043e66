"""Intents: what is about to be sent is here before it is sent, and what became of it after."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from syncdb.model import Action, Attempt, Operation, Side
from syncdb.values import canonical_json, decode, encode


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An attempt whose outcome was never recorded: the run ended, or the answer was lost."""

    run_id: int
    purpose: str
    side: Side
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Journal:
    """The `journal` table of one pair. `begin` must be committed before the write is sent."""

    connection: sqlite3.Connection
    pair: str

    def begin(self, attempt: Attempt, side: Side, purpose: str, run_id: int, now: str) -> None:
        self.connection.execute(
            """INSERT INTO journal (token, run_id, pair, side, purpose, state, attempt, operations, begun_at)
               VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?)""",
            (attempt.token, run_id, self.pair, side.value, purpose, pack(attempt), len(attempt.operations), now),
        )

    def end(self, token: int, took_place: bool, now: str) -> None:
        """The outcome is known. What was attempted is in `cell_write` by now and need not be kept here."""
        self.connection.execute(
            "UPDATE journal SET state = ?, attempt = NULL, ended_at = ? WHERE token = ?",
            ("done" if took_place else "void", now, token),
        )

    def knows(self, token: int) -> bool:
        """Whether an attempt of any pair had this token. Of 2^31 they run into each other within some years."""
        return self.connection.execute("SELECT 1 FROM journal WHERE token = ?", (token,)).fetchone() is not None

    def unfinished(self) -> list[Unfinished]:
        query = "SELECT run_id, purpose, side, attempt FROM journal WHERE pair = ? AND state = 'open' ORDER BY begun_at, token"
        return [
            Unfinished(run_id, purpose, Side(side), unpack(text))
            for run_id, purpose, side, text in self.connection.execute(query, (self.pair,))
        ]

    def spent(self, before: str, most: int) -> list[int]:
        """Tokens of attempts that ended before `before` and may still lie on the remote."""
        query = """SELECT token FROM journal WHERE pair = ? AND state <> 'open' AND tidied = 0 AND ended_at < ?
                   ORDER BY ended_at LIMIT ?"""
        return [row[0] for row in self.connection.execute(query, (self.pair, before, most))]

    def tidied(self, tokens: Iterable[int]) -> None:
        self.connection.executemany("UPDATE journal SET tidied = 1 WHERE token = ?", ((token,) for token in tokens))


def pack(attempt: Attempt) -> str:
    """An attempt as JSON text, without loss."""
    operations = [
        {
            "side": op.side.value,
            "action": op.action.value,
            "key": op.key,
            "ref": op.ref,
            "expected": {name: encode(value) for name, value in op.expected.items()},
            "changes": {name: encode(value) for name, value in op.changes.items()},
            "reason": op.reason,
            "opposite": {name: encode(value) for name, value in op.opposite.items()},
        }
        for op in attempt.operations
    ]
    return canonical_json({"token": attempt.token, "operations": operations, "evidence": dict(attempt.evidence)})


def unpack(text: str) -> Attempt:
    """The attempt that `pack` stored."""
    data = json.loads(text)
    return Attempt(data["token"], tuple(_operation(op) for op in data["operations"]), data["evidence"])


def _operation(data: dict[str, Any]) -> Operation:
    return Operation(
        Side(data["side"]),
        Action(data["action"]),
        data["key"],
        data["ref"],
        {name: decode(value) for name, value in data["expected"].items()},
        {name: decode(value) for name, value in data["changes"].items()},
        data["reason"],
        {name: decode(value) for name, value in data["opposite"].items()},
    )
