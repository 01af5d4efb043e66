"""One spreadsheet: its tabs, named ranges and metadata, and what its formulas show."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from typing import Any

from syncdb.sandbox.google import a1
from syncdb.sandbox.google.a1 import Area
from syncdb.sandbox.google.cells import Formula, entered
from syncdb.sandbox.google.errors import invalid
from syncdb.sandbox.google.formulas import FormulaError, Place, evaluate
from syncdb.sandbox.google.grid import Tab
from syncdb.sandbox.google.metadata import Shelf
from syncdb.sandbox.google.shifts import Shift

MOST_CELLS = 10_000_000


@dataclass(slots=True)
class NamedRange:
    id: str
    name: str
    area: Area


@dataclass(slots=True)
class Spreadsheet:
    """The whole state of one file. Tabs stand in their order; `version` grows with every change."""

    id: str
    title: str
    locale: str = "en_US"
    time_zone: str = "Etc/GMT"
    tabs: list[Tab] = field(default_factory=lambda: [Tab(0, "Sheet1")])
    named: dict[str, NamedRange] = field(default_factory=dict)
    metadata: Shelf = field(default_factory=Shelf)
    version: int = 1
    _busy: set[tuple[int, int, int]] = field(default_factory=set)

    def kept(self) -> Spreadsheet:
        """The state to come back to when a batch is refused."""
        again = copy.copy(self)
        again.tabs = [tab.kept() for tab in self.tabs]
        again.named = copy.deepcopy(self.named)
        again.metadata = Shelf(self.metadata.entries.values())
        return again

    def come_back(self, kept: Spreadsheet) -> None:
        for name in ("title", "locale", "time_zone", "tabs", "named", "metadata"):
            setattr(self, name, getattr(kept, name))

    # --- finding -------------------------------------------------------------------------------------------

    def tab(self, sheet_id: int) -> Tab:
        for tab in self.tabs:
            if tab.sheet_id == sheet_id:
                return tab
        raise invalid(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Tab | None:
        return next((tab for tab in self.tabs if tab.title.casefold() == title.casefold()), None)

    def titles(self) -> dict[str, int]:
        return {tab.title: tab.sheet_id for tab in self.tabs}

    def sizes(self) -> dict[int, tuple[int, int]]:
        return {tab.sheet_id: (tab.row_count, tab.column_count) for tab in self.tabs}

    def area(self, text: str) -> Area:
        """The open area that A1 notation, a tab's title or a named range means. Raises Refusal (400)."""
        title, rest = a1.split(text)
        tab = self.tabs[0] if title is None else self.titled(title)
        if title is None and text:
            found = self._by_name(text)
            if found is not None:
                return found
        area = a1.span(tab.sheet_id, rest) if tab and rest else None
        if tab is not None and title is not None and not rest:
            area = Area(tab.sheet_id)
        if area is None and rest:
            area = self._by_name(rest, tabs=False)  # 'Sheet1'!Name means the named range (observed)
        if tab is None or area is None:
            raise invalid(f"Unable to parse range: {text}")
        return self._in_grid(area, tab)

    def _by_name(self, text: str, tabs: bool = True) -> Area | None:
        named = next((one for one in self.named.values() if one.name == text), None)
        if named is not None:
            return named.area
        tab = self.titled(text) if tabs else None
        return Area(tab.sheet_id) if tab else None

    @staticmethod
    def _in_grid(area: Area, tab: Tab) -> Area:
        if area.r0 >= tab.row_count or area.c0 >= tab.column_count:
            shown = f"{a1.quoted(tab.title)}!{_shown(area)}"
            limits = f"Max rows: {tab.row_count}, max columns: {tab.column_count}"
            raise invalid(f"Range ({shown}) exceeds grid limits. {limits}")
        return area

    def closed(self, area: Area) -> Area:
        tab = self.tab(area.sheet_id)
        return area.within(tab.row_count, tab.column_count)

    def name(self, area: Area) -> str:
        """An area as the API names it, e.g. Sheet1!A1:B2."""
        area = self.closed(area)
        return f"{a1.quoted(self.tab(area.sheet_id).title)}!{a1.span_name(area)}"

    # --- changing ------------------------------------------------------------------------------------------

    def restructure(self, shift: Shift, inherit_before: bool = False) -> None:
        """Insert, delete or move rows or columns; ranges, names, metadata and formulas follow."""
        self.tab(shift.sheet_id).apply(shift, inherit_before)
        self.metadata.shift(shift)
        titles = self.titles()
        for tab in self.tabs:
            tab.shift_formulas(titles, shift)
        for number, named in list(self.named.items()):
            area = shift.area(named.area)
            if area is None:
                del self.named[number]
            else:
                named.area = area
        self.check_cells()

    def check_cells(self) -> None:
        if sum(tab.cells for tab in self.tabs) > MOST_CELLS:
            raise invalid("This action would increase the number of cells in the workbook above the limit of 10000000 cells.")

    def free_id(self) -> int:
        taken = {tab.sheet_id for tab in self.tabs} | {n for tab in self.tabs for n in tab.protections}
        while (number := random.randrange(1, 2**31)) in taken:
            continue
        return number

    # --- formulas ------------------------------------------------------------------------------------------

    def effective(self, tab: Tab, row: int, column: int) -> Any:
        """What a cell comes to: its value, or its formula's result (error values as text, e.g. "#REF!")."""
        value = entered(tab.get(row, column))
        if not isinstance(value, Formula):
            return value
        spot = (tab.sheet_id, row, column)
        if spot in self._busy:
            raise FormulaError("#REF!")
        self._busy.add(spot)
        try:
            return evaluate(value.text, Place(row, column, lambda title, area: self._look(tab, title, area)))
        finally:
            self._busy.discard(spot)

    def _look(self, home: Tab, title: str | None, area: Area) -> list[list[Any]]:
        tab = home if title is None else self.titled(title)
        if tab is None:
            raise FormulaError("#REF!")
        area = area.within(max(len(tab.rows), area.r0 + 1), tab.column_count)
        rows, columns = range(area.r0, area.r1 or 0), range(area.c0, area.c1 or 0)
        return [[self.effective(tab, r, c) for c in columns] for r in rows]


def _shown(area: Area) -> str:
    if area.r1 is not None and area.c1 is not None:
        return a1.span_name(area)
    return f"{a1.column_letters(area.c0)}{area.r0 + 1}"
