"""New rows that came to stand above the header, because rows were inserted there in the very moment of the write.

Such rows are nobody's, and enough of them hide the header itself. They are moved below it; nothing else is touched.
"""

from collections.abc import Mapping, Sequence

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.cells import Json
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.evidence import Placement
from syncdb.connectors.google_sheets.grid import Area, Cells, Grid
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.headers import HEAD_ROWS, header_text
from syncdb.connectors.tabular.records import readable_key
from syncdb.decoding import understood, whole

_PROPERTIES = "sheets.properties(sheetId,gridProperties(rowCount,frozenRowCount))"


def moves_below_header(client: Client, placement: Placement, keys: frozenset[str]) -> list[Json]:
    """The requests that bring the new rows with these keys below the header; none where all of them stand there.

    Two requests are asked where the rows went near the header, none elsewhere.
    """
    if not keys or placement.at >= HEAD_ROWS:
        return []
    grid = _grid(client, placement)
    if grid is None:
        return []
    reach = min(whole(grid["rowCount"]), placement.at + len(placement.inserted) + HEAD_ROWS)
    cells = Cells(Grid(client, placement.spreadsheet_id, placement.sheet_id, reach).shown([Area((0, reach))]))
    lines = [cells.line(row) for row in range(reach)]
    header = _header_row(lines, placement.layout.headers[placement.key_field])
    astray = [row for row, line in enumerate(lines[:header]) if _key_in(line, placement.key_column) in keys]
    if header is None or not astray:
        return []
    return [*_moves(placement.sheet_id, astray, header), *_frozen_again(placement.sheet_id, astray, grid)]


@understood("Google")
def _grid(client: Client, placement: Placement) -> Mapping[str, int] | None:
    answer = client.get(f"{SHEETS}/{placement.spreadsheet_id}", {"fields": _PROPERTIES})
    tabs = (sheet["properties"] for sheet in answer.get("sheets", ()))
    return next((tab["gridProperties"] for tab in tabs if tab.get("sheetId", 0) == placement.sheet_id), None)


def _header_row(lines: Sequence[Sequence[Entry]], header: str) -> int | None:
    return next((row for row, line in enumerate(lines) if any(header_text(entry) == header for entry in line)), None)


def _key_in(line: Sequence[Entry], column: int) -> str | None:
    return readable_key(line[column]) if column < len(line) else None


def _moves(sheet_id: int, astray: Sequence[int], header: int) -> list[Json]:
    """The lowest rows first: what lies above them keeps its place, and they end up in the order in which they stood."""
    requests: list[Json] = []
    for first, end in reversed(a1.runs(sorted(astray))):
        source = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": first, "endIndex": end}
        requests.append({"moveDimension": {"source": source, "destinationIndex": header + 1}})
        header -= end - first
    return requests


def _frozen_again(sheet_id: int, astray: Sequence[int], grid: Mapping[str, int]) -> list[Json]:
    """Rows that came to stand among frozen ones made more of them frozen."""
    frozen = whole(grid.get("frozenRowCount"), 0)
    ours = sum(row < frozen for row in astray)
    if not ours:
        return []
    properties = {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": frozen - ours}}
    return [{"updateSheetProperties": {"properties": properties, "fields": "gridProperties.frozenRowCount"}}]
