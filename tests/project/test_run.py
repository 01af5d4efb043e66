"""The command that sets everything up: in a small project of its own, with real environments and real installs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

import run as command
from syncdb.pairs.registry import PAIRS

ROOT = Path(__file__).parents[2]
TOOL = "import sys\nprint('{name}', *sys.argv[1:])\nsys.exit({code})\n"
ALL = "pytest -m not long -n auto --dist worksteal"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """run.py with nothing to install, and stand-ins for the three tools that show their arguments."""
    folder = tmp_path / "a project"
    (folder / "syncdb" / "sandbox").mkdir(parents=True)
    shutil.copy(ROOT / "run.py", folder)
    for name in ("requirements.txt", "constraints.txt"):
        (folder / name).write_text("", encoding="utf-8")
    for name in ("ruff", "mypy", "pytest"):
        (folder / f"{name}.py").write_text(TOOL.format(name=name, code=0), encoding="utf-8")
    (folder / "syncdb" / "sandbox" / "demo.py").write_text(TOOL.format(name="demo", code=0), encoding="utf-8")
    return folder


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[Path]:
    """An environment made by the command itself, once for all tests that are about something else, one at a time."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / "environment.lock"):
        venv = folder / "shared environment"
        if not venv.exists():
            assert run(project, "demo", venv=venv).returncode == 0
        yield venv


def run(project: Path, *arguments: str, venv: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("SYNCDB_VENV", "PYTHONPATH")}
    env |= {"SYNCDB_VENV": str(venv)} if venv else {}
    command = [sys.executable, str(project / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, cwd=project.parent, check=False)


def test_the_environment_is_made_once_and_the_tests_come_last(project: Path) -> None:
    first = run(project, "test", "-k", "orders")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-4:] == ["ruff check .", "ruff format --check --quiet .", "mypy", f"{ALL} -k orders"]
    assert "Making" in first.stdout and "Installing" in first.stdout
    second = run(project, "test", "--long")
    assert second.stdout.splitlines()[-2:] == ["mypy", "pytest -n auto --dist worksteal"]
    assert "Making" not in second.stdout and "Installing" not in second.stdout

    (project / "constraints.txt").write_text("# newer\n", encoding="utf-8")
    third = run(project, "demo", "--rows", "5")
    assert "Installing" in third.stdout and "Making" not in third.stdout
    assert third.stdout.splitlines()[-1] == "demo --rows 5"

    (project / ".venv" / "pyvenv.cfg").write_text("home = nowhere\n", encoding="utf-8")
    python = project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.unlink()
    assert "Making" in run(project, "demo").stdout


@pytest.mark.parametrize("failing", ["ruff", "mypy", "pytest"])
def test_all_three_run_and_any_failure_counts(project: Path, failing: str, shared: Path) -> None:
    (project / f"{failing}.py").write_text(TOOL.format(name=failing, code=3), encoding="utf-8")
    done = run(project, "test", venv=shared)
    assert done.returncode != 0
    for line in ("ruff check .", "mypy", ALL):
        assert line in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == ALL


def with_tests(project: Path) -> list[str]:
    """Give the project a file for each part of the quick run, and some that it leaves out. Returns what it runs."""
    quick = [name if name.endswith(".py") else f"{name}/test_one.py" for name in command.UNITS]
    quick += [*command.SCENARIOS.values(), "tests/connectors/grist/test_contract.py"]
    for name in (
        *quick,
        "tests/connectors/grist/test_cells.py",
        "tests/reliability/test_crash.py",
        "tests/reliability/grist/test_crash.py",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("", encoding="utf-8")
    return [*command.UNITS, *command.SCENARIOS.values(), "tests/connectors/grist/test_contract.py"]


def test_the_quick_run_says_what_it_leaves_out(project: Path, shared: Path) -> None:
    files = with_tests(project)
    done = run(project, "test", "--quick", "-x", venv=shared)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{ALL} -x {' '.join(files)}"
    assert f"Quick: {len(files)} of {len(files) + 3} files of tests" in done.stdout
    assert "Left out, by folder: tests/connectors (1), tests/reliability (2), and all tests that take long" in done.stdout
    assert "ruff check ." in done.stdout and "mypy" in done.stdout


@pytest.mark.parametrize("lacking", ["tests/ledger", "tests/connectors/grist", next(iter(command.SCENARIOS.values()))])
def test_a_quick_run_that_would_examine_nothing_fails(project: Path, lacking: str, shared: Path) -> None:
    with_tests(project)
    (shutil.rmtree if (project / lacking).is_dir() else os.unlink)(project / lacking)
    done = run(project, "test", "--quick", venv=shared)
    assert done.returncode == 1 and "--quick finds no tests in tests/" in done.stderr and "pytest" not in done.stdout


def test_quick_and_long_exclude_each_other(project: Path, shared: Path) -> None:
    done = run(project, "test", "--quick", "--long", venv=shared)
    assert done.returncode == 2 and "choose one" in done.stderr and not done.stdout


def test_the_quick_run_has_every_connector_and_every_pair() -> None:
    assert set(command.SCENARIOS) == {pair.name for pair in PAIRS}
    files = command.quick_files(ROOT)
    connectors = {path.name for path in (ROOT / "syncdb" / "connectors").iterdir() if (path / "__init__.py").is_file()}
    with_contract = {Path(name).parts[2] for name in files if name.endswith("test_contract.py")}
    connectors -= {"alerts", "tabular"}  # one tells people, one is what tables have in common: no records of their own
    assert connectors and with_contract == connectors
    assert Path(__file__) in {path for name in files for path in command.test_files(ROOT, name)}


def test_a_folder_in_other_use_is_left_alone(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "letters"
    other.mkdir()
    (other / "dear.txt").write_text("x", encoding="utf-8")
    done = run(project, "demo", "--fresh", venv=other)
    assert done.returncode == 1 and "in use for something else" in done.stderr
    assert [path.name for path in other.iterdir()] == ["dear.txt"]


def test_an_install_that_fails_says_so_and_is_tried_again(project: Path, shared: Path) -> None:
    (project / "requirements.txt").write_text("./no-such-folder\n", encoding="utf-8")
    for _ in range(2):
        done = run(project, "test", venv=shared)
        assert done.returncode == 1 and "Installing did not work" in done.stderr
        assert "ruff check" not in done.stdout


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2), (["deploy"], 2)])
def test_help_and_unknown_commands_make_nothing(project: Path, arguments: list[str], code: int) -> None:
    assert run(project, *arguments).returncode == code
    assert not (project / ".venv").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_takes_the_words_and_nothing_else(project: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [sys.executable, str(project / "run.py"), "--help"]
        usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=usual)
    assert (done.returncode, done.stderr) == (0, "")
