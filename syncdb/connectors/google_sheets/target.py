"""Which spreadsheet `target_spreadsheet` means: a URL, a key, or a title that is looked up in Drive."""

import re
from typing import Any

from syncdb.connectors.google_sheets.client import DRIVE_FILES, SHEETS, Client
from syncdb.connectors.google_sheets.failures import RequestDeclined, explained, not_a_sheet
from syncdb.decoding import understood
from syncdb.errors import ConfigurationError, Refused

_URL = re.compile(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)")
_KEY = re.compile(r"[A-Za-z0-9_-]{25,}")
SPREADSHEET = "application/vnd.google-apps.spreadsheet"


def is_title(target: str) -> bool:
    """Whether it can only be a title, which may come to mean another spreadsheet."""
    return not _URL.search(target) and not _KEY.fullmatch(target.strip())


def find_spreadsheet(client: Client, target: str) -> str:
    """The id of the spreadsheet. What looks like a key but opens nothing is tried as a title.

    Raises ConfigurationError where the title names several, Refused where it names none that is shared and where Drive may
    not be asked.
    """
    target = target.strip()
    in_url = _URL.search(target)
    if in_url:
        return in_url[1]
    if _KEY.fullmatch(target) and opens(client, target):
        return target
    return _by_title(client, target)


def opens(client: Client, key: str) -> bool:
    """Whether there is a spreadsheet of that id that this account may open. Raises Refused where that cannot be told."""
    try:
        client.get(f"{SHEETS}/{key}", {"fields": "spreadsheetId"})
    except RequestDeclined as answer:
        if answer.status == 404:
            return False
        raise explained(answer, f"The spreadsheet {key}", client.email) from answer
    return True


@understood("Google")
def _by_title(client: Client, title: str) -> str:
    found = _files(client, title)
    sheets = [file for file in found if file.get("mimeType") == SPREADSHEET]
    if len(sheets) == 1:
        return str(sheets[0]["id"])
    if sheets:
        urls = [f"https://docs.google.com/spreadsheets/d/{file['id']}" for file in sheets]
        raise ConfigurationError(
            [f'target_spreadsheet: {len(sheets)} spreadsheets are called "{title}": ' + ", ".join(urls)],
            next_step="Put the URL of the right one into target_spreadsheet.",
        )
    if found:
        raise not_a_sheet(f'"{title}"')
    raise Refused(
        f'target_spreadsheet: no spreadsheet called "{title}" is shared with {client.email}. Nothing was changed.',
        next_step=f"Correct the title; or open the spreadsheet > Share > add {client.email} as Editor; or put its URL into "
        "target_spreadsheet.",
    )


def _files(client: Client, title: str) -> list[dict[str, Any]]:
    escaped = title.replace("\\", "\\\\").replace("'", "\\'")
    params: dict[str, Any] = {
        "q": f"name = '{escaped}' and trashed = false",
        "pageSize": 100,
        "supportsAllDrives": "true",
        "includeItemsFromAllDrives": "true",
        "fields": "nextPageToken,files(id,name,mimeType)",
    }
    files: list[dict[str, Any]] = []
    while True:
        try:
            page = client.get(DRIVE_FILES, params)
        except RequestDeclined as answer:
            raise explained(answer, "Google Drive", client.email) from answer
        files += page.get("files", [])
        if not page.get("nextPageToken"):
            return files
        params["pageToken"] = page["nextPageToken"]
