"""Every order that was seen: its snapshot, hash and state, and what has ever changed about it."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from syncdb.ledger.packing import Packing
from syncdb.ledger.snapshot_diff import changes
from syncdb.order_snapshot import OrderSnapshot, OrderSummary, snapshot_of
from syncdb.snapshot_versions import present
from syncdb.values import canonical_json, parse_json

Snapshot = Mapping[str, Any]


class Seen(Enum):
    """What a fetched order was to the ledger."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    OLDER = "older"  # the ledger already holds a later version: a page that came late


_STORED = ["order_id", "hash", "snapshot", "packed", "status", *OrderSummary._fields]
_TIMES = ["last_seen_at", "last_changed_at"]
# the text comes as bytes: it was made in UTF-8, as SQLite keeps it
_PLACES = ["CAST(? AS TEXT)" if name == "snapshot" else "?" for name in _STORED]
# one that fails fails its transaction: SQLite need not be able to undo it alone (see `maintained`)
_INSERT = f"""INSERT OR FAIL INTO order_tracking ({", ".join([*_STORED, *_TIMES])}, first_seen_at)
                      VALUES ({", ".join(_PLACES)}, ?, ?, ?)"""
_UPDATE = f"""UPDATE order_tracking SET ({", ".join([*_STORED, *_TIMES])}) = ({", ".join(_PLACES)}, ?, ?), missing_since = NULL
              WHERE order_id = ?"""
_TOUCH = """UPDATE order_tracking SET last_seen_at = ?, missing_since = NULL,
            status = CASE status WHEN 'missing' THEN 'tracked' ELSE status END WHERE order_id = ?"""

_REWRITE = "UPDATE order_tracking SET hash = ?, snapshot = CAST(? AS TEXT), packed = ? WHERE order_id = ?"

# SQLite would go through an index of all orders
_MISSING = "SELECT order_id FROM order_tracking INDEXED BY order_missing WHERE status = 'missing'"


@dataclass(frozen=True, slots=True)
class Orders:
    """The `order_tracking`, `order_change` and `pending` tables. Callers bring the transaction."""

    connection: sqlite3.Connection
    packing: Packing

    def save(self, orders: Sequence[OrderSnapshot], run_id: int, now: str) -> list[Seen]:
        """Take in orders as the shop shows them now (`now` is ISO UTC); what each was.

        Their history gains a line for each changed field.
        """
        seen, moved = list[Seen](), list[tuple[int, OrderSnapshot]]()
        known, new, same = self._hashes([order.order_id for order in orders]), list[OrderSnapshot](), list[OrderSnapshot]()
        for order in orders:
            mark = known.setdefault(order.order_id, "")
            if not mark:
                known[order.order_id] = order.hash
                new.append(order)
            elif mark == order.hash:
                same.append(order)
            else:
                moved.append((len(seen), order))
            seen.append(Seen.SAME if mark else Seen.NEW)
        self.connection.executemany(_INSERT, ((*self._columns(order), now, now, now) for order in new))
        self.connection.executemany(_TOUCH, ((now, order.order_id) for order in same))
        for place, order in moved:
            seen[place] = self._change(order, run_id, now)
        return seen

    def _hashes(self, order_ids: Iterable[str]) -> dict[str, str]:
        return dict(in_groups(self.connection, "SELECT order_id, hash FROM order_tracking WHERE order_id IN ({})", order_ids))

    def _change(self, order: OrderSnapshot, run_id: int, now: str) -> Seen:
        query = f"SELECT {self.packing.text}, updated_at FROM order_tracking WHERE order_id = ?"
        before, updated_at = self.connection.execute(query, (order.order_id,)).fetchone()
        if order.summary.updated_at and updated_at and order.summary.updated_at < updated_at:
            return Seen.OLDER
        stored = present(parse_json(before))
        if snapshot_of(stored).hash == order.hash:  # only written otherwise by an earlier version
            self._rewrite(order)
            self.connection.execute(_TOUCH, (now, order.order_id))
            return Seen.SAME
        self._record_changes(order.order_id, run_id, now, stored, order.snapshot)
        self.connection.execute(_UPDATE, (*self._columns(order), now, now, order.order_id))
        return Seen.CHANGED

    def snapshot(self, order_id: str) -> dict[str, Any] | None:
        query = f"SELECT {self.packing.text} FROM order_tracking WHERE order_id = ?"
        row = self.connection.execute(query, (order_id,)).fetchone()
        return parse_json(row[0]) if row else None

    def snapshots(self, order_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The stored snapshots of these orders, by order id."""
        query = f"SELECT order_id, {self.packing.text} FROM order_tracking WHERE order_id IN ({{}})"
        return {order_id: parse_json(text) for order_id, text in in_groups(self.connection, query, order_ids)}

    def count(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM order_tracking").fetchone()[0])

    def placed(self, since: str, before: str) -> Iterator[tuple[str, str | None, str, str | None]]:
        """Id, name, moment (ISO, UTC) and currency of the orders that were placed in this time, the earliest first."""
        query = """SELECT order_id, name, coalesce(processed_at, created_at) AS at, currency FROM order_tracking
                   WHERE at >= ? AND at < ? ORDER BY at, order_id"""
        yield from self.connection.execute(query, (since, before))

    def mark_missing(self, order_id: str, now: str) -> str | None:
        """Note that the shop no longer shows the order; returns since when it is missing, None if that is news."""
        row = self.connection.execute("SELECT missing_since FROM order_tracking WHERE order_id = ?", (order_id,)).fetchone()
        since: str | None = row[0] if row else None
        self.connection.execute(
            "UPDATE order_tracking SET status = 'missing', missing_since = coalesce(missing_since, ?) WHERE order_id = ?",
            (now, order_id),
        )
        return since

    def missing(self) -> list[str]:
        """Ids of orders the shop did not show when asked for them by id, not yet declared deleted."""
        return [row[0] for row in self.connection.execute(_MISSING)]

    def with_holes(self) -> list[str]:
        """Ids of orders of which something could not be seen when they were read, newest first. Goes through all of them."""
        query = f"""SELECT order_id FROM order_tracking WHERE instr({self.packing.text}, '"withheld":[') AND status <> 'deleted'
                   ORDER BY created_at DESC, order_id"""
        return [row[0] for row in self.connection.execute(query)]

    def nothing_unseen(self, order: OrderSnapshot) -> None:
        """The order is seen whole now, and says the same as what was seen of it."""
        self.connection.execute(
            "UPDATE order_tracking SET snapshot = CAST(? AS TEXT), packed = ? WHERE order_id = ? AND hash = ?",
            (*self.packing.stored(order.text), order.order_id, order.hash),
        )

    def bring_up(self, after: str, most: int) -> str | None:
        """Rewrite snapshots of earlier versions in the present form, of at most so many orders behind `after` (an order's id).

        Returns the id of the last one looked at, None where none is left. Nothing is said of them that was not said before.
        """
        query = f"SELECT order_id, {self.packing.text} FROM order_tracking WHERE order_id > ? ORDER BY order_id LIMIT ?"
        found = self.connection.execute(query, (after, most)).fetchall()
        for _, text in found:
            order = snapshot_of(present(parse_json(text)))
            if order.text != text.encode():
                self._rewrite(order)
        return str(found[-1][0]) if len(found) == most else None

    def repack(self, after: str, most: int) -> str | None:
        """Store snapshots in the form that is wanted, of at most so many orders behind `after`; as `bring_up`."""
        query = f"""SELECT order_id, {self.packing.text}, packed IS NOT NULL FROM order_tracking
                    WHERE order_id > ? ORDER BY order_id LIMIT ?"""
        found = self.connection.execute(query, (after, most)).fetchall()
        for order_id, text, packed in found:
            if packed != self.packing.wanted:
                rewrite = "UPDATE order_tracking SET snapshot = CAST(? AS TEXT), packed = ? WHERE order_id = ?"
                self.connection.execute(rewrite, (*self.packing.stored(text.encode()), order_id))
        return str(found[-1][0]) if len(found) == most else None

    def some(self, most: int) -> Iterator[dict[str, Any]]:
        """The snapshots of so many orders, those that were made last."""
        query = f"SELECT {self.packing.text} FROM order_tracking ORDER BY created_at DESC LIMIT ?"
        for (text,) in self.connection.execute(query, (most,)):
            yield parse_json(text)

    def at_least(self, count: int) -> bool:
        """Whether there are so many orders."""
        query = "SELECT count(*) FROM (SELECT 1 FROM order_tracking LIMIT ?)"
        return bool(self.connection.execute(query, (count,)).fetchone()[0] == count)

    def wait(self, pair: str, order_ids: Iterable[str]) -> None:
        """Note that the pair's other side still has to hear of these orders."""
        self.connection.executemany("INSERT OR IGNORE INTO pending VALUES (?, ?)", ((pair, one) for one in order_ids))

    def wait_all(self, pair: str) -> None:
        """The same for every order, when what is shown of an order has changed."""
        self.connection.execute("INSERT OR IGNORE INTO pending SELECT ?, order_id FROM order_tracking", (pair,))

    def waiting(self, pair: str) -> list[str]:
        """Ids of orders the other side has to hear of, oldest order first."""
        query = """SELECT order_id FROM pending LEFT JOIN order_tracking USING (order_id) WHERE pair = ?
                   ORDER BY created_at, number, order_id"""
        return [row[0] for row in self.connection.execute(query, (pair,))]

    def settled(self, pair: str, order_ids: Iterable[str]) -> None:
        """The other side shows these orders as they are."""
        self.connection.executemany("DELETE FROM pending WHERE pair = ? AND order_id = ?", ((pair, one) for one in order_ids))

    def place(self, order_id: str, location: str) -> None:
        """Remember where the order was last written, for people to find it."""
        self.connection.execute("UPDATE order_tracking SET location = ? WHERE order_id = ?", (location, order_id))

    def _rewrite(self, order: OrderSnapshot) -> None:
        self.connection.execute(_REWRITE, (order.hash, *self.packing.stored(order.text), order.order_id))

    def _columns(self, order: OrderSnapshot) -> tuple[Any, ...]:
        """What is stored of an order: the snapshot itself and what can be searched, in the order of `_STORED`."""
        status = "deleted" if order.deleted else "tracked"
        return (order.order_id, order.hash, *self.packing.stored(order.text), status, *order.summary)

    def _record_changes(self, order_id: str, run_id: int, now: str, before: Snapshot, after: Snapshot) -> None:
        rows = ((order_id, run_id, now, path, _text(old), _text(new)) for path, old, new in changes(before, after))
        self.connection.executemany(
            "INSERT INTO order_change (order_id, run_id, seen_at, path, before, after) VALUES (?, ?, ?, ?, ?, ?)", rows
        )


def _text(value: Any) -> str | None:
    return None if value is None else canonical_json(value)


def in_groups(connection: sqlite3.Connection, query: str, names: Iterable[str], *before: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query whose `{}` stands for a list of names, however long; `before` are its other parameters.

    Each group is read as a whole: a question left open where a run fails would outlive the ledger's connection.
    """
    for group in groups(names):
        yield from connection.execute(query.format(",".join("?" * len(group))), (*before, *group)).fetchall()


def groups(ids: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    """Ids in groups that fit one statement's parameters."""
    group: list[str] = []
    for one in ids:
        group.append(one)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
