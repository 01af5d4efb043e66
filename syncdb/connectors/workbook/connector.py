"""The connector of a file: one tab of a workbook, or a CSV file, as the engine sees it.

A write reads the file again, changes what still stands there as the plan saw it, and puts the whole in its place at once. So a
write took place or it did not, and nothing can be applied late: looking at the file settles everything.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as with_changes
from pathlib import Path

from syncdb.connectors.base import Capabilities
from syncdb.connectors.tabular.entries import Entry, Formula, UnfitValue, entry_for
from syncdb.connectors.tabular.lost_keys import lost
from syncdb.connectors.workbook.binding import FileBinding
from syncdb.connectors.workbook.cell_xml import LONGEST_TEXT
from syncdb.connectors.workbook.place import Changed, Place, PutUnknown, Replace, Seen
from syncdb.connectors.workbook.sheet import Sheet, Wish, read_sheet
from syncdb.errors import ConfigurationError, NeedsPerson, OutcomeUnknown
from syncdb.model import Action, Attempt, Field, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value

BATCH = 5000  # records that one writing of the file takes
NOT_APPLIED = "it was never applied and never will be"
MOVED = "the file was changed in this moment"


class WorkbookConnector:
    """Records as rows of a tab: found by key and header, never over anybody else's cell."""

    name = "workbook"
    title = "Workbook"
    can = Capabilities(atomic_batches=True, fence=True, structure="the tab or some of its columns")

    def __init__(
        self,
        path: Path,
        *,
        tab: str,
        fields: Sequence[Field],
        key: str,
        ledger_id: str,
        binding: FileBinding | None = None,
        take_over: bool = False,
        dry: bool = False,
        replace: Replace = os.replace,
    ) -> None:
        """`key` is the field whose column holds the keys, `binding` what the last run left. With `dry` nothing is ever made.

        Raises ConfigurationError where two fields share a header.
        """
        labels = [field.label for field in fields]
        doubled = sorted({label for label in labels if labels.count(label) > 1})
        if doubled or key not in {field.name for field in fields}:
            raise ConfigurationError([f'columns: the header "{label}" is used twice' for label in doubled] or ["columns: no key"])
        self.binding = binding
        self._place = Place(path, replace)
        self._wish = Wish(path, tab, tuple(fields), key, ledger_id, take_over)
        self._dry = dry
        self._spent: set[int] = set()
        self._state: str | None = None

    def state(self) -> str:
        """What tells this state of the file from any other: as it is now where this is asked first, then as our writes left it.

        Empty once somebody else changed it in between.
        """
        if self._state is None:
            self._state = self._place.read().stamp
        return self._state

    def close(self) -> None:
        """Nothing is held open."""

    def structure(self, token: int) -> Attempt | None:
        """See Connector.structure."""
        sheet = self._read()
        if sheet.whole:
            self._bind()
            return None
        self._place.refuse_open()
        return Attempt(token, (), {"kind": "structure"})

    def fetch(self) -> Iterator[Snapshot]:
        """See Connector.fetch."""
        yield self._as_if_made(self._read().snapshot())

    def look(self, keys: Iterable[str]) -> Snapshot:
        """See Connector.look."""
        return self._as_if_made(self._read().snapshot(keys))

    def without_key(self) -> dict[str, Mapping[str, Value]]:
        """What rows without a key show in columns of ours, by their places."""
        sheet = self._read()
        return {f"{row + 1}": values for row, values in sheet.keyless().rows.items()} if sheet.whole else {}

    def places(self) -> dict[str, tuple[str, ...]]:
        """Every key that the tab shows now, with its row numbers as on screen."""
        index = self._read().index()
        return {key: (f"{row + 1}",) for key, row in index.rows.items()} | {
            key: tuple(f"{row + 1}" for row in rows) for key, rows in index.doubled.items()
        }

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """See Connector.prepare. Raises RetryLater while somebody has the file open."""
        self._place.refuse_open()
        return Attempt(token, tuple(operations[:BATCH]), {"kind": "records"})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.write."""
        if attempt.token in self._spent:
            return _all(attempt, Result.STALE, NOT_APPLIED)
        sheet = self._read()
        outcomes: list[Outcome] = []
        if attempt.operations:
            outcomes = _put_all(sheet, attempt.operations)
            if not any(one.result is Result.DONE for one in outcomes):
                return outcomes
        else:
            sheet.make()
        content = Seen(sheet.book.content())
        try:
            self._place.put(content.content or b"", sheet.seen)
        except Changed:
            return _all(attempt, Result.STALE, MOVED)
        except PutUnknown as lost:
            if not attempt.operations:
                raise OutcomeUnknown(f"{lost}: whether the file was written is not known.", next_step="Run it again.") from lost
            return _all(attempt, Result.UNKNOWN, str(lost))
        if self._state is not None:
            self._state = content.stamp if self._state == sheet.seen.stamp else ""
        if not attempt.operations:
            self._bind()
        return outcomes

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """See Connector.settle. What is not in the file by now never will be."""
        self._spent.add(attempt.token)
        sheet = self._read()
        if not attempt.operations:
            return [] if sheet.whole else _all(attempt, Result.STALE, NOT_APPLIED)
        found = sheet.snapshot([one.key for one in attempt.operations]).found
        return [
            Outcome(Result.DONE, found[one.key].ref)
            if one.key in found and agrees(one.changes, found[one.key].record.fields)
            else Outcome(Result.STALE, why=NOT_APPLIED)
            for one in attempt.operations
        ]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """Nothing lands in somebody else's place: the file is put in place whole, or not at all."""
        return None

    def _read(self) -> Sheet:
        return read_sheet(self._place, self._wish, self.binding)

    def _bind(self) -> None:
        self.binding = FileBinding(str(self._wish.path), self._wish.tab, self._wish.headers)

    def _as_if_made(self, shown: Snapshot) -> Snapshot:
        """In a dry run, columns that are still to be made hold nothing, as they will when they have been made."""
        if not self._dry:
            return shown
        empty = dict.fromkeys(self._wish.headers)
        found = {key: with_changes(one, record=Record(key, {**empty, **one.record.fields})) for key, one in shown.found.items()}
        return with_changes(shown, found=found)


def _put_all(sheet: Sheet, operations: Sequence[Operation]) -> list[Outcome]:
    """Each operation put into the tab in memory, or why not. Rows are added below everything that stands there."""
    if not sheet.whole:
        raise NeedsPerson(
            f'The tab "{sheet.wish.tab}" has not got all its columns any more. Nothing was written.',
            next_step="Run the sync again: it makes what is missing before it reads.",
        )
    assert sheet.standing is not None
    before = sheet.page.rows
    outcomes = [_put(sheet, one) for one in operations]
    if sheet.page.rows > before:
        sheet.page.grown(sheet.standing.header_row, before)
    return outcomes


def _put(sheet: Sheet, operation: Operation) -> Outcome:
    index = sheet.index()
    try:
        entries = {name: entry_for(value, LONGEST_TEXT, "Excel") for name, value in operation.changes.items()}
    except UnfitValue as unfit:
        return Outcome(Result.REJECTED, why=f"a value does not fit: {unfit}")
    if operation.action is Action.CREATE:
        if (left := sheet.keyless().left_of(operation)) is not None:
            return Outcome(Result.REJECTED, why=lost(left, sheet.wish.headers[sheet.wish.key], operation.key))
        return _add(sheet, operation.key, entries)
    row = index.rows.get(operation.key)
    found = None if row is None else sheet.found(row)
    if row is None or found is None:
        return Outcome(Result.STALE, why="its row is gone, or there are several")
    if not agrees(operation.expected, found.record.fields) or any(name in found.frozen for name in entries):
        return Outcome(Result.STALE, found.ref, "it changed meanwhile")
    _fill(sheet, row, entries)
    return Outcome(Result.DONE, found.ref)


def _add(sheet: Sheet, key: str, entries: dict[str, Entry]) -> Outcome:
    if key in sheet.index():
        return Outcome(Result.STALE, why="it exists already")
    row = sheet.page.rows
    if row >= sheet.page.most_rows:
        return Outcome(Result.REJECTED, why=f"the tab is full: it has {row:,} rows")
    _fill(sheet, row, entries)
    sheet.index().add(key, row)
    return Outcome(Result.DONE, str(row + 1))


def _fill(sheet: Sheet, row: int, entries: dict[str, Entry]) -> None:
    for name, entry in entries.items():
        if entry is not None or not isinstance(sheet.page.at(row, sheet.columns[name]), Formula | None):
            sheet.page.put(row, sheet.columns[name], entry, sheet.wish.kinds[name])


def _all(attempt: Attempt, result: Result, why: str) -> list[Outcome]:
    return [Outcome(result, why=why) for _ in attempt.operations or (None,)]
