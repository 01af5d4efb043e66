"""How things stand: the last runs, what waits, what is open. Each answer comes from an index, however large the ledger is."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from syncdb.ledger import state_keys
from syncdb.ledger.pairs import Pairs, RegisteredPair
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.runs import NAMED, REDACTION

RUN = "run_id, pair, mode, started_at, ended_at, exit_code, message, partial, counts, notices, version, round, wanted_by"


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """What is open or waits in a ledger, as counts."""

    orders: int
    missing: int
    deleted: int
    waiting: int
    conflicts: int
    undecided: int  # conflicts that are not simply as the user wants them (edited cells reported, deleted rows respected)


def order_counts(reader: LedgerReader) -> OrderCounts:
    orders = {row["state"]: int(row["orders"]) for row in reader.rows("SELECT state, orders FROM order_count")}
    waiting = orders.pop("waiting")
    return OrderCounts(
        sum(orders.values()),
        orders["missing"],
        orders["deleted"],
        waiting,
        reader.number("SELECT count(*) FROM conflict"),
        reader.number("SELECT count(*) FROM conflict WHERE why NOT IN ('edited', 'gone')"),
    )


def watermark(reader: LedgerReader) -> dict[str, Any] | None:
    """How far orders are known: `covered_since` and `at` (ISO, UTC). None before the first run that saw everything."""
    found: dict[str, Any] | None = reader.meta(state_keys.WATERMARK)
    return found


def last_runs(reader: LedgerReader, most: int = 20) -> list[dict[str, Any]]:
    """The latest runs, newest first, with `counts` and `notices` as data."""
    return [unpacked(row) for row in reader.rows(f"SELECT {RUN} FROM sync_history ORDER BY run_id DESC LIMIT ?", (most,))]


def last_runs_of(reader: LedgerReader, pair: str, most: int = 20, *, regular: bool = False) -> list[dict[str, Any]]:
    """The same of one pair; with `regular` without those that looked at nothing but what was named, which come as they come, and
    those that only took a customer out.
    """
    but = "AND mode NOT IN (?, ?) " if regular else ""
    query = f"SELECT {RUN} FROM sync_history WHERE pair = ? {but}ORDER BY run_id DESC LIMIT ?"
    if regular:
        return [unpacked(row) for row in reader.rows(query, (pair, NAMED, REDACTION, most))]
    return [unpacked(row) for row in reader.rows(query, (pair, most))]


def run_by_id(reader: LedgerReader, run_id: int) -> dict[str, Any] | None:
    """One run, None where there is none of this number."""
    row = reader.row(f"SELECT {RUN} FROM sync_history WHERE run_id = ?", (run_id,))
    return unpacked(row) if row else None


def known_pairs(reader: LedgerReader) -> dict[str, RegisteredPair]:
    """Every pair that the ledger knows, by its id."""
    return {one.id: one for one in Pairs(reader.connection).all()}


def kept_in_step(reader: LedgerReader) -> dict[str, int]:
    """How many records of each kind (products, variants ...) the sides have agreed on; orders are counted elsewhere.

    Of each type of pair only the one that ran last counts: another document, or another shop, was an earlier one. What is kept in
    several places is counted once.
    """
    query = "SELECT count(*) AS count FROM record WHERE pair = ? AND base IS NOT NULL"
    found: dict[str, int] = {}
    for pair in _of_today(reader):
        if count := reader.number(query, (pair.id,)):
            found[pair.entity] = max(found.get(pair.entity, 0), count)
    return dict(sorted(found.items()))


def _of_today(reader: LedgerReader) -> list[RegisteredPair]:
    """The pairs of things other than orders that belong to the latest runs of their type; all of a type that never said."""
    known = known_pairs(reader)
    latest: dict[str, set[str]] = {}
    for run in last_run_of_each_pair(reader):  # the newest first
        kept = reader.meta(state_keys.entities(run["pair"]))
        if kept and run["pair"] in known:
            latest.setdefault(known[run["pair"]].type, set(kept))
    entities = [pair for pair in known.values() if pair.entity and not pair.tracks_orders]
    return [one for one in entities if one.type not in latest or one.id in latest[one.type]]


def calls(reader: LedgerReader, system: str) -> dict[str, Any] | None:
    """Requests that runs sent to a system in the calendar month (UTC) counted last: `month`, `used`. None without any."""
    stored: dict[str, Any] | None = reader.meta(state_keys.calls(system))
    return stored


def last_run_of_each_pair(reader: LedgerReader) -> list[dict[str, Any]]:
    """The latest run of each pair, the newest first; pairs are found by skipping from one to the next in the index."""
    latest: list[dict[str, Any]] = []
    pair = ""
    while row := reader.row("SELECT pair FROM sync_history WHERE pair > ? ORDER BY pair LIMIT 1", (pair,)):
        pair = str(row["pair"])
        latest += last_runs_of(reader, pair, 1)
    return sorted(latest, key=lambda run: -int(run["run_id"]))


def remedies(reader: LedgerReader, pairs: Iterable[str]) -> dict[int, str]:
    """What to do about the run of each of these pairs that failed last, by its id."""
    kept = [found for pair in pairs if (found := reader.meta(state_keys.remedy(pair)))]
    return {int(one["run_id"]): str(one["next_step"]) for one in kept}


def unpacked(run: dict[str, Any]) -> dict[str, Any]:
    return run | {
        "partial": bool(run["partial"]),
        "counts": json.loads(run["counts"]),
        "notices": json.loads(run["notices"]),
    }


def open_writes(reader: LedgerReader) -> list[dict[str, Any]]:
    """Writes whose outcome is not recorded: one is under way, or a run ended in the middle of it."""
    query = "SELECT token, run_id, pair, purpose, operations, begun_at FROM journal WHERE state = 'open' ORDER BY begun_at"
    return list(reader.rows(query))


def conflicts(reader: LedgerReader, most: int = 1000) -> list[dict[str, Any]]:
    """What was left for a person, oldest first."""
    query = """SELECT pair, key, field, why, conflict.order_id, name AS order_name, detail, first_at, last_at
               FROM conflict LEFT JOIN order_tracking USING (order_id) ORDER BY first_at, key, field LIMIT ?"""
    return [row | {"detail": json.loads(row["detail"])} for row in reader.rows(query, (most,))]


def schema(reader: LedgerReader) -> list[str]:
    """The migrations that the ledger has had."""
    query = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'syncdb' ORDER BY name"
    return [row["name"] for row in reader.rows(query)]
