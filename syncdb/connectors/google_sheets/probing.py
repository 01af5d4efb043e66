"""Trying what a run will need of a spreadsheet, without leaving a trace in it."""

import random
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from syncdb.connectors.google_sheets.batch import FENCE, drop_metadata, token_request
from syncdb.connectors.google_sheets.client import SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined, explained
from syncdb.errors import OutcomeUnknown, RetryLater


@dataclass(frozen=True, slots=True)
class Glance:
    """A spreadsheet at a glance: title, tabs, cells of all tabs, and what Google's clock showed (None if it did not)."""

    title: str
    tabs: tuple[str, ...]
    cells: int
    clock: datetime | None


def glance(client: Client, spreadsheet_id: str) -> Glance:
    """Open the spreadsheet. Raises Refused and NeedsPerson with what to do, RetryLater where Google is away."""
    fields = "properties.title,sheets.properties(title,gridProperties(rowCount,columnCount))"
    try:
        response = client.request("get", f"{SHEETS}/{spreadsheet_id}", params={"fields": fields})
    except RequestDeclined as answer:
        raise explained(answer, f"The spreadsheet {spreadsheet_id}", client.email) from answer
    found = response.json()
    tabs = [sheet["properties"] for sheet in found.get("sheets", ())]
    grids = [tab.get("gridProperties", {}) for tab in tabs]
    return Glance(
        found["properties"]["title"],
        tuple(tab["title"] for tab in tabs),
        sum(int(grid.get("rowCount", 0)) * int(grid.get("columnCount", 0)) for grid in grids),
        _date(response.headers.get("Date", "")),
    )


def try_edit(client: Client, spreadsheet_id: str, rng: random.Random) -> None:
    """Make a mark that nobody sees and remove it in the same atomic request: only an editor may.

    Raises Refused where the account may only read, RetryLater where it cannot be told now.
    """
    number = rng.randrange(1, 2**31)
    body = {"requests": [token_request(number, FENCE), drop_metadata(number)]}
    try:
        client.post(f"{SHEETS}/{spreadsheet_id}:batchUpdate", body, {"fields": "spreadsheetId"})
    except RequestDeclined as answer:
        raise explained(answer, f"The spreadsheet {spreadsheet_id}", client.email) from answer
    except OutcomeUnknown as lost:
        raise RetryLater(str(lost), next_step="Try again later.") from lost


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None
