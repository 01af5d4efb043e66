"""Where nobody listens (a service, a closed stream, a full disk, a pipe whose reader left) the work counts, not the words."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncdb.ledger.queries.reader import reading
from tests.cli.conftest import Shop
from tests.scenarios.world import World

ROOT = Path(__file__).parents[2]
MANAGER = str(ROOT / "sync_manager.py")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell, and a device that is always full")
# how a shell starts the command given as "$@": which streams are closed, full, or a pipe that nobody reads
CLOSED = {
    "no output": '"$@" >&-',
    "no errors": '"$@" 2>&-',
    "neither": '"$@" >&- 2>&-',
    "no stream at all": '"$@" <&- >&- 2>&-',
    "a pipe without a reader": '"$@" 2>&1 | true; exit ${PIPESTATUS[0]}',
    "a full disk for errors": '"$@" 2>/dev/full',
}


def shell(line: str, *command: str, cwd: Path, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """A Python command as a shell starts it: what it writes is held back until there is enough, whoever runs these tests."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", line, "-", sys.executable, *command],
        cwd=cwd,
        env=usual | {"PYTHONUTF8": "1"} | (env or {}),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


ANSWERS = (["status"], ["orders", "--limit", "1000"], ["export", "--what", "lines", "--output", "-"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("shop"), orders=5)
    world.sandbox.google.quota = None
    world.synced(full=True)
    yield world
    world.close()


@posix
def test_the_exit_code_of_a_run_says_what_became_of_the_run(shop: World) -> None:
    env = shop.sandbox.environment() | shop.env
    lines = [*CLOSED.values(), '"$@" >/dev/full', '"$@" >/dev/full 2>/dev/full']
    for number, line in enumerate(lines):
        more = ["--json"] if number % 2 else ["-v"]
        done = shell(line, str(ROOT / "shopify_sheets_sync.py"), *more, cwd=shop.folder, env=env)
        assert done.returncode == 0 and "Traceback" not in done.stderr + done.stdout, (line, done.stderr)
        assert "defect" not in done.stderr
    with reading(Path(shop.env["DB_PATH"])) as reader:
        assert reader.number("SELECT count(*) FROM sync_history WHERE exit_code = 0") == len(lines) + 1


@posix
@pytest.mark.parametrize("line", CLOSED.values(), ids=CLOSED)
def test_an_answer_that_nobody_hears_ends_as_it_would_have(past: Shop, tmp_path: Path, line: str) -> None:
    heard = [shell('"$@"', MANAGER, *command, "--db", str(past.path), cwd=tmp_path).returncode for command in ANSWERS]
    for command, code in zip(ANSWERS, heard, strict=True):
        done = shell(line, MANAGER, *command, "--db", str(past.path), cwd=tmp_path)
        assert done.returncode == code and "Traceback" not in done.stderr + done.stdout, (command, done.stderr)
        assert "defect" not in done.stderr


@posix
@pytest.mark.parametrize("command", [["orders"], ["orders", "--json"], ["report"], ["export", "--output", "-"], ["check"]])
def test_an_answer_that_a_full_disk_cut_off_is_not_taken_for_whole(past: Shop, tmp_path: Path, command: list[str]) -> None:
    done = shell('"$@" >/dev/full', MANAGER, *command, "--db", str(past.path), cwd=tmp_path)
    assert done.returncode == 5 and "Standard output cannot be written: No space left" in done.stderr
    assert "ledger" not in done.stderr and "Traceback" not in done.stderr and "defect" not in done.stderr


@posix
def test_what_was_done_counts_though_a_full_disk_took_the_words(past: Shop, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    done = shell('"$@" >/dev/full', MANAGER, "backup", "--output", str(copy), "--db", str(past.path), cwd=tmp_path)
    assert done.returncode == 0 and copy.is_file() and "done all the same" in done.stderr


@posix
def test_the_first_lines_of_an_answer(past: Shop, tmp_path: Path) -> None:
    line = '"$@" | head -1; exit ${PIPESTATUS[0]}'
    for command in ANSWERS[1:]:
        done = shell(line, MANAGER, *command, "--db", str(past.path), cwd=tmp_path)
        assert (done.returncode, done.stderr, len(done.stdout.splitlines())) == (0, "", 1)


def test_a_program_without_any_streams_as_under_pythonw(past: Shop, tmp_path: Path) -> None:
    code = (
        "import sys; sys.stdin = sys.stdout = sys.stderr = None\n"
        f"sys.argv = ['sync_manager.py', 'orders', '--db', {str(past.path)!r}]\n"
        "from syncdb.bootstrap import manager; manager()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@posix
def test_no_file_of_ours_takes_the_place_of_a_closed_stream(past: Shop, tmp_path: Path) -> None:
    """A file that got descriptor 1 would receive whatever is printed, by whomever."""
    code = "import os; from syncdb.cli.streams import make_ready; make_ready(); os._exit(os.open('x', os.O_CREAT | os.O_RDWR))"
    done = shell('"$@" <&- >&- 2>&-', "-c", code, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode > 2
