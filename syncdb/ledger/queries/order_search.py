"""Finding orders by status, time or text."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.ledger.queries.reader import LedgerReader

COLUMNS = """order_id, name, number, status, financial_status, fulfillment_status, cancelled_at, closed_at, test, currency,
             total, line_count, location, created_at, processed_at, updated_at, first_seen_at, last_seen_at, last_changed_at,
             missing_since"""

# the values of an order that a person would look for; names of fields are not
_SEARCHED = ("name", "email", "phone", "note", "confirmation_number", "po_number", "source_identifier")
_SEARCHED_INSIDE = ("customer", "shipping_address", "billing_address")
_SEARCHED_LISTS = ("tags", "discount_codes")


def tracked(reader: LedgerReader, order_id: str) -> dict[str, Any]:
    """What is tracked of one order. Raises KeyError where there is none."""
    row = reader.row(f"SELECT {COLUMNS} FROM order_tracking WHERE order_id = ?", (order_id,))
    if row is None:
        raise KeyError(order_id)
    return flagged(row)


def flagged(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"test": bool(row["test"])}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders to list. `status` is compared with every status an order has, `since` and `until` (ISO, UTC) with when it was
    made; both count in.
    """

    status: str = ""
    since: str = ""
    search: str = ""
    until: str = ""


def listed(reader: LedgerReader, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Orders, newest first, with their `snapshot` as data, one at a time."""
    conditions, parameters = _conditions(wanted, reader.snapshot)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {COLUMNS}, {reader.snapshot} AS snapshot FROM order_tracking {where} ORDER BY created_at DESC"
    for row in reader.rows(query, parameters):
        row["snapshot"] = json.loads(row["snapshot"])
        if not wanted.search or mentions(row["snapshot"], wanted.search):
            yield flagged(row)


def _conditions(wanted: Wanted, snapshot: str) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    if wanted.since:
        conditions.append("created_at >= ?")
        parameters.append(wanted.since)
    if wanted.until:
        conditions.append("created_at <= ?")
        parameters.append(wanted.until)
    if wanted.status:
        condition, more = _status(wanted.status)
        conditions.append(condition)
        parameters += more
    if wanted.search:
        # a first sieve on the stored text; ASCII letters match in both cases, others as they are written
        conditions.append(f"{snapshot} LIKE ? ESCAPE '!'")
        longest = max(re.findall(r"[ -~]+", wanted.search), key=len, default="")
        text = json.dumps(longest)[1:-1]
        parameters.append("%" + re.sub(r"([!%_])", r"!\1", text) + "%")
    return conditions, parameters


def _status(status: str) -> tuple[str, list[Any]]:
    word = status.strip().lower().replace("-", " ").replace("_", " ")
    special = {
        "cancelled": "cancelled_at IS NOT NULL",
        "open": "cancelled_at IS NULL AND closed_at IS NULL AND status <> 'deleted'",
        "closed": "cancelled_at IS NULL AND closed_at IS NOT NULL",
        "test": "test = 1",
        "missing": "status = 'missing'",
        "deleted": "status = 'deleted'",
    }
    if word in special:
        return special[word], []
    shouted = word.upper().replace(" ", "_")
    return "(financial_status = ? OR fulfillment_status = ?)", [shouted, shouted]


def statuses(reader: LedgerReader) -> list[str]:
    """Every word that `Wanted.status` may be, as far as this ledger has such orders."""
    words = {"open", "closed", "cancelled", "deleted", "missing", "test"}
    for column in ("financial_status", "fulfillment_status"):
        query = f"SELECT DISTINCT {column} FROM (SELECT {column} FROM order_tracking INDEXED BY order_by_created)"
        words |= {str(row[column]).lower().replace("_", " ") for row in reader.rows(query) if row[column]}
    return sorted(words)


def mentions(snapshot: Mapping[str, Any], text: str) -> bool:
    """Whether a person would find the text in the order: its names, contacts, addresses, lines, tags, codes, tracking numbers."""
    folded = text.casefold()
    return any(folded in value.casefold() for value in _values(snapshot))


def _values(order: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(order[name]) for name in _SEARCHED if order.get(name))
    for name in _SEARCHED_INSIDE:
        yield from (value for value in (order.get(name) or {}).values() if isinstance(value, str))
    for name in _SEARCHED_LISTS:
        yield from order.get(name) or ()
    for line in order.get("line_items") or ():
        yield from (str(line[name]) for name in ("title", "variant_title", "name", "sku", "vendor") if line.get(name))
    for shipment in order.get("fulfillments") or ():
        for info in shipment.get("tracking_info") or ():
            yield from (str(value) for value in info.values())
