"""Which statements are made meanwhile, through any connection of SQLite, how it carries them out, and how much work that is."""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "REPLACE")
GROWS = {"link", "order_tracking", "record", "order_change", "cell_write", "sync_history", "sync_errors", "journal", "pending"}
# going through one of these is no more work in a larger shop: what is open or waits for a person, and what is not of the shop
FEW = {
    "order_missing": "orders that the shop did not show, until the next run has asked for them",
    "one_open_error": "errors that are open",
    "journal_open": "writes whose outcome is not known",
    "history_open": "runs that have not ended",
    "one_open_verdict": "decisions that wait for a run",
    "conflict": "what waits for a person",
    "number_stretch": "the gaps in the numbers",
    "order_count": "one line for each state",
    "meta": "what is remembered by name",
    "pair": "the pairs that had runs",
    "source": "the systems that the ledger knows",
    "_sqlite_migrations": "the schema",
    "sqlite_master": "the schema",
    "snapshot_dictionary": "one, of 64 KB",
    "sqlite_schema": "the schema",
    "CONSTANT": "values that stand in the statement itself",
    "(subquery-1)": "what a statement selected before",
}
# so many lines from the end of the key, however many there are before
LAST_ONES = re.compile(r"FROM sync_history ORDER BY run_id DESC LIMIT \d+$")


@dataclass
class Watched:
    """Every statement made through any connection meanwhile, how SQLite carries it out, and how much work it was."""

    plans: dict[str, list[str]] = field(default_factory=dict)
    steps: int = 0

    def scans(self, few: Mapping[str, str] = FEW) -> dict[str, list[str]]:
        """By statement, what it goes through as a whole and should not."""
        found: dict[str, list[str]] = {}
        for statement, plan in self.plans.items():
            for line in plan:
                scanned = re.match(r"SCAN (\S+)(?:.* USING (?:COVERING )?INDEX (\S+))?", line)
                if scanned and not LAST_ONES.search(statement) and not few.keys() & {scanned[1], scanned[2]}:
                    found.setdefault(statement, []).append(line)
        return found

    def touched(self) -> set[str]:
        return {table for table in GROWS for statement in self.plans if re.search(rf"\b{table}\b", statement)}


Begin = Callable[[], Watched]


@contextmanager
def watching(patch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """What is given begins to watch anew. SQLite itself is asked, on the very connection, before that is closed."""
    seen: list[Watched] = []

    class Told(sqlite3.Connection):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.statements = dict[str, None]()
            self.set_trace_callback(self._note)
            self.set_progress_handler(self._step, 50)

        def _note(self, statement: str) -> None:
            if statement.lstrip().upper().startswith(PLANNED):
                self.statements[statement] = None

        def _step(self) -> int:
            if seen:
                seen[-1].steps += 50
            return 0

        def close(self) -> None:
            self.set_trace_callback(None)
            self.set_progress_handler(None, 0)
            for statement in self.statements if seen else ():
                plan = [row[3] for row in self.execute(f"EXPLAIN QUERY PLAN {statement}")]
                seen[-1].plans[statement] = plan
            self.statements.clear()
            super().close()

    connect = sqlite3.connect
    patch.setattr(sqlite3, "connect", lambda *given, **named: connect(*given, **{"factory": Told} | named))

    def begin() -> Watched:
        seen.append(Watched())
        return seen[-1]

    yield begin
