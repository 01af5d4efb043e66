"""Help is instant and complete, and the documentation tells every command, option and JSON name."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncdb.cli.commands import COMMANDS
from syncdb.programs import MANAGER
from tests.cli.conftest import Shop, manage

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "manager.md").read_text(encoding="utf-8")
OURS = ("status", "orders", "history", "errors", "conflicts", "report", "export", "backup", "restore", "check")
HEAVY = ("rich", "sqlite3", "sqlite_utils", "gspread", "requests", "google", "graphql", "jinja2", "xlsxwriter", "pandas", "numpy")


def section(command: str) -> str:
    found = re.search(rf"^## `{command}`.*?(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert found, f"docs/manager.md has no section on {command}"
    return found[0]


def test_all_of_ours_are_registered() -> None:
    assert set(OURS) <= set(COMMANDS)


@pytest.mark.parametrize("command", OURS)
def test_help_has_an_example_and_the_docs_have_every_option(command: str) -> None:
    text = manage(command, "--help").out
    assert f"Example: {MANAGER}" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if MANAGER not in line) <= 80 and "\x1b" not in text
    assert any(line.strip().startswith(f"{MANAGER} {command}") for line in text.splitlines()), "it can be copied as it stands"
    options = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", text)) - {"--help"}
    assert {"--db", "--config", "--json"} <= options
    told = set(re.findall(r"--[a-z][a-z-]*", section(command))) | {"--db", "--config", "--json"}
    assert not options - told, f"{command}: not in the docs"


def test_the_docs_tell_no_option_that_is_not_there() -> None:
    for command in OURS:
        options = set(re.findall(r"--[a-z][a-z-]*", manage(command, "--help").out))
        table = re.findall(r"^\| `(--[a-z-]+)", section(command), re.MULTILINE)
        assert not set(table) - options, command


@pytest.mark.parametrize("command", OURS)
def test_help_loads_nothing_heavy(command: str) -> None:
    code = (
        "import sys\nfrom syncdb.cli.app import main\n"
        f"try:\n main([{command!r}, '--help'])\nexcept SystemExit: pass\n"
        f"print('LOADED', sorted(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.rstrip().endswith("LOADED []"), done.stdout[-200:]


@pytest.mark.parametrize(
    ("arguments", "ours", "all_of_them"),
    [
        (["--help"], 59, 260),  # the declarations of six pairs and their systems are most of it
        ([], 59, 260),
        (["statsu"], 59, 370),
        (["status", "--help"], 64, 370),
    ],
)
def test_telling_what_there_is_loads_almost_nothing(arguments: list[str], ours: int, all_of_them: int) -> None:
    """Modules are counted, not seconds, which depend on the computer. A run needs about 1,000."""
    code = (
        "import sys\nfrom syncdb.cli.app import main\n"
        f"try:\n main({arguments!r})\nexcept SystemExit: pass\n"
        "print('LOADED', *(name for name in sys.modules if name.partition('.')[0] == 'syncdb'), '|', len(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    loaded, _, count = done.stdout.rpartition("LOADED ")[2].partition("|")
    assert "syncdb.cli.commands" in loaded.split() and len(loaded.split()) <= ours, loaded
    assert int(count) <= all_of_them, count


def test_each_command_is_in_the_table_as_it_is_called() -> None:
    for name, command in COMMANDS.items():
        module, _, function = command.function.partition(":")
        assert name == command.name and callable(getattr(importlib.import_module(module), function))
        assert command.help.startswith(command.summary) and (command.pair or "Example: " in command.help)


def test_the_list_of_commands_fits_and_is_whole() -> None:
    text = manage("--help").out
    told = [re.search(rf"^  {command} +(.+)$", text, re.MULTILINE) for command in COMMANDS]
    assert all(one and one[1].endswith(".") and not one[1].endswith("...") for one in told), text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("script", ["sync_manager.py", "shopify_sheets_sync.py", "run_test_sync.py"])
def test_a_python_without_the_packages_is_told_how_to_get_them(script: str) -> None:
    done = subprocess.run(  # -S leaves out the folder of installed packages
        [sys.executable, "-S", script, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2 and "is not installed for" in done.stderr and "pip install -r requirements.txt" in done.stderr
    assert "Traceback" not in done.stderr and not done.stdout


@pytest.mark.parametrize(
    ("command", "more"),
    [("status", []), ("orders", []), ("history", ["1080"]), ("errors", []), ("report", []), ("check", [])],
)
def test_the_docs_name_what_json_holds(past: Shop, command: str, more: list[str]) -> None:
    data = past.ask(command, *more, "--json").data
    told = section(command)
    assert data and not [name for name in data if f"`{name}`" not in told], command
