"""Whatever a user can cause ends in a sentence, a next step and an exit code; never in a traceback."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.ledger import Ledger, file
from syncdb.order_snapshot import snapshot_of
from tests.cli.conftest import Shop, manage

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
READING = (
    ["status"],
    ["orders"],
    ["history", "1001"],
    ["errors"],
    ["report"],
    ["export", "--output", "-"],
    ["backup"],
    ["check"],
)


def started(*arguments: str, encoding: str = "utf-8", cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own, with a console that speaks `encoding`."""
    env = {name: value for name, value in os.environ.items() if name not in ("DB_PATH", "COLUMNS")}
    env |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"} | more
    return subprocess.run(
        [sys.executable, str(ROOT / "sync_manager.py"), *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        timeout=120,
        check=False,
    )


def damaged(path: Path, kind: str) -> Path:
    """A ledger that cannot be used."""
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("these are no pages of a database, however long this text may be " * 20, encoding="utf-8")
    elif kind == "foreign":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE recipes (name TEXT)")
    elif kind == "newer":
        Ledger.open(path, NOW).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('syncdb', 'm999', 'x')")
            connection.commit()
    elif kind == "folder":
        path.mkdir()
    elif kind == "pages":
        with Ledger.open(path, NOW) as ledger, ledger.transaction():
            for number in range(400):
                snapshot = {"id": str(number), "name": f"#{number}", "number": number, "created_at": "2026-11-20T10:00:00Z"}
                ledger.orders.save([snapshot_of(snapshot | {"note": "x" * 900})], 1, "now")
        data = bytearray(path.read_bytes())
        data[8192:] = b"\xa5" * (len(data) - 8192)
        path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "foreign", "newer", "folder", "pages"])
@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_a_ledger_that_cannot_be_used(tmp_path: Path, kind: str, command: list[str]) -> None:
    path = damaged(tmp_path / "ledger.db", kind)
    answer = manage(*command, "--db", str(path))
    assert answer.code == 5, answer.out + answer.err
    assert "What to do" in answer.out + answer.err
    if command[0] not in ("export", "check"):
        told = manage(*command, "--db", str(path), "--json")
        assert told.code == 5 and told.data["exit_code"] == 5 and told.data["error"]["message"]


def test_a_ledger_that_another_program_has_locked(copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "PATIENCE", 0.2)
    path = copied()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        answer = manage("status", "--db", str(path))
        assert answer.code == 5 and "held by another program" in answer.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["orders", "--since", "2026-13-45"], "is no date"),
        (["orders", "--since", "5 moons"], "is no date"),
        (["orders", "--limit", "0"], "--limit"),
        (["orders", "--limit", "many"], "--limit"),
        (["report", "--days", "-3"], "--days"),
        (["report", "--format", "pdf"], "--format"),
        (["report", "--output", "/nowhere/at/all/r.html"], "cannot be written"),
        (["history"], "WHAT"),
        (["history", ""], "has no order"),
        (["history", "9" * 400], "has no order"),
        (["history", "\x00\x1b[31m"], "has no order"),
        (["errors", "--resolve", "x"], "--resolve"),
        (["export", "--what", "all"], "--what"),
        (["frobnicate"], "No such command"),
        (["status", "--frob"], "No such option"),
        (["status", "--config", "none.json", "--db", "none.db"], "There is no ledger"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_slips_at_the_command_line(past: Shop, arguments: list[str], told: str) -> None:
    answer = manage(*arguments, *([] if "--db" in arguments or arguments == ["frobnicate"] else ["--db", str(past.path)]))
    assert answer.code in (2, 5) and told in answer.err and "\x1b" not in answer.err


def test_a_configuration_need_not_be_complete(past: Shop) -> None:
    Path("config.json").write_text(json.dumps({"db_path": str(past.path), "lookback_days": "x"}), encoding="utf-8")
    assert manage("orders").code == 0
    for cut in ('{"db_path": ', '{"db_path": "a.db",\n', '{"db_path": "a.db"\n\n'):
        Path("config.json").write_text(cut, encoding="utf-8")
        broken = manage("orders")
        assert broken.code == 2 and "not valid JSON" in broken.err and "--db" in broken.err, cut
    assert manage("orders", "--db", str(past.path)).code == 0
    Path("config.json").unlink()
    Path(".env").write_text(f"DB_PATH={past.path}\n", encoding="utf-8")
    assert manage("orders").code == 0
    assert manage("orders", "--config", "other.json").code == 2


def odd_ledger(path: Path) -> Path:
    """Orders whose names and customers hold what a console may choke on."""
    odd = [
        "🧦 Sock",
        "\x1b[2J\x1b]0;owned\x07",
        "אבג\u202eevil",
        "=cmd|' /C calc'!A0",
        "a\nb\tc\rd",
        "\ud800",
        "x" * 3000,
        "日本語",
    ]
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for number, text in enumerate(odd):
            text = text.encode("utf-8", "replace").decode()
            snapshot = {
                "id": str(number),
                "name": f"#{number} {text}",
                "number": number,
                "created_at": "2026-11-20T10:00:00Z",
                "current_total_price": ["1", "EUR"],
                "currency_code": "EUR",
                "email": text,
                "customer": {"display_name": text},
                "note": text,
            }
            ledger.orders.save([snapshot_of(snapshot)], 1, "2026-11-20T10:00:00Z")
            ledger.orders.save([snapshot_of(snapshot | {"note": text + "!"})], 1, "2026-11-20T11:00:00Z")
    return path


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp437"])
def test_any_console_shows_any_name(tmp_path: Path, encoding: str) -> None:
    path = odd_ledger(tmp_path / "odd.db")
    for arguments in (["orders"], ["history", "2"], ["report"], ["orders", "--json"]):
        done = started(*arguments, "--db", str(path), encoding=encoding, cwd=tmp_path)
        assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
        assert b"\x1b" not in done.stdout and "\u202e" not in done.stdout.decode(encoding)
    exported = started("export", "--output", "-", "--columns", "order_name", "--db", str(path), encoding=encoding, cwd=tmp_path)
    assert "日本語" in exported.stdout.decode("utf-8"), "data for programs are UTF-8 on any console"
    listed = json.loads(started("orders", "--json", "--db", str(path), encoding=encoding).stdout)
    assert any("日本語" in one["name"] for one in listed["orders"])


def test_a_reader_that_has_seen_enough(past: Shop, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(ROOT / "sync_manager.py"), "export", "--what", "lines", "--output", "-", "--db", str(past.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        process.wait(60)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs an account that may be refused something")
def test_a_ledger_that_may_not_be_read(copied: Callable[[], Path]) -> None:
    path = copied()
    path.chmod(0)
    answer = manage("status", "--db", str(path))
    assert answer.code == 5 and "cannot be" in answer.err
