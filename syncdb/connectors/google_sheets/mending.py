"""After a write that met a rearranged sheet: find our values that stand in somebody else's place, and what stood there.

A write names its cells by row and column. If a person inserts, deletes or sorts rows or columns between our look and our write,
some values land beside their place. What stood there is known from the look: rows are recognised by their key, or without one by
all else they hold; columns by their header.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.evidence import NEIGHBOURS, Placement, Written
from syncdb.connectors.google_sheets.formulas import shifted
from syncdb.connectors.google_sheets.grid import Area, Cells
from syncdb.connectors.google_sheets.moved_columns import column_before
from syncdb.connectors.google_sheets.sheet import Sheet
from syncdb.connectors.tabular.entries import Entry, Formula, alike
from syncdb.connectors.tabular.headers import TabLayout, header_text
from syncdb.connectors.tabular.records import Index, readable_key

Repairs = dict[tuple[int, int], Entry]


def repairs(sheet: Sheet, placement: Placement, written: Sequence[Written]) -> Repairs:
    """The cells (row, column) to set and to what, so that nothing of an applied write stands in a wrong place."""
    index = sheet.index(fresh=True)
    here = sheet.here()
    if (here.spreadsheet_id, here.tab.sheet_id) != (placement.spreadsheet_id, placement.sheet_id):
        return {}
    written = [one if one.new else replace(one, row=placement.after(one.row)) for one in written]  # where they landed
    rows = {row for one in written if not one.new for row in range(one.row - NEIGHBOURS, one.row + NEIGHBOURS + 1)}
    places = _places_of_new(sheet, placement, written)
    near = sorted(row for row in rows | set(places.values()) if row >= 0)
    if not near:
        return {}
    cells = Cells(here.grid.exact([Area((here.layout.header_row, here.layout.header_row + 1)), *map(Area, a1.runs(near, 1))]))
    keyless = _keyless(placement, here.layout, cells, sheet.wish.key, written)
    scene = Scene(placement, here.layout, index, cells, sheet.wish.key, keyless)
    found: Repairs = {}
    for one in written:
        if not one.new:
            found.update(scene.strayed(one, written))
        elif one.key in places:
            found.update(scene.misaligned(one, places[one.key]))
    return found


def _places_of_new(sheet: Sheet, placement: Placement, written: Sequence[Written]) -> dict[str, int]:
    """Where the rows that a write made stand now: found by the key we put into what then was the key column."""
    keys = {one.key for one in written if one.new}
    if not keys:
        return {}
    column = placement.key_column
    patches = sheet.here().grid.shown([Area((0, None), (column, column + 1))])
    places: dict[str, int] = {}
    for patch in patches:
        for row, line in enumerate(patch.lines, patch.row):
            key = readable_key(line[0]) if line else None
            if key in keys and patch.column == column:
                places[str(key)] = row
    return places


def _keyless(placement: Placement, now: TabLayout, cells: Cells, key: str, written: Sequence[Written]) -> frozenset[int]:
    """Rows whose key we overwrote, because the key column moved to where another of our columns had been."""
    column = now.columns[key]
    names = [name for name, before in placement.layout.columns.items() if before == column and name != key]
    return frozenset(
        one.row
        for one in written
        for name in names
        if not one.new and name in one.entries and alike(cells.at(one.row, column), one.entries[name])
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """The tab before (as looked at for the write) and now, and which rows and columns are the same in both."""

    placement: Placement
    now: TabLayout
    index: Index
    cells: Cells
    key: str
    keyless: frozenset[int]

    def strayed(self, one: Written, written: Sequence[Written]) -> Repairs:
        """Cells of an update that are not at home in the row and column where they landed."""
        found: Repairs = {}
        fields = {column: name for name, column in self.now.columns.items()}
        key = self._key_now(one.row)
        touched = {self.placement.layout.columns[name] for other in written if other.row == one.row for name in other.entries}
        for name, entry in one.entries.items():
            column = self.placement.layout.columns[name]
            at_home = key == one.key and fields.get(column) == name
            if at_home or not alike(self.cells.at(one.row, column), entry):
                continue
            # unknown means come from far away or new: blank tells nobody a falsehood, and a row of ours is filled again
            original = self._original(one.row, column, touched)
            if not alike(original, entry):
                found[one.row, column] = original
        return found

    def misaligned(self, one: Written, row: int) -> Repairs:
        """Cells of a row we made while columns were moved: each value goes to its column, what is left over is emptied."""
        before = self.placement.layout.columns
        if all(before[name] == column for name, column in self.now.columns.items() if name in before):
            return {}
        landed = self._key_now(row)
        elsewhere = landed != one.key and one.key in self.index
        if landed not in (None, one.key) and not self._ours_as_key(one, row):
            return {}
        found: Repairs = {
            (row, column): None
            for name, column in before.items()
            if one.entries.get(name) is not None and alike(self.cells.at(row, column), one.entries[name])
        }
        if not elsewhere:
            found.update({(row, column): one.entries.get(name) for name, column in self.now.columns.items()})
        return {place: entry for place, entry in found.items() if not alike(self.cells.at(*place), entry)}

    def _ours_as_key(self, one: Written, row: int) -> bool:
        """Whether what reads as the key of a row we made is a value of ours for the column that was there before."""
        column = self.now.columns[self.key]
        meant = [one.entries.get(name) for name, before in self.placement.layout.columns.items() if before == column]
        return bool(meant) and meant[0] is not None and alike(self.cells.at(row, column), meant[0])

    def _key_now(self, row: int) -> str | None:
        if row <= self.now.header_row or row in self.keyless:
            return None
        return readable_key(self.cells.at(row, self.now.columns[self.key]))

    def _original(self, row: int, column: int, touched: set[int]) -> Entry:
        """What the cell now at this place held before the write; nothing where that is new since, or not known."""
        column_before = self._column_before(column)
        if column_before is None:
            return None
        rows = self._rows_before(row, touched)
        entries = [self._before(one, column_before) for one in rows]
        if not entries or not all(alike(entry, entries[0]) for entry in entries):
            return None
        return self._as_of_now(entries[0], rows[0], row)

    def _before(self, row: int, column: int) -> Entry:
        line = self.placement.before.get(row, ())
        return line[column] if column < len(line) else None

    def _column_before(self, column: int) -> int | None:
        """The column of the look that this column is; None if it came into being since."""
        for name, now in self.now.columns.items():
            if now == column and name in self.placement.layout.columns:
                return self.placement.layout.columns[name]
        return column_before(column, *self._heads())

    def _heads(self) -> tuple[list[str], list[str]]:
        before = self.placement.before.get(self.placement.layout.header_row, ())
        now = self.cells.line(self.now.header_row)
        return [header_text(entry) for entry in now], [header_text(entry) for entry in before]

    def _rows_before(self, row: int, touched: set[int]) -> list[int]:
        """The rows of the look that this row can be: the one with its key, or those without a key that held the same."""
        looked_at = [one for one in self.placement.before if one > self.placement.layout.header_row]
        keys = {one: readable_key(self._before(one, self.placement.key_column)) for one in looked_at}
        key = self._key_now(row)
        if key is not None:
            return [one for one in looked_at if keys[one] == key]
        able = [one for one in looked_at if row in self.keyless or keys[one] is None]
        alike_rows = [one for one in able if self._same_row(one, row, touched)]
        beside = [one for one in alike_rows if self._same_neighbour(one, row)]
        return beside or alike_rows

    def _same_row(self, before: int, now: int, touched: set[int]) -> bool:
        width = max(len(self.placement.before[before]), len(self.cells.line(now)))
        pairs = ((column, self._column_before(column)) for column in range(width) if column not in touched)
        return all(
            _loosely_alike(self.cells.at(now, column), self._before(before, there))
            for column, there in pairs
            if there is not None
        )

    def _same_neighbour(self, before: int, now: int) -> bool:
        for step in (-1, 1):
            key = self._key_now(now + step)
            if key is not None and key == readable_key(self._before(before + step, self.placement.key_column)):
                return True
        return False

    def _as_of_now(self, entry: Entry, before: int, now: int) -> Entry:
        """A formula with its references moved as the sheet would have moved them."""
        if not isinstance(entry, Formula):
            return entry
        return Formula(shifted(entry.text, lambda row: self._row_now(row, before, now), self._column_now))

    def _row_now(self, row: int, before: int, now: int) -> int:
        if row == before:
            return now
        key = readable_key(self._before(row, self.placement.key_column))
        if key in self.index.rows and row > self.placement.layout.header_row:
            return self.index.rows[str(key)]
        moved = self.placement.after(row)
        return moved + (now - self.placement.after(before)) if row > before else moved

    def _column_now(self, column: int) -> int:
        head_now, _ = self._heads()
        reach = max(len(head_now), max(self.now.columns.values()) + 1) + 1
        return next((now for now in range(reach) if self._column_before(now) == column), column)


def _loosely_alike(one: Entry, other: Entry) -> bool:
    """Formulas count as alike whatever they refer to: the sheet rewrites their references when rows move."""
    return (isinstance(one, Formula) and isinstance(other, Formula)) or alike(one, other)
