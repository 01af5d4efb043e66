"""The wheel, built once, and an environment that has it and what it declares to need."""

import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.environment import NO_ISOLATION, OFFLINE, Environment, made, run

ROOT = Path(__file__).parents[2]
INPUTS = ("pyproject.toml", "README.md", "LICENSE")  # beside the package itself


@pytest.fixture(scope="session")
def declared() -> dict[str, Any]:
    """What pyproject.toml says about the project."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the source tree and nothing stale in it plays a part."""
    source = tmp_path_factory.mktemp("source")
    for name in INPUTS:
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "syncdb", source / "syncdb", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", NO_ISOLATION, "--no-deps", "--wheel-dir", "built", "."]
    built = run(command, source, OFFLINE)
    assert built.returncode == 0, built.stdout + built.stderr
    return next((source / "built").glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, declared: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel in an environment with what it declares to need and nothing else."""
    environment = made(tmp_path_factory.mktemp("environment") / "env", declared["dependencies"])
    done = environment.pip("install", str(wheel), cwd=wheel.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return environment
