"""Keys, roles and service accounts. Observed on grist-core 1.7.17."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.sandbox.grist.places import Doc, Place


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def until(done: Callable[[], bool]) -> None:
    """A change of access is told some seconds late by a real server, which keeps what it last knew."""
    for turn in itertools.count():
        if done():
            return
        assert turn < 60, "the change of access was never seen"
        time.sleep(0.5)


@pytest.mark.parametrize("path", ["/api/orgs", "/api/docs/{}", "/api/docs/{}/tables"])
def test_a_key_that_is_not_one(doc: Doc, path: str) -> None:
    answer = doc.place.ask("GET", path.format(doc.id), key="nonsense")
    assert error_of(answer) == (401, "Bad request: invalid API key")


def test_no_key_at_all(doc: Doc) -> None:
    assert error_of(doc.place.ask("GET", f"/api/docs/{doc.id}/tables", key="")) == (403, "No view access")


def test_a_document_that_is_not_there(server: Place) -> None:
    with server.document() as doc:
        gone = doc.id
    for path in (f"/api/docs/{gone}/tables", f"/api/docs/{gone}", "/api/docs/nosuchdocument1234567/tables"):
        assert error_of(server.ask("GET", path)) == (404, "document not found")


def test_a_document_answers_to_its_short_id(doc: Doc) -> None:
    assert doc.place.ask("GET", f"/api/docs/{doc.id[:12]}/tables").json() == doc.ok("GET", "/tables")


@dataclass(frozen=True, slots=True)
class Account:
    """A service account and one document that may be shared with it."""

    doc: Doc
    login: str
    key: str

    def ask(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        return self.doc.place.ask(method, f"/api/docs/{self.doc.id}{path}", body, key=self.key, **params)

    def share(self, role: str | None) -> None:
        self.doc.ok("PATCH", "/access", {"delta": {"users": {self.login: role}}})


@pytest.fixture
def account(server: Place) -> Iterator[Account]:
    """Of a document of its own. A self-hosted server has them only where GRIST_ENABLE_SERVICE_ACCOUNTS is set."""
    wanted = {"label": "syncdb test", "description": "", "expiresAt": "2099-01-01T00:00:00.000Z"}
    answer = server.ask("POST", "/api/service-accounts", wanted)
    if answer.status_code == 404:
        pytest.skip("this Grist server has no service accounts")
    made = answer.json()
    with server.document() as doc:
        yield Account(doc, made["login"], made["key"])
    server.ask("DELETE", f"/api/service-accounts/{made['id']}")


def test_roles_of_a_service_account(account: Account) -> None:
    table = account.doc.table(gid="Text")
    head = account.doc.head()
    write = {"records": [{"require": {"gid": "1"}, "fields": {}}]}
    assert account.login.endswith("@serviceaccounts.invalid")
    assert error_of(account.ask("GET", "/tables")) == (403, "No view access")

    account.share("viewers")
    until(lambda: account.ask("GET", "/tables").status_code == 200)
    for path in (f"{table.path}/records", "/states", f"/compare?left={head}&right=HEAD", "/sql?q=select%201"):
        assert account.ask("GET", path).status_code == 200, path
    assert error_of(account.ask("PUT", f"{table.path}/records", write)) == (403, "No write access")
    assert error_of(account.ask("POST", f"{table.path}/columns", {"columns": [{"id": "a"}]})) == (403, "No write access")

    account.share("editors")
    until(lambda: account.ask("PUT", f"{table.path}/records", write).status_code == 200)
    assert account.ask("POST", f"{table.path}/columns", {"columns": [{"id": "a"}]}).status_code == 200
    assert account.ask("POST", "/tables", {"tables": [{"id": "Own", "columns": [{"id": "a"}]}]}).status_code == 200
    assert error_of(account.ask("GET", "/webhooks")) == (403, "No owner access")


def test_a_service_account_is_named_by_its_login(account: Account) -> None:
    account.share("editors")
    until(lambda: account.ask("GET", "/tables").status_code == 200)
    table = account.doc.table(gid="Text")
    table.add_column("by", type="Text", formula="user.Email", isFormula=False, recalcWhen=2)
    write = {"records": [{"require": {"gid": "1"}, "fields": {}}]}
    until(lambda: account.ask("PUT", f"{table.path}/records", write).status_code == 200)
    assert table.row("1")["by"] == account.login
    profile = account.doc.place.ask("GET", "/api/profile/user", key=account.key).json()
    assert profile["email"] == account.login
