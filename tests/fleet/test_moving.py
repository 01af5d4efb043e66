"""A shop that moves takes all that is its own along: nothing that people did is lost, however it is interrupted or taken back."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.fleet import moving, stay
from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.layout import MARK
from syncdb.fleet.parcel import digest_of, found
from syncdb.ledger import Ledger
from syncdb.ledger.file import lock
from syncdb.services.file_copies import holding
from tests.cli.conftest import Answer, manage

Ask = Callable[..., Answer]
NOW = datetime(2026, 11, 30, tzinfo=UTC)
BOOK = "orders.xlsx"
ALPHA, BETA = ("--folder", "alpha"), ("--folder", "beta")
LEAVE = ("move", "mugs", "--via", "via", "--to")
ARRIVE = ("move", "mugs", "--via", "via", "--arrive", "--home")


@pytest.fixture
def ask(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The answer of `fleet`, which must end with this code. Two homes have a fleet's folder each; mugs lives at alpha."""
    monkeypatch.setenv("FLEET_DATABASE_URL", database)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "via").mkdir()
    for home in ("alpha", "beta"):
        (tmp_path / home).mkdir()
        settings = '{ shopify_store_name = "mugs", workbook = "orders.xlsx" }'
        (tmp_path / home / "fleet.toml").write_text(f'home = "alpha"\n[shops.mugs]\nsettings = {settings}\n', encoding="utf-8")

    def asked(*words: str, code: int = 0) -> Answer:
        answer = manage("fleet", *words)
        assert answer.code == code, answer.all
        return answer

    asked("init", *ALPHA)
    return asked


def worked_in(home: Path) -> Path:
    """The folder of the shop at a home, with files that people worked in."""
    folder = home / "shops" / "mugs"
    for name in (BOOK, "orders.previous.xlsx", "shopify_sync.db.redacted"):
        (folder / name).write_text("[]" if name.endswith("redacted") else f"{name} with notes", encoding="utf-8")
    with closing(sqlite3.connect(folder / "shopify_sync.web.db")) as web:
        web.execute("create table people (name text)")
    return folder


def paused(ask: Ask) -> tuple[str, str]:
    (shop,) = manage("fleet", "status", "--json", *ALPHA).data["shops"]
    return shop["home"], shop["paused"]


def test_a_shop_moves_with_its_files_and_is_counted_where_it_lives(ask: Ask, tmp_path: Path) -> None:
    alpha, beta = worked_in(tmp_path / "alpha"), tmp_path / "beta" / "shops" / "mugs"
    (alpha / ".env").write_text("DELETED_ROWS=respect\n", encoding="utf-8")
    Ledger.open(alpha / "shopify_sync.db", NOW).close()
    with lock(alpha / "shopify_sync.db"):
        assert "Another run is working" in ask(*LEAVE, "beta", *ALPHA, code=7).err
    (alpha / "~$orders.xlsx").write_bytes(b"\x04Jane")
    assert "open in another program (Jane)" in ask(*LEAVE, "beta", *ALPHA, code=4).err
    assert paused(ask) == ("alpha", "") and not any((tmp_path / "via").iterdir())
    (alpha / "~$orders.xlsx").unlink()
    told = ask(*LEAVE, "beta", *ALPHA).out
    assert "files/orders.xlsx" in told and "moved-2: delete it" in told and "must have: .env" in told
    assert paused(ask) == ("beta", "moving to beta")
    assert (alpha / "moved-2" / BOOK).exists() and not (alpha / BOOK).exists() and not (alpha / "shopify_sync.db").exists()
    left = holding(alpha / "shopify_sync.db", [], {"with notes"})
    assert alpha / "moved-2" / BOOK in left, "a redaction that is made here finds what was left"
    assert ask("report", "--json", *ALPHA).data["shops"] == []
    assert "its ledger is not in place there" in ask("resume", "mugs", *ALPHA, code=5).err
    ask("pause", "mugs", *ALPHA)
    assert paused(ask) == ("beta", "moving to beta")
    beta.mkdir(parents=True)
    (beta / BOOK).write_text("of the last time", encoding="utf-8")
    assert "it is kept as" in ask(*ARRIVE, "beta", *BETA).out
    assert (beta / BOOK).read_text(encoding="utf-8") == f"{BOOK} with notes" and (beta / "shopify_sync.db").exists()
    assert [one.read_text(encoding="utf-8") for one in beta.glob("orders.replaced-*.xlsx")] == ["of the last time"]
    assert sorted(one.name for one in beta.iterdir() if one.name.startswith(".") or "arriving" in one.name) == [
        MARK,
        ".fleet-token",
    ]
    assert (beta / BOOK).stat().st_mode & 0o077 == 0 and not any((tmp_path / "via").iterdir())
    assert paused(ask) == ("beta", "")
    assert "is not on its way" in ask(*ARRIVE, "beta", *BETA, code=2).err
    assert "lives at beta already" in ask(*LEAVE, "beta", *BETA, code=2).err


def test_what_is_damaged_old_or_edited_on_its_way_is_never_put_in_place(ask: Ask, tmp_path: Path) -> None:
    """A shop that has not run yet has no ledger, and moves all the same."""
    worked_in(tmp_path / "alpha")
    beta = tmp_path / "beta" / "shops" / "mugs"
    ask(*LEAVE, "beta", *ALPHA)
    copy = tmp_path / "via" / "mugs" / "files" / BOOK
    copy.write_text("somebody worked in the copy", encoding="utf-8")
    assert "files/orders.xlsx is not as it was copied" in ask(*ARRIVE, "beta", *BETA, code=5).err
    copy.write_text(f"{BOOK} with notes", encoding="utf-8")
    os.rename(tmp_path / "via" / "mugs", tmp_path / "old")
    assert "is not there" in ask(*ARRIVE, "beta", *BETA, code=2).err
    os.rename(tmp_path / "old", tmp_path / "via" / "mugs")
    with connected(os.environ["FLEET_DATABASE_URL"]) as session:
        FleetBook(session).change("mugs", "token = 4")
    assert "of an earlier move" in ask(*ARRIVE, "beta", *BETA, code=2).err
    assert "is not what was copied then" in ask(*LEAVE, "gamma", *ALPHA, code=2).err
    assert not beta.exists() or not (beta / BOOK).exists()


def test_a_shop_that_did_not_arrive_comes_back(ask: Ask, tmp_path: Path) -> None:
    alpha = worked_in(tmp_path / "alpha")
    ask(*LEAVE, "beta", *ALPHA)
    ask(*LEAVE, "alpha", *ALPHA)
    assert paused(ask) == ("alpha", "moving to alpha")
    ask(*ARRIVE, "alpha", *ALPHA)
    assert paused(ask) == ("alpha", "") and (alpha / BOOK).read_text(encoding="utf-8") == f"{BOOK} with notes"


def test_what_is_saved_while_it_moves_goes_along(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program saves the workbook when it was copied, and the command is killed: once more, it is copied again."""
    alpha = worked_in(tmp_path / "alpha")

    def killed(*given: Any) -> None:
        (alpha / BOOK).write_text("saved in this moment", encoding="utf-8")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_put_aside", killed)
        ask(*LEAVE, "beta", *ALPHA, code=130)
    assert paused(ask) == ("beta", "moving to beta") and (alpha / BOOK).exists()
    ask(*LEAVE, "beta", *ALPHA)
    parcel = found(tmp_path / "via" / "mugs")
    assert parcel and digest_of(alpha / "moved-2" / BOOK) == parcel.digests[f"files/{BOOK}"]
    assert parcel.copy_of(f"files/{BOOK}").read_text(encoding="utf-8") == "saved in this moment"


def test_a_ledger_that_is_not_sound_stays_where_it_is(ask: Ask, tmp_path: Path) -> None:
    alpha = worked_in(tmp_path / "alpha")
    with closing(sqlite3.connect(alpha / "shopify_sync.db")) as ledger:
        ledger.execute("create table no_ledger (it text)")
    assert ask(*LEAVE, "beta", *ALPHA, code=5).err and paused(ask) == ("alpha", "") and (alpha / BOOK).exists()


def test_what_people_do_to_a_file_that_is_in_place_stays_while_the_rest_arrives(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_in(tmp_path / "alpha")
    beta = tmp_path / "beta" / "shops" / "mugs"
    ask(*LEAVE, "beta", *ALPHA)

    def killed(*given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stay, "note", killed)
        ask(*ARRIVE, "beta", *BETA, code=130)
    assert paused(ask) == ("beta", "moving to beta")
    (beta / BOOK).write_text("somebody began to work here", encoding="utf-8")
    ask(*ARRIVE, "beta", *BETA)
    assert (beta / BOOK).read_text(encoding="utf-8") == "somebody began to work here" and paused(ask) == ("beta", "")


def test_a_workbook_elsewhere_stays_and_is_told(ask: Ask, tmp_path: Path) -> None:
    worked_in(tmp_path / "alpha")
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / BOOK).write_text("shared", encoding="utf-8")
    for home in ("alpha", "beta"):
        file = tmp_path / home / "fleet.toml"
        file.write_text(file.read_text(encoding="utf-8").replace(BOOK, str(tmp_path / "share" / BOOK)), encoding="utf-8")
    ask("init", *ALPHA)
    assert f"{tmp_path / 'share' / BOOK} stays where it is" in ask(*LEAVE, "beta", *ALPHA).out
    assert (tmp_path / "share" / BOOK).exists()
    assert "The ledger of mugs is not on this computer" in _moved_on(ask).err


def _moved_on(ask: Ask) -> Answer:
    """A home that the shop left long ago cannot send it elsewhere."""
    ask(*ARRIVE, "beta", *BETA)
    with connected(os.environ["FLEET_DATABASE_URL"]) as session:
        FleetBook(session).change("mugs", "runs = 1")
    return ask(*LEAVE, "gamma", *ALPHA, code=2)


def test_a_lost_home_s_shops_are_put_in_place_elsewhere_from_their_copies(ask: Ask, tmp_path: Path) -> None:
    alpha, beta = worked_in(tmp_path / "alpha"), tmp_path / "beta" / "shops" / "mugs"
    Ledger.open(alpha / "shopify_sync.db", NOW).close()
    stay.note(alpha, 1)
    (tmp_path / "gamma").mkdir()
    shutil.copy(tmp_path / "beta" / "fleet.toml", tmp_path / "gamma")
    copies, recover = ("backup", "--via", "via"), ("recover", "mugs", "--home", "beta", "--via", "via", *BETA)
    assert "There is no copy of mugs" in ask(*recover, code=2).err
    for _ in range(2):
        assert ask(*copies, *ALPHA, "--json").data["shops"][0]["files"][0] == "ledger.db"
    assert ask(*copies, *BETA, "--json").data["shops"] == []
    with connected(os.environ["FLEET_DATABASE_URL"]) as session:
        book = FleetBook(session)
        book.alive("w", "alpha", 4)
        assert "that home is not lost" in ask(*recover, code=5).err and paused(ask) == ("alpha", "")
        book.rows("update fleet_workers set seen_at = now() - interval '2 minutes'")
        ask("recover", "m*", *recover[2:])
        assert paused(ask) == ("beta", "") and (beta / "shopify_sync.db").exists()
        assert (beta / BOOK).read_text(encoding="utf-8") == f"{BOOK} with notes"
        assert book.begin("mugs", 1, "alpha", "w") is None, "what alpha had in line counts no more"
        book.change("mugs", "runs = 5")
    assert "lives at beta already" in ask(*recover, code=2).err
    assert ask("report", "--json", *ALPHA).data["shops"] == [] and stay.noted(alpha) == 1, "what came back is not counted"
    assert ask(*copies, *BETA, "--json").data["shops"][0]["problem"] == ""
    assert "of a later stay elsewhere (2)" in ask(*copies, *ALPHA, code=3).out
    assert "mugs is not on this computer" in ask(*LEAVE, "gamma", "--folder", str(tmp_path / "gamma"), code=2).err
    assert "is an old one" in ask(*LEAVE, "gamma", *ALPHA, code=2).err, "alpha came back"
    assert "mugs is paused" in ask(*LEAVE, "gamma", *BETA).out
