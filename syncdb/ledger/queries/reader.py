"""The ledger as those see it who only ask: one consistent view that no run disturbs, and that disturbs no run."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syncdb.errors import LedgerUnusable, NoLedgerYet
from syncdb.ledger import file, state_keys
from syncdb.ledger.packing import Packing
from syncdb.programs import MANAGER

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerReader:
    """An open ledger that cannot be changed through it. All questions of one reader see the same moment."""

    connection: sqlite3.Connection
    path: Path

    def rows(self, query: str, parameters: Parameters = ()) -> Iterator[dict[str, Any]]:
        """The rows of a query by column name, one at a time."""
        cursor = self.connection.execute(query, parameters)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def row(self, query: str, parameters: Parameters = ()) -> dict[str, Any] | None:
        """The first row of a query, None if there is none."""
        return next(self.rows(query, parameters), None)

    def number(self, query: str, parameters: Parameters = ()) -> int:
        """The single number that a query counts."""
        return int(self.connection.execute(query, parameters).fetchone()[0])

    @property
    def snapshot(self) -> str:
        """What stands for an order's snapshot, as text, in a query."""
        return Packing.of(self.connection).text

    @property
    def shop(self) -> dict[str, Any] | None:
        """What the first shop says of itself; None before one was read."""
        found: dict[str, Any] | None = self.meta(state_keys.SHOP)
        return found

    def meta(self, name: str) -> Any:
        """A remembered value by name, None if there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None


@contextmanager
def reading(path: Path, *, traceless: bool = False) -> Iterator[LedgerReader]:
    """Open a ledger for questions. Raises LedgerUnusable: none there, newer, foreign, damaged or not to be read.

    `traceless`: where no run is at work, not even SQLite's own files come and go beside it.
    """
    refuse_missing(path)
    connection = _opened(path, traceless and file.held(path) is False)
    try:
        connection.execute("BEGIN")
        yield LedgerReader(connection, path)
    except sqlite3.DatabaseError as error:
        raise file.unusable(path, error) from error
    finally:
        connection.close()


def _opened(path: Path, unwritten: bool) -> sqlite3.Connection:
    try:
        file.refuse_unfit(path, unwritten)
        return file.open_for_reading(path, unwritten)
    except OSError as error:
        raise _unreadable(path, error) from error


def refuse_missing(path: Path) -> None:
    """Raise NoLedgerYet where there is no ledger yet, LedgerUnusable where that cannot be seen."""
    try:
        empty = not path.stat().st_size
    except FileNotFoundError:
        empty = True
    except OSError as error:
        raise _unreadable(path, error) from error
    if empty or path.is_dir():
        raise NoLedgerYet(
            f"There is no ledger at {path}.",
            next_step=f"The first sync makes it ({MANAGER} validate says whether all is set up). "
            "One elsewhere is named with --db or --config.",
        )


def _unreadable(path: Path, error: OSError) -> LedgerUnusable:
    return LedgerUnusable(
        f"The ledger {path} cannot be read: {error.strerror or error}.",
        next_step="Check that the file is where --db or db_path says and that you may read it.",
    )
