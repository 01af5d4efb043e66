"""What a person does to a sheet in the browser: in-process, past the API, its quota and its protections.

Rows are numbers as on screen (1 is the header), columns are letters, ranges are A1 notation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from syncdb.sandbox.google import batch_cells, batch_dimensions, batch_ranges, batch_tabs
from syncdb.sandbox.google.a1 import Area, column_index, span
from syncdb.sandbox.google.batch import Json, Work
from syncdb.sandbox.google.cells import Entered, entered, pack, unpack, wire_value, with_value
from syncdb.sandbox.google.entry import typed
from syncdb.sandbox.google.grid import OWNER, Protection, Tab
from syncdb.sandbox.google.shifts import Dimension, Shift
from syncdb.sandbox.google.spreadsheet import Spreadsheet


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone with the spreadsheet open. `tab` is a title or a sheet id; it is looked up at each act, ids survive renaming."""

    spreadsheet: Spreadsheet
    tab: str | int = 0

    def _tab(self) -> Tab:
        if isinstance(self.tab, int):
            return self.spreadsheet.tab(self.tab)
        found = self.spreadsheet.titled(self.tab)
        if found is None:
            raise LookupError(f"no tab called {self.tab}")
        return found

    def _area(self, text: str) -> Area:
        area = span(self._tab().sheet_id, text)
        if area is None:
            raise ValueError(f"not a range: {text}")
        return self.spreadsheet.closed(area)

    def _work(self) -> Work:
        self.spreadsheet.version += 1
        return Work(self.spreadsheet, OWNER)

    # --- cells ---------------------------------------------------------------------------------------------

    def type(self, where: str, text: object) -> None:
        """Type into every cell of a range as a person would: numbers, dates and formulas are recognised."""
        value, form = typed(text)
        self._work()

        def change(r: int, c: int, packed: Any) -> Any:
            cell = unpack(with_value(packed, value))
            return pack(replace(cell, format=(cell.format or {}) | form) if form else cell)

        self._tab().change(self._area(where), change)

    def clear(self, where: str) -> None:
        """The delete key: values go, formats and notes stay."""
        self._work()
        self._tab().change(self._area(where), lambda r, c, packed: with_value(packed, None))

    def note(self, where: str, text: str) -> None:
        self._work()
        self._tab().change(self._area(where), lambda r, c, packed: pack(replace(unpack(packed), note=text)))

    def colour(self, where: str, red: float = 1, green: float = 1, blue: float = 0) -> None:
        """A background colour, channels 0..1."""
        color = {"red": red, "green": green, "blue": blue}
        self.format(where, {"backgroundColor": color, "backgroundColorStyle": {"rgbColor": color}})

    def format(self, where: str, form: Json) -> None:
        """Add to the userEnteredFormat of a range."""
        self._work()

        def change(r: int, c: int, packed: Any) -> Any:
            cell = unpack(packed)
            return pack(replace(cell, format=(cell.format or {}) | form))

        self._tab().change(self._area(where), change)

    def dropdown(self, where: str, *choices: str) -> None:
        condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": choice} for choice in choices]}
        rule = {"condition": condition, "showCustomUi": True, "strict": True}
        batch_cells.set_data_validation(self._work(), {"range": _grid(self._area(where)), "rule": rule})

    def read(self, where: str) -> Entered:
        """What was entered into one cell."""
        area = self._area(where)
        return entered(self._tab().get(area.r0, area.c0))

    def shown(self, where: str) -> Any:
        """What one cell comes to, formulas evaluated."""
        area = self._area(where)
        return self.spreadsheet.effective(self._tab(), area.r0, area.c0)

    # --- rows and columns ----------------------------------------------------------------------------------

    def sort(self, column: str, descending: bool = False, header_rows: int = 1) -> None:
        """Sort the whole sheet below its header."""
        self._work()
        area = replace(self._tab().whole(), r0=header_rows)
        batch_cells.sort_rows(self.spreadsheet, area, [(column_index(column), descending)])

    def insert_rows(self, before: int, count: int = 1) -> None:
        self._insert("ROWS", before - 1, count)

    def delete_rows(self, first: int, count: int = 1) -> None:
        self._delete("ROWS", first - 1, count)

    def move_rows(self, first: int, count: int, before: int) -> None:
        self._move("ROWS", first - 1, count, before - 1)

    def insert_columns(self, before: str, count: int = 1) -> None:
        self._insert("COLUMNS", column_index(before), count)

    def delete_columns(self, first: str, count: int = 1) -> None:
        self._delete("COLUMNS", column_index(first), count)

    def move_columns(self, first: str, count: int, before: str) -> None:
        self._move("COLUMNS", column_index(first), count, column_index(before))

    def _insert(self, dimension: Dimension, start: int, count: int) -> None:
        self._work()
        shift = Shift(self._tab().sheet_id, dimension, "insert", start, start + count)
        self.spreadsheet.restructure(shift, inherit_before=start > 0)

    def _delete(self, dimension: Dimension, start: int, count: int) -> None:
        wire = {"sheetId": self._tab().sheet_id, "dimension": dimension, "startIndex": start, "endIndex": start + count}
        batch_dimensions.delete_dimension(self._work(), {"range": wire})

    def _move(self, dimension: Dimension, start: int, count: int, before: int) -> None:
        wire = {"sheetId": self._tab().sheet_id, "dimension": dimension, "startIndex": start, "endIndex": start + count}
        batch_dimensions.move_dimension(self._work(), {"source": wire, "destinationIndex": before})

    def copy_rows(self, first: int, count: int, to: int) -> None:
        """Copy whole rows over those from `to` on."""
        tab = self._tab()
        source = Area(tab.sheet_id, first - 1, first - 1 + count, 0, tab.column_count)
        target = replace(source, r0=to - 1, r1=to - 1 + count)
        batch_cells.copy_paste(self._work(), {"source": _grid(source), "destination": _grid(target)})

    def hide_rows(self, first: int, count: int = 1, hidden: bool = True) -> None:
        tab = self._tab()
        wire = {"sheetId": tab.sheet_id, "dimension": "ROWS", "startIndex": first - 1, "endIndex": first - 1 + count}
        body = {"range": wire, "properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser"}
        batch_dimensions.update_dimension_properties(self._work(), body)

    def merge(self, where: str) -> None:
        """Make one cell of a range: what its other cells held is gone."""
        batch_ranges.merge_cells(self._work(), {"range": _grid(self._area(where))})

    def filter(self, where: str | None = None) -> None:
        """Put a filter on a range, or on the whole tab. It hides rows from people, not from the API."""
        area = self._area(where) if where else self._tab().whole()
        batch_ranges.set_basic_filter(self._work(), {"filter": {"range": _grid(area)}})

    # --- the tab -------------------------------------------------------------------------------------------

    def protect(self, where: str, *editors: str, warning_only: bool = False) -> int:
        """Protect a range against everyone but the owner and `editors`; its id."""
        number = self.spreadsheet.free_id()
        shown = {"warningOnly": True} if warning_only else {}
        self._tab().protections[number] = Protection(self._area(where), shown, {OWNER, *editors})
        self._work()
        return number

    def rename_header(self, old: str, new: str) -> None:
        """Retype a header in row 1."""
        tab = self._tab()
        for c, cell in enumerate(tab.rows[0] if tab.rows else ()):
            if entered(cell) == old:
                tab.put(0, c, with_value(cell, new))
                self._work()
                return
        raise LookupError(f"no header {old}")

    def rename_tab(self, title: str) -> None:
        properties = {"sheetId": self._tab().sheet_id, "title": title}
        batch_tabs.update_sheet_properties(self._work(), {"properties": properties, "fields": "title"})

    def add_tab(self, title: str) -> int:
        reply = batch_tabs.add_sheet(self._work(), {"properties": {"title": title}})
        return int(reply["properties"]["sheetId"])

    def delete_tab(self) -> None:
        batch_tabs.delete_sheet(self._work(), {"sheetId": self._tab().sheet_id})

    def snapshot(self) -> dict[tuple[int, int], Json]:
        """Every filled cell by (row, column), zero-based: what was entered, note, format, rule; plain JSON values."""
        return {(r, c): _plain(cell) for r, c, cell in self._tab().filled()}


def _plain(packed: Any) -> Json:
    cell = unpack(packed)
    value = {} if cell.entered is None else {"userEnteredValue": wire_value(cell.entered)}
    rest = {"note": cell.note, "userEnteredFormat": cell.format, "dataValidation": cell.validation}
    return value | {name: one for name, one in rest.items() if one}


def _grid(area: Area) -> Json:
    return {
        "sheetId": area.sheet_id,
        "startRowIndex": area.r0,
        "endRowIndex": area.r1,
        "startColumnIndex": area.c0,
        "endColumnIndex": area.c1,
    }
