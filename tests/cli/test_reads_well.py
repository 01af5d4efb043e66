"""What people read: lines that fit a narrow terminal, answers that do not promise what was not looked at."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from syncdb.cli.output import Column, Output
from syncdb.cli.running import Manner, show, tell
from syncdb.folding import folded
from syncdb.services.export_columns import ExportColumn
from syncdb.services.export_workbook import write_workbook
from syncdb.values import Kind
from tests.cli.conftest import Shop, asked_on_a_terminal, manage, on_a_terminal

ROOT = Path(__file__).resolve().parents[2]
LONG = "/a/very/long/path/" + "x" * 90 + ".db"


def test_prose_is_folded_between_words_and_paths_and_commands_stay_whole() -> None:
    text = f"There is no ledger at {LONG}. It is made (python shopify_sheets_sync.py --full) by the first sync."
    lines = folded(text, 60).splitlines()
    assert " ".join(lines) == text
    assert any(LONG in line for line in lines)
    assert any("python shopify_sheets_sync.py --full" in line for line in lines)
    for command in (
        "/opt/shop/.venv/bin/python3.12 /opt/shop/sync_manager.py",
        "'/my shop/bin/python' '/my shop/sync_manager.py'",
    ):
        told = folded(f"What to do: look at what it found, with this command: {command} missing --fix", 60)
        assert f"{command} missing --fix" in told.splitlines()[-1]
    assert [line for line in lines if len(line) > 60 and LONG not in line] == []
    assert folded("  - short", 60) == "  - short" and folded("", 60) == ""


@pytest.mark.parametrize(
    "command",
    [
        "conflicts 3fa9c1 --take shopify",
        "history '#1004'",
        "redact jane@example.com --everywhere",
        "export --what lines --output november.xlsx",
        "erp queue --retry 12",
        "backup --output /var/backups/ledger.db",
        "secrets set SHOPIFY_ACCESS_TOKEN",
    ],
)
def test_what_a_command_is_given_stays_with_it(command: str) -> None:
    whole = f"/opt/shop/.venv/bin/python3.12 /opt/shop/sync_manager.py {command}"
    assert whole in folded(f"What to do: look at each of them and decide with {whole}; then run again.", 80).splitlines()[1]


def test_further_lines_stand_under_the_first() -> None:
    assert folded("  Proof: some texts were searched and none was found", 30).splitlines()[1].startswith("    ")


COMMAND = "/opt/shop/.venv/bin/python /opt/shop/sync_manager.py conflicts 3fa9c1 --take shopify"
TOLD = f"The price of many products was changed on both sides since they were last alike; decide with {COMMAND} or leave it."
ORDER = "gid://shopify/Order/9007199254740993"


def every_kind() -> None:
    """A message of each kind that commands and runs have."""
    output = Output()
    output.line(TOLD)
    output.facts([("What to do", TOLD), ("Ledger", "shopify_sync.db")])
    output.points([["Attention", TOLD]])
    columns = [Column("Order", fixed=True), Column("Shop", fixed=True), Column("What"), Column("")]
    output.table(columns, [[ORDER, "s" * 40, TOLD, TOLD]])
    output.hint(TOLD)
    show([TOLD], Manner())
    show([TOLD], Manner(quiet=True))
    tell([TOLD], None, Manner())


def test_nothing_is_folded_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the mail of a scheduler, in a log file or behind a pipe, whatever width the environment tells."""
    monkeypatch.setenv("COLUMNS", "80")
    every_kind()
    out, err = capsys.readouterr()
    assert [line.count(TOLD) for line in out.splitlines()] == [1, 1, 0, 0, 1, 0, 2, 1, 1], out
    assert ORDER in out.splitlines()[6] and "s" * 40 in out.splitlines()[6]
    assert err.splitlines() == [TOLD, TOLD]


@pytest.mark.parametrize("columns", [60, 100])
def test_on_a_terminal_a_command_to_run_is_not_broken(columns: int) -> None:
    lines = on_a_terminal(every_kind, columns)
    assert sum(line.count(COMMAND) for line in lines) == 9, lines
    assert any(ORDER in line and "s" * 40 in line for line in lines), "what names a thing is not cut off"
    table = next(number for number, line in enumerate(lines) if line.startswith("Order"))
    prose = [*lines[:table], *(line for line in lines[table:] if line.startswith("The"))]
    assert [line for line in prose if len(line) > columns and COMMAND not in line] == []


def test_whatever_is_asked_each_hint_is_one_line_in_a_pipe(past: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for asked in (["status"], ["errors"], ["errors", "--all"], ["conflicts"], ["orders"], ["report"], ["missing"], ["check"]):
        wide = past.ask(*asked)
        monkeypatch.setenv("COLUMNS", "400")
        assert len(past.ask(*asked).all.splitlines()) == len(wide.all.splitlines()), wide.all
        monkeypatch.setenv("COLUMNS", "40")


def test_a_narrow_terminal_shows_no_line_beyond_its_edge() -> None:
    shown = asked_on_a_terminal("status", "--db", "nowhere.db", columns=60)
    assert any("sync_manager.py validate" in line for line in shown)
    assert all(len(line) <= 60 or "nowhere.db" in line or "sync_manager.py" in line for line in shown), shown


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Windows quotes otherwise")
def test_a_command_in_a_message_works_where_it_is_read(tmp_path: Path) -> None:
    """In a folder of one's own there is no script of ours, and `python` may be another one."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "sync_manager.py"), "status"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    command = re.search(r"\((.+) validate says", done.stderr)
    assert command, done.stderr
    pasted = subprocess.run(["sh", "-c", f"{command[1]} validate --help"], cwd=tmp_path, capture_output=True, check=False)
    assert pasted.returncode == 0 and b"validate" in pasted.stdout


@pytest.mark.parametrize("place", ["source", "elsewhere"])
def test_a_command_is_as_short_as_it_may_be(place: str, tmp_path: Path) -> None:
    cwd = ROOT if place == "source" else tmp_path
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from syncdb.programs import MANAGER; print(MANAGER)"
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told == f"{Path(sys.executable).name} {'sync_manager.py' if place == 'source' else ROOT / 'sync_manager.py'}"


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
        if not name.startswith("SENTOS"):
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
