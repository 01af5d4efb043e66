"""A bearer token got the way google-auth gets it: a signed assertion, posted to the token endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.auth import crypt, jwt
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.google.tokens import AUDIENCE, GRANT

SCOPES = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive"


def request(method: str, url: str, token: str = "", **how: Any) -> Request:
    headers = [("Authorization", f"Bearer {token}")] if token else []
    return Request(EnvironBuilder(url, method=method, headers=headers, **how).get_environ())


def claims_of(app: GoogleApp, email: str) -> dict[str, Any]:
    now = int(app.clock())
    return {"iss": email, "scope": SCOPES, "aud": AUDIENCE, "iat": now, "exp": now + 3600}


def ask(app: GoogleApp, key_file: Path, claims: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of a token request with these claims, signed with the account's key."""
    info = json.loads(key_file.read_text(encoding="utf-8"))
    signer = crypt.RSASigner.from_service_account_info(info)  # type: ignore[no-untyped-call]
    assertion = jwt.encode(signer, claims).decode("ascii")  # type: ignore[no-untyped-call]
    answer = app.respond(request("POST", "/token", data={"grant_type": GRANT, "assertion": assertion}))
    return answer.status_code, json.loads(answer.get_data())


def email_of(key_file: Path) -> str:
    return str(json.loads(key_file.read_text(encoding="utf-8"))["client_email"])


def token(app: GoogleApp, key_file: Path) -> str:
    status, body = ask(app, key_file, claims_of(app, email_of(key_file)))
    assert status == 200, body
    return str(body["access_token"])
