"""What pyproject.toml declares is what requirements.txt installs and the tests run on; every program of the tree is a command."""

import importlib
import re
from typing import Any

from packaging.requirements import Requirement

from syncdb.pairs.registry import PAIRS
from syncdb.programs import INSTALLED, command_of
from tests.packaging.conftest import ROOT
from tests.packaging.environment import closure


def pinned(file: str) -> dict[str, str]:
    """Name and version of each line of a file of requirements."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    return dict(exact(line) for line in lines if line and not line.startswith("-c "))


def exact(text: str) -> tuple[str, str]:
    name, _, version = text.partition("==")
    assert version, f"{text} names no exact version"
    return name.lower().replace("_", "-"), version


def test_the_project_declares_what_the_requirements_say(declared: dict[str, Any]) -> None:
    extras = declared["optional-dependencies"]
    assert list(extras) == ["apprise", "keyring", "streamlit", "compress", "fleet", "dev"]
    assert all(exact(text) for name in ("apprise", "keyring", "streamlit") for text in extras[name])
    # what compresses orders and a fleet's packages are tested, too
    told = [exact(text) for text in [*declared["dependencies"], *extras["compress"], *extras["fleet"], *extras["dev"]]]
    assert sorted(told) == sorted(pinned("requirements.txt").items())


def test_the_constraints_pin_all_that_is_pulled_in() -> None:
    constraints = pinned("constraints.txt")
    names = {name.lower().replace("_", "-") for found in closure(pinned("requirements.txt")) for name in [found.name]}
    assert names - set(constraints) <= {"pip"} and len(names) > 30
    assert pinned("requirements.txt").items() <= constraints.items()


def test_what_builds_it_is_among_the_pinned(declared: dict[str, Any]) -> None:
    wanted = re.search(r'^requires = \["([^"]+)"\]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted
    requirement = Requirement(wanted[1])
    assert pinned("constraints.txt")[requirement.name] in requirement.specifier


def test_every_program_of_the_tree_is_a_command_of_an_installation(declared: dict[str, Any]) -> None:
    scripts = [path.name for path in sorted(ROOT.glob("shopify_*_sync.py"))] + ["sync_manager.py"]
    assert len(scripts) >= 3 and not INSTALLED
    assert sorted(declared["scripts"]) == sorted(map(command_of, scripts))
    for script in scripts:
        module, _, function = declared["scripts"][command_of(script)].partition(":")
        assert callable(getattr(importlib.import_module(module), function)), script


def test_every_pair_has_a_command_of_its_own() -> None:
    assert {pair.script for pair in PAIRS} == {path.name for path in ROOT.glob("shopify_*_sync.py")}
