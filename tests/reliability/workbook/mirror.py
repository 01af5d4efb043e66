"""A tab of a workbook's file in the hands of the sheet's people, and back: values, formulas, notes, colours, formats, lists.

The file is read and written by openpyxl, which shares nothing with what is on trial.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as FileCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from syncdb.connectors.tabular.a1 import cell as a1
from syncdb.connectors.tabular.a1 import letters
from syncdb.sandbox.google.cells import Cell, Formula, pack, small_number, unpack
from syncdb.sandbox.google.grid import Tab

TAB = "Orders"
GENERAL = "General"


def read(path: Path, tab: Tab) -> None:
    """Fill the tab with what the file holds."""
    sheet = load_workbook(path)[TAB]
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    tab.rows.clear()
    tab.has_formulas = False
    for row in sheet.iter_rows():
        cells = [pack(_read(cell, lists.get(cell.coordinate))) for cell in row]
        if any(cell is not None for cell in cells):
            tab.put_row(row[0].row - 1, 0, cells)
    tab.row_count, tab.column_count = max(tab.row_count, sheet.max_row + 50), max(tab.column_count, sheet.max_column)


def holds_tab(path: Path) -> bool:
    return TAB in load_workbook(path, read_only=True).sheetnames


def _read(cell: FileCell, choices: str | None) -> Cell:
    form: dict[str, Any] = {}
    if cell.number_format != GENERAL:
        form["numberFormat"] = {"type": "NUMBER", "pattern": cell.number_format}
    if cell.fill.fill_type == "solid":
        form["backgroundColor"] = cell.fill.start_color.rgb
    note = cell.comment.text if cell.comment else ""
    return Cell(_entered(cell), form or None, note, {"list": choices} if choices else None)


def _entered(cell: FileCell) -> Any:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(value))
    if isinstance(value, datetime | date | time | timedelta):
        return small_number(float(to_excel(value)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None if value == "" else value
    return small_number(float(value))


def write(path: Path, tab: Tab | None) -> None:
    """Save the file with the tab as it is now; without the tab where there is none any more."""
    book = load_workbook(path) if path.exists() else Workbook()
    old = book[TAB] if TAB in book.sheetnames else None
    if tab is None:
        if len(book.sheetnames) == 1:
            book.create_sheet("Another")
        if old is not None:
            book.remove(old)
    else:
        sheet = old if old is not None else book.create_sheet(TAB)
        _clear(sheet)
        for row, column, packed in tab.filled():
            _write(sheet, row, column, unpack(packed))
        for row, properties in tab.dimensions["ROWS"].items():
            sheet.row_dimensions[row + 1].hidden = bool(properties.get("hiddenByUser"))
        if tab.basic_filter is not None:
            sheet.auto_filter.ref = f"A1:{a1(max(len(tab.rows) - 1, 0), max(tab.column_count - 1, 0))}"
    book.save(path)


def _clear(sheet: Worksheet) -> None:
    sheet.data_validations.dataValidation.clear()
    for row in sheet.iter_rows():
        for cell in row:
            cell.value = cell.comment = None
            cell.number_format, cell.fill = GENERAL, PatternFill()


def _write(sheet: Worksheet, row: int, column: int, packed: Cell) -> None:
    cell, form = sheet.cell(row + 1, column + 1), packed.format or {}
    given = packed.entered
    cell.value = given.text if isinstance(given, Formula) else given
    if isinstance(given, str):
        cell.data_type = "s"  # a text that begins with = is one
    if "numberFormat" in form:
        cell.number_format = form["numberFormat"].get("pattern") or "yyyy-mm-dd"
    if "backgroundColor" in form:
        colour = form["backgroundColor"]
        cell.fill = PatternFill("solid", start_color=colour if isinstance(colour, str) else "FFFFFF00")
    if packed.note:
        cell.comment = Comment(packed.note, "somebody")
    if packed.validation:
        choices = packed.validation.get("list") or '"a,b"'
        rule = DataValidation("list", formula1=choices)
        rule.add(f"{letters(column)}{row + 1}")
        sheet.add_data_validation(rule)
