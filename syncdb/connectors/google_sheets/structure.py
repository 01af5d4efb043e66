"""The tab and its headers: which tab is ours, whether all of it stands, and the requests that make what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncdb.connectors.google_sheets.batch import drop_metadata, format_requests, insert_dimension
from syncdb.connectors.google_sheets.binding import TabBinding
from syncdb.connectors.google_sheets.cells import Json, write_cell
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined, explained
from syncdb.connectors.google_sheets.layout import Tab
from syncdb.connectors.tabular.entries import Entry
from syncdb.connectors.tabular.headers import TabLayout, TabWords, header_text, standing_headers
from syncdb.decoding import text, understood, whole
from syncdb.errors import NeedsPerson
from syncdb.model import Field

MARKER_KEY = "syncdb.ledger"
NEW_TAB_ROWS = 2  # a frozen header needs one row below it; every other row is inserted when there is something to put into it
TABS = (
    "sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)),"
    "developerMetadata(metadataId,metadataKey,metadataValue))"
)


@dataclass(frozen=True, slots=True)
class WantedTab:
    """What the configuration asks for. `take_over`: past another ledger's marker and a vanished tab.

    `within` stands before the names of its settings in messages, where they are not those of the first sheet, and `lent` are
    its columns where those are (see TabWords).
    """

    target: str
    tab: str
    fields: tuple[Field, ...]
    key: str
    ledger_id: str
    take_over: bool
    within: str = ""
    lent: tuple[object, ...] = ()

    def words(self, title: str) -> TabWords:
        return TabWords(title, setting=f"{self.within}columns", lent=self.lent)

    @property
    def headers(self) -> dict[str, str]:
        return {field.name: field.label for field in self.fields}

    def is_ours(self, mark: str) -> bool:
        """Whether a tab's mark (ledger, rows, the tab as configured) is ours; older versions left out the tab."""
        return mark == self.ledger_id or self.ledger_id.startswith(f"{mark}:")

    def is_strange(self, mark: str) -> bool:
        """Whether a tab's mark is that of another ledger, or of ours with other rows. The tab may have been renamed."""
        return mark.split(":", 2)[:2] != self.ledger_id.split(":", 2)[:2]


@dataclass(frozen=True, slots=True)
class TabState:
    """Where things stand: the tab (None if it must be made), its layout as far as it stands, what to send and what it will cost.

    `binding` is how it will be once `requests` (if any) have been applied. `now` is what stands already of the layout.
    """

    tab: Tab | None
    layout: TabLayout | None
    binding: TabBinding
    requests: Sequence[Json] = ()
    more_cells: int = 0
    now: TabLayout | None = None


def tabs_of(client: Client, spreadsheet_id: str) -> list[Tab]:
    """The tabs of a spreadsheet that have a grid, in one request. Raises Refused where it cannot be opened."""
    try:
        answer = client.get(f"{SHEETS}/{spreadsheet_id}", {"fields": TABS})
    except RequestDeclined as declined:
        raise explained(declined, f"The spreadsheet {spreadsheet_id}", client.email) from declined
    with understood("Google"):
        sheets = [sheet for sheet in answer.get("sheets", ()) if "gridProperties" in sheet["properties"]]
        total = sum(_cells(sheet) for sheet in sheets)
        return [_tab(sheet, total - _cells(sheet)) for sheet in sheets]


def _cells(sheet: Mapping[str, Any]) -> int:
    grid = sheet["properties"]["gridProperties"]
    return whole(grid.get("rowCount"), 0) * whole(grid.get("columnCount"), 0)


def _tab(sheet: Mapping[str, Any], elsewhere: int) -> Tab:
    properties = sheet["properties"]
    marks = [mark for mark in sheet.get("developerMetadata", ()) if mark.get("metadataKey") == MARKER_KEY]
    return Tab(
        whole(properties.get("sheetId"), 0),
        text(properties["title"]),
        whole(properties["gridProperties"].get("rowCount"), 0),
        whole(properties["gridProperties"].get("columnCount"), 0),
        elsewhere,
        {whole(mark["metadataId"]): text(mark.get("metadataValue", "")) for mark in marks},
    )


def choose(tabs: Sequence[Tab], binding: TabBinding | None, wish: WantedTab) -> Tab | None:
    """The tab that is ours; None if it must be made. Raises NeedsPerson where the bound one vanished or another ledger keeps it.

    A binding made for another `target_worksheet` counts only if its tab has that title now.
    """
    if binding and binding.wanted_tab != wish.tab:
        tab = next((tab for tab in tabs if tab.title.casefold() == wish.tab.casefold()), None)
    else:
        tab = _bound(tabs, binding, wish) if binding else _unbound(tabs, wish)
    strangers = [ledger for ledger in tab.markers.values() if wish.is_strange(ledger)] if tab else []
    if tab and strangers and not wish.take_over:
        raise NeedsPerson(
            f'The tab "{tab.title}" is kept by another ledger ({strangers[0]}). Two would write over each other; '
            "nothing was written.",
            next_step=f"Run syncdb on one computer only, or name another tab in {wish.within}target_worksheet. If the other one "
            "no longer runs, take the tab over with --force.",
        )
    return tab


def _bound(tabs: Sequence[Tab], binding: TabBinding, wish: WantedTab) -> Tab | None:
    for tab in tabs:
        if tab.sheet_id == binding.sheet_id:
            return tab
    if wish.take_over:
        return _unbound(tabs, wish)
    raise NeedsPerson(
        f'The tab "{binding.tab}" is gone from the spreadsheet. Nothing was written.',
        next_step="Bring it back (Edit > Undo, or File > Version history). To have it made anew and filled from the ledger, "
        "run once with --force.",
    )


def _unbound(tabs: Sequence[Tab], wish: WantedTab) -> Tab | None:
    titled = [tab for tab in tabs if tab.title.casefold() == wish.tab.casefold()]  # titles are unique whatever their case
    ours = [tab for tab in tabs if any(map(wish.is_ours, tab.markers.values()))]
    return next(iter(titled or ours), None)


def new_tab(tabs: Sequence[Tab], sheet_id: int, binding: TabBinding, wish: WantedTab) -> TabState:
    """A tab of our own with its header row. `sheet_id` is chosen by us, so that no second one can come of it."""
    width = len(wish.fields)
    properties = {
        "sheetId": sheet_id,
        "title": wish.tab,
        "gridProperties": {"rowCount": NEW_TAB_ROWS, "columnCount": width, "frozenRowCount": 1},
    }
    layout = _side_by_side(wish.fields, 0, 0)
    used = tabs[0].cells if tabs else 0
    made = [{"addSheet": {"properties": properties}}, *_head_requests(sheet_id, layout, wish.fields, NEW_TAB_ROWS)]
    tab = Tab(sheet_id, wish.tab, 0, 0, used, {})
    return TabState(tab, None, binding, [*made, _marker(sheet_id, wish.ledger_id)], NEW_TAB_ROWS * width)


def blank_tab(tab: Tab, binding: TabBinding, wish: WantedTab) -> TabState:
    """An empty tab put to use. Its columns are inserted, so that nothing typed in this very moment is overwritten."""
    layout = _side_by_side(wish.fields, 0, 0)
    width = len(wish.fields)
    requests: list[Json] = [insert_dimension(tab.sheet_id, "COLUMNS", 0, width, inherit_before=False)]
    rows = max(tab.rows, NEW_TAB_ROWS)
    if tab.rows < rows:
        length = rows - tab.rows
        requests.append({"appendDimension": {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": length}})
    frozen = {"sheetId": tab.sheet_id, "gridProperties": {"frozenRowCount": 1}}
    requests += _head_requests(tab.sheet_id, layout, wish.fields, rows)
    requests.append({"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}})
    more = rows * (tab.columns + width) - tab.rows * tab.columns
    return TabState(tab, None, binding, [*requests, *_marks(tab, wish)], more)


def standing(
    tab: Tab, head: Sequence[Sequence[Entry]], binding: TabBinding, known: Mapping[str, str], wish: WantedTab
) -> TabState | None:
    """A tab with head rows, compared with the wish; None if no header of ours stands there and none is known.

    `known` are the headers made or adopted before. Raises NeedsPerson where one of those is gone, or any stands twice.
    """
    wanted = wish.headers
    found = standing_headers(head, wanted, known, wish.key, wish.words(tab.title))
    if found is None:
        return None
    header_row, columns, renamed, row = found.header_row, found.columns, found.renamed, head[found.header_row]
    new = [field for field in wish.fields if field.name not in columns]
    edge = max(len(line) for line in head)
    added = _side_by_side(new, header_row, edge)
    requests = [_retitle(tab.sheet_id, header_row, column, wanted[name]) for name, column in renamed.items()]
    if new:
        requests.append(insert_dimension(tab.sheet_id, "COLUMNS", edge, edge + len(new), inherit_before=edge > 0))
        requests += _head_requests(tab.sheet_id, added, new, tab.rows)
    layout = TabLayout(header_row, {**columns, **added.columns}, wanted)
    now = TabLayout(header_row, columns, {name: header_text(row[column]) for name, column in columns.items()})
    bound = replace(binding, headers=wanted)
    return TabState(tab, layout, bound, [*requests, *_marks(tab, wish)], tab.rows * len(new), now)


def _side_by_side(fields: Sequence[Field], header_row: int, first: int) -> TabLayout:
    columns = {field.name: first + offset for offset, field in enumerate(fields)}
    return TabLayout(header_row, columns, {field.name: field.label for field in fields})


def _head_requests(sheet_id: int, layout: TabLayout, fields: Sequence[Field], rows: int) -> list[Json]:
    """Headers in bold, and the number formats of the rows below them."""
    first = min(layout.columns.values())
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    cells = [write_cell(layout.headers[name]) | bold for name in layout.in_order()]
    head = {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": layout.header_row, "columnIndex": first},
            "rows": [{"values": cells}],
            "fields": "userEnteredValue,userEnteredFormat.textFormat.bold",
        }
    }
    below = layout.header_row + 1
    return [head, *(format_requests(sheet_id, layout, fields, (below, None)) if below < rows else [])]


def _retitle(sheet_id: int, row: int, column: int, text: str) -> Json:
    start = {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": [write_cell(text)]}], "fields": "userEnteredValue"}}


def _marks(tab: Tab, wish: WantedTab) -> list[Json]:
    """The marker of this ledger on the tab, in place of any other's."""
    strangers = [drop_metadata(number) for number, ledger in tab.markers.items() if not wish.is_ours(ledger)]
    return strangers + ([] if any(map(wish.is_ours, tab.markers.values())) else [_marker(tab.sheet_id, wish.ledger_id)])


def _marker(sheet_id: int, ledger_id: str) -> Json:
    metadata = {
        "metadataKey": MARKER_KEY,
        "metadataValue": ledger_id,
        "location": {"sheetId": sheet_id},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}
