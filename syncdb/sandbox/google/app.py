"""The sandbox's Google: token endpoint, Drive and Sheets behind one App for the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from werkzeug import Request, Response

from syncdb.sandbox.faults import Faults, Seen
from syncdb.sandbox.google import sheets
from syncdb.sandbox.google.drive import Drive, File
from syncdb.sandbox.google.errors import Refusal, not_found, permission_denied, too_many, unauthenticated
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.google.tokens import Grant, Tokens

SCOPE = "https://www.googleapis.com/auth/"
SHEETS_SCOPES = frozenset({SCOPE + "spreadsheets", SCOPE + "drive", SCOPE + "drive.file"})
SHEETS_READ_SCOPES = SHEETS_SCOPES | {SCOPE + "spreadsheets.readonly", SCOPE + "drive.readonly"}
DRIVE_SCOPES = frozenset({SCOPE + "drive", SCOPE + "drive.file"})
DRIVE_READ_SCOPES = DRIVE_SCOPES | {SCOPE + "drive.readonly", SCOPE + "drive.metadata.readonly"}
LARGEST_BODY = 10_485_760
PROJECT, PROJECT_TAKES = "", 5  # of all accounts together


class GoogleApp:
    """Routes /token, /drive and /v4. `quota` is requests per minute and account, for reads and writes each; None: off.

    All accounts are of one project, which takes five times as many (documented: 60 and 300).
    """

    system = "google"
    routes = ("/token", "/drive", "/v4", "/upload")

    def __init__(
        self,
        faults: Faults | None = None,
        clock: Callable[[], float] = time.time,
        quota: int | None = 60,
        service_accounts_own: bool = True,
    ) -> None:
        self.faults = faults
        self.clock = clock
        self.quota = quota
        self.tokens = Tokens(clock)
        self.drive = Drive(clock, service_accounts_own)
        self._used: dict[tuple[str, str, int], int] = {}

    @property
    def spreadsheets(self) -> dict[str, Spreadsheet]:
        """Every spreadsheet by id."""
        return {number: file.book for number, file in self.drive.files.items() if file.book is not None}

    def service_account(self, directory: Path, token_uri: str, name: str = "syncdb", key: RSAPrivateKey | None = None) -> Path:
        """A throw-away service account's key file, registered here."""
        return self.tokens.service_account(directory, token_uri, name, key)

    def count_anew(self) -> None:
        """Nothing of the quota is used: for whoever puts the clock back."""
        self._used.clear()

    def create(self, title: str, *shared_with: str, role: str = "writer") -> Spreadsheet:
        """A person's new spreadsheet, shared with these accounts."""
        file = self.drive.add(title)
        for email in shared_with:
            self.drive.share(file.id, email, role)
        assert file.book is not None
        return file.book

    # --- App -----------------------------------------------------------------------------------------------

    def kind(self, seen: Seen) -> str:
        if seen.path.startswith("/token"):
            return "token"
        reads = (":getByDataFilter", ":batchGetByDataFilter", "/developerMetadata:search")
        return "read" if seen.method == "GET" or seen.path.endswith(reads) else "write"

    def respond(self, request: Request) -> Response:
        if request.path.startswith("/token"):
            return self.tokens.respond(request)
        try:
            return self._api(request)
        except Refusal as refusal:
            return refusal.response()

    def error(self, fault_kind: str) -> Response:
        return {
            "unavailable": Refusal(503, "The service is currently unavailable."),
            "too_many": too_many("write"),
            "unauthorized": unauthenticated(),
            "forbidden": permission_denied(),
        }[fault_kind].response()

    # --- calls ---------------------------------------------------------------------------------------------

    def _api(self, request: Request) -> Response:
        if (request.content_length or 0) > LARGEST_BODY:
            raise Refusal(400, f"Request payload size exceeds the limit: {LARGEST_BODY} bytes.")
        grant = self.tokens.holder(request)
        if grant is None:
            raise unauthenticated()
        reading = self.kind(_seen(request)) == "read"
        if request.path.startswith("/drive/v3/files"):
            _check_scope(grant, DRIVE_READ_SCOPES if reading else DRIVE_SCOPES)
            return self.drive.respond(request, request.path.removeprefix("/drive/v3/files"), grant.email)
        if not request.path.startswith("/v4/spreadsheets"):
            raise Refusal(501, f"the sandbox does not implement {request.method} {request.path}")
        _check_scope(grant, SHEETS_READ_SCOPES if reading else SHEETS_SCOPES)
        self._spend(grant.email, "read" if reading else "write")
        return self._sheets(request, grant, reading)

    def _sheets(self, request: Request, grant: Grant, reading: bool) -> Response:
        rest = request.path.removeprefix("/v4/spreadsheets").removeprefix("/")
        number = rest.split("/", 1)[0].split(":", 1)[0]
        file = self._file(number, grant.email)
        if not reading and file.shared[grant.email] == "reader":
            raise permission_denied()
        if file.book is None:
            raise Refusal(400, "This operation is not supported for this document", "FAILED_PRECONDITION")
        response = sheets.respond(file.book, request, rest[len(number) :], grant.email)
        if not reading and response.status_code == 200:
            self.drive.touch(number)
        return response

    def _file(self, number: str, email: str) -> File:
        """Somebody else's file is forbidden, an unknown one not found (both observed)."""
        if number not in self.drive.files:
            raise not_found()
        file = self.drive.visible(number, email)
        if file is None:
            raise permission_denied()
        return file

    def _spend(self, email: str, kind: str) -> None:
        if self.quota is None:
            return
        minute = int(self.clock() // 60)
        slots = {(email, kind, minute): (self.quota, True), (PROJECT, kind, minute): (PROJECT_TAKES * self.quota, False)}
        for slot, (most, per_user) in slots.items():
            if self._used.get(slot, 0) >= most:
                raise too_many(kind, most, per_user=per_user)
        self._used = {old: used for old, used in self._used.items() if old[2] >= minute - 1}
        for slot in slots:
            self._used[slot] = self._used.get(slot, 0) + 1


def _seen(request: Request) -> Seen:
    return Seen(request.method, request.path, None, "google")


def _check_scope(grant: Grant, enough: frozenset[str]) -> None:
    if not grant.scopes & enough:
        details: list[dict[str, Any]] = [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
            }
        ]
        raise Refusal(403, "Request had insufficient authentication scopes.", details=details)
