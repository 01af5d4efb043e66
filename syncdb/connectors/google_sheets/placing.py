"""Before a write: take as many operations as one request holds, look afresh where each goes, leave out what no longer fits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.batch import amount_columns, currency_requests, format_requests, update_requests
from syncdb.connectors.google_sheets.cells import entry_for, write_cell
from syncdb.connectors.google_sheets.client import packed
from syncdb.connectors.google_sheets.evidence import NEIGHBOURS, Placement, Written
from syncdb.connectors.google_sheets.failures import MOST_CELLS, no_room
from syncdb.connectors.google_sheets.grid import Area, Cells
from syncdb.connectors.google_sheets.reading import left_without_key
from syncdb.connectors.google_sheets.sheet import HEAD, ROUNDS, Here, Sheet, still_moving
from syncdb.connectors.tabular.entries import Entry, Formula, UnfitValue, value_in
from syncdb.connectors.tabular.headers import HEAD_ROWS
from syncdb.connectors.tabular.lost_keys import lost
from syncdb.connectors.tabular.records import Index, readable_key
from syncdb.model import Action, Operation, Outcome, Result
from syncdb.values import same

MOST_BYTES = 2_000_000  # of one write: 2 MB are recommended (Sheets API, usage limits), and each write counts against the quota
FRAME_BYTES = 1_200  # of a write without rows and formats: token, inserting, what to show after it
STRIP_BYTES = 160  # around the rows of columns that stand side by side
ROW_BYTES = 13  # around the cells of a row within those
LAST_ROWS = (9_999_999, 10_000_000)  # whose numbers are the longest that a row can have
MOST_COLUMNS = 18_278
Ages = Callable[[Sequence[str]], Mapping[str, str]]  # since when (ISO, UTC) there has been what stands behind these keys
MOST_KEPT_CELLS = 100_000  # of rows kept as they were, so that the journal stays small


@dataclass(frozen=True, slots=True)
class CellBatch:
    """The operations taken, what each writes (None: it does not fit a cell, see `unfit`)."""

    operations: tuple[Operation, ...]
    entries: Sequence[Mapping[str, Entry] | None]
    unfit: Mapping[int, Outcome]

    @property
    def creates(self) -> bool:
        return any(one.action is Action.CREATE for one in self.operations)

    def updates(self) -> list[int]:
        return [
            number
            for number, one in enumerate(self.operations)
            if one.action is Action.UPDATE and self.entries[number] is not None
        ]


def take(operations: Sequence[Operation], here: Here, sheet: Sheet, most_bytes: int = MOST_BYTES) -> CellBatch:
    """As many operations from the front as fit: at least one, measured in bytes as they will be sent."""
    taken: list[Operation] = []
    entries: list[Mapping[str, Entry] | None] = []
    unfit: dict[int, Outcome] = {}
    strips = len(a1.runs(sorted(here.layout.columns.values())))
    formats = packed(format_requests(here.tab.sheet_id, here.layout, sheet.wish.fields, LAST_ROWS))
    size = FRAME_BYTES + len(formats) + strips * STRIP_BYTES
    named, in_currency = tuple(amount_columns(here.layout, sheet.wish.fields)), None
    kept: set[int] = set()
    updating = any(one.action is Action.UPDATE for one in operations)
    rows = sheet.index().rows if updating else {}
    for operation in operations:
        content, refusal = _content(operation, sheet.wish.key, here)
        size += _bytes(operation, content, here, strips) if content is not None else 0
        if operation.action is Action.CREATE and content is not None:
            before, in_currency = in_currency, [content.get(name) for name in named]
            size += 0 if in_currency == before else _format_bytes(content, here, sheet)
        if operation.action is Action.UPDATE:
            guess = rows.get(operation.key, 0)
            kept.update(range(guess - NEIGHBOURS, guess + NEIGHBOURS + 1))
        if taken and (size > most_bytes or len(kept) * here.tab.columns > MOST_KEPT_CELLS):
            break
        if refusal:
            unfit[len(taken)] = refusal
        taken.append(operation)
        entries.append(content)
    return CellBatch(tuple(taken), entries, unfit)


def _content(operation: Operation, key: str, here: Here) -> tuple[Mapping[str, Entry] | None, Outcome | None]:
    if operation.action is Action.DELETE:
        return None, Outcome(Result.REJECTED, why="rows are never deleted from a sheet")
    if operation.changes.get(key, operation.key) != operation.key:
        return None, Outcome(Result.REJECTED, why="the key of a row does not change")
    entries: dict[str, Entry] = {key: operation.key} if operation.action is Action.CREATE else {}
    for name, value in operation.changes.items():
        if name not in here.layout.columns:
            return None, Outcome(Result.REJECTED, why=f"the sheet has no column for {name}")
        try:
            entries[name] = entry_for(value)
        except UnfitValue as unfit:
            return None, Outcome(Result.REJECTED, why=f"{here.layout.headers[name]} cannot be written: {unfit}")
    return entries, None


def _format_bytes(content: Mapping[str, Entry], here: Here, sheet: Sheet) -> int:
    """What a new row adds whose amounts are in another currency than those of the row before it."""
    alone = [Written("", LAST_ROWS[0], True, content)]
    return len(packed(currency_requests(here.tab.sheet_id, here.layout, alone, sheet.wish.fields)))


def _bytes(operation: Operation, content: Mapping[str, Entry], here: Here, strips: int) -> int:
    """What an operation adds to a write: never less than it does, and hardly more."""
    if operation.action is Action.CREATE:
        return len(packed([write_cell(content.get(name)) for name in here.layout.columns])) + strips * ROW_BYTES
    written = Written(operation.key, LAST_ROWS[0], False, content)
    shown_after = a1.span(here.tab.title, LAST_ROWS, (0, MOST_COLUMNS))
    return len(packed(update_requests(here.tab.sheet_id, [written], here.layout))) + len(packed(shown_after)) + 1


def place(batch: CellBatch, sheet: Sheet, ages: Ages | None = None, *, index_is_fresh: bool) -> Placement:
    """Look where each operation goes now. With `index_is_fresh`, pure creates need no request: a write has just shown the tab.

    New rows go below all others; with `ages` above them, the youngest first.

    Raises NeedsPerson where a header is gone or the spreadsheet is full, RetryLater where columns do not stop moving.
    """
    index = sheet.index(fresh=batch.creates and not index_is_fresh)
    if any(batch.operations[number].key not in index for number in batch.updates()):
        index = sheet.index(fresh=True)
    for _ in range(ROUNDS):
        here = sheet.here()
        rows = {number: index.rows[batch.operations[number].key] for number in batch.updates() if _known(batch, number, index)}
        cells, before = _look(here, rows.values()) if rows else (Cells(()), {})
        moved = bool(rows) and sheet.columns_moved(cells.patches)
        key_column = here.layout.columns[sheet.wish.key]
        if not moved and all(
            readable_key(cells.at(row, key_column)) == batch.operations[number].key for number, row in rows.items()
        ):
            return _placed(batch, sheet, index, rows, cells, before, ages)
        index = sheet.index(fresh=True)
    raise still_moving(sheet.here().tab.title)


def _known(batch: CellBatch, number: int, index: Index) -> bool:
    return batch.operations[number].key in index.rows


def _look(here: Here, rows: Iterable[int]) -> tuple[Cells, dict[int, list[Entry]]]:
    """The head rows and the given rows with their neighbours, whole and exact, in one request."""
    near = sorted({near for row in rows for near in range(max(0, row - NEIGHBOURS), row + NEIGHBOURS + 1)})
    stretches = a1.runs(near)
    cells = Cells(here.grid.exact([HEAD, *(Area(stretch) for stretch in stretches)]))
    return cells, {row: cells.line(row) for row in (*range(HEAD_ROWS), *near)}


def _placed(
    batch: CellBatch,
    sheet: Sheet,
    index: Index,
    rows: Mapping[int, int],
    cells: Cells,
    before: Mapping[int, list[Entry]],
    ages: Ages | None,
) -> Placement:
    here = sheet.here()
    left_out = {**_lost_keys(batch, sheet, index), **batch.unfit}
    inserted: list[int] = []
    new_keys: set[str] = set()
    for number, operation in enumerate(batch.operations):
        if number in left_out:
            continue
        why = ""
        if operation.action is Action.CREATE:
            why = _no_create(operation.key, index, new_keys)
            new_keys.add(operation.key)
        else:
            why = _no_update(operation, rows.get(number), index, sheet, cells)
        if why:
            left_out[number] = Outcome(Result.STALE, why=why)
        elif operation.action is Action.CREATE:
            inserted.append(number)
    more = len(inserted) * here.tab.columns
    if here.tab.cells + more > MOST_CELLS and inserted:
        raise no_room(here.tab.cells, more)
    return Placement(
        sheet.spreadsheet_id,
        here.tab.sheet_id,
        here.tab.title,
        (here.tab.rows, here.tab.columns),
        here.layout,
        sheet.wish.key,
        {number: row for number, row in rows.items() if number not in left_out},
        index.last + 1 if ages is None else index.first,
        inserted if ages is None else _youngest_first(batch, inserted, ages),
        left_out,
        before,
    )


def _youngest_first(batch: CellBatch, inserted: Sequence[int], ages: Ages) -> list[int]:
    """What came into being together (the lines of an order) stays as it is, from top to bottom."""
    since = ages([batch.operations[number].key for number in inserted])
    return sorted(inserted, key=lambda number: since.get(batch.operations[number].key, ""), reverse=True)


def _lost_keys(batch: CellBatch, sheet: Sheet, index: Index) -> dict[int, Outcome]:
    """Rows that would be made anew and of which the old one still stands, without its key: sums would count both."""
    again = {number: one for number, one in enumerate(batch.operations) if one.action is Action.CREATE and one.last}
    if not again:
        return {}
    left = left_without_key(sheet, index)
    header, tab = sheet.wish.headers[sheet.wish.key], sheet.here().tab.title
    found = {number: left.left_of(one) for number, one in again.items()}
    why = {number: lost(row, header, batch.operations[number].key) for number, row in found.items() if row is not None}
    return {number: Outcome(Result.REJECTED, why=f'in the tab "{tab}", {told}') for number, told in why.items()}


def _no_create(key: str, index: Index, new_keys: set[str]) -> str:
    if key in index or key in new_keys:
        return "a row with this key is there already"
    return ""


def _no_update(operation: Operation, row: int | None, index: Index, sheet: Sheet, cells: Cells) -> str:
    """Why an update must not be written; empty if the row still shows what the plan saw."""
    if row is None:
        return "its key stands in several rows" if operation.key in index.doubled else "its row is gone"
    columns = sheet.here().layout.columns
    kinds = {field.name: field.kind for field in sheet.wish.fields}
    for name in operation.changes:
        if isinstance(cells.at(row, columns[name]), Formula):
            return f"a formula stands in {a1.cell(row, columns[name])}"
    for name, expected in operation.expected.items():
        if name in columns and name != sheet.wish.key:
            shown = value_in(cells.at(row, columns[name]), kinds[name])
            if not same(shown, expected):
                return f"{a1.cell(row, columns[name])} changed meanwhile"
    return ""
