"""A tab of a workbook: its rows as elements of its XML, changed in place."""

from dataclasses import dataclass, field

from lxml import etree

import syncdb.connectors.tabular.a1 as a1
import syncdb.connectors.workbook.cell_xml as cell_xml
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.workbook.package import Element, Package, tag
from syncdb.connectors.workbook.reach import extend, retitle_in_tables
from syncdb.connectors.workbook.styles import header_style, style_for
from syncdb.values import Kind

SHIFT_1904 = 1462  # days between the two beginnings of time that a workbook may have
DATES = (Kind.MOMENT, Kind.DATE)
ROW, CELL, COLS = tag("row"), tag("c"), tag("cols")
WIDTHS = {Kind.MOMENT: 19, Kind.DATE: 12, Kind.MONEY: 12, Kind.COUNT: 9, Kind.FLAG: 9}  # of new columns, in characters
Cells = dict[int, Element]


@dataclass(slots=True)
class XlsxPage:
    """The tab in the part `part` of a package; `shared` are the texts that its cells refer to by number."""

    package: Package
    part: str
    shared: list[str]
    shift: int = 0
    most_rows: int = 1_048_576
    _rows: dict[int, tuple[Element, Cells]] = field(default_factory=dict, init=False)
    _looks: dict[int, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        before = -1
        for element in self._data:
            before = int(element.get("r", before + 2)) - 1
            self._rows[before] = element, _cells(element)

    @property
    def _sheet(self) -> Element:
        return self.package.tree(self.part)

    @property
    def _data(self) -> Element:
        return self._sheet.find(tag("sheetData"))

    @property
    def rows(self) -> int:
        filled = (row for row, (_, cells) in reversed(self._rows.items()) if any(len(cell) for cell in cells.values()))
        return next(filled, -1) + 1

    def width(self, row: int) -> int:
        return max(self._rows[row][1], default=-1) + 1 if row in self._rows else 0

    def at(self, row: int, column: int, kind: Kind | None = None) -> Entry:
        cell = self._rows[row][1].get(column) if row in self._rows else None
        entry = None if cell is None else cell_xml.entry_in(cell, self.shared)
        return entry + self.shift if self.shift and kind in DATES and _is_number(entry) else entry  # type: ignore[operator]

    def put(self, row: int, column: int, entry: Entry, kind: Kind) -> None:
        if self.shift and kind in DATES and _is_number(entry):
            entry = entry - self.shift  # type: ignore[operator]
        cell_xml.write(self._cell(row, column, entry), entry)

    def head(self, row: int, column: int, text: str, kind: Kind) -> None:
        look = style_for(self.package, kind)
        self._widen(column, look, max(WIDTHS.get(kind, 18), min(len(text) + 4, 30)))
        cell = self._cell(row, column, text)
        cell.set("s", str(header_style(self.package)))
        cell_xml.write(cell, text)
        self._looks[column] = str(look)

    def retitle(self, row: int, column: int, text: str) -> None:
        before = self.at(row, column)
        cell_xml.write(self._cell(row, column, text), text)
        retitle_in_tables(self.package, self.part, str(before), text)

    def grown(self, header_row: int, rows: int) -> None:
        extend(self.package, self.part, header_row, rows, self.rows)

    def freeze(self, row: int) -> None:
        """Keep everything down to a row in view."""
        views = self._sheet.find(tag("sheetViews"))
        if views is None or len(views) == 0:
            return
        pane = etree.Element(tag("pane"))
        place = {"ySplit": str(row + 1), "topLeftCell": a1.cell(row + 1, 0), "activePane": "bottomLeft", "state": "frozen"}
        for name, value in place.items():
            pane.set(name, value)
        views[0].insert(0, pane)

    def content(self) -> bytes:
        """The workbook. Whoever opens it has every formula computed anew, as what it refers to may have changed."""
        size = self._sheet.find(tag("dimension"))
        if size is not None:
            self._sheet.remove(size)
        book = self.package.tree(self.package.workbook)
        counting = book.find(tag("calcPr"))
        if counting is not None:
            counting.set("fullCalcOnLoad", "1")
        return self.package.packed()

    def _cell(self, row: int, column: int, entry: Entry) -> Element:
        element, cells = self._row(row)
        if column not in cells:
            made = etree.Element(CELL, r=a1.cell(row, column))
            if look := self._look(column, row):
                made.set("s", look)
            after = [place for place in cells if place < column]
            element.insert(element.index(cells[max(after)]) + 1 if after else 0, made)
            cells[column] = made
        return cells[column]

    def _row(self, row: int) -> tuple[Element, Cells]:
        if row not in self._rows:
            last = next(reversed(self._rows), -1)
            before = last if last < row else max((number for number in self._rows if number < row), default=-1)
            made = etree.Element(ROW, r=str(row + 1))
            if before < 0:
                self._data.insert(0, made)
            else:
                self._rows[before][0].addnext(made)
            self._rows[row] = made, {}
            if last > row:
                self._rows = dict(sorted(self._rows.items()))
        return self._rows[row]

    def _look(self, column: int, row: int) -> str:
        """The style of a new cell: that of the cell above it below a header, else that of its column."""
        if column not in self._looks:
            above = self._rows[row - 1][1].get(column) if row - 2 in self._rows and row - 1 in self._rows else None
            self._looks[column] = above.get("s", "") if above is not None else self._column_look(column)
        return self._looks[column]

    def _column_look(self, column: int) -> str:
        columns = self._sheet.find(COLS)
        found = (one for one in (() if columns is None else columns) if int(one.get("min")) <= column + 1 <= int(one.get("max")))
        return next((one.get("style", "") for one in found), "")

    def _widen(self, column: int, look: int, width: int) -> None:
        """Say how a new column looks, unless somebody said so of it already."""
        columns = self._sheet.find(COLS)
        if columns is None:
            columns = etree.Element(COLS)
            self._sheet.insert(self._sheet.index(self._data), columns)
        if any(int(one.get("min")) <= column + 1 <= int(one.get("max")) for one in columns):
            return
        made = etree.Element(tag("col"))
        for name, value in {"min": column + 1, "max": column + 1, "width": width, "style": look, "customWidth": 1}.items():
            made.set(name, str(value))
        after = [one for one in columns if int(one.get("max")) < column + 1]
        columns.insert(columns.index(after[-1]) + 1 if after else 0, made)


def _cells(row: Element) -> Cells:
    found: Cells = {}
    before = -1
    for cell in row:
        if cell.tag == CELL:
            before = a1.start(cell.get("r"))[1] if cell.get("r") else before + 1
            found[before] = cell
    return found


def _is_number(entry: Entry) -> bool:
    return isinstance(entry, int | float) and not isinstance(entry, bool)
