"""What became of a write: read from its own answer, from the tab, or from Google's refusal."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import syncdb.connectors.tabular.a1 as a1
from syncdb.connectors.google_sheets.batch import TOKEN_KEY
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.evidence import Placement, Written, entries_of
from syncdb.connectors.google_sheets.failures import RequestDeclined, explained, locked, no_room
from syncdb.connectors.google_sheets.grid import Area, Cells, patches_of
from syncdb.connectors.google_sheets.sheet import Sheet, layout_in
from syncdb.connectors.google_sheets.structure import tabs_of
from syncdb.connectors.tabular.entries import Entry, alike
from syncdb.connectors.tabular.headers import HEAD_ROWS, TabLayout, TabWords
from syncdb.connectors.tabular.records import readable_key
from syncdb.decoding import understood
from syncdb.errors import NeedsPerson
from syncdb.model import Attempt, Outcome, Result

log = logging.getLogger("syncdb.google_sheets")

MOVED = "the sheet was rearranged in the moment of the write"
# The place is no longer what it was when it was looked at (as reported in API errors; all of them mean that nothing was applied).
RANGE_GONE = ("Unable to parse range", "exceeds grid limits", "No grid with id", "No sheet with id", "grid size", "out of bounds")


def of_answer(answer: Mapping[str, Any], attempt: Attempt, placement: Placement) -> list[Outcome]:
    """The outcomes as the write's own answer shows them: each touched row carries its key, each column its header."""
    with understood("Google"):
        spreadsheet = answer.get("updatedSpreadsheet") or {}
    cells = Cells(patches_of(spreadsheet, placement.sheet_id))
    shown = _layout_shown(cells, placement)
    return [_shown(number, attempt, placement, cells, shown) for number in range(len(attempt.operations))]


def _layout_shown(cells: Cells, placement: Placement) -> TabLayout | None:
    head = [cells.line(row) for row in range(HEAD_ROWS)]
    try:
        return layout_in(head, placement.layout, TabWords(placement.tab), placement.key_field)
    except NeedsPerson as gone:
        log.info("after the write: %s", gone)
        return None


def _shown(number: int, attempt: Attempt, placement: Placement, cells: Cells, shown: TabLayout | None) -> Outcome:
    if number in placement.left_out:
        return placement.left_out[number]
    row = placement.row_of(number)
    operation = attempt.operations[number]
    names = entries_of(operation, placement.key_field) if number in placement.rows else placement.layout.columns
    straight = shown is not None and all(
        shown.columns[name] == placement.layout.columns[name] for name in (*names, placement.key_field)
    )
    below = shown is not None and row is not None and row > shown.header_row
    if row is None or not below or not straight or readable_key(cells.at(row, placement.key_column)) != operation.key:
        return Outcome(Result.STALE, why=MOVED)
    return Outcome(Result.DONE, ref=str(row + 1))


def of_tab(attempt: Attempt, placement: Placement, sheet: Sheet) -> list[Outcome]:
    """The outcomes of a write that was applied some time ago, as the tab shows them now: DONE where the row holds all of it."""
    index = sheet.index(fresh=True)
    here = sheet.here()
    rows = {one.key: index.rows[one.key] for one in attempt.operations if one.key in index.rows}
    columns = sorted(here.layout.columns.values())
    areas = [Area(stretch, (columns[0], columns[-1] + 1)) for stretch in a1.runs(sorted(rows.values()), 2)]
    cells = Cells(here.grid.exact(areas)) if areas else Cells(())
    outcomes = []
    for number, operation in enumerate(attempt.operations):
        row = rows.get(operation.key)
        if number in placement.left_out:
            outcomes.append(placement.left_out[number])
        elif row is not None and _holds(cells, row, entries_of(operation, placement.key_field), here.layout):
            outcomes.append(Outcome(Result.DONE, ref=str(row + 1)))
        else:
            outcomes.append(Outcome(Result.STALE, why="the write was applied, and its row shows something else now"))
    return outcomes


def _holds(cells: Cells, row: int, entries: Mapping[str, Entry], layout: TabLayout) -> bool:
    return all(alike(cells.at(row, layout.columns[name]), entry) for name, entry in entries.items() if name in layout.columns)


def all_stale(attempt: Attempt, why: str) -> list[Outcome]:
    """Nothing of the attempt was applied; what was left out from the start keeps its own reason."""
    if not attempt.operations:
        return [Outcome(Result.STALE, why=why)]
    left_out = Placement.from_data(attempt.evidence).left_out
    return [left_out.get(number, Outcome(Result.STALE, why=why)) for number in range(len(attempt.operations))]


def all_unknown(attempt: Attempt, why: str) -> list[Outcome]:
    return [Outcome(Result.UNKNOWN, why=why) for _ in attempt.operations]


def token_value(client: Client, spreadsheet_id: str, token: int) -> str | None:
    """What claimed a token: BATCH, FENCE, something else's value, or None if nothing did."""
    try:
        found = client.get(f"{SHEETS}/{spreadsheet_id}/developerMetadata/{token}")
    except RequestDeclined as answer:
        if answer.status == 404:
            return None
        raise explained(answer, f"The spreadsheet {spreadsheet_id}", client.email) from answer
    with understood("Google"):
        return str(found.get("metadataValue", "")) if found.get("metadataKey") == TOKEN_KEY else ""


def refused(answer: RequestDeclined, written: Sequence[Written], placement: Placement | None, sheet: Sheet) -> str:
    """Google refused a write, so nothing of it was applied. The reason to plan it again; raises where that would not help."""
    if answer.status != 400:
        raise explained(answer, f"The spreadsheet {sheet.spreadsheet_id}", sheet.client.email) from answer
    if answer.mentions(*RANGE_GONE):
        return MOVED
    if answer.mentions("limit of 10000000 cells", "number of cells in the workbook"):
        more = len([one for one in written if one.new]) * (placement.grid[1] if placement else 1)
        raise no_room(sheet.cells_used(), more) from answer
    protected = answer.mentions("protected")
    barrier = _barrier(written, placement, sheet, protected) if placement else None
    if barrier or protected:
        raise locked(barrier or "A cell or range", sheet.client.email) from answer
    if placement and _outgrown(written, placement, sheet):
        return MOVED
    raise explained(answer, f"The spreadsheet {sheet.spreadsheet_id}", sheet.client.email) from answer


def _outgrown(written: Sequence[Written], placement: Placement, sheet: Sheet) -> bool:
    """Whether the write no longer fits the grid: people deleted rows, columns or the tab. However Google words it."""
    tabs = [tab for tab in tabs_of(sheet.client, placement.spreadsheet_id) if tab.sheet_id == placement.sheet_id]
    rows = [one.row + 1 for one in written if not one.new] + ([placement.at] if placement.inserted else [])
    columns = [column + 1 for column in placement.layout.columns.values()]
    return not tabs or tabs[0].title != placement.tab or tabs[0].rows < max(rows) or tabs[0].columns < max(columns)


PROTECTED = (
    "sheets(properties(sheetId,title),protectedRanges(range,description,warningOnly,requestingUserCanEdit,editors(users)))"
)


@understood("Google")
def locked_out(client: Client, spreadsheet_id: str) -> list[tuple[str, str]]:
    """The protected ranges that this account may not edit: the title of the tab of each, and what to call it."""
    answer = client.get(f"{SHEETS}/{spreadsheet_id}", {"fields": PROTECTED})
    return [
        (str(tab["properties"]["title"]), _name(guarded, tab["properties"]["title"]))
        for tab in answer.get("sheets", ())
        for guarded in tab.get("protectedRanges", ())
        if not guarded.get("warningOnly") and not guarded.get("requestingUserCanEdit")
    ]


@understood("Google")
def _barrier(written: Sequence[Written], placement: Placement, sheet: Sheet, certain: bool) -> str | None:
    """The protected range that locks us out, named; None if there is none. Google words refusals in several languages.

    With `certain` (the refusal spoke of protection) one that does not list us as an editor is taken to be it.
    """
    answer = sheet.client.get(sheet.url, {"fields": PROTECTED})
    cells = {(one.row, placement.layout.columns[name]) for one in written for name in one.entries}
    for tab in answer.get("sheets", ()):
        if tab["properties"].get("sheetId", 0) != placement.sheet_id:
            continue
        for guarded in tab.get("protectedRanges", ()):
            touched = any(_inside(cell, guarded.get("range", {})) for cell in cells)
            if touched and _locks_out(guarded, sheet.client.email, certain):
                return _name(guarded, tab["properties"]["title"])
    return None


def _locks_out(guarded: Mapping[str, Any], email: str, certain: bool) -> bool:
    if guarded.get("warningOnly"):
        return False
    unlisted = email not in guarded.get("editors", {}).get("users", ())
    return guarded.get("requestingUserCanEdit") is False or (certain and unlisted)


def _inside(cell: tuple[int, int], area: Mapping[str, int]) -> bool:
    row, column = cell
    return area.get("startRowIndex", 0) <= row < area.get("endRowIndex", row + 1) and area.get(
        "startColumnIndex", 0
    ) <= column < area.get("endColumnIndex", column + 1)


def _name(guarded: Mapping[str, Any], title: str) -> str:
    area = guarded.get("range", {})
    label = f' ("{guarded["description"]}")' if guarded.get("description") else ""
    if not {"startRowIndex", "startColumnIndex"} & area.keys():
        return f'The tab "{title}"{label}'
    first = a1.cell(area.get("startRowIndex", 0), area.get("startColumnIndex", 0))
    last = a1.letters(area["endColumnIndex"] - 1) if "endColumnIndex" in area else ""
    end = f"{last}{area.get('endRowIndex', '')}"
    return f"The range '{title}'!{first}" + (f":{end}" if end else "") + label
