"""The migrations of a kind of file, in order, and which of them a file has had.

The library that applies them is loaded where that is done: whoever only reads a file does without.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Steps:
    """The migrations of the set `name`. Used as a decorator, it takes in the next one."""

    name: str
    steps: list[Callable[["Database"], None]] = field(default_factory=list)

    def __call__(self, step: Callable[["Database"], None]) -> Callable[["Database"], None]:
        self.steps.append(step)
        return step

    @property
    def names(self) -> list[str]:
        return [step.__name__ for step in self.steps]

    def apply(self, connection: sqlite3.Connection, *, stop_before: str | None = None) -> None:
        """Bring an empty or older file up to date; each step and the note that it was done are one transaction."""
        if set(self.names) <= set(self._had(connection)):
            return
        from sqlite_utils import Database
        from sqlite_utils.migrations import Migrations

        known = Migrations(self.name)
        for step in self.steps:
            known()(step)
        known.apply(Database(connection, execute_plugins=False), stop_before=stop_before)

    def unknown(self, connection: sqlite3.Connection) -> list[str]:
        """Migrations that a file has had and that this program does not know: it was written by a newer one."""
        return [name for name in self._had(connection) if name not in self.names]

    def _had(self, connection: sqlite3.Connection) -> list[str]:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
            return []
        had = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid", (self.name,))
        return [str(name) for (name,) in had.fetchall()]
