"""What is typed to start a program: a script of the source tree, or the command that an installation made of it."""

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
    """What is typed here to start it: `python sync_manager.py`, or `syncdb`."""
    return command_of(script) if INSTALLED else f"python {script}"


MANAGER = typed("sync_manager.py")
