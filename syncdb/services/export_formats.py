"""Rows as CSV, JSON, JSON Lines or an Excel workbook, written as they come: memory does not grow with their number."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from syncdb.services.display import csv_cell
from syncdb.services.export_shape import ExportColumn
from syncdb.values import Kind, Value

SHEET_ROWS = 1_048_576  # what a sheet of a workbook can hold (Excel specifications and limits)
CELL_LETTERS = 32_767
DIGITS = 15  # Excel keeps no more of a number
Rows = Iterable[Sequence[Any]]


def write_text(stream: TextIO, kind: str, columns: Sequence[ExportColumn], rows: Rows) -> int:
    """Write rows as "csv", "json" (one array) or "jsonl" (an object a line); how many there were."""
    writer = {"csv": _csv, "json": _json, "jsonl": _jsonl}[kind]
    return writer(stream, columns, rows)


def _csv(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    writer = csv.writer(stream)
    writer.writerow([csv_cell(column.label) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        count += 1
    return count


def _json(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    count = 0
    stream.write("[")
    for text in _objects(columns, rows):
        stream.write(("," if count else "") + "\n" + text)
        count += 1
    stream.write("\n]\n" if count else "]\n")
    return count


def _jsonl(stream: TextIO, columns: Sequence[ExportColumn], rows: Rows) -> int:
    count = 0
    for text in _objects(columns, rows):
        stream.write(text + "\n")
        count += 1
    return count


def _objects(columns: Sequence[ExportColumn], rows: Rows) -> Iterator[str]:
    names = [column.name for column in columns]
    for row in rows:
        yield json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False)


def _plain(value: Value) -> Any:
    """A value in JSON: amounts are text, so that no reader rounds them; moments are ISO without a zone (the shop's clock)."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value


def write_workbook(path: Path, title: str, columns: Sequence[ExportColumn], rows: Rows) -> int:
    """Write rows as a workbook, with as many sheets as it takes; how many rows there were.

    Ids stay text, text is never a formula or a link. Amounts beyond Excel's 15 digits stay text, texts beyond a cell's room
    are cut.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # its working files hold all the data: they lie beside the workbook, for this account only, and go with it
    with TemporaryDirectory(prefix=".export-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        book = xlsxwriter.Workbook(str(path), options | {"tmpdir": folder})
        book.use_zip64()  # a full sheet may be larger than 2 GB before it is packed
        writer = _Workbook(book, title, columns)
        try:
            for row in rows:
                writer.add(row)
        except BaseException:
            writer.abandon()
            raise
        writer.end_sheet()
        book.close()
        return writer.count


WIDTHS = {Kind.MOMENT: 19, Kind.DATE: 12, Kind.MONEY: 12, Kind.TEXT: 18}  # of columns, in characters


class _Workbook:
    """The sheets of a workbook; the next one is begun when one is full."""

    def __init__(self, book: Any, title: str, columns: Sequence[ExportColumn]) -> None:
        self.count = 0
        self._book, self._title, self._columns = book, title, columns
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._formats = {
            Kind.MOMENT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Kind.DATE: book.add_format({"num_format": "yyyy-mm-dd"}),
            Kind.MONEY: book.add_format({"num_format": "#,##0.00##"}),
        }
        self._begin()

    def add(self, row: Sequence[Any]) -> None:
        if self._row == SHEET_ROWS:
            self.end_sheet()
            self._begin()
        for place, (column, value) in enumerate(zip(self._columns, row, strict=True)):
            if value is not None:
                self._write(place, value, self._formats.get(column.kind))
        self._row += 1
        self.count += 1

    def abandon(self) -> None:
        """Let go of the files of a workbook that will not be finished."""
        for page in self._book.worksheets():
            page.row_data_fh.close()
        self._book.fileclosed = True

    def end_sheet(self) -> None:
        """Let people filter by what the sheet holds."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)

    def _begin(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._sheet = self._book.add_worksheet(self._title if number == 1 else f"{self._title} {number}")
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            # room for what it holds, and for its title with the arrow of the filter beside it
            self._sheet.set_column(place, place, max(WIDTHS.get(column.kind, 14), min(len(column.label) + 4, 30)))
            self._sheet.write_string(0, place, column.label, self._head)
        self._row = 1

    def _write(self, place: int, value: Value, style: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(self._row, place, value, style)
        elif isinstance(value, int | Decimal) and _fits(value):
            self._sheet.write_number(self._row, place, value, style)
        else:
            self._sheet.write_string(self._row, place, _letters(value))


def _fits(number: int | Decimal) -> bool:
    exact = Decimal(number)
    return len(exact.normalize().as_tuple().digits) <= DIGITS and abs(exact) < 10**15


def _letters(value: Value) -> str:
    """Text that a workbook can hold: XML has no control characters, a cell has an end."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    clean = "".join("\ufffd" if 0xD800 <= ord(letter) <= 0xDFFF or letter in "\ufffe\uffff" else letter for letter in text)
    return clean if len(clean) <= CELL_LETTERS else clean[: CELL_LETTERS - 1] + "…"
