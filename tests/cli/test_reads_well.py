"""What people read: lines that fit a narrow terminal, answers that do not promise what was not looked at."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from syncdb.cli.output import folded
from syncdb.services.export_columns import ExportColumn
from syncdb.services.export_formats import write_workbook
from syncdb.values import Kind
from tests.cli.conftest import Shop, manage

ROOT = Path(__file__).resolve().parents[2]
LONG = "/a/very/long/path/" + "x" * 90 + ".db"


def test_prose_is_folded_between_words_and_paths_and_commands_stay_whole() -> None:
    text = f"There is no ledger at {LONG}. It is made (python shopify_sheets_sync.py --full) by the first sync."
    lines = folded(text, 60).splitlines()
    assert " ".join(lines) == text
    assert any(LONG in line for line in lines)
    assert any("python shopify_sheets_sync.py --full" in line for line in lines)
    assert [line for line in lines if len(line) > 60 and LONG not in line] == []
    assert folded("  - short", 60) == "  - short" and folded("", 60) == ""


def test_further_lines_stand_under_the_first() -> None:
    assert folded("  Proof: some texts were searched and none was found", 30).splitlines()[1].startswith("    ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals to look at")
def test_a_narrow_terminal_shows_no_line_beyond_its_edge(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = os.environ | {"COLUMNS": "60", "TERM": "dumb"}
    command = [sys.executable, str(ROOT / "sync_manager.py"), "status", "--db", "nowhere.db"]
    try:
        done = subprocess.run(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, cwd=tmp_path, env=env, check=False)
        shown = os.read(ours, 100_000).decode("utf-8").replace("\r\n", "\n").splitlines()
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 5 and any("python sync_manager.py" in line for line in shown)
    assert all(len(line) <= 60 or "nowhere.db" in line for line in shown), shown


def test_in_a_pipe_a_line_stays_a_line(tmp_path: Path) -> None:
    answer = manage("status", "--db", str(tmp_path / "none.db"))
    assert len(answer.err.splitlines()) == 2


def test_restoring_from_nothing_asks_nothing(past: Shop, tmp_path: Path) -> None:
    answer = past.ask("restore", str(tmp_path / "none.db"))
    assert answer.code == 5 and answer.out == "" and "There is no backup at" in answer.err


def test_a_first_restore_promises_to_keep_nothing(past: Shop, tmp_path: Path) -> None:
    answer = manage("restore", str(past.path), "--db", str(tmp_path / "new.db"))
    assert answer.code == 2 and "kept" not in answer.out


def test_what_was_not_asked_is_not_called_set_up(past: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in past.world.sandbox.environment().items():
        monkeypatch.setenv(name, value)
    answer = past.ask("validate", "--offline")
    assert answer.code == 0, answer.out + answer.err
    assert "All is set up" not in answer.out and "Shopify, Google Sheets and Grist were not asked" in answer.out


def test_an_unknown_command_suggests_the_nearest() -> None:
    answer = manage("stauts")
    assert answer.code == 2 and "Did you mean status?" in answer.err


def test_a_sheet_too_large_for_a_plain_archive_is_still_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 2 GB of cells in a sheet need the larger kind of ZIP archive; here the limit is set low instead."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 50_000)
    columns = [ExportColumn("text", "Text", Kind.TEXT)]
    assert write_workbook(tmp_path / "l.xlsx", "lines", columns, ([f"{number} " * 20] for number in range(2000))) == 2000
    with zipfile.ZipFile(tmp_path / "l.xlsx") as book:
        assert book.getinfo("xl/worksheets/sheet1.xml").file_size > 50_000 and book.testzip() is None


def test_a_workbook_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    """What is on its way to a workbook lies beside it, not where every program puts its leftovers."""
    seen: list[str] = []

    def rows() -> object:
        for number in range(3):
            seen.extend(path.name for path in tmp_path.rglob("*"))
            yield [str(number)]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_workbook(tmp_path / "l.xlsx", "lines", [ExportColumn("text", "Text", Kind.TEXT)], rows())  # type: ignore[arg-type]
    assert seen, "it works beside the workbook"
    assert list(tmp_path.iterdir()) == [Path.cwd()]


def test_a_long_export_tells_how_far_it_is(past: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncdb.cli.export.TELL_EVERY", 10)
    answer = past.ask("export", "--output", str(tmp_path / "o.jsonl"), "--json")
    assert json.loads(answer.out)["rows"] == len(past.world.shop.orders) and "10 orders so far" in answer.err
