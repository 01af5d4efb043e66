"""Which configuration counts: the one that is named, the one here, or the user's own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "config.json"
SECRETS = "secrets.json"  # the encrypted ones, beside it
VARIABLE = "SYNCDB_CONFIG"


@dataclass(frozen=True, slots=True)
class ConfigPlace:
    """The path of the JSON file; `.env` stands beside it and relative paths count from its folder.

    `named_by` is what named it, so that it must be there; empty for a place where it was only looked for.
    """

    file: Path
    named_by: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether somebody who only knows the folder would not find it."""
        return bool(self.named_by) or self.file.parent != Path.cwd()


def config_place(config: Path | None, env: Mapping[str, str], directory: Path) -> ConfigPlace:
    """The configuration that --config names, else SYNCDB_CONFIG, else the one in the folder, else that of the user."""
    if config is not None:
        return _named(config.absolute(), "--config")
    if named := env.get(VARIABLE, "").strip():
        return _named(Path(named).expanduser().absolute(), VARIABLE)
    home = user_folder(env)
    if home is not None and not _configured(directory) and _configured(home):
        return ConfigPlace(home / NAME)
    return ConfigPlace((directory / NAME).absolute())


def _named(path: Path, by: str) -> ConfigPlace:
    """What somebody named: the JSON file, or else a folder or its `.env`, where the JSON file need not be."""
    if path.name == ".env" or path.is_dir():
        folder = path if path.is_dir() else path.parent
        return ConfigPlace(folder / NAME, "" if _configured(folder) else by)
    return ConfigPlace(path, by)


def user_folder(env: Mapping[str, str]) -> Path | None:
    """Where this account keeps its configuration of syncdb; None where there is no such place."""
    if os.name == "nt":
        base = env.get("APPDATA", "")
    else:
        base = env.get("XDG_CONFIG_HOME", "") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    return Path(base) / "syncdb" if base and Path(base).is_absolute() else None


def _configured(folder: Path) -> bool:
    return (folder / NAME).exists() or (folder / ".env").exists()
