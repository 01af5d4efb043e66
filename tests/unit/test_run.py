"""The command that sets everything up: in a small project of its own, with real environments and real installs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = "import sys\nprint('{name}', *sys.argv[1:])\nsys.exit({code})\n"


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


def run(project: Path, *arguments: str, venv: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("SYNCDB_VENV", "PYTHONPATH")}
    env |= {"SYNCDB_VENV": str(venv)} if venv else {}
    command = [sys.executable, str(project / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, cwd=project.parent, check=False)


def test_the_environment_is_made_once_and_the_tests_come_last(project: Path) -> None:
    first = run(project, "test", "-k", "orders")
    assert first.returncode == 0, first.stderr
    checks = ["ruff check .", "ruff format --check --quiet .", "mypy"]
    assert first.stdout.splitlines()[-4:] == [*checks, "pytest -m not long -n auto --dist worksteal -k orders"]
    assert "Making" in first.stdout and "Installing" in first.stdout
    second = run(project, "test", "--long")
    assert second.stdout.splitlines() == [*checks, "pytest -n auto --dist worksteal"]

    (project / "constraints.txt").write_text("# newer\n", encoding="utf-8")
    third = run(project, "demo", "--rows", "5")
    assert "Installing" in third.stdout and "Making" not in third.stdout
    assert third.stdout.splitlines()[-1] == "demo --rows 5"

    (project / ".venv" / "pyvenv.cfg").write_text("home = nowhere\n", encoding="utf-8")
    python = project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.unlink()
    assert "Making" in run(project, "demo").stdout


@pytest.mark.parametrize("failing", ["ruff", "mypy", "pytest"])
def test_all_three_run_and_any_failure_counts(project: Path, failing: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    shared = tmp_path_factory.getbasetemp() / "shared environment"  # made once for the three cases
    (project / f"{failing}.py").write_text(TOOL.format(name=failing, code=3), encoding="utf-8")
    done = run(project, "test", venv=shared)
    assert done.returncode != 0
    for line in ("ruff check .", "mypy", "pytest -m not long -n auto --dist worksteal"):
        assert line in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "pytest -m not long -n auto --dist worksteal"


def test_a_folder_in_other_use_is_left_alone(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "letters"
    other.mkdir()
    (other / "dear.txt").write_text("x", encoding="utf-8")
    done = run(project, "demo", "--fresh", venv=other)
    assert done.returncode == 1 and "in use for something else" in done.stderr
    assert [path.name for path in other.iterdir()] == ["dear.txt"]


def test_an_install_that_fails_says_so_and_is_tried_again(project: Path) -> None:
    (project / "requirements.txt").write_text("./no-such-folder\n", encoding="utf-8")
    for _ in range(2):
        done = run(project, "test")
        assert done.returncode == 1 and "Installing did not work" in done.stderr
        assert "ruff check" not in done.stdout


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2), (["deploy"], 2)])
def test_help_and_unknown_commands_make_nothing(project: Path, arguments: list[str], code: int) -> None:
    assert run(project, *arguments).returncode == code
    assert not (project / ".venv").exists()
