"""The scheduler's own tools take the texts apart again: a real shell, systemd's checker where it is there, an XML parser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

import pytest

from syncdb.services.scheduler_units import (
    EVERY,
    ScheduledCommand,
    cron_line,
    systemd_service,
    systemd_timer,
    task_xml,
    with_line,
)
from tests.cli.acting.conftest import Manage
from tests.scenarios.world import World


def scheduled(
    python: PurePath, script: PurePath, folder: PurePath, every: int, config: PurePath | None = None
) -> ScheduledCommand:
    return ScheduledCommand(python, (str(script),), folder, every, config, "What it does")


ODD = 'it\'s 100% $HOME "q" & <b>; `x` ü'


def cron_command(line: str) -> str:
    """What cron gives to the shell: after five fields, with \\% as %."""
    command = line.split(" ", 5)[5]
    assert "%" not in command.replace("\\%", "")
    return command.replace("\\%", "%")


@pytest.mark.skipif(sys.platform == "win32", reason="cron is not on Windows")
@pytest.mark.parametrize("code", [0, 7, 3])
def test_a_shell_runs_what_cron_would_in_a_folder_with_any_name(tmp_path: Path, code: int) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    script = folder / "a script.py"
    note = "open('ran', 'w', encoding='utf-8').write(repr((os.getcwd(), sys.argv[1:])))"
    script.write_text(f"import os, sys\n{note}\nsys.exit(int(sys.argv[-1][-1]))\n", encoding="utf-8")
    job = scheduled(Path(sys.executable), script, folder, 60, PurePosixPath(f"/etc/{ODD}/{code}"))
    ended = subprocess.run(["/bin/sh", "-c", cron_command(cron_line(job))], check=False)
    assert (folder / "ran").read_text(encoding="utf-8") == repr((str(folder), ["--quiet", "--config", f"/etc/{ODD}/{code}"]))
    assert (ended.returncode == 0) == (code in (0, 7))


@pytest.mark.parametrize("every", EVERY)
def test_cron_comes_as_often_as_asked(every: int) -> None:
    minutes, hours = cron_line(scheduled(PurePosixPath("/p"), PurePosixPath("/s"), PurePosixPath("/f"), every)).split(" ")[:2]
    per_hour = len(minutes.split(","))
    per_day = {"*": 24}.get(hours) or (24 // int(hours[2:]) if hours.startswith("*/") else 1)
    assert per_hour * per_day == 1440 // every


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this computer")
def test_systemd_accepts_its_units(tmp_path: Path) -> None:
    job = scheduled(Path(sys.executable), tmp_path / "s.py", tmp_path, 15)
    for name, text in (("x.service", systemd_service(job)), ("x.timer", systemd_timer(job))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "x.timer")], capture_output=True, text=True, check=False
    )
    assert "x.timer:" not in done.stderr and "x.service:" not in done.stderr, done.stderr


def test_systemd_words_are_quoted() -> None:
    job = scheduled(PurePosixPath("/a b/py"), PurePosixPath("/a b/100%/$x/s.py"), PurePosixPath("/a b/100%"), 60)
    service = systemd_service(job)
    assert 'ExecStart="/a b/py" "/a b/100%%/$$x/s.py" "--quiet"\n' in service
    assert "WorkingDirectory=/a b/100%%\n" in service


def test_the_windows_task_is_sound_xml_with_the_paths_unharmed() -> None:
    python, folder = PureWindowsPath(r"C:\Program Files\R&D <1>\python.exe"), PureWindowsPath(r"D:\My Shop")
    job = scheduled(python, folder / "shopify_sheets_sync.py", folder, 30)
    text = task_xml(job, datetime(2026, 11, 20, 12, 2).isoformat())
    root = ElementTree.fromstring(text.encode("utf-16"))
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"

    def found(name: str) -> str:
        return root.findtext(f".//{space}{name}") or ""

    assert found("Command") == str(python)
    assert found("Arguments") == '"D:\\My Shop\\shopify_sheets_sync.py" "--quiet"'
    assert found("WorkingDirectory") == "D:\\My Shop"
    assert found("Interval") == "PT30M" and found("MultipleInstancesPolicy") == "IgnoreNew"


def test_a_crontab_keeps_its_other_lines_and_gets_ours_once() -> None:
    job = scheduled(PurePosixPath("/p"), PurePosixPath("/s"), PurePosixPath("/shop"), 60)
    other = "MAILTO=me\n0 1 * * * backup\n"
    once = with_line(other, job)
    often = with_line(once, scheduled(job.python, PurePosixPath("/s"), job.folder, 15))
    assert once.startswith(other) and often.startswith(other)
    assert often.count("/shop") == 1 and often.count(job.name) == 1
    assert scheduled(job.python, PurePosixPath("/s"), PurePosixPath("/shop2"), 60).name != job.name


@pytest.fixture
def both(made: Callable[..., World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings for both pairs in its files, none in the environment."""
    world = made()
    for name in world.sandbox.environment():
        monkeypatch.delenv(name, raising=False)
    file = world.sandbox.write_settings(tmp_path)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("SENTOS")), encoding="utf-8")
    return tmp_path


def test_the_command_prints_and_installs_nothing(run: Manage, both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(both / "units"))
    said = run("schedule", "--kind", "systemd", "--every", "15", "--pair", "sheets", "--json")
    assert said.code == 0 and [part["title"] for part in said.data["parts"]] == ["service", "timer"]
    assert str(both) in said.data["parts"][0]["text"] and not (both / "units").exists()
    assert run("schedule", "--kind", "cron", "--pair", "grist").out.count("\n") == 1
    assert run("schedule", "--every", "7").code == 2
    assert run("schedule", "--kind", "cron", "--install").code in (2, 5)  # nobody to ask, or no crontab here
    assert not (both / "units").exists()


def test_every_configured_pair_has_its_line(run: Manage, both: Path) -> None:
    said = run("schedule", "--kind", "cron")
    assert said.code == 0, said.all
    assert [any(script in line for line in said.out.splitlines()) for script in ("sheets_sync.py", "grist_sync.py")] == [True] * 2
    names = run("schedule", "--kind", "cron", "--json").data["names"]
    assert len(set(names)) == 2


def test_what_a_scheduler_would_not_find_is_not_scheduled(run: Manage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("schedule", "--kind", "cron")
    assert (said.code, said.out) == (2, "") and "nothing was scheduled" in said.err and " init " in said.err
    monkeypatch.setenv("SHOPIFY_STORE_NAME", "tea")
    monkeypatch.setenv("TARGET_SPREADSHEET", "Orders")
    said = run("schedule", "--kind", "cron")
    assert said.code == 2 and "a scheduler does not see" in said.err


def test_a_configuration_that_was_named_goes_with_the_line(run: Manage, both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (both / "shop").mkdir()
    (both / ".env").rename(both / "shop" / ".env")
    file = both / "shop" / "config.json"
    file.write_text("{}", encoding="utf-8")
    monkeypatch.setenv("SYNCDB_CONFIG", str(file))
    assert run("schedule", "--kind", "cron").out.count(f"--quiet --config {file}") == 2


def stand_in(folder: Path, said: str, code: int) -> None:
    """A crontab that lists what is in `tab` or fails with `code` and these words."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "crontab").write_text(
        f'#!/bin/sh\n[ "$1" = - ] && exec cat >"{folder}/tab"; [ {code} = 0 ] && exec cat "{folder}/tab"\n'
        f'echo "{said}" >&2; exit {code}\n'
    )
    (tools / "crontab").chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="a stand-in for crontab is a shell script")
def test_installing_goes_through_the_systems_own_tool(run: Manage, both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(both, "", 0)
    (both / "tab").write_text("0 1 * * * other\n")
    monkeypatch.setenv("PATH", f"{both}/bin:/usr/bin:/bin")
    assert run("schedule", "--kind", "cron", "--install", "--yes", "--json").data["installed"] is True
    assert run("schedule", "--kind", "cron", "--install", typed="y\n").code == 0
    tab = (both / "tab").read_text()
    assert tab.startswith("0 1 * * * other\n")
    assert tab.count("shopify_sheets_sync.py") == tab.count("shopify_grist_sync.py") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a stand-in for crontab is a shell script")
def test_a_crontab_that_cannot_be_read_is_not_taken_for_empty(run: Manage, both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{both}/bin:/usr/bin:/bin")
    (both / "tab").write_text("0 1 * * * other\n")
    stand_in(both, "crontab: I/O error", 1)
    said = run("schedule", "--kind", "cron", "--install", "--yes")
    assert said.code == 5 and "I/O error" in said.err and (both / "tab").read_text() == "0 1 * * * other\n"
    stand_in(both, "no crontab for me", 1)
    assert run("schedule", "--kind", "cron", "--install", "--yes").code == 0
    assert (both / "tab").read_text().count("_sync.py") == 1, "the second is added to what the first left, as far as it is told"


def test_nothing_is_promised_where_there_is_no_scheduler(run: Manage, both: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(both))
    for kind in ("cron", "systemd"):
        said = run("schedule", "--kind", kind, "--install", "--yes")
        assert said.code == 5 and "This computer has no" in said.err
        assert "is to run" not in said.out and "from now on" not in said.all


def test_a_healthy_run_writes_nothing_and_a_failed_one_says_why(made: Callable[..., World], tmp_path: Path) -> None:
    world = made(3)
    env = os.environ | world.sandbox.environment() | world.env
    job = scheduled(Path(sys.executable), Path(__file__).parents[3] / "shopify_sheets_sync.py", tmp_path, 60)
    healthy = subprocess.run(["/bin/sh", "-c", cron_command(cron_line(job))], env=env, capture_output=True, check=False)
    assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, b"", b"")
    away = env | {"SHOPIFY_BASE_URL": "http://127.0.0.1:9", "DEADLINE_SECONDS": "1"}
    failed = subprocess.run(["/bin/sh", "-c", cron_command(cron_line(job))], env=away, capture_output=True, check=False)
    assert failed.returncode and failed.stdout == b"" and b"What to do:" in failed.stderr


def test_a_pair_that_there_is_not_is_named(run: Manage) -> None:
    for command in ("schedule", "validate", "missing", "retry"):
        said = run(command, "--pair", "nope")
        assert said.code == 2 and "there is no such pair" in said.err and "sheets, grist" in said.err, command
