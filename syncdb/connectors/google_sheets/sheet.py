"""The one tab a connector works on, with what is known of it right now: its place, its columns, and which row holds which key."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined, title_left
from syncdb.connectors.google_sheets.grid import Area, Cells, Grid, Patch
from syncdb.connectors.google_sheets.layout import Tab
from syncdb.connectors.google_sheets.structure import TabState, WantedTab, blank_tab, choose, new_tab, standing, tabs_of
from syncdb.connectors.google_sheets.target import find_spreadsheet, is_title
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.headers import (
    HEAD_ROWS,
    TabLayout,
    TabWords,
    find_header_row,
    header_gone,
    key_gone,
    match,
    refuse_low_header,
)
from syncdb.connectors.tabular.records import Index, index_of
from syncdb.errors import NeedsPerson, Refused, RetryLater

HEAD = Area((0, HEAD_ROWS))
LOW_ROWS = 1000  # below the head rows, in which a header row is looked for that was pushed down
ROUNDS = 4  # how often to look again while people are moving columns


@dataclass(slots=True)
class Here:
    """A tab that has all it needs. The layout is replaced whenever a look shows that columns were moved."""

    client: Client
    spreadsheet_id: str
    tab: Tab
    layout: TabLayout

    @property
    def grid(self) -> Grid:
        return Grid(self.client, self.spreadsheet_id, self.tab.sheet_id, self.tab.rows)


class Sheet:
    """Knows and refreshes. What it knows is only a hint for where to look; everything is looked at again before a write."""

    def __init__(
        self, client: Client, wish: WantedTab, binding: TabBinding | None, rng: random.Random, *, as_is: bool = False
    ) -> None:
        """`as_is`: read what stands though some of the structure is missing; see `nothing_yet`."""
        self.as_is = as_is
        self.client = client
        self.wish = wish
        self.binding = binding
        self._rng = rng
        self._spreadsheet_id: str | None = None
        self._here: Here | None = None
        self._index: Index | None = None

    @property
    def spreadsheet_id(self) -> str:
        if self._spreadsheet_id is None:
            bound = self.binding
            same = bound is not None and bound.target == self.wish.target
            self._spreadsheet_id = bound.spreadsheet_id if bound and same else find_spreadsheet(self.client, self.wish.target)
        return self._spreadsheet_id

    @property
    def url(self) -> str:
        return f"{SHEETS}/{self.spreadsheet_id}"

    def cells_used(self) -> int:
        return self.here().tab.cells

    def nothing_yet(self) -> bool:
        """With `as_is`: whether no part of a tab of ours stands, so that it holds no records."""
        if self.as_is and self._here is None:
            self.survey()
        return self.as_is and self._here is None

    def here(self) -> Here:
        """The tab in use. Raises NeedsPerson where its structure must be made first."""
        if self._here is None and self.survey().requests and self._here is None:
            raise NeedsPerson(
                f'The tab "{self.wish.tab}" has not got all its columns yet.',
                next_step="Run the sync: it makes what is missing before it reads.",
            )
        assert self._here is not None
        return self._here

    def survey(self) -> TabState:
        """Look at the spreadsheet's tabs and the head rows of ours: two requests."""
        self.forget()
        tabs = self._tabs()
        known = self.binding if self.binding and self.binding.spreadsheet_id == self.spreadsheet_id else None
        tab = choose(tabs, known, self.wish)
        if tab is None:
            number = self._rng.randrange(1, 2**31)
            return new_tab(tabs, number, self._bind(number, self.wish.tab), self.wish)
        found = self._compare(tab, known)
        if not found.requests and found.layout:
            self._here = Here(self.client, self.spreadsheet_id, tab, found.layout)
            self.binding = found.binding
        elif self.as_is and found.now:
            self._here = Here(self.client, self.spreadsheet_id, tab, found.now)
        return found

    def _tabs(self) -> list[Tab]:
        try:
            return tabs_of(self.client, self.spreadsheet_id)
        except Refused as refused:
            if self.binding and self.binding.target == self.wish.target and is_title(self.wish.target) and _is_gone(refused):
                raise title_left(self.wish.target, refused) from refused
            raise

    def _compare(self, tab: Tab, known: TabBinding | None) -> TabState:
        headers = known.headers if known and known.sheet_id == tab.sheet_id else {}
        head = _head_lines(self._grid(tab).shown([HEAD]))
        self._refuse_low_header(tab, head, headers)
        found = standing(tab, head, self._bind(tab.sheet_id, tab.title), headers, self.wish)
        if found is not None:
            return found
        if any(entry is not None for patch in self._grid(tab).shown([Area((0, None))]) for line in patch.lines for entry in line):
            raise NeedsPerson(
                f'The tab "{tab.title}" is in use already and has no header "{self.wish.headers[self.wish.key]}" in its first '
                f"{HEAD_ROWS} rows. Nothing was written.",
                next_step=f"Name another tab in {self.wish.within}target_worksheet (it is made if it does not exist), or empty "
                "this one.",
            )
        return blank_tab(tab, self._bind(tab.sheet_id, tab.title), self.wish)

    def _refuse_low_header(self, tab: Tab, head: Sequence[Sequence[Entry]], known: Mapping[str, str]) -> None:
        """Raise NeedsPerson where the header row was pushed out of the head rows. Two requests, where they lack it."""
        if not known:
            return
        names = {self.wish.headers[self.wish.key], known.get(self.wish.key, "")} - {""}
        if all(find_header_row(head, name) is None for name in names):
            grown = next((one for one in self._tabs() if one.sheet_id == tab.sheet_id), tab)
            below = Cells(self._grid(grown).shown([Area((HEAD_ROWS, HEAD_ROWS + LOW_ROWS))]))
            rows = ((row, below.line(row)) for row in range(HEAD_ROWS, HEAD_ROWS + LOW_ROWS))
            refuse_low_header(rows, names, self.wish.words(tab.title))

    def _bind(self, sheet_id: int, title: str) -> TabBinding:
        return TabBinding(self.wish.target, self.wish.tab, self.spreadsheet_id, sheet_id, title, self.wish.headers)

    def _grid(self, tab: Tab) -> Grid:
        return Grid(self.client, self.spreadsheet_id, tab.sheet_id, tab.rows)

    def forget(self) -> None:
        """Look anew at everything next time."""
        self._here = None
        self._index = None

    def forget_rows(self) -> None:
        """Look anew at which row holds which key next time."""
        self._index = None

    def grew(self, at: int, new: Mapping[str, int]) -> None:
        """Rows of ours came into being before row `at`: key -> row."""
        if self._here:
            self._here.tab = replace(self._here.tab, rows=self._here.tab.rows + len(new))
        if self._index and new:
            self._index.make_room(at, len(new))
            for key, row in new.items():
                self._index.add(key, row)

    def columns_moved(self, patches: Sequence[Patch]) -> bool:
        """Compare the layout with head rows just read and adopt what they show. Raises NeedsPerson where a header is gone."""
        here = self.here()
        self._refuse_low_header(here.tab, _head_lines(patches), here.layout.headers)
        shown = layout_in(_head_lines(patches), here.layout, self.wish.words(here.tab.title), self.wish.key)
        moved = shown != here.layout
        here.layout = shown
        return moved

    def index(self, *, fresh: bool = False) -> Index:
        """Which row holds which key; read anew if `fresh` or not known."""
        if fresh or self._index is None:
            self._index = self._read_index()
        return self._index

    def _read_index(self) -> Index:
        for _ in range(ROUNDS):
            here = self.here()
            column = here.layout.columns[self.wish.key]
            patches = here.grid.shown([HEAD, Area((0, None), (column, column + 1))])
            if not self.columns_moved(patches):
                index = index_of(sorted(_column(patches, column).items()), here.layout.header_row)
                here.tab = replace(here.tab, rows=max(here.tab.rows, index.last + 1))
                return index
        raise still_moving(self.here().tab.title)


def layout_in(head: Sequence[Sequence[Entry]], before: TabLayout, tab: TabWords, key: str) -> TabLayout:
    """The layout that head rows show. Raises NeedsPerson where a header that `before` had is gone or stands twice."""
    header_row = find_header_row(head, before.headers[key])
    if header_row is None:
        row = head[before.header_row] if before.header_row < len(head) else []
        raise key_gone(before.headers[key], row, tab, before.headers.values())
    columns = match(head[header_row], header_row, before.headers, tab)
    lost = {name: text for name, text in before.headers.items() if name not in columns}
    if lost:
        raise header_gone(lost, head[header_row], tab, before.headers.values())
    return TabLayout(header_row, columns, before.headers)


def _is_gone(refused: Refused) -> bool:
    cause = refused.__cause__
    return isinstance(cause, RequestDeclined) and cause.status in (403, 404)


def still_moving(tab: str) -> RetryLater:
    return RetryLater(
        f'The columns of the tab "{tab}" kept moving while it was read.', next_step="Run it again when nobody rearranges the tab."
    )


def _head_lines(patches: Sequence[Patch]) -> list[list[Entry]]:
    cells = Cells(patches)
    return [cells.line(row) for row in range(HEAD_ROWS)]


def _column(patches: Sequence[Patch], column: int) -> dict[int, Entry]:
    entries: dict[int, Entry] = {}
    for patch in patches:
        offset = column - patch.column
        for row, line in enumerate(patch.lines, patch.row):
            if 0 <= offset < len(line) and line[offset] is not None:
                entries[row] = line[offset]
    return entries
