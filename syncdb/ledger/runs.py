"""Every run with its counts, the watermarks it moved, and what failed, why and how often."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb import __version__
from syncdb.values import canonical_json

NAMED = "named"  # the mode of a run that looks at nothing but what a system named
REDACTION = "redaction"  # the mode of one that reads nothing of the shop, but takes customers out
PERSON, SCHEDULE = "person", "schedule"  # who wanted a run; empty where that cannot be known


@dataclass(slots=True)
class Runs:
    """The `sync_history` and `meta` tables. Callers bring the transaction; `now` is ISO UTC.

    Runs that are begun on one opening of the ledger were wanted together, by `wanted_by`: they are a round.
    """

    connection: sqlite3.Connection
    wanted_by: str = ""
    _round: int | None = field(default=None, init=False)

    def unended(self) -> list[int]:
        """Runs without an end. While no other run holds the ledger these were cut short (killed, power cut)."""
        return [int(row[0]) for row in self.connection.execute("SELECT run_id FROM sync_history WHERE ended_at IS NULL")]

    def start(self, pair: str, mode: str, now: str) -> int:
        """A new run. Earlier ones without an end were cut short: they are closed with that word."""
        self.connection.execute(
            "UPDATE sync_history SET ended_at = ?, message = ? WHERE ended_at IS NULL",
            (now, "cut short: the process ended without a word"),
        )
        cursor = self.connection.execute(
            "INSERT INTO sync_history (pair, mode, started_at, version, wanted_by) VALUES (?, ?, ?, ?, ?)",
            (pair, mode, now, __version__, self.wanted_by),
        )
        run_id = int(cursor.lastrowid or 0)
        self._round = run_id if self._round is None else self._round
        self.connection.execute("UPDATE sync_history SET round = ? WHERE run_id = ?", (self._round, run_id))
        return run_id

    def end(
        self,
        run_id: int,
        now: str,
        exit_code: int,
        message: str,
        counts: Mapping[str, int],
        notices: Iterable[str],
        partial: bool,
    ) -> None:
        self.connection.execute(
            """UPDATE sync_history SET ended_at = ?, exit_code = ?, message = ?, counts = ?, notices = ?, partial = ?
               WHERE run_id = ?""",
            (now, exit_code, message, canonical_json(dict(counts)), canonical_json(list(notices)), int(partial), run_id),
        )

    def order_pairs(self, since: str) -> list[str]:
        """The pairs that show orders and had a run since (ISO, UTC)."""
        query = """SELECT DISTINCT pair FROM sync_history INDEXED BY history_by_start JOIN pair ON pair.id = sync_history.pair
                   WHERE started_at >= ? AND mode = 'sync' AND tracks_orders"""
        return [row[0] for row in self.connection.execute(query, (since,))]

    def last_start(self, pair: str, before: int) -> str | None:
        """When the last run of a pair before this one began; dry runs and redactions, which read nothing of the shop, aside."""
        query = """SELECT started_at FROM sync_history WHERE pair = ? AND run_id < ? AND mode = 'sync'
                   ORDER BY run_id DESC LIMIT 1"""
        row = self.connection.execute(query, (pair, before)).fetchone()
        return str(row[0]) if row else None

    def planned(self, run_id: int, digest: str) -> None:
        self.connection.execute("UPDATE sync_history SET plan_digest = ? WHERE run_id = ?", (digest, run_id))

    def get(self, name: str) -> Any:
        """A remembered value by name, None if there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, name: str, value: Any) -> None:
        self.connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, canonical_json(value)),
        )


_OPEN = "stage = ? AND order_id = ? AND resolved_at IS NULL"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that failed: at which stage, for which order or record, why, and what to do about it. `cause` groups alike ones.

    `order_id` is the order, or else the key of a record in `pair`: two pairs may call different things by one key. Without a
    pair it is an order as the shop has it, or the run itself.
    """

    stage: str
    cause: str
    message: str
    order_id: str = ""
    order_name: str = ""
    next_step: str = ""
    pair: str = ""


@dataclass(frozen=True, slots=True)
class Problems:
    """The `sync_errors` table: one open line for each stage, pair, order or record, and cause; it counts how often.

    Lines of a ledger from before, of which nobody could tell the pair, are those of whichever pair meets them first.
    """

    connection: sqlite3.Connection

    def add(self, problem: Problem, run_id: int, now: str) -> None:
        if problem.pair:
            self.connection.execute(
                f"UPDATE OR IGNORE sync_errors SET pair = ? WHERE {_OPEN} AND pair = '' AND cause = ?",
                (problem.pair, problem.stage, problem.order_id, problem.cause),
            )
        self.connection.execute(
            """INSERT INTO sync_errors
                 (stage, pair, order_id, order_name, cause, message, next_step, first_at, last_at, first_run, last_run)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (stage, order_id, pair, cause) WHERE resolved_at IS NULL DO UPDATE SET
                 times = times + 1, last_at = excluded.last_at, last_run = excluded.last_run,
                 message = excluded.message, next_step = excluded.next_step""",
            (
                problem.stage,
                problem.pair,
                problem.order_id,
                problem.order_name,
                problem.cause,
                problem.message,
                problem.next_step,
                now,
                now,
                run_id,
                run_id,
            ),
        )

    def resolve(self, stage: str, order_id: str, how: str, now: str, pair: str = "") -> None:
        """Close what was open for this order or record (or, with an empty id, for the run itself) at this stage."""
        self.connection.execute(
            f"UPDATE sync_errors SET resolved_at = ?, resolution = ? WHERE {_OPEN} AND pair IN ('', ?)",
            (now, how, stage, order_id, pair),
        )

    def quarantined(self, stage: str, pair: str = "") -> list[str]:
        """Ids of orders, or keys of records of a pair, with an open problem at this stage."""
        query = """SELECT DISTINCT order_id FROM sync_errors
                   WHERE stage = ? AND order_id <> '' AND pair IN ('', ?) AND resolved_at IS NULL"""
        return [row[0] for row in self.connection.execute(query, (stage, pair))]

    def open_count(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM sync_errors WHERE resolved_at IS NULL").fetchone()[0])
