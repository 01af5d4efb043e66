"""Which orders a reading of the shop has shown so far: kept in a temporary table of SQLite, not in memory.

A first load may show a million. The table is small in memory, goes to the disk where it grows, holds nothing but ids, and is gone
with the connection: what a reading that was cut short had shown is of no use to the next.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from syncdb.ledger.orders import groups


@dataclass(frozen=True, slots=True)
class ListedOrders:
    """The orders of the reading under way. Moments are ISO UTC."""

    connection: sqlite3.Connection

    def begin(self) -> None:
        """A new reading: nothing has been shown yet."""
        self.connection.execute("CREATE TEMP TABLE IF NOT EXISTS shown (order_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
        self.connection.execute("DELETE FROM temp.shown")

    def add(self, order_ids: Iterable[str]) -> None:
        self.connection.executemany("INSERT OR IGNORE INTO temp.shown VALUES (?)", ((one,) for one in order_ids))

    def others(self, order_ids: Iterable[str]) -> set[str]:
        """Those of these orders that have not been shown."""
        found: set[str] = set()
        for group in groups(order_ids):
            query = f"SELECT order_id FROM temp.shown WHERE order_id IN ({','.join('?' * len(group))})"
            found |= set(group) - {row[0] for row in self.connection.execute(query, group)}
        return found

    def lacking(self, since: str, until: str) -> set[str]:
        """Ids of tracked orders whose last known update lies in [since, until] and that have not been shown."""
        query = """SELECT order_id FROM order_tracking WHERE updated_at >= ? AND updated_at <= ? AND status <> 'deleted'
                   AND order_id NOT IN (SELECT order_id FROM temp.shown)"""
        return {row[0] for row in self.connection.execute(query, (since, until))}
