"""Environments that hold nothing but what a distribution declares to need, made without asking a package index.

The files of each needed distribution are lent by the environment that the tests run in. So what is not declared is not there,
and a program that imports it fails.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

# all that is needed is there already: no index is asked, and what builds is not installed anew for it
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
NO_ISOLATION = "--no-build-isolation"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in a folder of its own."""

    folder: Path

    @property
    def scripts(self) -> Path:
        return self._path("scripts")

    @property
    def packages(self) -> Path:
        return self._path("purelib")

    @property
    def python(self) -> Path:
        return self.scripts / ("python.exe" if os.name == "nt" else "python")

    def pip(self, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """Run the pip of the tests on this environment."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), *arguments]
        return run(command, cwd, OFFLINE)

    def start(
        self, program: str, *arguments: str, cwd: Path, more: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program that was installed here, away from the source tree."""
        return run([str(self.scripts / program), *arguments], cwd, more or {})

    def begun(self, program: str, *arguments: str, cwd: Path) -> "subprocess.Popen[str]":
        """Begin a program that goes on until it is ended; the caller reads what it says."""
        command, env = [str(self.scripts / program), *arguments], _environment({"PYTHONUNBUFFERED": "1", "HOME": str(cwd)})
        return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def _path(self, kind: str) -> Path:
        return Path(sysconfig.get_path(kind, "venv", {"base": str(self.folder), "platbase": str(self.folder)}))


def run(command: list[str], cwd: Path, more: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command with no path of the source tree in its environment."""
    env = _environment(more)
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


def _environment(more: dict[str, str]) -> dict[str, str]:
    foreign = ("PYTHON", "SYNCDB", "SHOPIFY", "GOOGLE", "GRIST", "TARGET", "PIP")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"PYTHONUTF8": "1", "COLUMNS": "80"} | more


def made(folder: Path, requirements: Iterable[str]) -> Environment:
    """A new environment with what the requirements name and all that this needs in turn."""
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    environment = Environment(folder)
    for needed in closure(requirements):
        _lend(needed, environment.packages)
    return environment


def closure(requirements: Iterable[str]) -> list[Distribution]:
    """Every distribution that the requirements lead to on this computer."""
    found: dict[str, Distribution] = {}
    todo = list(_names(requirements))
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = distribution(name)
            todo += _names(found[name].requires or ())
    return list(found.values())


def _names(requirements: Iterable[str]) -> Iterator[str]:
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name.lower().replace("_", "-")


def _lend(needed: Distribution, packages: Path) -> None:
    assert needed.files, f"{needed.name} does not say which files it has"
    for file in needed.files:
        source = Path(str(needed.locate_file(file)))
        if ".." not in file.parts and source.is_file():
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.name == "nt":  # where not everybody may make links
                shutil.copy2(source, target)
            else:
                target.symlink_to(source)
