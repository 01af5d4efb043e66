"""The command `secrets`, as a person and a script use it."""

import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, manage

TOKEN = "shpat_0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "SYNCDB_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def entered(monkeypatch: pytest.MonkeyPatch, value: str, *arguments: str) -> Answer:
    monkeypatch.setattr(sys, "stdin", io.StringIO(value))
    return manage("secrets", "set", *arguments)


def test_a_secret_is_set_listed_rotated_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No secret is set" in manage("secrets", "list").out
    made = entered(monkeypatch, f"{TOKEN}\n", "shopify_access_token")
    assert made.code == 0 and "encrypted" in made.out and TOKEN not in made.all
    (shown,) = manage("secrets", "list", "--json").data["secrets"]
    assert shown["last4"] == "cdef" and shown["lost"] is False and "secrets.json" in shown["where"]
    listed = manage("secrets", "list")
    assert "...cdef" in listed.out and TOKEN not in listed.all and TOKEN[6:14] not in listed.all
    turned = manage("secrets", "rotate")
    assert turned.code == 0 and "1 secret is encrypted" in turned.out
    assert manage("secrets", "remove", "shopify_access_token").code == 0
    again = manage("secrets", "remove", "shopify_access_token")
    assert again.code == 2 and "not in" in again.err


def test_what_cannot_be_stored_is_told_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = entered(monkeypatch, "with blanks in it\n", "shopify_access_token")
    assert refused.code == 2 and "with blanks in it" not in refused.all and "Nothing was stored" in refused.err
    assert entered(monkeypatch, f"{TOKEN}\n", "shopify_acces_token").code == 2
    assert "Did you mean shopify_access_token" in entered(monkeypatch, f"{TOKEN}\n", "shopify_acces_token").err
    assert entered(monkeypatch, "", "shopify_access_token").code == 130
    assert manage("secrets", "set").code == 2


def test_a_variable_that_counts_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_TOKEN", "w" * 24)
    made = entered(monkeypatch, "v" * 24, "web_token")
    assert made.code == 0 and "counts first" in made.err


def test_a_damaged_store_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("secrets.json").write_text("{", encoding="utf-8")
    assert manage("secrets", "list").code == 2
    broken = entered(monkeypatch, f"{TOKEN}\n", "shopify_access_token")
    assert broken.code == 2 and "left as it is" in broken.err
