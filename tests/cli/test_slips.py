"""Slips that people make: each is told as what it is, before anything is asked or done, and with the same code everywhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Shop, manage

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", ["no database", "another database", "empty"])
def test_a_file_that_is_no_backup(copied: Callable[[], Path], tmp_path: Path, kind: str) -> None:
    import sqlite3

    ledger, file = copied(), tmp_path / "garbage.db"
    if kind == "another database":
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.close()
    else:
        file.write_bytes(os.urandom(5000) if kind == "no database" else b"")
    before = ledger.read_bytes()
    said = manage("restore", str(file), "--yes", "--db", str(ledger))
    assert said.code == 5 and str(file) in said.err and "backup` made" in said.err
    assert "Rename" not in said.err and "db_path" not in said.err and "replaced" not in said.out
    assert ledger.read_bytes() == before


def test_a_backup_goes_into_a_folder_that_is_not_there_yet(past: Shop, tmp_path: Path) -> None:
    target = tmp_path / "backups" / "2026" / "ledger.db"
    assert past.ask("backup", "--output", str(target)).code == 0 and target.is_file()
    if os.name == "posix":
        assert target.parent.stat().st_mode & 0o077 == 0
    blocked = past.ask("backup", "--output", str(target / "below" / "l.db"))
    assert blocked.code == 5 and "cannot be made" in blocked.err


def test_deciding_nothing_is_no_success(past: Shop) -> None:
    for more in (["--take", "nowhere", "--all", "--yes"], ["--take", "shopify", "--all", "--field", "prise", "--yes"]):
        said = past.ask("conflicts", *more)
        assert said.code == 2 and "nothing was decided" in said.err


@pytest.mark.parametrize("ending", ["pdf", "xlsx", "docx"])
def test_a_report_is_not_written_as_what_its_name_does_not_say(past: Shop, tmp_path: Path, ending: str) -> None:
    said = past.ask("report", "--output", str(tmp_path / f"r.{ending}"))
    assert said.code == 2 and ".html" in said.err and not (tmp_path / f"r.{ending}").exists()


@pytest.mark.parametrize(
    "command", [["history", "nobody"], ["reset", "nobody", "--yes"], ["redact", "nobody@x.example", "--yes"]]
)
def test_nobody_meant_has_one_code(copied: Callable[[], Path], command: list[str]) -> None:
    assert manage(*command, "--db", str(copied())).code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals to look at")
@pytest.mark.parametrize(("no_color", "styled"), [("1", False), ("", True)])
def test_no_color_leaves_nothing_but_text(past: Shop, no_color: str, styled: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm", "NO_COLOR": no_color}
    command = [sys.executable, str(ROOT / "sync_manager.py"), "status", "--db", str(past.path)]
    try:
        subprocess.run(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env, check=False)
        shown = os.read(ours, 100_000)
    finally:
        os.close(theirs)
        os.close(ours)
    assert (b"\x1b[" in shown) is styled


def test_an_unknown_field_is_answered_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "SHOPIFY_STORE_NAME": "tea", "SHOPIFY_ACCESS_TOKEN": "shpat_" + "0" * 32, "GRIST_API_KEY": "k" * 20,
        "GRIST_DOCUMENT": "abcdefghijkl",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(ROOT / "shopify_grist_sync.py"), "--fields", "pricee"],
        cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "Did you mean price?" in done.stdout


@pytest.mark.parametrize("number", [1, 2])
def test_counts_agree_with_their_nouns(past: Shop, number: int) -> None:
    from syncdb.cli.status import _numbers

    assert _numbers(number) == ("1 number" if number == 1 else "2 numbers")
