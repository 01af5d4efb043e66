"""The page about the manager names every acting command, option and JSON name, and every help fits and has an example."""

import re
from pathlib import Path

import pytest

from syncdb.programs import MANAGER
from tests.cli.acting.conftest import Manage
from tests.scenarios.world import World

COMMANDS = ("init", "validate", "schedule", "sync", "missing", "retry", "reset", "redact")
PAGE = (Path(__file__).parents[3] / "docs" / "manager.md").read_text(encoding="utf-8")
EVERYWHERE = {"--config", "--db", "--json", "--yes", "--help"}


def section(command: str) -> str:
    found = re.search(rf"^## `{command}`$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, command
    return found[1]


def options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_told_and_none_that_is_not_there(run: Manage, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = run(command, "--help")
    assert said.code == 0 and f"sync_manager.py {command}" in said.out and "Example:" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines() if not line.strip().startswith(MANAGER))
    known = options(said.out)
    assert known - EVERYWHERE <= options(section(command)), command
    table = options("\n".join(line for line in section(command).splitlines() if line.startswith("| `-")))
    assert table <= known | EVERYWHERE, command


def test_json_names_are_told(run: Manage, world: World, tmp_path: Path) -> None:
    world.sandbox.write_settings(tmp_path)  # for `schedule`: a scheduler does not see the environment
    examined = 0
    for command, more in (("validate", []), ("missing", []), ("retry", []), ("schedule", []), ("reset", ["1001", "--yes"])):
        for name in run(command, *more, "--json").data:
            assert f"`{name}`" in section(command), (command, name)
            examined += 1
    for name in run("redact", "1001", "--yes", "--json").data:
        assert f"`{name}`" in section("redact"), name
        examined += 1
    assert examined > 25


def test_every_verdict_is_told() -> None:
    from syncdb.orders.completeness import GapVerdict

    assert all(f"| `{verdict.value}` |" in section("missing") for verdict in GapVerdict)
