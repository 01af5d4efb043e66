"""What is typed to start a program: a script of the source tree, or the command that an installation made of it."""

import os
import shlex
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# an installation has the package alone, without the scripts beside it
INSTALLED = not (ROOT / "sync_manager.py").is_file()


def command_of(script: str) -> str:
    """The command that an installation makes of a script: `syncdb`, or `syncdb-sheets` of `shopify_sheets_sync.py`."""
    pair = script.removeprefix("shopify_").removesuffix("_sync.py")
    return "syncdb" if script == "sync_manager.py" else f"syncdb-{pair}"


def name_of(script: str) -> str:
    """What a program calls itself here: `sync_manager.py`, or `syncdb`."""
    return command_of(script) if INSTALLED else script


def typed(script: str) -> str:
    """What starts it from the folder one stands in: the installed command, or the interpreter in use with the script's path."""
    if not INSTALLED:
        return f"{shell_word(_interpreter())} {shell_word(_near(str(ROOT / script)))}"
    command = command_of(script)
    if shutil.which(command):
        return command
    beside = Path(sys.executable).with_name(command + (".exe" if os.name == "nt" else ""))
    return shell_word(_near(str(beside))) if beside.exists() else f"{shell_word(_interpreter())} -m {command}"


def _interpreter() -> str:
    """The shortest that starts this very Python here. Not resolved: an environment is known by the link in it."""
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found and os.path.abspath(found) == os.path.abspath(sys.executable):
            return name
    return _near(sys.executable or "python")


def _near(path: str) -> str:
    """A path as it is typed where one stands: from here on where it lies below, else the whole of it."""
    try:
        below = os.path.relpath(path)
    except (OSError, ValueError):  # the folder is gone; another drive
        return path
    return path if below.startswith(os.pardir) else below


def shell_word(text: str) -> str:
    """A word as the shell of this computer takes it."""
    if os.name == "nt":
        return f'"{text}"' if " " in text else text
    return shlex.quote(text)


MANAGER = typed("sync_manager.py")
