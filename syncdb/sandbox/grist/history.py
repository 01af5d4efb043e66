"""A document's history: its states, and what changed between two of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.sandbox.grist.bundle import Change, ColumnKey, TableKey
from syncdb.sandbox.grist.cells import encode
from syncdb.sandbox.grist.wire import Json

KEPT, GRACE = 1000, 1.25
ROWS_SHOWN = 10  # of one bulk step; the row ids themselves are always complete
Before = Any  # [value], None (was not there) or "?" (not shown)


@dataclass(frozen=True, slots=True)
class State:
    """One bundle of changes: its number and hash, as the API shows them."""

    n: int
    h: str
    changes: tuple[Change, ...]

    def shown(self) -> Json:
        return {"n": self.n, "h": self.h}


class History:
    """`kept` bundles are remembered, up to a quarter more between two prunings (documented default 1000)."""

    def __init__(self, document: str, kept: int = KEPT) -> None:
        self.kept = kept
        self._document = document
        self._states: list[State] = []
        self._number = 0  # of the newest state; goes back where an older copy takes the document's place
        self._made = 0  # states ever made

    def record(self, changes: Iterable[Change]) -> None:
        """Add a state; one comes of every call that writes, also where nothing changed.

        No two states ever made have the same hash: it is that of the state before, the time and what was done.
        """
        self._number += 1
        self._made += 1
        mark = hashlib.sha256(f"{self._document}/{self._number}/{self._made}".encode()).hexdigest()
        self._states.append(State(self._number, mark, tuple(changes)))
        if len(self._states) > self.kept * GRACE:
            self.prune(self.kept)

    def prune(self, keep: int) -> None:
        """Forget all but the newest `keep` states."""
        del self._states[: max(0, len(self._states) - keep)]

    def become(self, other: History) -> None:
        """Another document's past takes the place of this one's."""
        self._states, self._number = list(other._states), other._number
        self._made = max(self._made, other._made)

    def states(self) -> list[State]:
        """Newest first."""
        return self._states[::-1]

    def compare(self, left: str, right: str, most: float) -> Json:
        """What changed from left to right. Raises LookupError ("Cannot read hash") for one that is unknown or forgotten."""
        states = self.states()
        start, end = _place(states, left), _place(states, right)
        if end > start:
            raise LookupError("Comparisons currently require left to be an ancestor of right")
        total = Summary()
        for state in reversed(states[end:start]):
            total.add(summarised(state.changes, most))
        return {
            "left": states[start].shown(),
            "right": states[end].shown(),
            "parent": states[start].shown(),
            "summary": "same" if start == end else "right",
            "details": {"leftChanges": {"tableRenames": [], "tableDeltas": {}}, "rightChanges": total.shown()},
        }


def _place(states: Sequence[State], name: str) -> int:
    base, *steps = re.split(r"([~^]\d*)", name)
    place = 0 if base == "HEAD" else next((n for n, state in enumerate(states) if state.h == base), -1)
    if place < 0:
        raise LookupError("Cannot read hash")
    place += sum(int(step[1:] or 1) for step in steps if step)
    if place >= len(states):
        raise LookupError("Cannot read hash")
    return place


@dataclass(slots=True)
class Name:
    """What something was called before and is called after; None: it was not there."""

    was: str | None
    now: str | None

    @property
    def key(self) -> str:
        return self.now if self.now is not None else f"-{self.was}"

    @property
    def moved(self) -> bool:
        return self.was != self.now


@dataclass(slots=True)
class Delta:
    """Changes of one table: row ids, and cells by column and row as [before, after]."""

    name: Name
    add: set[int] = field(default_factory=set)
    update: set[int] = field(default_factory=set)
    remove: set[int] = field(default_factory=set)
    cells: dict[ColumnKey, dict[int, list[Before]]] = field(default_factory=dict)
    columns: dict[ColumnKey, Name] = field(default_factory=dict)
    incomplete: bool = False

    def touched(self) -> set[int]:
        return self.add | self.update | self.remove

    @property
    def matters(self) -> bool:
        return bool(self.touched() or self.cells) or any(name.moved for name in self.columns.values())

    def shown(self) -> Json:
        living = {key: name for key, name in self.columns.items() if name.was is not None or name.now is not None}
        named = {name.key: key for key, name in living.items()}
        cells = {name: self.cells[key] for name, key in named.items() if key in self.cells}
        deltas = {name: {str(row): column[row] for row in sorted(column)} for name, column in cells.items()}
        return {
            "updateRows": sorted(self.update),
            "removeRows": sorted(self.remove),
            "addRows": sorted(self.add),
            "columnDeltas": deltas,
            "columnRenames": [[name.was, name.now] for name in living.values() if name.moved],
        } | ({"mayBeIncomplete": True} if self.incomplete else {})


@dataclass(slots=True)
class Summary:
    """The net changes of some bundles, by table."""

    tables: dict[TableKey, Delta] = field(default_factory=dict)

    def add(self, later: Summary) -> None:
        for key, delta in later.tables.items():
            earlier = self.tables.get(key)
            self.tables[key] = delta if earlier is None else merged(earlier, delta)

    def shown(self) -> Json:
        living = [delta for delta in self.tables.values() if delta.name.was is not None or delta.name.now is not None]
        changed = [delta for delta in living if delta.matters]
        renames = sorted(([delta.name.was, delta.name.now] for delta in living if delta.name.moved), key=_empty_first)
        return {"tableRenames": renames, "tableDeltas": {delta.name.key: delta.shown() for delta in changed}}


def _empty_first(rename: Sequence[str | None]) -> list[str]:
    return [name or "" for name in rename]


def summarised(changes: Sequence[Change], most: float) -> Summary:
    """One bundle's net changes; of steps with more than `most` rows only some cells are kept."""
    summary = Summary()
    for change in changes:
        if change.table not in summary.tables:
            summary.tables[change.table] = Delta(Name(change.table_name, change.table_name))
        _count(summary.tables[change.table], change, most)
    return summary


def _count(delta: Delta, change: Change, most: float) -> None:
    if change.kind == "table":
        _renamed(delta.name, change, first=not delta.columns and not delta.touched())
    elif change.kind == "column" and change.column is not None:
        delta.columns.setdefault(change.column, Name(change.was, change.now)).now = change.now
    else:
        _count_rows(delta, change, most)


def _renamed(name: Name, change: Change, first: bool) -> None:
    if change.was is None or first:
        name.was = change.was
    name.now = change.now


def _count_rows(delta: Delta, change: Change, most: float) -> None:
    {"add": delta.add, "update": delta.update, "remove": delta.remove}[change.kind].update(change.rows)
    shown = range(len(change.rows))
    kept: Sequence[int] = shown
    if len(change.rows) > most and isinstance(change.table, int):
        kept = [*shown[: int(most) - 1], len(change.rows) - 1]
        delta.incomplete = True
    for key, (befores, afters) in change.cells.items():
        delta.columns.setdefault(key, Name(change.names[key], change.names[key]))
        column = delta.cells.setdefault(key, {})
        new = delta.columns[key].was is None
        for n in kept:
            before = [encode(befores[n])] if befores and not new else None
            _cell(delta, column, change.rows[n], before, afters and [encode(afters[n])])


def _cell(delta: Delta, column: dict[int, list[Before]], row: int, before: Before, after: Before) -> None:
    cell = column.setdefault(row, [None if row in delta.add else before, None])
    if cell[0] is None and row not in delta.add:
        cell[0] = before
    cell[1] = after


def merged(one: Delta, two: Delta) -> Delta:
    """The net of two after each other. A row removed and added again under the same id is in both lists."""
    fleeting = one.add & two.remove
    total = Delta(Name(one.name.was, two.name.now), incomplete=one.incomplete or two.incomplete)
    total.add = two.add | (one.add - two.remove)
    total.remove = (two.remove - one.add) | one.remove
    total.update = (one.update - two.remove) | (two.update - one.add)
    total.columns = {key: Name(name.was, two.columns.get(key, name).now) for key, name in one.columns.items()}
    total.columns |= {key: name for key, name in two.columns.items() if key not in one.columns}
    total.columns = dict(sorted(total.columns.items(), key=lambda item: (item[1].was or "", item[1].now or "")))
    for key in total.columns:
        if key in one.cells or key in two.cells:
            column = _merged_cells(one, two, key)
            total.cells[key] = {row: cell for row, cell in column.items() if row not in fleeting}
    return total


def _merged_cells(one: Delta, two: Delta, key: ColumnKey) -> dict[int, list[Before]]:
    first, second = one.cells.get(key), two.cells.get(key)
    if first is None or second is None:
        return dict(first or second or {})
    result = dict(second)
    for row in one.touched():
        cell = _merged_cell(one, two, row, first.get(row), second.get(row))
        if cell is not None:
            result[row] = cell
    return result


def _merged_cell(one: Delta, two: Delta, row: int, first: Any, second: Any) -> list[Before] | None:
    if first is None and second is None:
        return None
    # a row of a step whose cells were not all kept may have changed here without our knowing
    left = first or _unknown(one, row)
    right = second or (_unknown(two, row) if row in two.touched() else None)
    if right is None:
        return list(first)
    if left[1] is None:
        return [left[0], right[1]] if row in one.remove and right[1] else None
    before = right[0] if first is None and not one.incomplete and left[0] == "?" else left[0]
    after = left[1] if second is None and not two.incomplete and right[1] == "?" else right[1]
    return [before, after]


def _unknown(delta: Delta, row: int) -> list[Before]:
    before = "?" if row in delta.remove or row in delta.update else None
    return [before, "?" if row in delta.add or row in delta.update else None]
