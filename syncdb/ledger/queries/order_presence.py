"""What the ledger knows of which orders there are: by id, by day, and of those that the shop has deleted."""

from collections.abc import Iterable
from typing import Any

from syncdb.ledger.orders import groups
from syncdb.ledger.queries.reader import LedgerReader


def known(reader: LedgerReader, order_ids: Iterable[str]) -> set[str]:
    """Those of these orders that are tracked."""
    found: set[str] = set()
    for group in groups(order_ids):
        query = f"SELECT order_id FROM order_tracking WHERE order_id IN ({','.join('?' * len(group))})"
        found |= {row["order_id"] for row in reader.rows(query, group)}
    return found


def order_names_of_rows(reader: LedgerReader, keys: Iterable[str]) -> dict[str, str]:
    """The names of the orders that these rows belong to, by the rows' keys."""
    found: dict[str, str] = {}
    pairs = [row["id"] for row in reader.rows("SELECT id FROM pair WHERE tracks_orders")]
    wanted = list(keys)
    for pair in pairs:
        for group in groups(wanted):
            query = f"""SELECT key, name FROM record JOIN order_tracking USING (order_id)
                        WHERE pair = ? AND key IN ({",".join("?" * len(group))})"""
            found |= {row["key"]: row["name"] for row in reader.rows(query, (pair, *group))}
    return found


def made(reader: LedgerReader, since: str, until: str) -> int:
    """How many orders that were not deleted were made from `since` until before `until` (ISO, UTC)."""
    query = "SELECT count(*) FROM order_tracking WHERE created_at >= ? AND created_at < ? AND status <> 'deleted'"
    return reader.number(query, (since, until))


def made_ids(reader: LedgerReader, since: str, until: str) -> dict[str, str]:
    """The same orders, id -> name."""
    query = "SELECT order_id, name FROM order_tracking WHERE created_at >= ? AND created_at < ? AND status <> 'deleted'"
    return {row["order_id"]: row["name"] for row in reader.rows(query, (since, until))}


def deleted_names(reader: LedgerReader, names: Iterable[str]) -> set[str]:
    """Those of these names that belonged to orders that were held back and then deleted before they could be read."""
    found: set[str] = set()
    for group in groups(names):
        query = f"""SELECT order_name FROM sync_errors
                    WHERE resolution = 'the shop no longer has it' AND order_name IN ({",".join("?" * len(group))})"""
        found |= {row["order_name"] for row in reader.rows(query, group)}
    return found


def names_of(reader: LedgerReader, order_ids: Iterable[str]) -> dict[str, str]:
    """The names of these orders, by id."""
    found: dict[str, str] = {}
    for group in groups(order_ids):
        query = f"SELECT order_id, name FROM order_tracking WHERE order_id IN ({','.join('?' * len(group))})"
        found.update((row["order_id"], row["name"]) for row in reader.rows(query, group))
    return found


def rows_expected(reader: LedgerReader, pair: str) -> dict[str, str]:
    """The keys of every row that shall stand on a pair's other side, key -> order id, but for orders that wait to be written."""
    query = """SELECT key, order_id FROM record WHERE pair = ? AND base IS NOT NULL
               AND order_id NOT IN (SELECT order_id FROM pending WHERE pair = ?)"""
    return {row["key"]: row["order_id"] for row in reader.rows(query, (pair, pair))}


def keys_known(reader: LedgerReader, pair: str) -> set[str]:
    """Every key that the ledger knows of in a pair."""
    return {row["key"] for row in reader.rows("SELECT key FROM record WHERE pair = ?", (pair,))}


def last_run(reader: LedgerReader) -> int:
    """The number of the latest run, 0 before the first."""
    return reader.number("SELECT coalesce(max(run_id), 0) FROM sync_history")


def pairs_of(reader: LedgerReader, order_id: str) -> list[dict[str, Any]]:
    """Each pair that knows an order: its rows, how many of them have a base, and where they last stood."""
    # pair by pair, as the index has it: else SQLite would go through the rows of all orders
    query = """SELECT :pair AS pair, count(*) AS rows, count(base) AS agreed, group_concat(location, ', ') AS locations
               FROM record INDEXED BY record_by_order WHERE pair = :pair AND order_id = :order"""
    pairs = [str(row["id"]) for row in reader.rows("SELECT id FROM pair ORDER BY id")]
    found = (row for pair in pairs for row in reader.rows(query, {"pair": pair, "order": order_id}))
    return [row for row in found if row["rows"]]
