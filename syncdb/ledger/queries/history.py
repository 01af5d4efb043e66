"""Everything that ever happened to one order, or to a product, a variant or its stock, as the ledger saw and did it."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncdb.ledger.queries.reader import LedgerReader
from syncdb.ledger.queries.sides import SidesOf
from syncdb.values import Value, decode


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `who` is the system (as `Sides` calls it), person or problem; `at` is ISO UTC.

    `place` is a field of the order or of its row; `before` and `after` are values, None where there was none.
    `key` says what it happened to where an event is of a record that belongs to no order.
    """

    at: str
    run_id: int
    who: str
    what: str
    place: str
    before: Any = None
    after: Any = None
    row: str = ""
    why: str = ""
    key: str = ""

    def as_data(self) -> dict[str, Any]:
        return ({"key": self.key} if self.key else {}) | {
            "at": self.at,
            "run_id": self.run_id,
            "who": self.who,
            "what": self.what,
            "field": self.place,
            "row": self.row or None,
            "before": self.before,
            "after": self.after,
            "why": self.why or None,
        }


def events(reader: LedgerReader, order_id: str, sides: SidesOf) -> list[Event]:
    """The order's past, oldest first; within a run first what the shop showed, then what was written."""
    first = _first_seen(reader, order_id)
    rank = {"shop": 0, "problem": 1}
    found = [*first, *_changes(reader, order_id), *_writes(reader, order_id, sides), *_problems(reader, order_id)]
    return sorted(found, key=lambda event: (event.at, event.run_id, rank.get(event.who, 2)))


def _first_seen(reader: LedgerReader, order_id: str) -> Iterator[Event]:
    row = reader.row("SELECT first_seen_at FROM order_tracking WHERE order_id = ?", (order_id,))
    if row:
        query = """SELECT run_id FROM sync_history WHERE started_at <= :at AND coalesce(ended_at, :at) >= :at
                   ORDER BY started_at DESC LIMIT 1"""  # none where the run is no longer kept
        run = reader.row(query, {"at": row["first_seen_at"]})
        yield Event(row["first_seen_at"], run["run_id"] if run else 0, "shop", "first seen", "")


def _changes(reader: LedgerReader, order_id: str) -> Iterator[Event]:
    query = "SELECT run_id, seen_at, path, before, after FROM order_change WHERE order_id = ? ORDER BY change_id"
    for row in reader.rows(query, (order_id,)):
        yield Event(row["seen_at"], row["run_id"], "shop", "changed", row["path"], _stored(row["before"]), _stored(row["after"]))


def _writes(reader: LedgerReader, order_id: str, sides: SidesOf) -> Iterator[Event]:
    query = """SELECT run_id, pair, side, key, action, reason, location, field, before, after, written_at
               FROM cell_write WHERE order_id = ? ORDER BY write_id"""
    for row in reader.rows(query, (order_id,)):
        who = sides(row["pair"]).who(row["side"])
        what = {"create": "row added", "update": "cell written", "delete": "row deleted"}.get(row["action"], row["action"])
        before, after = _value(row["before"]), _value(row["after"])
        field = row["field"] or f"line {row['key']}"
        yield Event(row["written_at"], row["run_id"], who, what, field, before, after, row["location"] or "", row["reason"])


def _problems(reader: LedgerReader, order_id: str, pairs: Collection[str] | None = None) -> Iterator[Event]:
    """What failed with an order, or with a record of these pairs."""
    query = """SELECT error_id, stage, pair, cause, message, times, first_at, first_run, last_run, resolved_at, resolution
               FROM sync_errors WHERE order_id = ? ORDER BY error_id"""
    for row in reader.rows(query, (order_id,)):
        if pairs is not None and row["pair"] and row["pair"] not in pairs:
            continue
        label = f"{row['stage']}: {row['cause']}"
        times = f" (seen {row['times']} times)" if row["times"] > 1 else ""
        yield Event(row["first_at"], row["first_run"], "problem", "failed", label, why=row["message"] + times)
        if row["resolved_at"]:
            yield Event(row["resolved_at"], row["last_run"], "problem", "resolved", label, why=row["resolution"] or "")


def events_of(reader: LedgerReader, members: Mapping[str, Collection[str]], sides: SidesOf) -> list[Event]:
    """The past of records that belong to no order (products, variants, stock), oldest first, with what people decided.

    `members` are keys, each with the pairs that it is told of: one key may stand for different things in different pairs.
    """
    found: list[Event] = []
    for key, pairs in members.items():
        found += _written(reader, pairs, key, sides)
        found += _decided(reader, pairs, key, sides)
        found += [replace(one, key=key) for one in _problems(reader, key, pairs)]
    # within one moment what was decided before what was written, and what became of a decision after it
    return sorted(found, key=lambda event: (event.at, {"decided": 0, "decision": 2}.get(event.what, 1), event.run_id))


def _written(reader: LedgerReader, pairs: Collection[str], key: str, sides: SidesOf) -> Iterator[Event]:
    query = """SELECT run_id, pair, side, action, reason, location, field, before, after, written_at
               FROM cell_write WHERE order_id = '' AND key = ? ORDER BY write_id"""
    for row in reader.rows(query, (key,)):
        if row["pair"] not in pairs:
            continue
        who = sides(row["pair"]).who(row["side"])
        what = {"create": "added", "update": "written", "delete": "deleted"}.get(row["action"], row["action"])
        location = str(row["location"] or "")
        where = location if row["side"] == "right" and "://" not in location else ""  # an id is no place that people know
        before, after = _value(row["before"]), _value(row["after"])
        yield Event(row["written_at"], row["run_id"], who, what, row["field"] or "", before, after, where, row["reason"], key)


def _decided(reader: LedgerReader, pairs: Collection[str], key: str, sides: SidesOf) -> Iterator[Event]:
    """What people decided about conflicts of a record, and what became of it."""
    query = """SELECT pair, field, take, left_shown, right_shown, value, decided_at, ended_at, ended_how
               FROM verdict WHERE pair = ? AND key = ? ORDER BY verdict_id"""
    for pair in pairs:
        named = sides(pair)
        for row in reader.rows(query, (pair, key)):
            left, right, value = (_value(row[name]) for name in ("left_shown", "right_shown", "value"))
            after = {"left": left, "right": right, "value": value}[row["take"]]
            before = {"left": right, "right": left, "value": None}[row["take"]]
            took = {
                "left": f"took {named.left_title}'s side",
                "right": f"took the side of {named.right_title}",
                "value": "a value of their own",
            }
            yield Event(row["decided_at"], 0, "person", "decided", row["field"], before, after, why=took[row["take"]], key=key)
            if row["ended_at"]:
                yield Event(row["ended_at"], 0, "person", "decision", row["field"], why=row["ended_how"] or "", key=key)


def conflicts_of(reader: LedgerReader, members: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """What of these records was left for a person; `members` as for `events_of`."""
    query = "SELECT pair, key, field, why, detail, first_at, last_at FROM conflict WHERE pair = ? AND key = ? ORDER BY field"
    rows = (row for key, pairs in members.items() for pair in pairs for row in reader.rows(query, (pair, key)))
    return [row | {"detail": json.loads(row["detail"])} for row in rows]


def open_conflicts(reader: LedgerReader, order_id: str) -> list[dict[str, Any]]:
    """What of this order was left for a person."""
    query = """SELECT pair, key, field, why, detail, first_at, last_at FROM conflict WHERE order_id = ?
               ORDER BY first_at, key, field"""
    return [row | {"detail": json.loads(row["detail"])} for row in reader.rows(query, (order_id,))]


def snapshot(reader: LedgerReader, order_id: str) -> dict[str, Any]:
    """The order as it was last seen; empty if it is unknown."""
    row = reader.row(f"SELECT {reader.snapshot} AS snapshot FROM order_tracking WHERE order_id = ?", (order_id,))
    return json.loads(row["snapshot"]) if row else {}


def _stored(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _value(text: str | None) -> Value:
    return None if text is None else decode(json.loads(text))
