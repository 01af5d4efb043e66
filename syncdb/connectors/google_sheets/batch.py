"""From placed operations to the requests of one atomic batchUpdate. Pure: no look, no send.

The token comes first: its metadata id can be created once only, so that no copy of the batch can ever be applied twice. Updates
come before inserts, while the row numbers they were looked up by still hold. Rows are inserted, never overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.cells import Json, currency_shown, number_format, write_cell
from syncdb.connectors.google_sheets.evidence import Placement, Written
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.headers import HEAD_ROWS, TabLayout
from syncdb.model import Field
from syncdb.values import Kind

TOKEN_KEY = "syncdb.batch"
BATCH = "batch"
FENCE = "fence"
VALUE_ONLY = "userEnteredValue"
AMOUNT = Field("amount", "", Kind.MONEY)
SHOWN_AFTER = (
    "spreadsheetId,updatedSpreadsheet(sheets("
    "properties(sheetId,title),data(startRow,startColumn,rowData(values(userEnteredValue)))))"
)


def token_request(token: int, value: str = BATCH) -> Json:
    """Claims a token. A batch with it is refused whole where the token was claimed before."""
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {
                "metadataId": token,
                "metadataKey": TOKEN_KEY,
                "metadataValue": value,
                "location": {"spreadsheet": True},
                "visibility": "DOCUMENT",
            }
        }
    }


def drop_metadata(metadata_id: int) -> Json:
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": metadata_id}}}}


def body_of(token: int, written: Sequence[Written], placement: Placement, fields: Sequence[Field]) -> Json:
    """The whole batchUpdate, asking for the head rows and the key cells of all touched rows as they stand after it."""
    updates = [one for one in written if not one.new]
    creates = [one for one in written if one.new]
    requests = [token_request(token), *update_requests(placement.sheet_id, updates, placement.layout)]
    if creates:
        requests += insert_requests(placement, creates, fields)
    return {
        "requests": requests,
        "includeSpreadsheetInResponse": True,
        "responseIncludeGridData": True,
        "responseRanges": _shown_after(placement, [one.row if one.new else placement.after(one.row) for one in written]),
    }


def _shown_after(placement: Placement, rows: Iterable[int]) -> list[str]:
    head = a1.span(placement.tab, (0, min(HEAD_ROWS, placement.grid[0])))
    key = (placement.key_column, placement.key_column + 1)
    return [head, *(a1.span(placement.tab, stretch, key) for stretch in a1.runs(sorted(rows)))]


def update_requests(sheet_id: int, written: Iterable[Written], layout: TabLayout) -> list[Json]:
    """Exactly the given cells; cells that touch each other share a request."""
    return cell_requests(
        sheet_id, {(one.row, layout.columns[name]): entry for one in written for name, entry in one.entries.items()}
    )


def cell_requests(sheet_id: int, cells: Mapping[tuple[int, int], Entry]) -> list[Json]:
    """Requests that set the contents of exactly these cells (row, column) and nothing else about them."""
    by_row: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        by_row.setdefault(row, []).append(column)
    strips = sorted((stretch, row) for row, columns in by_row.items() for stretch in a1.runs(columns))
    blocks: list[tuple[tuple[int, int], int, int]] = []  # columns, first row, end row
    for stretch, row in strips:
        if blocks and blocks[-1][0] == stretch and blocks[-1][2] == row:
            blocks[-1] = (stretch, blocks[-1][1], row + 1)
        else:
            blocks.append((stretch, row, row + 1))
    return [
        _update_cells(sheet_id, first, left, [[cells[row, column] for column in range(left, right)] for row in range(first, end)])
        for (left, right), first, end in blocks
    ]


def _update_cells(sheet_id: int, row: int, column: int, lines: Iterable[Iterable[Entry]]) -> Json:
    # With "start", other cells stay as they are; with "range" they would be cleared (Sheets API, UpdateCellsRequest).
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [write_cell(entry) for entry in line]} for line in lines],
            "fields": VALUE_ONLY,
        }
    }


def insert_requests(placement: Placement, creates: Sequence[Written], fields: Sequence[Field]) -> list[Json]:
    """New rows, their formats, and what stands in them."""
    first, end = placement.at, placement.at + len(creates)
    after_header = first == placement.layout.header_row + 1
    at_end = first >= placement.grid[0]
    requests = [insert_dimension(placement.sheet_id, "ROWS", first, end, inherit_before=not after_header or at_end)]
    if after_header and at_end:  # nothing below the header to inherit from: do not make the rows look like it
        requests.append(_plain(placement.sheet_id, first, end))
    requests += format_requests(placement.sheet_id, placement.layout, fields, (first, end))
    requests += currency_requests(placement.sheet_id, placement.layout, creates, fields)
    for start, stop in a1.runs(sorted(placement.layout.columns.values())):
        names = [name for name in placement.layout.in_order() if start <= placement.layout.columns[name] < stop]
        lines = [[one.entries.get(name) for name in names] for one in creates]
        requests.append(_update_cells(placement.sheet_id, first, start, lines))
    return requests


def insert_dimension(sheet_id: int, dimension: str, first: int, end: int, *, inherit_before: bool) -> Json:
    place = {"sheetId": sheet_id, "dimension": dimension, "startIndex": first, "endIndex": end}
    return {"insertDimension": {"range": place, "inheritFromBefore": inherit_before}}


def _plain(sheet_id: int, first: int, end: int) -> Json:
    area = {"sheetId": sheet_id, "startRowIndex": first, "endRowIndex": end}
    return {"repeatCell": {"range": area, "cell": {}, "fields": "userEnteredFormat"}}


def format_requests(sheet_id: int, layout: TabLayout, fields: Sequence[Field], rows: tuple[int, int | None]) -> list[Json]:
    """The number format of each managed column in these rows; neighbours of the same format share a request."""
    formats = {layout.columns[one.name]: number_format(one) for one in fields if one.name in layout.columns}
    alike: list[tuple[int, int, Any]] = []
    for column in sorted(formats):
        if alike and alike[-1][1] == column and alike[-1][2] == formats[column]:
            alike[-1] = (alike[-1][0], column + 1, formats[column])
        else:
            alike.append((column, column + 1, formats[column]))
    return [_format(sheet_id, rows, (first, end), shown) for first, end, shown in alike if shown is not None]


def currency_requests(sheet_id: int, layout: TabLayout, creates: Iterable[Written], fields: Sequence[Field]) -> list[Json]:
    """Amounts in new rows with the sign and decimals of the currency that their row names; alike rows share a request."""
    requests: list[Json] = []
    in_order = sorted(creates, key=lambda one: one.row)
    for named, columns in amount_columns(layout, fields).items():
        blocks: list[tuple[str, int, int]] = []  # currency, first row, end row
        for one in in_order:
            currency = currency_shown(one.entries.get(named))
            if currency and blocks and blocks[-1][0] == currency and blocks[-1][2] == one.row:
                blocks[-1] = (currency, blocks[-1][1], one.row + 1)
            elif currency:
                blocks.append((currency, one.row, one.row + 1))
        for currency, first, end in blocks:
            shown = number_format(AMOUNT, currency)
            assert shown is not None
            requests += [_format(sheet_id, (first, end), stretch, shown) for stretch in a1.runs(columns)]
    return requests


def amount_columns(layout: TabLayout, fields: Sequence[Field]) -> dict[str, list[int]]:
    """The columns of amounts by the field that names their currency."""
    found: dict[str, list[int]] = {}
    for one in fields:
        if one.currency_in is not None and one.name in layout.columns and one.currency_in in layout.columns:
            found.setdefault(one.currency_in, []).append(layout.columns[one.name])
    return {named: sorted(columns) for named, columns in found.items()}


def _format(sheet_id: int, rows: tuple[int, int | None], columns: tuple[int, int], shown: Json) -> Json:
    area: Json = {"sheetId": sheet_id, "startRowIndex": rows[0], "startColumnIndex": columns[0], "endColumnIndex": columns[1]}
    if rows[1] is not None:
        area["endRowIndex"] = rows[1]
    cell = {"userEnteredFormat": {"numberFormat": shown}}
    return {"repeatCell": {"range": area, "cell": cell, "fields": "userEnteredFormat.numberFormat"}}
