"""Reading areas of one tab, addressed by its id, so that renaming the tab between two requests changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.cells import Json, read_cell
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined, explained
from syncdb.connectors.tabular.entries import Entry
from syncdb.decoding import understood, whole

EXACT = "sheets(properties(sheetId),data(startRow,startColumn,rowData(values(userEnteredValue))))"


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, zero-based, from the first of each pair up to, not including, the second (None: to the end)."""

    rows: tuple[int, int | None]
    columns: tuple[int, int | None] = (0, None)

    def within(self, rows: int) -> "Area":
        end = self.rows[1]
        return self if end is None else Area((self.rows[0], min(end, rows)), self.columns)

    def as_filter(self, sheet_id: int) -> Json:
        grid: Json = {"sheetId": sheet_id, "startRowIndex": self.rows[0], "startColumnIndex": self.columns[0]}
        if self.rows[1] is not None:
            grid["endRowIndex"] = self.rows[1]
        if self.columns[1] is not None:
            grid["endColumnIndex"] = self.columns[1]
        return {"gridRange": grid}


@dataclass(frozen=True, slots=True)
class Patch:
    """Cells as they were read: `lines` from row `row` and column `column` on; what is missing at an end is blank."""

    row: int
    column: int
    lines: Sequence[Sequence[Entry]]


class Cells:
    """Patches as one thing to look into: what stands at a row and column."""

    def __init__(self, patches: Iterable[Patch]) -> None:
        self.patches = tuple(patches)
        self._lines: dict[int, list[tuple[int, Sequence[Entry]]]] = {}
        for patch in self.patches:
            for row, line in enumerate(patch.lines, patch.row):
                self._lines.setdefault(row, []).append((patch.column, line))

    def at(self, row: int, column: int) -> Entry:
        for first, line in self._lines.get(row, ()):
            if 0 <= column - first < len(line) and line[column - first] is not None:
                return line[column - first]
        return None

    def line(self, row: int) -> list[Entry]:
        """A row from column A on, as far as anything was read of it."""
        width = max((first + len(line) for first, line in self._lines.get(row, ())), default=0)
        return [self.at(row, column) for column in range(width)]


@dataclass(frozen=True, slots=True)
class Grid:
    """One tab of one spreadsheet."""

    client: Client
    spreadsheet_id: str
    sheet_id: int
    rows: int

    def url(self, end: str) -> str:
        return f"{SHEETS}/{self.spreadsheet_id}{end}"

    def shown(self, areas: Sequence[Area]) -> list[Patch]:
        """Areas with formulas as their text: compact, and one read tells values and formulas ("=..."), though not a formula
        from text that looks like one."""
        body = {
            "dataFilters": self._filters(areas),
            "valueRenderOption": "FORMULA",
            "dateTimeRenderOption": "SERIAL_NUMBER",
            "majorDimension": "ROWS",
        }
        answer = self._ask("/values:batchGetByDataFilter", body)
        with understood("Google"):
            return [_patch_of_values(one["valueRange"]) for one in answer.get("valueRanges", ())]

    def exact(self, areas: Sequence[Area]) -> list[Patch]:
        """Areas with each cell exactly as it was entered: a formula is a `Formula`, text that looks like one is text."""
        body = {"dataFilters": self._filters(areas)}
        return patches_of(self._ask(":getByDataFilter", body, {"fields": EXACT}), self.sheet_id)

    def _filters(self, areas: Sequence[Area]) -> list[Json]:
        """Areas cut to the grid: what the API makes of one that reaches beyond is not documented."""
        return [area.within(self.rows).as_filter(self.sheet_id) for area in areas if area.rows[0] < self.rows]

    def _ask(self, end: str, body: Json, params: Json | None = None) -> Any:
        try:
            return self.client.post(self.url(end), body, params)
        except RequestDeclined as answer:
            raise explained(answer, f"The spreadsheet {self.spreadsheet_id}", self.client.email) from answer


def _patch_of_values(values: Mapping[str, Any]) -> Patch:
    row, column = a1.start(values["range"])
    return Patch(row, column, [[_entry(shown) for shown in line] for line in values.get("values", ())])


def _entry(shown: object) -> Entry:
    """What a cell shows. Raises TypeError for what no cell can."""
    if shown is None or isinstance(shown, str | int | float):
        return None if shown == "" else shown
    raise TypeError(f"{type(shown).__name__} in place of what a cell holds")


def patches_of(spreadsheet: Mapping[str, Any], sheet_id: int) -> list[Patch]:
    """The patches of one tab in a spreadsheet resource with grid data. Raises NotUnderstood."""
    with understood("Google"):
        return [
            Patch(whole(data.get("startRow"), 0), whole(data.get("startColumn"), 0), list(map(_line, data.get("rowData", ()))))
            for sheet in spreadsheet.get("sheets", ())
            if sheet.get("properties", {}).get("sheetId", 0) == sheet_id
            for data in sheet.get("data", ())
        ]


def _line(row: Mapping[str, Any]) -> list[Entry]:
    return [read_cell(cell) for cell in row.get("values", ())]
