"""What failed and is not made good: errors by cause, and closing one with a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.ledger import Ledger
from syncdb.ledger.orders import groups
from syncdb.ledger.queries.reader import LedgerReader

ERROR = """error_id, stage, cause, sync_errors.pair AS pair,
           coalesce((SELECT entity FROM pair WHERE pair.id = sync_errors.pair), '') AS entity, order_id,
           coalesce(nullif(order_name, ''), (SELECT name FROM order_tracking
             WHERE order_tracking.order_id = sync_errors.order_id), '') AS order_name, message,
           next_step, times, first_at, last_at, first_run, last_run,
           resolved_at, resolution"""


@dataclass(frozen=True, slots=True)
class Group:
    """Errors of the same stage, cause and reason, the latest first. Moments are ISO UTC."""

    stage: str
    cause: str
    errors: tuple[dict[str, Any], ...]

    @property
    def open(self) -> bool:
        return any(one["resolved_at"] is None for one in self.errors)

    @property
    def times(self) -> int:
        return sum(one["times"] for one in self.errors)

    @property
    def first_at(self) -> str:
        return min(str(one["first_at"]) for one in self.errors)

    @property
    def last_at(self) -> str:
        return max(str(one["last_at"]) for one in self.errors)

    @property
    def message(self) -> str:
        return str(self.errors[0]["message"])

    @property
    def next_step(self) -> str:
        return str(self.errors[0]["next_step"])


def open_errors(reader: LedgerReader) -> list[dict[str, Any]]:
    # SQLite would go through all errors that ever were, in the order of time
    open_ones = "sync_errors INDEXED BY one_open_error WHERE resolved_at IS NULL"
    return list(reader.rows(f"SELECT {ERROR} FROM {open_ones} ORDER BY last_at DESC, error_id DESC"))


def pair_types(reader: LedgerReader, runs: Iterable[int]) -> set[str]:
    """The types of the pairs that made these runs."""
    found: set[str] = set()
    for group in groups(str(run) for run in runs):
        query = f"""SELECT DISTINCT type FROM sync_history JOIN pair ON pair.id = sync_history.pair
                    WHERE run_id IN ({",".join("?" * len(group))})"""
        found |= {str(row["type"]) for row in reader.rows(query, group)}
    return found


def errors_since(reader: LedgerReader, since: str) -> list[dict[str, Any]]:
    """Errors seen at or after a moment (ISO, UTC), also resolved ones, the latest first."""
    query = f"SELECT {ERROR} FROM sync_errors WHERE last_at >= ? ORDER BY last_at DESC, error_id DESC"
    return list(reader.rows(query, (since,)))


def grouped(errors: Iterable[dict[str, Any]]) -> list[Group]:
    """Errors by cause: open ones first, then by how many orders they concern."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for one in errors:
        groups.setdefault((one["stage"], one["cause"], _reason(one)), []).append(one)
    made = [Group(stage, cause, tuple(members)) for (stage, cause, _), members in groups.items()]
    return sorted(made, key=lambda group: (not group.open, -len(group.errors), group.stage, group.cause))


def _reason(error: dict[str, Any]) -> str:
    """Why a write was refused, without the record it was about: writes are refused for many reasons."""
    told, concerned = str(error["message"]), str(error["order_id"])
    if not error["cause"].startswith("refused"):
        return ""
    return told.partition(concerned)[2] if concerned and concerned in told else told.partition(": ")[2] or told


def by_ids(reader: LedgerReader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for one in ids:
        row = reader.row(f"SELECT {ERROR} FROM sync_errors WHERE error_id = ?", (one,))
        if row:
            found[one] = row
    return found


def close(ledger: Ledger, ids: Iterable[int], reason: str, now: str) -> int:
    """Close open errors with a person's reason; how many were open. `now` is ISO UTC."""
    with ledger.transaction():
        return sum(
            ledger.connection.execute(
                "UPDATE sync_errors SET resolved_at = ?, resolution = ? WHERE error_id = ? AND resolved_at IS NULL",
                (now, reason, one),
            ).rowcount
            for one in ids
        )
