"""Reading records out of the tab: everything in blocks, or just some keys."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.grid import Area, Cells
from syncdb.connectors.google_sheets.records import lines_in
from syncdb.connectors.google_sheets.sheet import HEAD, ROUNDS, Here, Sheet, still_moving
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.lost_keys import KeylessRows
from syncdb.connectors.tabular.records import Index, found_in, snapshot_of
from syncdb.model import Found, Snapshot

BLOCK_CELLS = 200_000  # per request: a few megabytes of answer
PART = 1000  # rows of a snapshot
MOST_AREAS = 500  # per request
ROW_GAP = 5  # rows read for nothing rather than asking for another area
COLUMN_GAP = 3
BELOW = 100  # rows below the last key in which the remains of former last rows are looked for
MOST_KEYLESS = 2000  # rows without a key that are looked into


def fetch(sheet: Sheet) -> Iterator[Snapshot]:
    """Everything, in blocks of rows. If rows moved from block to block, so that some key was not shown or shown twice,
    the last snapshot says that the listing is not complete."""
    expected = sheet.index(fresh=True)
    shown = Index(expected.header_row, doubled={key: list(rows) for key, rows in expected.doubled.items()})
    told: set[str] = set()
    for first, end in _blocks(sheet.here(), expected):
        found = _records(sheet, _areas(sheet.here(), first, end))
        if found is None:
            yield Snapshot({}, complete=False)
            return
        for one in found:
            if one.record.key not in expected.doubled:
                shown.add(one.record.key, int(one.ref) - 1)
        fresh = [key for key in shown.doubled if key not in told]
        told.update(fresh)
        # read at once, as requests count; passed on in parts, as what the rows are compared with is in memory beside them
        for start in range(0, max(1, len(found)), PART):
            yield snapshot_of(found[start : start + PART], shown, True, () if start else fresh)
    if shown.rows.keys() != expected.rows.keys() or shown.doubled.keys() != expected.doubled.keys():
        sheet.forget_rows()
        yield Snapshot({}, complete=False)


def look(sheet: Sheet, keys: Iterable[str]) -> Snapshot:
    """The records of just these keys. Raises RetryLater if they keep moving."""
    wanted = list(dict.fromkeys(keys))
    for attempt in range(ROUNDS):
        index = sheet.index(fresh=attempt > 0)
        rows = {index.rows[key]: key for key in wanted if key in index.rows}
        found = _records(sheet, _scattered(sheet.here(), sorted(rows)))
        if found is not None and _all_in_place(found, rows):
            chosen = [one for one in found if rows.get(int(one.ref) - 1) == one.record.key]
            return snapshot_of(chosen, index, True, wanted)
    raise still_moving(sheet.here().tab.title)


def left_without_key(sheet: Sheet, index: Index) -> KeylessRows:
    """What stands in the managed columns of rows without a key, or with one that lost digits: between the header and a little
    below the last key, as far as a person's slip reaches. A request for each 200,000 cells, none where every row has a key."""
    here = sheet.here()
    keyed = {*index.rows.values(), *(row for rows in index.doubled.values() for row in rows)}.difference(index.rounded)
    end = min(index.last + 1 + BELOW, here.tab.rows)
    rows = [row for row in range(index.header_row + 1, end) if row not in keyed][:MOST_KEYLESS]
    lines: dict[int, dict[str, Entry]] = {}
    for chunk in _chunks(_scattered(here, rows) if rows else ()):
        lines |= lines_in(here.grid.shown(chunk), here.layout)
    kinds = {one.name: one.kind for one in sheet.wish.fields}
    return KeylessRows({row: lines[row] for row in rows if row in lines}, sheet.wish.key, kinds)


def _all_in_place(found: Sequence[Found], rows: dict[int, str]) -> bool:
    shown = {int(one.ref) - 1: one.record.key for one in found}
    return all(shown.get(row) == key for row, key in rows.items())


def _records(sheet: Sheet, areas: Sequence[Area]) -> list[Found] | None:
    """The records in these areas; None where the columns were moved meanwhile."""
    records: list[Found] = []
    here = sheet.here()
    for chunk in _chunks(areas):
        patches = here.grid.shown([HEAD, *chunk])
        if sheet.columns_moved(patches):
            return None
        asked = {row for area in chunk for row in range(area.rows[0], area.rows[1] or 0)}
        lines = sorted((item for item in lines_in(patches, here.layout).items() if item[0] in asked), key=itemgetter(0))
        found = (found_in(line, row, sheet.wish.fields, sheet.wish.key) for row, line in lines)
        records += _told_apart(here, [one for one in found if one is not None])
    return records


def _told_apart(here: Here, found: list[Found]) -> list[Found]:
    """The same records, of which only real formulas stay frozen, not text that begins with "=".

    Compact values show both alike, so the cells in question are read again, exactly: no request where there are none. A cell that
    shows something else by then stays frozen; a later look settles it.
    """
    columns = here.layout.columns
    doubtful = sorted((columns[name], int(one.ref) - 1) for one in found for name in one.frozen)
    if not doubtful:
        return found
    cells = Cells(patch for chunk in _chunks(_just(doubtful)) for patch in here.grid.exact(chunk))

    def settled(one: Found) -> Found:
        fields, row = one.record.fields, int(one.ref) - 1
        frozen = {name: why for name, why in one.frozen.items() if cells.at(row, columns[name]) != fields[name]}
        return replace(one, frozen=frozen)

    return [settled(one) if one.frozen else one for one in found]


def _just(places: Iterable[tuple[int, int]]) -> Iterator[Area]:
    """Areas that cover these cells, given as sorted (column, row)."""
    for column, cells in groupby(places, itemgetter(0)):
        for stretch in a1.runs([row for _, row in cells], ROW_GAP):
            yield Area(stretch, (column, column + 1))


def _chunks(areas: Iterable[Area]) -> Iterator[list[Area]]:
    chunk: list[Area] = []
    cells = 0
    for area in areas:
        size = _size(area)
        if chunk and (len(chunk) >= MOST_AREAS or cells + size > BLOCK_CELLS):
            yield chunk
            chunk, cells = [], 0
        chunk.append(area)
        cells += size
    if chunk:
        yield chunk


def _size(area: Area) -> int:
    return ((area.rows[1] or 0) - area.rows[0]) * ((area.columns[1] or 0) - area.columns[0])


def _blocks(here: Here, index: Index) -> Iterator[tuple[int, int]]:
    step = max(1, BLOCK_CELLS // max(1, sum(end - first for first, end in _column_runs(here, COLUMN_GAP))))
    for first in range(index.header_row + 1, index.last + 1, step):
        yield first, min(first + step, index.last + 1)


def _column_runs(here: Here, gap: int) -> list[tuple[int, int]]:
    return a1.runs(sorted(here.layout.columns.values()), gap)


def _areas(here: Here, first: int, end: int) -> list[Area]:
    return [Area((first, end), columns) for columns in _column_runs(here, COLUMN_GAP)]


def _scattered(here: Here, rows: list[int]) -> list[Area]:
    """Areas that cover these rows: whole rows of the managed columns, few areas rather than few cells."""
    columns = sorted(here.layout.columns.values())
    return [Area(stretch, (columns[0], columns[-1] + 1)) for stretch in a1.runs(rows, ROW_GAP)]
