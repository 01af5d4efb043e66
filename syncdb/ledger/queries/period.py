"""What happened in a period: orders made, runs, changes and errors, for a report. Moments are ISO UTC, the end is excluded."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from syncdb.ledger.queries.overview import RUN, unpacked
from syncdb.ledger.queries.reader import LedgerReader


def orders_by_standing(reader: LedgerReader, since: str, until: str) -> Iterator[tuple[Any, ...]]:
    """(status, financial_status, fulfillment_status, whether cancelled, test, how many) of the orders made."""
    yield from reader.connection.execute(
        """SELECT status, financial_status, fulfillment_status, cancelled_at IS NOT NULL, test, count(*)
           FROM order_tracking WHERE created_at >= ? AND created_at < ? GROUP BY 1, 2, 3, 4, 5""",
        (since, until),
    )


def orders_made(reader: LedgerReader, since: str, until: str) -> int:
    return reader.number("SELECT count(*) FROM order_tracking WHERE created_at >= ? AND created_at < ?", (since, until))


def totals(reader: LedgerReader, since: str, until: str) -> dict[str, list[str]]:
    """What the orders made come to now (exact text), by currency: without tests, and orders deleted in the shop."""
    query = """SELECT currency, group_concat(total, ' ') FROM order_tracking WHERE created_at >= ? AND created_at < ?
               AND test = 0 AND status <> 'deleted' AND total IS NOT NULL GROUP BY currency"""
    return {currency: amounts.split(" ") for currency, amounts in reader.connection.execute(query, (since, until))}


def runs_started(reader: LedgerReader, since: str, until: str) -> list[dict[str, Any]]:
    query = f"SELECT {RUN} FROM sync_history WHERE started_at >= ? AND started_at < ? ORDER BY started_at, run_id"
    return [unpacked(row) for row in reader.rows(query, (since, until))]


def changed_fields(reader: LedgerReader, since: str, until: str) -> Counter[str]:
    """How often each field of an order was seen to change. Fields of single lines, refunds and so on count together.

    The order's own time of change is left out: it changes with everything.
    """
    found: Counter[str] = Counter()
    query = "SELECT path, count(*) FROM order_change WHERE seen_at >= ? AND seen_at < ? AND path <> 'updated_at' GROUP BY path"
    for path, count in reader.connection.execute(query, (since, until)):
        found[_without_ids(path)] += count
    return found


def changed_orders(reader: LedgerReader, since: str, until: str) -> int:
    return reader.number("SELECT count(DISTINCT order_id) FROM order_change WHERE seen_at >= ? AND seen_at < ?", (since, until))


def errors_in(reader: LedgerReader, since: str, until: str) -> dict[str, int]:
    """How many errors were first seen, and how many closed, in the period."""
    row = reader.row(
        """SELECT (SELECT count(*) FROM sync_errors
                     WHERE last_at >= :since AND first_at >= :since AND first_at < :until) AS new,
                  (SELECT count(*) FROM sync_errors WHERE resolved_at >= :since AND resolved_at < :until) AS resolved""",
        {"since": since, "until": until},
    )
    return {name: int(value) for name, value in (row or {}).items()}


def _without_ids(path: str) -> str:
    parts = path.split("[")
    return parts[0] + "".join(part.partition("]")[2] for part in parts[1:])
