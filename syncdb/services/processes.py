"""Processes of our own: started so that they outlive whoever started them, and asked whether they are still there."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from syncdb.programs import INSTALLED, ROOT

MOST_KEPT = 4_000  # bytes of what a process that ended badly wrote at last


def manager_program() -> tuple[str, ...]:
    """What starts the manager with the Python that runs this."""
    return (sys.executable, "-m", "syncdb") if INSTALLED else (sys.executable, str(ROOT / "sync_manager.py"))


def start_apart(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> "Apart":
    """Start a process that a Ctrl-C here and the end of this one do not concern. Raises OSError."""
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            **_APART,
        )
        stack.pop_all()  # read when the process has ended
    return Apart(process, errors)


_APART: Mapping[str, Any] = (
    {"start_new_session": True}
    if os.name == "posix"
    else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)}
)


class Apart:
    """A process that was started apart."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
        self.pid = process.pid
        self._process, self._errors = process, errors

    def wait(self) -> tuple[int, str]:
        """Its exit code (negative: the signal that ended it) and the last of what it wrote to its error stream."""
        code = self._process.wait()
        with self._errors as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - MOST_KEPT))
            return code, stream.read().decode("utf-8", "replace").strip()

    def ask_to_end(self) -> None:
        """Ask it to end between two writes; where a system has no way to ask, nothing is done."""
        if os.name == "posix":
            self._process.terminate()


def _running_posix(pid: int) -> bool | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another account
        return True
    return True


def _not_known(pid: int) -> bool | None:
    """On Windows os.kill would end the process; what a job says of itself and the ledger's lock must do."""
    return None


running: Callable[[int], bool | None] = _running_posix if os.name == "posix" else _not_known
