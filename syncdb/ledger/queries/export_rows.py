"""The ledger's contents one row at a time, for exports: a million orders need no more memory than one."""

import json
from collections.abc import Iterator
from typing import Any

from syncdb.ledger.queries.errors import ERROR
from syncdb.ledger.queries.overview import RUN, unpacked
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.values import decode_fields, parse_json


def snapshots(reader: LedgerReader, since: str) -> Iterator[dict[str, Any]]:
    """Every order's snapshot, in the order in which they came in; with `since` (ISO, UTC) those made from then on, by age."""
    query = f"SELECT {reader.snapshot} FROM order_tracking"
    query += " WHERE created_at >= ? ORDER BY created_at" if since else " ORDER BY rowid"
    for (text,) in reader.connection.execute(query, (since,) if since else ()):
        yield parse_json(text)


def agreed(reader: LedgerReader, entity: str) -> Iterator[dict[str, Any]]:
    """What stands in the tabs and tables of this kind of thing, as it was last agreed on: each thing once, by its key."""
    query = """SELECT record.key AS key, record.base AS base FROM record JOIN pair ON pair.id = record.pair
               WHERE pair.entity = ? AND record.base IS NOT NULL GROUP BY record.key ORDER BY record.key"""
    for key, base in reader.connection.execute(query, (entity,)):
        yield {**decode_fields(base), "key": key}


def has_pair(reader: LedgerReader, entity: str) -> bool:
    """Whether this kind of thing is kept anywhere."""
    return reader.connection.execute("SELECT 1 FROM pair WHERE entity = ?", (entity,)).fetchone() is not None


def runs(reader: LedgerReader, since: str) -> Iterator[dict[str, Any]]:
    for row in reader.rows(f"SELECT {RUN} FROM sync_history WHERE started_at >= ? ORDER BY started_at, run_id", (since,)):
        yield unpacked(row)


def errors(reader: LedgerReader, since: str) -> Iterator[dict[str, Any]]:
    yield from reader.rows(f"SELECT {ERROR} FROM sync_errors WHERE last_at >= ? ORDER BY error_id", (since,))


def changes(reader: LedgerReader, since: str) -> Iterator[dict[str, Any]]:
    """What was seen to change of orders; `before` and `after` as data."""
    query = """SELECT change_id, seen_at, run_id, order_id,
                 (SELECT name FROM order_tracking WHERE order_tracking.order_id = order_change.order_id) AS order_name,
                 path, before, after
               FROM order_change WHERE seen_at >= ? ORDER BY seen_at, change_id"""
    for row in reader.rows(query, (since,)):
        yield row | {name: None if row[name] is None else json.loads(row[name]) for name in ("before", "after")}


def newest_snapshots(reader: LedgerReader) -> Iterator[dict[str, Any]]:
    """Every order's snapshot, the newest order first."""
    for (text,) in reader.connection.execute(f"SELECT {reader.snapshot} FROM order_tracking ORDER BY created_at DESC"):
        yield parse_json(text)
