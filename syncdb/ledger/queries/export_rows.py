"""The ledger's contents one row at a time, for exports: a million orders need no more memory than one."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
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
    """What stands in the tabs and tables of this kind of thing, as it was last agreed on: each thing once, by its key.

    Of one that several of them show, what was agreed on last counts; the others add the fields that it lacks.
    """
    query = """SELECT record.key AS key, record.base AS base FROM record JOIN pair ON pair.id = record.pair
               WHERE pair.entity = ? AND record.base IS NOT NULL ORDER BY record.key, record.agreed_at, record.pair"""
    for key, shown in groupby(reader.connection.execute(query, (entity,)), itemgetter(0)):
        fields: dict[str, Any] = {}
        for _, base in shown:
            fields |= decode_fields(base)
        yield {**fields, "key": key}


def fields_kept(reader: LedgerReader, entity: str) -> set[str]:
    """The fields that any of these things has; none where there is none of them yet."""
    query = """SELECT DISTINCT field.key FROM record JOIN pair ON pair.id = record.pair, json_each(record.base) field
               WHERE pair.entity = ? AND record.base IS NOT NULL"""
    return {name for (name,) in reader.connection.execute(query, (entity,))}


def pairs_of(reader: LedgerReader, entity: str) -> list[str]:
    """The pairs that keep this kind of thing, by name."""
    return [pair for (pair,) in reader.connection.execute("SELECT id FROM pair WHERE entity = ? ORDER BY id", (entity,))]


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
