"""Asking an older ledger that may only be read what is asked of one of today."""

import sqlite3

import syncdb.ledger.maintained as maintained
from syncdb.ledger.schema import CALLED, DECISIONS, FIRST_SHOP, MEDIA, PAIRS_AND_LINKS, fill_pairs, tables

# what failed is little: all of it stands beside the older table, with the pair that nobody knows
_ERRORS_WITHOUT_PAIRS = (
    "CREATE TEMP TABLE sync_errors AS SELECT *, '' AS pair FROM main.sync_errors",
    "CREATE INDEX temp.one_open_error ON sync_errors (stage, order_id, pair, cause) WHERE resolved_at IS NULL",
)


def stand_in(connection: sqlite3.Connection) -> None:
    """Let questions of today be asked of an older ledger that may only be read: what it lacks stands in a temporary database.

    Does nothing where nothing is lacking, or to a database that is no ledger.
    """
    there = tables(connection)
    if "order_tracking" not in there:
        return
    for statement in (*DECISIONS, *PAIRS_AND_LINKS, *MEDIA, *CALLED):
        if statement.startswith("CREATE TABLE") and statement.split()[2] not in there:
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    if "pair" not in there:
        fill_pairs(connection)
        connection.execute(FIRST_SHOP)
    if "number_stretch" not in there:
        maintained.stand_in(connection)
    if "pair" not in _columns(connection, "sync_errors"):
        for statement in _ERRORS_WITHOUT_PAIRS:
            connection.execute(statement)


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")}
