"""Whose orders were redacted: remembered beside the ledger, so that neither a sync, a backup nor a new ledger brings them back.

Only hashes of order ids are kept, in the ledger itself and in a small file beside it. That hides the ids from a glance, not from
somebody who tries all of them; an order id alone tells nothing of a person.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import syncdb.ledger.state_keys as state_keys
from syncdb.errors import LedgerUnusable
from syncdb.ledger.file import settle
from syncdb.values import canonical_json


@dataclass(slots=True)
class Redacted:
    """The redacted orders of a ledger; `order_id in redacted` asks.

    `under_way`: this very process will finish a redaction, so that nothing else need do it before.
    """

    path: Path | None = None
    marks: set[str] = field(default_factory=set)
    in_ledger: frozenset[str] = frozenset()
    under_way: bool = False

    @classmethod
    def of(cls, connection: sqlite3.Connection, ledger: Path) -> "Redacted":
        """Those that the ledger or the file beside it knows of. Raises LedgerUnusable where the file cannot be read."""
        row = connection.execute("SELECT value FROM meta WHERE name = ?", (state_keys.REDACTED,)).fetchone()
        stored = frozenset(json.loads(row[0])) if row else frozenset[str]()
        path = beside(ledger)
        return cls(path, {*stored, *remembered(path)}, stored)

    def __contains__(self, order_id: str) -> bool:
        return bool(self.marks) and mark(order_id) in self.marks

    @property
    def behind(self) -> bool:
        """Whether the ledger lacks some, because it was restored or made anew since."""
        return not self.marks <= self.in_ledger

    def add(self, order_ids: Iterable[str]) -> None:
        """Remember these orders in the file. It is written whole or not at all."""
        before = len(self.marks)
        self.marks |= {mark(order_id) for order_id in order_ids}
        if self.path is not None and (len(self.marks) > before or not self.path.exists()):
            _write(self.path, self.marks)

    def note(self, connection: sqlite3.Connection) -> None:
        """The same in the ledger. The caller brings the transaction."""
        connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (state_keys.REDACTED, canonical_json(sorted(self.marks))),
        )
        self.in_ledger = frozenset(self.marks)


def beside(ledger: Path) -> Path:
    """The file that remembers."""
    return ledger.with_name(ledger.name + ".redacted")


def mark(order_id: str) -> str:
    return hashlib.sha256(f"syncdb redacted order {order_id}".encode()).hexdigest()


def remembered(path: Path) -> set[str]:
    """The marks in the file that remembers; none where there is no file. Raises LedgerUnusable where it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _unreadable(path, ValueError("it is not a list of hashes"))
    return set(found)


def _unreadable(path: Path, error: Exception) -> LedgerUnusable:
    return LedgerUnusable(
        f"{path}, which remembers whose data was redacted, cannot be read: {error}. Nothing was changed.",
        next_step="Put it back from a backup. Without it, the next sync would fetch redacted customers' data again.",
    )


def _write(path: Path, marks: set[str]) -> None:
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(sorted(marks), file, indent=0)
    settle(fresh, path)
