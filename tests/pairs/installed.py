"""Packages as an installation leaves them: a folder that Python finds, with what the package says of itself. Nothing is built."""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "syncdb-toy"


def install_example(folder: Path) -> Path:
    """The example package, in a folder for the path of Python."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copytree(EXAMPLE / "syncdb_toy", folder / "syncdb_toy", ignore=shutil.ignore_patterns("__pycache__"))
    return describe(folder, project["name"], project["version"], project["entry-points"])


def describe(folder: Path, name: str, version: str, points: Mapping[str, Mapping[str, str]]) -> Path:
    """What a package says of itself: its name, its version, its entry points by group."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = [f"[{group}]\n" + "".join(f"{one} = {value}\n" for one, value in named.items()) for group, named in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder
