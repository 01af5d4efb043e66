"""What each pair of the ledger is: its type, the kind of record it keeps in step, whether it tracks orders.

A pair's name is opaque: it is only ever compared. What it stands for is registered here when a run opens it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegisteredPair:
    """`type` is the pair type's name (sheets, grist ...), `entity` what is kept in step (orders, products ...).

    `entity` is empty for a name under which only runs are recorded, of several entities together.
    """

    id: str
    type: str
    entity: str
    tracks_orders: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """The `pair` table. Callers of `register` bring the transaction."""

    connection: sqlite3.Connection

    def register(self, pair: RegisteredPair) -> None:
        """Say what a pair is. Saying it again changes nothing; what is said last counts."""
        self.connection.execute(
            """INSERT INTO pair (id, type, entity, tracks_orders) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
                 type = excluded.type, entity = excluded.entity, tracks_orders = excluded.tracks_orders""",
            (pair.id, pair.type, pair.entity, int(pair.tracks_orders)),
        )

    def get(self, id: str) -> RegisteredPair | None:
        """The pair of this name, None if it was never registered."""
        return next(self._where("WHERE id = ?", id), None)

    def all(self) -> list[RegisteredPair]:
        """Every pair, by name."""
        return list(self._where("ORDER BY id"))

    def of_type(self, type: str) -> list[RegisteredPair]:
        """The pairs of a type, by name."""
        return list(self._where("WHERE type = ? ORDER BY id", type))

    def of_entity(self, entity: str) -> list[RegisteredPair]:
        """The pairs that keep this kind of record in step, by name."""
        return list(self._where("WHERE entity = ? ORDER BY id", entity))

    def _where(self, condition: str, *values: str) -> Iterator[RegisteredPair]:
        rows = self.connection.execute(f"SELECT id, type, entity, tracks_orders FROM pair {condition}", values)
        return (RegisteredPair(id, type, entity, bool(tracks)) for id, type, entity, tracks in rows)
