"""The base: for every key of a pair, the fields that both sides last agreed on; and the conflicts that wait for a person."""

import dataclasses
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from syncdb.ledger.late_writes import LateWrites
from syncdb.ledger.orders import groups, in_groups
from syncdb.ledger.redacted import Redacted
from syncdb.model import Action, Conflict, Operation, Outcome, Record
from syncdb.values import Value, canonical_json, decode, decode_fields, encode, encode_fields

GROUP = 500  # keys asked about at once
_ASKED_ABOUT = """
    SELECT key FROM conflict WHERE pair = ? AND field = ''
    UNION ALL SELECT other.value FROM conflict, json_each(detail, '$.where') other
    WHERE pair = ? AND field = '' AND why = 'ambiguous match'
"""
# by what people know a record, and what it belongs to
CALLED_BY = ("title", "sku", "order_name", "order_number", "handle", "barcode", "location", "product", "variant")


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a key: which order it belongs to and the base, None if nothing was agreed yet."""

    order_id: str
    base: Record | None


@dataclass(frozen=True, slots=True)
class Records:
    """The `record`, `cell_write` and `conflict` tables of one pair. Callers bring the transaction."""

    connection: sqlite3.Connection
    pair: str
    redacted: Redacted = dataclasses.field(default_factory=Redacted)

    def expect(self, order_id: str, keys: Iterable[str]) -> None:
        """Note which keys an order consists of, before anything was agreed about them."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO record (pair, key, order_id) VALUES (?, ?, ?)", ((self.pair, key, order_id) for key in keys)
        )

    def expect_no_more(self, keys: Iterable[str]) -> None:
        """These keys need not come to be; what was agreed about one stays."""
        self.connection.executemany(
            "DELETE FROM record WHERE pair = ? AND key = ? AND base IS NULL", ((self.pair, key) for key in keys)
        )

    def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """What is known of these keys; unknown ones are left out."""
        return self._known("SELECT key, order_id, base FROM record WHERE pair = ? AND key IN ({})", keys)

    def homes(self, keys: Iterable[str]) -> dict[str, str]:
        """The order id of each of these keys that is known: what `known` tells without reading the base."""
        query = "SELECT key, order_id FROM record WHERE pair = ? AND key IN ({})"
        return dict(in_groups(self.connection, query, keys, self.pair))

    def agreed(self, keys: Iterable[str]) -> set[str]:
        """Those of these keys about which anything is agreed: what `known` tells without reading the base."""
        query = "SELECT key FROM record WHERE pair = ? AND base IS NOT NULL AND key IN ({})"
        return {key for (key,) in in_groups(self.connection, query, keys, self.pair)}

    def keys_of(self, order_ids: Iterable[str]) -> dict[str, str]:
        """Every key of these orders with its order id, also of lines that the orders no longer have."""
        query = "SELECT key, order_id FROM record WHERE pair = ? AND order_id IN ({})"
        return dict(in_groups(self.connection, query, order_ids, self.pair))

    def of_orders(self, order_ids: Iterable[str]) -> dict[str, Known]:
        """Every key of these orders, also of lines that the orders no longer have."""
        return self._known("SELECT key, order_id, base FROM record WHERE pair = ? AND order_id IN ({})", order_ids)

    def all_keys(self) -> Iterator[tuple[str, str]]:
        """Every (key, order id), those of one order together."""
        query = "SELECT key, order_id FROM record INDEXED BY record_by_order WHERE pair = ? ORDER BY order_id, key"
        yield from self.connection.execute(query, (self.pair,))

    def agreed_count(self) -> int:
        """How many records have a base: what stood on the other side when last looked."""
        query = "SELECT count(*) FROM record WHERE pair = ? AND base IS NOT NULL"
        return int(self.connection.execute(query, (self.pair,)).fetchone()[0])

    def not_agreed(self, keys: Iterable[str]) -> int:
        """How many of these keys have no base."""
        remaining, missing = iter(keys), 0
        while group := list(islice(remaining, GROUP)):
            query = "SELECT key, 1 FROM record WHERE pair = ? AND base IS NOT NULL AND key IN ({})"
            missing += len(group) - len(dict(in_groups(self.connection, query, group, self.pair)))
        return missing

    def agree(self, key: str, fields: Mapping[str, Value], run_id: int, now: str, location: str | None = None) -> None:
        """Both sides showed or acknowledged these fields: they join the base."""
        LateWrites(self.connection, self.pair).agreed(key, fields)
        base = self.base(key)
        self.connection.execute(
            """INSERT INTO record (pair, key, order_id, base, agreed_at, run_id, location) VALUES (?, ?, '', ?, ?, ?, ?)
               ON CONFLICT (pair, key) DO UPDATE SET base = excluded.base, agreed_at = excluded.agreed_at,
                 run_id = excluded.run_id, location = coalesce(excluded.location, location)""",
            (self.pair, key, encode_fields(base | dict(fields)), now, run_id, location),
        )

    def base(self, key: str) -> dict[str, Value]:
        """What both sides last agreed on under this key; empty if nothing."""
        row = self.connection.execute("SELECT base FROM record WHERE pair = ? AND key = ?", (self.pair, key)).fetchone()
        return decode_fields(row[0]) if row and row[0] else {}

    def referring(
        self, via: str, name: str, to: str, source: str, keys: Collection[str] | None
    ) -> Iterator[tuple[str, str, bool]]:
        """Records whose field `via` refers to one of these keys of the pair `to` (None: to any).

        Each with the other's key, and whether what was agreed about `name` here and about `source` there differs.
        """
        query = """SELECT one.key, other.key, json_extract(one.base, ?) IS NOT json_extract(other.base, ?)
                   FROM record AS one JOIN record AS other ON other.pair = ? AND other.key = json_extract(one.base, ?)
                   WHERE one.pair = ? AND one.base IS NOT NULL AND other.base IS NOT NULL"""
        paths = f"$.{name}", f"$.{source}", to, f"$.{via}", self.pair
        for group in [None] if keys is None else groups(keys):
            asked = "" if group is None else f" AND other.key IN ({','.join('?' * len(group))})"
            for key, other, differs in self.connection.execute(query + asked, (*paths, *(group or ()))):
                yield key, other, bool(differs)

    def narrow(self, key: str, fields: Mapping[str, Value]) -> None:
        """Of these fields only so much is agreed any more: a part of what was agreed is about something that is gone."""
        base = encode_fields(self.base(key) | dict(fields))
        self.connection.execute("UPDATE record SET base = ? WHERE pair = ? AND key = ?", (base, self.pair, key))

    def unlearn(self, names: Collection[str]) -> None:
        """Nothing is agreed about these fields any more, in any record."""
        query = "SELECT key, base FROM record WHERE pair = ? AND base IS NOT NULL"
        known = [(key, decode_fields(base)) for key, base in self.connection.execute(query, (self.pair,))]
        self.connection.executemany(
            "UPDATE record SET base = ? WHERE pair = ? AND key = ?",
            [
                (encode_fields({name: value for name, value in base.items() if name not in names}), self.pair, key)
                for key, base in known
                if not base.keys().isdisjoint(names)
            ],
        )

    def forget(self, key: str) -> None:
        """Nothing is agreed about this key any more. What people called it is kept, for those who ask what became of it."""
        self.call(key, self.base(key))
        self.connection.execute("UPDATE record SET base = NULL, agreed_at = NULL WHERE pair = ? AND key = ?", (self.pair, key))

    def call(self, key: str, fields: Mapping[str, Value]) -> None:
        """Keep by what people know a record about which nothing is agreed. One of an order is known by its order."""
        named = {name: fields[name] for name in CALLED_BY if fields.get(name) is not None}
        if not named or self.homes([key]).get(key):
            return
        row = self.connection.execute("SELECT fields FROM called WHERE pair = ? AND key = ?", (self.pair, key)).fetchone()
        together = encode_fields((decode_fields(row[0]) if row else {}) | named)
        if row is None or row[0] != together:
            self.connection.execute("INSERT OR REPLACE INTO called VALUES (?, ?, ?)", (self.pair, key, together))

    def written(self, operation: Operation, outcome: Outcome, order_id: str, run_id: int, now: str) -> None:
        """Keep who wrote what and why: a line for each changed cell, one for a new row; of what was redacted without values."""
        silent = order_id in self.redacted or operation.key in self.redacted
        instead = outcome.instead if operation.action is Action.DELETE else {}  # what it was given in place of being deleted
        head = (
            run_id,
            self.pair,
            operation.side.value,
            operation.key,
            order_id,
            Action.UPDATE.value if instead else operation.action.value,
            operation.reason,
            outcome.ref,
        )
        cells: Iterable[tuple[str | None, str | None, str | None]] = (
            [
                (name, None, None)
                if silent
                else (name, canonical_json(encode(operation.expected.get(name))), canonical_json(encode(value)))
                for name, value in operation.changes.items()
            ]
            if operation.action is Action.UPDATE
            else [
                (name, canonical_json(encode(operation.expected.get(name))), canonical_json(encode(value)))
                for name, value in instead.items()
            ]
            or [(None, None, None)]
        )
        self.connection.executemany(
            """INSERT INTO cell_write
                 (run_id, pair, side, key, order_id, action, reason, location, field, before, after, written_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            ((*head, *cell, now) for cell in cells),
        )

    def conflicts_are(
        self, looked_at: Iterable[str], conflicts: Iterable[Conflict], now: str, fields: Collection[str] | None = None
    ) -> None:
        """Replace what was known of the conflicts of the keys that were looked at.

        `fields` are those that were compared, None for all; what is known of others stays.
        """
        current = {(one.key, one.field or ""): one for one in conflicts}
        for key in looked_at:
            for (field,) in self.connection.execute(
                "SELECT field FROM conflict WHERE pair = ? AND key = ?", (self.pair, key)
            ).fetchall():
                if (key, field) not in current and (fields is None or not field or field in fields):
                    self.connection.execute(
                        "DELETE FROM conflict WHERE pair = ? AND key = ? AND field = ?", (self.pair, key, field)
                    )
        for conflict in current.values():
            self._keep(conflict, now)

    def asked_whole(self, key: str) -> bool:
        """Whether a person is asked what shall become of the record as a whole, by itself or among others."""
        query = f"SELECT 1 FROM ({_ASKED_ABOUT}) WHERE key = ?"
        return self.connection.execute(query, (self.pair, self.pair, key)).fetchone() is not None

    def asked_about(self) -> list[str]:
        """The records about which as a whole people are asked; of a question about several all of them."""
        return [key for (key,) in self.connection.execute(_ASKED_ABOUT, (self.pair, self.pair))]

    def conflicts(self) -> list[tuple[str, str, str, str, str]]:
        """(key, field, why, detail as JSON, first seen) of every open conflict."""
        query = "SELECT key, field, why, detail, first_at FROM conflict WHERE pair = ? ORDER BY first_at, key, field"
        return list(self.connection.execute(query, (self.pair,)))

    def conflict_count(self) -> int:
        """How many conflicts are open."""
        return int(self.connection.execute("SELECT count(*) FROM conflict WHERE pair = ?", (self.pair,)).fetchone()[0])

    def disputed(self, keys: Iterable[str]) -> dict[str, dict[str, tuple[Value, Value]]]:
        """The fields of these records that are in conflict, each with what both sides showed then."""
        query = "SELECT key, field, detail FROM conflict WHERE pair = ? AND field <> '' AND key IN ({})"
        found: dict[str, dict[str, tuple[Value, Value]]] = {}
        for key, field, detail in in_groups(self.connection, query, keys, self.pair):
            told = json.loads(detail)
            found.setdefault(key, {})[field] = decode(told["left"]), decode(told["right"])
        return found

    def _keep(self, conflict: Conflict, now: str) -> None:
        detail = canonical_json(
            {
                "base": encode(conflict.base),
                "left": encode(conflict.left),
                "right": encode(conflict.right),
                "where": list(conflict.where),
            }
        )
        row = self.connection.execute(
            "SELECT order_id FROM record WHERE pair = ? AND key = ?", (self.pair, conflict.key)
        ).fetchone()
        self.connection.execute(
            """INSERT INTO conflict (pair, key, field, why, order_id, detail, first_at, last_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (pair, key, field) DO UPDATE SET
                 why = excluded.why, detail = excluded.detail, last_at = excluded.last_at""",
            (self.pair, conflict.key, conflict.field or "", conflict.why.value, row[0] if row else "", detail, now, now),
        )

    def _known(self, query: str, names: Iterable[str]) -> dict[str, Known]:
        return {
            key: Known(order_id, Record(key, decode_fields(base)) if base else None)
            for key, order_id, base in in_groups(self.connection, query, names, self.pair)
        }
