"""One write: as many operations as fit into a request, held against the rows as they stand now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncdb.connectors.grist.cells import UnfitCell, UnreadableCell, plainly, stored
from syncdb.connectors.grist.client import Json, packed
from syncdb.connectors.grist.layout import TableLayout
from syncdb.connectors.grist.rows import Row, RowReader, TableRows
from syncdb.model import Action, Attempt, Operation, Outcome, Result
from syncdb.values import Value, canonical, same

LARGEST_BODY = 900_000  # bytes; Grist refuses bodies over 1 MB (documented and observed)
MOST_OPERATIONS = 1000  # a write of 1,000 new rows took 0.4 s (observed); a person may be waiting to edit

PARAMS: Mapping[Action, Mapping[str, str]] = {
    Action.UPDATE: {"noadd": "1", "noparse": "1", "onmany": "none"},
    Action.CREATE: {"noupdate": "1", "noparse": "1", "onmany": "none"},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is sent for one operation: the cells a row must show (`require`), those it shall get, and the row seen."""

    number: int
    require: Mapping[str, Any]
    fields: Mapping[str, Any]
    row: int | None = None

    @property
    def record(self) -> Json:
        return {"require": dict(self.require), "fields": dict(self.fields)}


@dataclass(frozen=True, slots=True)
class TableBatch:
    """One write: the action, the table, what is sent, and which operations were decided without sending."""

    action: Action
    table: str
    entries: tuple[Entry, ...]
    left_out: Mapping[int, Outcome]

    def as_data(self) -> dict[str, Any]:
        """The batch as JSON data; `from_data` is the inverse."""
        return {
            "kind": "records",
            "action": self.action.value,
            "table": self.table,
            "entries": [[one.number, dict(one.require), dict(one.fields), one.row] for one in self.entries],
            "left_out": {str(number): [one.result.value, one.ref, one.why] for number, one in self.left_out.items()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "TableBatch":
        """The batch that `as_data` gave. Raises KeyError where a part is missing."""
        entries = tuple(Entry(int(number), require, fields, row) for number, require, fields, row in data["entries"])
        left_out = {int(n): Outcome(Result(result), ref, why) for n, (result, ref, why) in data["left_out"].items()}
        return cls(Action(data["action"]), str(data["table"]), entries, left_out)

    def outcomes(self, attempt: Attempt, sent: Mapping[int, Outcome]) -> list[Outcome]:
        """One outcome for each operation, in order."""
        return [self.left_out.get(number) or sent[number] for number in range(len(attempt.operations))]

    def told(self, attempt: Attempt, outcomes: Sequence[Outcome], unwritable: frozenset[str]) -> list[Outcome]:
        """The outcomes with the fields that a new row was made without: formulas fill them in, or they are held back."""
        if self.action is not Action.CREATE:
            return list(outcomes)
        return [
            replace(one, without=frozenset(unwritable & operation.changes.keys())) if one.result is Result.DONE else one
            for operation, one in zip(attempt.operations, outcomes, strict=True)
        ]

    def all(self, attempt: Attempt, result: Result, why: str) -> list[Outcome]:
        """The same outcome for everything that was to be sent."""
        return self.outcomes(attempt, {one.number: Outcome(result, why=why) for one in self.entries})


def front(operations: Sequence[Operation]) -> list[Operation]:
    """The operations from the front that can go in one request: of one kind, each key once. At least one."""
    taken: list[Operation] = []
    keys: set[str] = set()
    for one in operations[:MOST_OPERATIONS]:
        if one.action is not operations[0].action or one.key in keys:
            break
        taken.append(one)
        keys.add(one.key)
    return taken


def gather(
    operations: Sequence[Operation], layout: TableLayout, reader: RowReader, rows: TableRows
) -> tuple[list[Operation], TableBatch]:
    """The write for as many operations from the front as fit into one body, given their rows as they stand now."""
    entries: list[Entry] = []
    left_out: dict[int, Outcome] = {}
    taken: list[Operation] = []
    size = 0
    for number, operation in enumerate(operations):
        made = _one(number, operation, layout, reader, rows)
        if isinstance(made, Entry):
            more = len(packed(made.record)) + 1
            if more > LARGEST_BODY:
                made = _too_large(operation, more)
            elif size + more > LARGEST_BODY:
                break
            else:
                size += more
                entries.append(made)
        if isinstance(made, Outcome):
            left_out[number] = made
        taken.append(operation)
    return taken, TableBatch(operations[0].action, layout.table, tuple(entries), left_out)


def _too_large(operation: Operation, size: int) -> Outcome:
    return Outcome(Result.REJECTED, why=f"{operation.key}: it has {size:,} bytes, and Grist takes at most 1 MB in a request")


def _one(number: int, operation: Operation, layout: TableLayout, reader: RowReader, rows: TableRows) -> Entry | Outcome:
    key, row = operation.key, rows.by_key.get(operation.key)
    if key in rows.doubled:
        return Outcome(Result.STALE, why=f"{key} stands in several rows now")
    try:
        if operation.action is Action.CREATE:
            return _created(number, operation, layout, reader, row)
        if row is None:
            return Outcome(Result.STALE, why=f"{key} is not there any more")
        moved = _moved(operation, row, layout, reader)
        if moved is not None:
            return moved
        if operation.action is Action.DELETE:
            return Entry(number, {layout.key.id: key}, {}, row.id)
        fields = _cells(operation, layout, reader)
    except UnfitCell as why:
        return Outcome(Result.REJECTED, why=f"{key}: {why}")
    return Entry(number, {layout.key.id: key} | _old_cells(operation, row, layout), fields, row.id)


def _created(number: int, operation: Operation, layout: TableLayout, reader: RowReader, row: Row | None) -> Entry | Outcome:
    if row is not None:
        return _as_shown(operation, row, layout, reader)
    return Entry(number, {layout.key.id: operation.key}, _cells(operation, layout, reader))


def _as_shown(operation: Operation, row: Row, layout: TableLayout, reader: RowReader) -> Outcome:
    if holds(operation, row, layout, reader):
        return Outcome(Result.DONE, ref=str(row.id))
    return Outcome(Result.STALE, ref=str(row.id), why=f"{operation.key} exists already")


def _moved(operation: Operation, row: Row, layout: TableLayout, reader: RowReader) -> Outcome | None:
    """Why an operation does not fit the row any more; None where it does."""
    for name, expected in operation.expected.items():
        if name not in layout.places:
            continue
        try:
            standing = reader.value(row, name)
        except UnreadableCell as why:
            if operation.action is Action.DELETE:  # what somebody typed there counts, whatever it means
                return Outcome(Result.STALE, ref=str(row.id), why=f"{operation.key}: {name} changed meanwhile")
            return Outcome(Result.REJECTED, ref=str(row.id), why=f"{operation.key}: {name} is left as it is: {why}")
        if not same(standing, expected):
            return Outcome(Result.STALE, ref=str(row.id), why=f"{operation.key}: {name} changed meanwhile")
    held = [name for name in operation.changes if name in reader.unwritable]
    if held:
        told = reader.held.get(held[0], f"{held[0]} holds a formula now")
        return Outcome(Result.STALE, ref=str(row.id), why=f"{operation.key}: {told}")
    return None


def _cells(operation: Operation, layout: TableLayout, reader: RowReader) -> dict[str, Any]:
    """What is sent of an operation's changes. What is not to be written stays out; the key is in `require`. Raises Unfit."""
    cells: dict[str, Any] = {}
    for name, value in operation.changes.items():
        place = layout.places.get(name)
        if place is None or name in reader.unwritable or place.id == layout.key.id:
            continue
        try:
            cells[place.id] = stored(value, reader.codecs[name])
        except UnfitCell as why:
            raise UnfitCell(f"{name} {plainly(value)} cannot stand in the Grist column {place.id}: {why}") from None
    return cells


def _old_cells(operation: Operation, row: Row, layout: TableLayout) -> dict[str, Any]:
    """The cells as they were read, for Grist to compare: it then writes only where they still stand (observed)."""
    cells = {}
    for name in operation.expected:
        place = layout.places.get(name)
        if place is not None and place.id != layout.key.id:
            cells[place.id] = requirable(row.cells[place.id])
    return cells


def requirable(cell: Any) -> Any:
    """A cell as `require` takes it: a list is refused there, but its JSON text matches it (observed)."""
    return _json_list(cell[1:]) if isinstance(cell, list) else cell


def _json_list(items: Iterable[Any]) -> str:
    return packed(list(items)).decode("utf-8")


def holds(operation: Operation, row: Row, layout: TableLayout, reader: RowReader) -> bool:
    """Whether a row shows everything that an operation wrote."""
    try:
        return all(same(reader.value(row, name), value) for name, value in _written(operation, reader))
    except UnreadableCell:
        return False


def made_of(operation: Operation, row: Row, reader: RowReader) -> dict[str, Value]:
    """What formulas of the document made of an update that was written; {} where a field shows what it did before, or nothing."""
    made: dict[str, Value] = {}
    for name, value in _written(operation, reader):
        try:
            shown = reader.value(row, name)
        except UnreadableCell:
            return {}
        if same(shown, value):
            continue
        if operation.action is not Action.UPDATE or same(shown, operation.expected.get(name)) or canonical(shown) is None:
            return {}
        made[name] = shown
    return made


def _written(operation: Operation, reader: RowReader) -> Iterator[tuple[str, Value]]:
    for name, value in operation.changes.items():
        if name in reader.layout.places and name not in reader.unwritable:
            yield name, value


def has_reference(entry: Entry) -> bool:
    """Whether Grist looks something up for it, so that what landed is only known by reading it."""
    return any(isinstance(cell, list) and cell[:1] == ["l"] for cell in entry.fields.values())
