"""One tab: its cells and what hangs on its rows, columns and ranges.

Rows are tuples, replaced and never changed, so that keeping the state before a batch costs one copy of a list.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.cells import Cell, Formula, Packed, entered, pack, unpack
from syncdb.sandbox.google.errors import PROTECTED, invalid
from syncdb.sandbox.google.references import shifted
from syncdb.sandbox.google.shifts import Dimension, Shift

Row = tuple[Packed, ...]
Json = dict[str, Any]
OWNER = "owner@sandbox.example"  # the person the spreadsheet belongs to; no protection stops them


@dataclass(slots=True)
class Protection:
    area: Area
    wire: Json  # what the API shows, without id and range
    editors: set[str]

    def stops(self, actor: str) -> bool:
        return not self.wire.get("warningOnly") and actor not in {OWNER, *self.editors}


@dataclass(slots=True)
class Tab:
    """A grid of row_count x column_count cells; rows past the last filled one are not stored."""

    sheet_id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    rows: list[Row] = field(default_factory=list)
    grid_properties: Json = field(default_factory=dict)
    properties: Json = field(default_factory=dict)  # hidden, tabColorStyle, ...
    merges: list[Area] = field(default_factory=list)
    protections: dict[int, Protection] = field(default_factory=dict)
    basic_filter: Json | None = None
    filter_area: Area | None = None
    groups: dict[Dimension, list[Json]] = field(default_factory=dict)
    dimensions: dict[Dimension, dict[int, Json]] = field(default_factory=lambda: {"ROWS": {}, "COLUMNS": {}})
    has_formulas: bool = False

    def kept(self) -> Tab:
        """A copy to come back to."""
        again = copy.copy(self)
        again.rows = list(self.rows)
        for name in ("grid_properties", "properties", "merges", "protections", "basic_filter", "groups", "dimensions"):
            setattr(again, name, copy.deepcopy(getattr(self, name)))
        return again

    @property
    def cells(self) -> int:
        return self.row_count * self.column_count

    def size(self, dimension: Dimension) -> int:
        return self.row_count if dimension == "ROWS" else self.column_count

    def get(self, row: int, column: int) -> Packed:
        if row < len(self.rows) and column < len(self.rows[row]):
            return self.rows[row][column]
        return None

    def put_row(self, row: int, start: int, cells: list[Packed]) -> None:
        """Replace cells of one row from a column on."""
        old = self.rows[row] if row < len(self.rows) else ()
        if not self.has_formulas:
            self.has_formulas = any(isinstance(entered(cell), Formula) for cell in cells)
        gap = (None,) * (start - len(old))
        self._store(row, old[:start] + gap + tuple(cells) + old[start + len(cells) :])

    def put(self, row: int, column: int, cell: Packed) -> None:
        self.put_row(row, column, [cell])

    def change(self, area: Area, change: Callable[[int, int, Packed], Packed]) -> None:
        """Pass every cell of a bounded area through a function of row, column and cell."""
        assert area.r1 is not None and area.c1 is not None
        for r in range(area.r0, area.r1):
            cells = [change(r, c, self.get(r, c)) for c in range(area.c0, area.c1)]
            if r < len(self.rows) or any(cell is not None for cell in cells):
                self.put_row(r, area.c0, cells)

    def _store(self, row: int, cells: Row) -> None:
        cells = _trimmed(cells)
        if row >= len(self.rows):
            if not cells:
                return
            self.rows.extend([()] * (row + 1 - len(self.rows)))
        self.rows[row] = cells
        if not cells and row == len(self.rows) - 1:
            self._trim_rows()

    def _trim_rows(self) -> None:
        while self.rows and not self.rows[-1]:
            self.rows.pop()

    def filled(self) -> Iterator[tuple[int, int, Packed]]:
        """Every cell that holds anything: row, column, cell."""
        for r, row in enumerate(self.rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    yield r, c, cell

    def check_access(self, area: Area, actor: str) -> None:
        """Raises Refusal (400) where a protection that stops this actor covers part of the area."""
        if any(one.stops(actor) and one.area.touches(area) for one in self.protections.values()):
            raise invalid(PROTECTED)

    def whole(self) -> Area:
        return Area(self.sheet_id, 0, self.row_count, 0, self.column_count)

    # --- structure -----------------------------------------------------------------------------------------

    def apply(self, shift: Shift, inherit_before: bool = False) -> None:
        """Insert, delete or move rows or columns, and everything of this tab that hangs on them."""
        if shift.dimension == "ROWS":
            self._shift_rows(shift, inherit_before)
        else:
            self._shift_columns(shift, inherit_before)
        self._shift_ranges(shift)

    def _resized(self, shift: Shift, count: int) -> int:
        return count + {"insert": shift.size, "delete": -shift.size, "move": 0}[shift.kind]

    def _shift_rows(self, shift: Shift, inherit_before: bool) -> None:
        model = shift.start - 1 if inherit_before else shift.start
        if shift.kind == "insert" and shift.start < len(self.rows) or shift.kind == "insert" and inherit_before:
            inherited = self._formats_of(self.rows[model] if 0 <= model < len(self.rows) else ())
            if shift.start < len(self.rows) or inherited:
                self.rows.extend([()] * (shift.start - len(self.rows)))
                self.rows[shift.start : shift.start] = [inherited] * shift.size
        elif shift.kind == "delete":
            del self.rows[shift.start : shift.end]
        elif shift.kind == "move":
            self.rows.extend([()] * (max(shift.end, shift.destination) - len(self.rows)))
            self.rows = list(_rearranged(self.rows, shift))
        self._trim_rows()
        self.row_count = self._resized(shift, self.row_count)

    def _formats_of(self, row: Row) -> Row:
        return _trimmed(tuple(_format_only(cell) for cell in row))

    def _shift_columns(self, shift: Shift, inherit_before: bool) -> None:
        model = shift.start - 1 if inherit_before else shift.start
        for r, row in enumerate(self.rows):
            if shift.kind == "insert" and len(row) > model:
                like = _format_only(row[model])
                self.rows[r] = _trimmed(row[: shift.start] + (like,) * shift.size + row[shift.start :])
            elif shift.kind == "delete" and len(row) > shift.start:
                self.rows[r] = _trimmed(row[: shift.start] + row[shift.end :])
            elif shift.kind == "move":
                padded = row + (None,) * (max(shift.end, shift.destination) - len(row))
                self.rows[r] = _trimmed(tuple(_rearranged(padded, shift)))
        self._trim_rows()
        self.column_count = self._resized(shift, self.column_count)

    def _shift_ranges(self, shift: Shift) -> None:
        self.merges = [area for merge in self.merges if (area := shift.area(merge)) is not None]
        for number, protection in list(self.protections.items()):
            area = shift.area(protection.area)
            if area is None:
                del self.protections[number]
            else:
                self.protections[number] = replace(protection, area=area)
        if self.filter_area is not None:
            self.filter_area = shift.area(self.filter_area)
            self.basic_filter = self.basic_filter if self.filter_area else None
        moved = {shift.index(i): props for i, props in self.dimensions[shift.dimension].items()}
        self.dimensions[shift.dimension] = {i: props for i, props in moved.items() if i is not None}
        self._shift_frozen(shift)

    def _shift_frozen(self, shift: Shift) -> None:
        name = "frozenRowCount" if shift.dimension == "ROWS" else "frozenColumnCount"
        frozen = self.grid_properties.get(name, 0)
        if frozen and shift.kind != "move":
            span = shift.span(0, frozen)
            left = span[1] if span else 0
            self.grid_properties[name] = left
            if not left:
                del self.grid_properties[name]

    def shift_formulas(self, titles: dict[str, int], shift: Shift) -> None:
        """Adjust the references of this tab's formulas to a change here or on another tab."""
        if not self.has_formulas:
            return
        for r, row in enumerate(self.rows):
            if any(isinstance(entered(cell), Formula) for cell in row):
                self.rows[r] = tuple(self._shifted(cell, titles, shift) for cell in row)

    def _shifted(self, packed: Packed, titles: dict[str, int], shift: Shift) -> Packed:
        value = entered(packed)
        if not isinstance(value, Formula):
            return packed
        return pack(replace(unpack(packed), entered=Formula(shifted(value.text, self.sheet_id, titles, shift))))


def _trimmed(row: Row) -> Row:
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row if end == len(row) else row[:end]


def _format_only(packed: Packed) -> Packed:
    """What a new row or column takes over from its neighbour: the format and the rule, not value or note."""
    if not isinstance(packed, Cell):
        return None
    return pack(Cell(format=packed.format, validation=packed.validation))


def _rearranged(row: Any, shift: Shift) -> Any:
    source = row[shift.start : shift.end]
    if shift.destination <= shift.start:
        return row[: shift.destination] + source + row[shift.destination : shift.start] + row[shift.end :]
    return row[: shift.start] + row[shift.end : shift.destination] + source + row[shift.destination :]
