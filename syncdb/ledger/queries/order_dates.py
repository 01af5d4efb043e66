"""When the orders were created: what decides the tab that each belongs to. It never changes, so no order ever moves."""

import sqlite3
from collections.abc import Iterable, Iterator

from syncdb.ledger.orders import in_groups

# an order whose creation the shop did not tell counts from when it was first seen; that does not change either
_CREATED = "coalesce(created_at, first_seen_at)"


def created(connection: sqlite3.Connection, pair: str, keys: Iterable[str]) -> dict[str, str]:
    """When (ISO, UTC) the order behind each of these rows was created; rows of no known order are left out."""
    query = f"SELECT key, {_CREATED} FROM record JOIN order_tracking USING (order_id) WHERE pair = ? AND key IN ({{}})"
    return dict(in_groups(connection, query, keys, pair))


def created_and_waiting(connection: sqlite3.Connection, pair: str) -> Iterator[str]:
    """When the orders that a pair still has to hear of were created, each moment once."""
    query = f"SELECT DISTINCT {_CREATED} FROM pending JOIN order_tracking USING (order_id) WHERE pair = ?"
    return (row[0] for row in connection.execute(query, (pair,)))
