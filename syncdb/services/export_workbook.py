"""Rows as an Excel workbook, written as they come: memory does not grow with their number.

The library makes the workbook with everything but the rows (styles, widths, filters). The rows are written straight as the XML of
their sheets, which takes a fraction of the time, and are then put into its archive.
"""

import re
import shutil
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from syncdb.services.export_formats import Rows
from syncdb.services.export_shape import ExportColumn
from syncdb.values import Kind, Value

SHEET_ROWS = 1_048_576  # what a sheet of a workbook can hold (Excel specifications and limits)
CELL_LETTERS = 32_767
DIGITS = 15  # Excel keeps no more of a number
WIDTHS = {Kind.MOMENT: 19, Kind.DATE: 12, Kind.MONEY: 12, Kind.TEXT: 18}  # of columns, in characters
FORMS = {Kind.MOMENT: "yyyy-mm-dd hh:mm:ss", Kind.DATE: "yyyy-mm-dd", Kind.MONEY: "#,##0.00##"}
_STYLES = {kind: f' s="{number}"' for number, kind in enumerate(FORMS, 2)}  # as they are numbered: after the header's
_BEGINNING = datetime(1899, 12, 30)  # of Excel's days
_DAY = 86_400
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")  # what XML cannot hold, and what looks like its escape
_NO_LETTERS = re.compile("[\ud800-\udfff\ufffe\uffff]")
_MARKUP = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_DIMENSION = re.compile(rb"<dimension [^>]*/>")
_PAGES = "xl/worksheets/"  # where the library puts them, one after the other


def write_workbook(path: Path, title: str, columns: Sequence[ExportColumn], rows: Rows) -> int:
    """Write rows as a workbook, with as many sheets as it takes; how many rows there were.

    Ids stay text, text is never a formula or a link. Amounts beyond Excel's 15 digits stay text, texts beyond a cell's room
    are cut.
    """
    # its working files hold all the data: they lie beside the workbook, for this account only, and go with it
    with TemporaryDirectory(prefix=".export-", dir=path.parent, ignore_cleanup_errors=True) as folder:
        pages = _written(Path(folder), columns, rows)
        frame = Path(folder) / "frame.xlsx"
        _frame(frame, title, columns, pages)
        _joined(frame, path, Path(folder), len(pages))
    return sum(pages)


def _written(folder: Path, columns: Sequence[ExportColumn], rows: Rows) -> list[int]:
    """Write the rows of each sheet to a file of its own; how many each has."""
    cells = _Cells(columns)
    pages, number = [0], 1
    file = _part(folder, 1)
    try:
        for row in rows:
            if number == SHEET_ROWS:
                file.close()
                pages.append(0)
                file, number = _part(folder, len(pages)), 1
            number += 1
            pages[-1] += 1
            file.write(cells.row(number, row).encode())
    finally:
        file.close()
    return pages


def _part(folder: Path, page: int) -> IO[bytes]:
    return (folder / str(page)).open("wb", buffering=1 << 18)


class _Cells:
    """Rows as the XML of a sheet. What a cell is told by follows from its column and the type of its value."""

    def __init__(self, columns: Sequence[ExportColumn]) -> None:
        from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

        self._columns = [(f'<c r="{xl_col_to_name(place)}', _STYLES.get(one.kind, "")) for place, one in enumerate(columns)]

    def row(self, number: int, values: Sequence[Any]) -> str:
        """The XML of a row with that number."""
        told = [
            f'{at}{number}"{_TOLD.get(type(value), _other)(value, style)}</c>'
            for (at, style), value in zip(self._columns, values, strict=True)
            if value is not None
        ]
        return f'<row r="{number}">{"".join(told)}</row>'


def _text(value: str, _: str) -> str:
    return f' t="inlineStr"><is><t xml:space="preserve">{_letters(value)}</t></is>'


def _truth(value: bool, _: str) -> str:
    return f' t="b"><v>{value:d}</v>'


def _moment(value: datetime, style: str) -> str:
    return f"{style}><v>{(value - _BEGINNING).total_seconds() / _DAY:.16G}</v>"


def _number(value: int | Decimal, style: str) -> str:
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return f"{style}><v>{text}</v>" if len(text) <= DIGITS or _fits(value) else _text(text, style)


def _other(value: Value, style: str) -> str:
    return _text(str(value), style)


_TOLD: dict[type, Callable[[Any, str], str]] = {str: _text, bool: _truth, datetime: _moment, int: _number, Decimal: _number}


def _fits(number: int | Decimal) -> bool:
    exact = Decimal(number)
    return abs(exact) < 10**15 and len(exact.normalize().as_tuple().digits) <= DIGITS


def _letters(text: str) -> str:
    """Text as the XML of a cell, which has an end."""
    if not text.isascii():
        text = _NO_LETTERS.sub("\ufffd", text)
    if len(text) > CELL_LETTERS:
        text = text[: CELL_LETTERS - 1] + "…"
    if not text.isprintable() or "_x" in text:
        text = _UNFIT.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    for letter, written in _MARKUP:
        if letter in text:
            text = text.replace(letter, written)
    return text


def _frame(path: Path, title: str, columns: Sequence[ExportColumn], pages: Sequence[int]) -> None:
    """The workbook without its rows."""
    import xlsxwriter  # type: ignore[import-untyped]

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    head = book.add_format({"bold": True, "bottom": 1})
    forms = [book.add_format({"num_format": form}) for form in FORMS.values()]
    for number, rows in enumerate(pages, 1):
        page = book.add_worksheet(title if number == 1 else f"{title} {number}")
        page.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            # room for what it holds, and for its title with the arrow of the filter beside it
            page.set_column(place, place, max(WIDTHS.get(column.kind, 14), min(len(column.label) + 4, 30)))
            page.write_string(0, place, column.label, head)
        for place, form in enumerate(forms):  # so that each has its number; these cells are left out
            page.write_blank(1, place, None, form)
        page.autofilter(0, 0, max(rows, 1), len(columns) - 1)
    book.close()


def _joined(frame: Path, path: Path, folder: Path, pages: int) -> None:
    """The archive of the workbook with the rows in their sheets."""
    with zipfile.ZipFile(frame) as empty, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        found = [one.filename for one in empty.infolist() if one.filename.startswith(_PAGES)]
        names = {name: folder / str(number) for number, name in zip(range(1, pages + 1), found, strict=True)}
        for one in empty.infolist():
            content = empty.read(one)
            if one.filename not in names:
                book.writestr(one.filename, content)
                continue
            begin, end = content.index(b'<row r="2"'), content.index(b"</sheetData>")
            # a sheet may be larger than 2 GB before it is packed
            with book.open(one.filename, "w", force_zip64=True) as part, names[one.filename].open("rb") as rows:
                part.write(_DIMENSION.sub(b"", content[:begin], count=1))
                shutil.copyfileobj(rows, part, 1 << 18)
                part.write(content[end:])
