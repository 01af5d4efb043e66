"""Drive v3, as far as finding, sharing, creating and deleting spreadsheets needs it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from syncdb.sandbox.google.errors import drive_refusal
from syncdb.sandbox.google.masks import cut, parse
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.google.wire import json_response

SHEET = "application/vnd.google-apps.spreadsheet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TERM = re.compile(
    r"""\s*(name|mimeType|trashed)\s*(=|contains)\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|true|false)\s*(?:and\b|$)"""
)
DEFAULT_FIELDS = ("kind", "id", "name", "mimeType")


@dataclass(slots=True)
class File:
    """One file and who may see it: roles ("reader", "writer", "owner") by account."""

    id: str
    name: str
    mime: str
    created: float
    modified: float
    shared: dict[str, str] = field(default_factory=dict)
    trashed: bool = False
    book: Spreadsheet | None = None

    def json(self) -> dict[str, Any]:
        return {
            "kind": "drive#file",
            "id": self.id,
            "name": self.book.title if self.book else self.name,
            "mimeType": self.mime,
            "trashed": self.trashed,
            "createdTime": _time(self.created),
            "modifiedTime": _time(self.modified),
            "version": str(self.book.version if self.book else 1),
        }


class Drive:
    """All files. `service_accounts_own`: whether files.create works, which for new service accounts it no longer does."""

    def __init__(self, clock: Callable[[], float], service_accounts_own: bool = True) -> None:
        self.files: dict[str, File] = {}
        self.service_accounts_own = service_accounts_own
        self._clock = clock

    def add(self, name: str, book: bool = True, mime: str = SHEET) -> File:
        """A new file that nobody sees yet; `book` False makes it one that the Sheets API cannot open."""
        number, now = secrets.token_urlsafe(33)[:44], self._clock()
        spreadsheet = Spreadsheet(number, name) if book else None
        self.files[number] = File(number, name, mime, now, now, book=spreadsheet)
        return self.files[number]

    def add_xlsx(self, name: str) -> File:
        """An uploaded Excel file: listed by Drive, refused by Sheets."""
        return self.add(name, book=False, mime=XLSX)

    def share(self, number: str, email: str, role: str = "writer") -> None:
        self.files[number].shared[email] = role

    def touch(self, number: str) -> None:
        """Note a change of a spreadsheet."""
        file = self.files[number]
        file.modified = self._clock()
        if file.book:
            file.book.version += 1

    def visible(self, number: str, email: str) -> File | None:
        file = self.files.get(number)
        return file if file is not None and email in file.shared else None

    def respond(self, request: Request, path: str, email: str) -> Response:
        """`path` is what follows /drive/v3/files."""
        if not path:
            return self._create(request, email) if request.method == "POST" else self._list(request, email)
        file = self.visible(path.strip("/"), email)
        if file is None:
            return drive_refusal(404, "notFound", f"File not found: {path.strip('/')}.")
        if request.method == "DELETE":
            return self._delete(file, email)
        if request.method != "GET" or "/" in path.strip("/"):
            return drive_refusal(501, "notImplemented", "the sandbox does not implement this Drive call")
        return json_response(_masked(file.json(), request.args.get("fields")))

    def _create(self, request: Request, email: str) -> Response:
        if not self.service_accounts_own:
            text = "The user's Drive storage quota has been exceeded."
            return drive_refusal(403, "storageQuotaExceeded", text, "usageLimits")
        body = request.get_json()
        is_sheet = body.get("mimeType") == SHEET
        file = self.add(body.get("name", "Untitled"), is_sheet, body.get("mimeType", "application/octet-stream"))
        file.shared[email] = "owner"
        return json_response(_masked(file.json(), request.args.get("fields")))

    def _delete(self, file: File, email: str) -> Response:
        if file.shared[email] != "owner":
            text = "The user does not have sufficient permissions for this file."
            return drive_refusal(403, "insufficientFilePermissions", text)
        del self.files[file.id]
        return Response(status=204)

    def _list(self, request: Request, email: str) -> Response:
        wanted = _query(request.args.get("q", ""))
        if wanted is None:
            return drive_refusal(400, "invalid", "Invalid Value")
        found = [file for file in self.files.values() if email in file.shared and all(term(file) for term in wanted)]
        start, size = int(request.args.get("pageToken") or 0), int(request.args.get("pageSize") or 100)
        page = [file.json() for file in found[start : start + size]]
        body: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
        if start + size < len(found):
            body["nextPageToken"] = str(start + size)
        fields = request.args.get("fields")
        if fields is None:
            page = [_masked(file, None) for file in page]
        return json_response(cut(body | {"files": page}, parse(fields) if fields else {}))


def _masked(file: dict[str, Any], fields: str | None) -> dict[str, Any]:
    if not fields:
        return {name: file[name] for name in DEFAULT_FIELDS}
    result: dict[str, Any] = cut(file, parse(fields))
    return result


def _query(text: str) -> list[Callable[[File], bool]] | None:
    """The terms of a q parameter, all to be met; None where it holds one the sandbox does not read."""
    terms: list[Callable[[File], bool]] = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            return None
        terms.append(_term(match[1], match[2], match[3]))
        at = match.end()
    return terms


def _term(name: str, operator: str, raw: str) -> Callable[[File], bool]:
    if name == "trashed":
        return lambda file: file.trashed == (raw == "true")
    text = re.sub(r"\\(.)", r"\1", raw[1:-1])
    key = "name" if name == "name" else "mimeType"
    if operator == "contains":
        return lambda file: text.casefold() in str(file.json()[key]).casefold()
    # Drive compares names without regard to case (reported).
    return lambda file: str(file.json()[key]).casefold() == text.casefold()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
