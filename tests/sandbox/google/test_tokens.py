"""The token endpoint refuses what Google refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.google.app import SCOPE, GoogleApp
from tests.sandbox.google.bearer import ask, claims_of, email_of, request, token


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "http://127.0.0.1/token"}, "Audience"),
        ({"iat": 1_700_000_000, "exp": 1_700_003_600}, "short-lived"),
        ({"exp": 1_800_090_000}, "short-lived"),
        ({"iss": "nobody@sandbox.iam.gserviceaccount.com"}, "account not found"),
    ],
)
def test_bad_claims(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    app = GoogleApp(clock=Clock())
    key = app.service_account(tmp_path, "http://127.0.0.1/token")
    status, body = ask(app, key, claims_of(app, email_of(key)) | changes)
    assert (status, body["error"]) == (400, "invalid_grant") and said in body["error_description"]


def test_another_accounts_signature(tmp_path: Path) -> None:
    app = GoogleApp(clock=Clock())
    key, other = (app.service_account(tmp_path, "http://127.0.0.1/token") for _ in range(2))
    status, body = ask(app, other, claims_of(app, email_of(key)))
    assert (status, body["error_description"]) == (400, "Invalid JWT Signature.")


def test_tokens_run_out_and_scopes_bind(tmp_path: Path) -> None:
    clock = Clock()
    app = GoogleApp(clock=clock)
    key = app.service_account(tmp_path, "http://127.0.0.1/token")
    book = app.create("Orders", email_of(key))
    url, bearer = f"/v4/spreadsheets/{book.id}", token(app, key)
    assert app.respond(request("GET", url, bearer)).status_code == 200
    clock.now += 3600
    assert app.respond(request("GET", url, bearer)).status_code == 401
    assert app.respond(request("GET", url)).status_code == 401
    narrow = claims_of(app, email_of(key)) | {"scope": SCOPE + "spreadsheets.readonly"}
    _, body = ask(app, key, narrow)
    clear = app.respond(request("POST", url + "/values/A1:clear", body["access_token"]))
    assert clear.status_code == 403
    assert "insufficient authentication scopes" in json.loads(clear.get_data())["error"]["message"]


def test_a_key_file_is_known_again(tmp_path: Path) -> None:
    key = GoogleApp().service_account(tmp_path, "http://127.0.0.1/token")
    again = GoogleApp()
    assert again.tokens.register(key) == email_of(key)
    assert token(again, key)
