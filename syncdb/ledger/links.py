"""Links: which record of the left system is which of the right one, where the two have ids of their own.

A record without a link has the same id on both sides, so that pairs of one id pay nothing.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from syncdb.ledger.orders import in_groups


@dataclass(frozen=True, slots=True)
class Link:
    """One record of a pair: the key under which the ledger keeps it, and its id on either side."""

    key: str
    left_id: str
    right_id: str


@dataclass(frozen=True, slots=True)
class Links:
    """The `link` table of one pair. Each key, left id and right id stands in one link only. Callers bring the transaction."""

    connection: sqlite3.Connection
    pair: str

    def of(self, keys: Iterable[str]) -> dict[str, Link]:
        """The links of these keys, by key; keys without one are left out."""
        return {link.key: link for link in self._by("key", keys)}

    def by_left(self, ids: Iterable[str]) -> dict[str, Link]:
        """The links of these ids of the left side, by id; ids without one are left out."""
        return {link.left_id: link for link in self._by("left_id", ids)}

    def by_right(self, ids: Iterable[str]) -> dict[str, Link]:
        """The same for the right side."""
        return {link.right_id: link for link in self._by("right_id", ids)}

    def all(self) -> list[Link]:
        """Every link, by key."""
        rows = self.connection.execute("SELECT key, left_id, right_id FROM link WHERE pair = ? ORDER BY key", (self.pair,))
        return [Link(*row) for row in rows]

    def put(self, link: Link) -> None:
        """Keep a link in place of the key's earlier one. Raises sqlite3.IntegrityError where an id stands in another link."""
        self.connection.execute(
            """INSERT INTO link (pair, key, left_id, right_id) VALUES (?, ?, ?, ?) ON CONFLICT (pair, key) DO UPDATE SET
                 left_id = excluded.left_id, right_id = excluded.right_id""",
            (self.pair, link.key, link.left_id, link.right_id),
        )

    def forget(self, key: str) -> None:
        """The record is gone from both sides."""
        self.connection.execute("DELETE FROM link WHERE pair = ? AND key = ?", (self.pair, key))

    def count(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM link WHERE pair = ?", (self.pair,)).fetchone()[0])

    def _by(self, column: str, values: Iterable[str]) -> Iterable[Link]:
        query = f"SELECT key, left_id, right_id FROM link WHERE pair = ? AND {column} IN ({{}})"
        return (Link(*row) for row in in_groups(self.connection, query, values, self.pair))
