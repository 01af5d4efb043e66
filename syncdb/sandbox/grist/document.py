"""One document: its tables, who may see it, its history, and the limits it is under."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from syncdb.sandbox.grist.access import User
from syncdb.sandbox.grist.actions import DELETING, Action, Performer
from syncdb.sandbox.grist.bundle import COLUMNS, TABLES, Bundle
from syncdb.sandbox.grist.calculate import held_back, recalculate
from syncdb.sandbox.grist.display import drop_unused
from syncdb.sandbox.grist.history import KEPT, History
from syncdb.sandbox.grist.own_tables import Own, nothing, whole
from syncdb.sandbox.grist.schema import Desynchronised, Numbers
from syncdb.sandbox.grist.table import Table, column_meta, table_meta
from syncdb.sandbox.grist.wire import EngineError, Json, Refusal, in_flux

IDLE = 30.0  # seconds after which an unused document is closed, and opened anew by the next call


class Document:
    """`row_limit` puts it in delete-only mode when there are more rows; `flux` answers so many calls with 503."""

    def __init__(self, number: str, name: str, clock: Callable[[], float], owner: User, kept: int = KEPT) -> None:
        self.id = number
        self.name = name
        self.access: dict[str, str] = {owner.email: "owners"}
        self.tables: dict[int, Table] = {}
        self.own: Own = nothing()
        self.history = History(number, kept)
        self.row_limit: int | None = None
        self.flux = 0
        self.committed: list[Callable[[Bundle], None]] = []
        self._clock = clock
        self._used_at = clock()
        self._table_count = 0
        self._column_count = 0
        self.apply([["AddEmptyTable", None]], owner)

    # --- reading -------------------------------------------------------------------------------------------

    def table(self, name: str) -> Table | None:
        """By id or by number. Ids differ by their letters' case."""
        return next((table for table in self.tables.values() if name in (table.id, str(table.number))), None)

    def rows(self) -> int:
        return sum(len(table.rows) for table in self.tables.values())

    def meta(self, name: str) -> dict[int, Json] | None:
        """The rows of one of Grist's own tables, of those that the sandbox has."""
        if name == TABLES:
            return {table.number: table_meta(table) for table in sorted(self.tables.values(), key=lambda one: one.number)}
        if name == COLUMNS:
            pairs = [(table, column) for table in self.tables.values() for column in table.columns.values() if not column.ghost]
            return {column.number: column_meta(table, column) for table, column in sorted(pairs, key=lambda pair: pair[1].number)}
        own = self.own.get(name)
        return None if own is None else {row: whole(name, fields) for row, fields in sorted(own.items())}

    # --- writing -------------------------------------------------------------------------------------------

    def apply(self, actions: Sequence[Action], user: User, typed: bool = True) -> list[Any]:
        """Carry out user actions as one atomic bundle; what each returns.

        Raises EngineError or Refusal, and then nothing has changed.
        """
        if not actions:
            return []  # the one call that leaves no state behind
        self._refuse_if_limited(actions)
        bundle = Bundle(self.tables, self.own, user, self._clock())
        performer = Performer(bundle, Numbers(self._next_table, self._next_column), typed)
        try:
            results = [self._step(performer, bundle, action) for action in actions]
            drop_unused(bundle)
        except Desynchronised as ghostly:
            bundle.roll_back()
            ghostly.column.ghost = True
            ghostly.table.columns[ghostly.column.ref] = ghostly.column
            raise EngineError("TypeError", "'AltText' object is not iterable") from None
        except BaseException:
            bundle.roll_back()
            raise
        self._refuse_ghosts(bundle)
        self.history.record(bundle.changes)
        for notice in self.committed:
            notice(bundle)
        return results

    def _step(self, performer: Performer, bundle: Bundle, action: Action) -> Any:
        held, bundle.held = bundle.held, []
        result = performer.perform(action)
        recalculate(bundle)
        held_back(bundle, held)
        return result

    def _refuse_if_limited(self, actions: Sequence[Action]) -> None:
        over = self.row_limit is not None and self.rows() > self.row_limit
        if over and not all(action[0] in DELETING for action in actions):
            raise Refusal(500, "Document is in delete-only mode")

    def _refuse_ghosts(self, bundle: Bundle) -> None:
        """New rows cannot be stored in a table with a column that only the engine has (observed)."""
        for change in bundle.changes:
            table = self.tables.get(change.table) if isinstance(change.table, int) and change.kind == "add" else None
            for column in table.columns.values() if table else ():
                if table and column.ghost:
                    bundle.roll_back()
                    raise Refusal(500, f"SQLITE_ERROR: table {table.id} has no column named {column.id}")

    def _next_table(self) -> int:
        self._table_count += 1
        return self._table_count

    def _next_column(self) -> int:
        self._column_count += 1
        return self._column_count

    # --- life ----------------------------------------------------------------------------------------------

    def become(self, other: Document) -> None:
        """Hold what another document holds, its past with it. Name, id and sharing stay."""
        tables, self.own = copy.deepcopy((other.tables, other.own))
        self._table_count, self._column_count = other._table_count, other._column_count
        self.tables.clear()
        self.tables.update(tables)
        self.history.become(other.history)

    def used(self) -> None:
        """A call has come. Raises Refusal while the document is in flux."""
        now = self._clock()
        if now - self._used_at >= IDLE:
            self.reload()
        self._used_at = now
        if self.flux > 0:
            self.flux -= 1
            raise in_flux()

    def reload(self) -> None:
        """Close and open again: engine and stored document agree once more."""
        for table in self.tables.values():
            for column in [one for one in table.columns.values() if one.ghost]:
                del table.columns[column.ref]
