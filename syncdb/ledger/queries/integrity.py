"""Whether a ledger is whole: its file, the relations between its tables, and each order against its own hash."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.maintained import COUNTS, STRETCHES
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.schema import KNOWN_PAIRS

Hash = Callable[[Mapping[str, Any]], str]
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined: how many rows, how many of them are wrong, and some of those."""

    name: str
    examined: int
    wrong: int
    examples: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.wrong


# (what must hold, the table whose rows are examined, the rows that break it)
_RELATIONS = (
    ("every row of an order belongs to a known order", "record",
     "SELECT key FROM record WHERE order_id <> '' AND order_id NOT IN (SELECT order_id FROM order_tracking)"),
    ("every order that waits is known", "pending",
     "SELECT order_id FROM pending WHERE order_id NOT IN (SELECT order_id FROM order_tracking)"),
    ("every change belongs to a known order", "order_change",
     "SELECT change_id FROM order_change WHERE order_id NOT IN (SELECT order_id FROM order_tracking)"),
    ("every change was seen by a known run", "order_change",
     "SELECT change_id FROM order_change WHERE run_id NOT IN (SELECT run_id FROM sync_history)"),
    ("every write belongs to a known run", "cell_write",
     "SELECT write_id FROM cell_write WHERE run_id NOT IN (SELECT run_id FROM sync_history)"),
    ("every intent belongs to a known run", "journal",
     "SELECT token FROM journal WHERE run_id NOT IN (SELECT run_id FROM sync_history)"),
    ("an open intent says what was to be written", "journal",
     "SELECT token FROM journal WHERE state = 'open' AND (attempt IS NULL OR NOT json_valid(attempt))"),
    ("an order that is missing says since when", "order_tracking",
     "SELECT order_id FROM order_tracking WHERE status = 'missing' AND missing_since IS NULL"),
    ("the ledger knows what each pair is", "pair",
     f"SELECT pair FROM ({KNOWN_PAIRS.format(table='record')}) WHERE pair NOT IN (SELECT id FROM pair)"),
    ("the numbers that stand are those of the orders", "number_stretch",
     f"""SELECT times || ': ' || first || ' to ' || last FROM (
           SELECT * FROM (SELECT * FROM number_stretch EXCEPT {STRETCHES})
           UNION ALL SELECT * FROM ({STRETCHES} EXCEPT SELECT * FROM number_stretch))"""),
    ("orders are counted right", "order_count",
     f"SELECT state || ': ' || orders FROM (SELECT state, orders FROM order_count EXCEPT SELECT * FROM ({COUNTS}))"),
    ("what was agreed can be read", "record", "SELECT key FROM record WHERE base IS NOT NULL AND NOT json_valid(base)"),
)  # fmt: skip


def structure(reader: LedgerReader) -> Iterator[Finding]:
    """Read the whole file through, pages, indices and all."""
    try:
        faults = [str(row[0]) for row in reader.connection.execute("PRAGMA integrity_check(20)")]
    except sqlite3.DatabaseError as error:
        faults = [str(error)]
    pages = reader.number("PRAGMA page_count")
    wrong = [] if faults == ["ok"] else faults
    yield Finding("the file can be read through, with its indices", pages, len(wrong), tuple(wrong[:_EXAMPLES]))


def relations(reader: LedgerReader) -> Iterator[Finding]:
    """Hold the tables against each other."""
    for name, table, query in _RELATIONS:
        examined = reader.number(f"SELECT count(*) FROM {table}")
        wrong = reader.number(f"SELECT count(*) FROM ({query})")
        found = reader.connection.execute(f"{query} LIMIT {_EXAMPLES}") if wrong else ()
        yield Finding(name, examined, wrong, tuple(str(row[0]) for row in found))


def orders(reader: LedgerReader, mark: Hash, advance: Callable[[int], None]) -> Finding:
    """Hold each stored order against its hash and the columns taken from it; `advance` hears of every thousandth."""
    examined = wrong = 0
    examples: list[str] = []
    for order_id, name, stored, text in reader.connection.execute(
        f"SELECT order_id, name, hash, {reader.snapshot} FROM order_tracking"
    ):
        examined += 1
        if not _as_kept(order_id, name, stored, text, mark):
            wrong += 1
            if len(examples) < _EXAMPLES:
                examples.append(f"{name} (id {order_id})")
        if examined % 1000 == 0:
            advance(examined)
    return Finding("every order is as it was stored", examined, wrong, tuple(examples))


def _as_kept(order_id: str, name: str, stored: str, text: str, mark: Hash) -> bool:
    try:
        snapshot = json.loads(text)
        return bool(str(snapshot["id"]) == order_id and snapshot.get("name", "") == name and mark(snapshot) == stored)
    except (ValueError, KeyError, TypeError):
        return False
