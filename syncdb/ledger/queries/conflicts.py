"""Conflicts as people are told of them: what is in dispute, what either side shows, and what was decided already."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.queries.reader import LedgerReader
from syncdb.model import Take, Why
from syncdb.values import Value, decode

_NAMES = ("title", "sku", "location", "order_name", "handle")


@dataclass(frozen=True, slots=True)
class Dispute:
    """One open conflict. `id` is short and stays the same while it is open; `name` is what people call the record.

    For one about the whole record `field` is None, and `left` and `right` say on which sides it stands (True). `decided` is a
    decision that the next run carries out. `entity` is the kind of record: products, inventory ..., or orders.
    """

    id: str
    pair: str
    key: str
    field: str | None
    why: Why
    name: str
    order_id: str
    base: Value
    left: Value
    right: Value
    where: tuple[str, ...]
    since: str
    decided: Take | None = None
    value: Value = None
    entity: str = ""
    decided_at: str = ""  # ISO UTC
    others: tuple[str, ...] = ()  # what people call the records that could be the same thing, where that is the question


def disputes(reader: LedgerReader) -> Iterator[Dispute]:
    """Every open conflict, oldest first, one at a time."""
    query = """SELECT conflict.pair, conflict.key, conflict.field, why, conflict.order_id, detail, first_at, base, name,
                 take, value, entity, decided_at
               FROM conflict LEFT JOIN record USING (pair, key)
               LEFT JOIN pair ON pair.id = conflict.pair
               LEFT JOIN order_tracking ON order_tracking.order_id = conflict.order_id
               LEFT JOIN verdict ON verdict.pair = conflict.pair AND verdict.key = conflict.key
                 AND verdict.field = conflict.field AND verdict.ended_at IS NULL
               ORDER BY first_at, conflict.pair, conflict.key, conflict.field"""
    for row in reader.rows(query):
        yield _dispute(row, json.loads(row["detail"]))


def _dispute(row: Mapping[str, Any], detail: Mapping[str, Any]) -> Dispute:
    return Dispute(
        short_id(row["pair"], row["key"], row["field"]),
        row["pair"],
        row["key"],
        row["field"] or None,
        Why(row["why"]),
        row["name"] or _called(json.loads(row["base"] or "{}")) or row["key"],
        row["order_id"],
        decode(detail["base"]),
        decode(detail["left"]),
        decode(detail["right"]),
        tuple(detail["where"]),
        row["first_at"],
        Take(row["take"]) if row["take"] else None,
        decode(json.loads(row["value"])) if row["value"] else None,
        "orders" if row["order_id"] else row["entity"] or "",
        row["decided_at"] or "",
    )


def short_id(pair: str, key: str, field: str) -> str:
    """Six letters and digits that stand for a conflict as long as there is one about this field."""
    return hashlib.sha256(f"{pair}\n{key}\n{field}".encode()).hexdigest()[:6]


def _called(fields: Mapping[str, Any]) -> str:
    return " / ".join(str(fields[name]) for name in _NAMES[:3] if fields.get(name)) or str(fields.get("handle") or "")
