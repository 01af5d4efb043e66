"""The local Google behind a real server, and the real gspread client in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gspread
import pytest
from google.oauth2.service_account import Credentials

from syncdb.sandbox.faults import Faults
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.google.page import PageApp
from syncdb.sandbox.google.spreadsheet import Spreadsheet
from syncdb.sandbox.server import Server
from tests.account import account_key
from tests.sandbox.google.bearer import SCOPES, email_of


class QuietCredentials(Credentials):
    """google-auth 2.62 asks iamcredentials.googleapis.com in the background; there is no such place here."""

    def _maybe_start_regional_access_boundary_refresh(self, *_: Any, **__: Any) -> None:
        return None


class LocalClient(gspread.HTTPClient):
    """gspread's own client with Google's addresses exchanged for the server's."""

    base = ""

    def request(self, method: str, endpoint: str, *rest: Any, **named: Any) -> Any:
        for prefix in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
            endpoint = endpoint.replace(prefix, self.base)
        return super().request(method, endpoint, *rest, **named)


class World:
    """A shop's spreadsheet "Orders", shared with a service account, and everybody around it."""

    def __init__(self, directory: Path, google: GoogleApp, server: Server) -> None:
        self.google, self.server, self.faults = google, server, server.faults
        self.key = google.service_account(directory, server.url + "/token", key=account_key())
        self.account = email_of(self.key)
        self.book: Spreadsheet = google.create("Orders", self.account)
        self.colleague = Colleague(self.book)
        self.client = self.connect(self.key)

    def connect(self, key: Path) -> gspread.Client:
        load = QuietCredentials.from_service_account_file
        credentials = load(str(key), scopes=SCOPES.split())  # type: ignore[no-untyped-call]
        local = type("Here", (LocalClient,), {"base": self.server.url})
        return gspread.Client(auth=credentials, http_client=local)

    def batch(self, *requests: dict[str, Any], **more: Any) -> Any:
        return self.client.open_by_key(self.book.id).batch_update({"requests": list(requests), **more})

    def close(self) -> None:
        self.client.http_client.session.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    google = GoogleApp(quota=None, service_accounts_own=False)
    routes: dict[str, Any] = dict.fromkeys(google.routes, google)
    with Server(routes | {"/": PageApp(google)}, Faults()) as server:
        world = World(tmp_path, google, server)
        yield world
        world.close()
