"""Files of SQLite beside the ledger: private to their owner, made by one process at a time, with their troubles told."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from syncdb.errors import LedgerBusy, LedgerUnusable

MADE_WITHIN = 10.0  # seconds to wait for another process that makes the file


@contextmanager
def told(path: Path, busy: type[LedgerBusy], unusable: Callable[[Path, str], LedgerUnusable]) -> Iterator[None]:
    """Raise `busy`, or what `unusable` makes of the reason, in place of what SQLite or the file system says."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise busy(f"{path} is being written by another process") from error
        raise unusable(path, str(error)) from error
    except OSError as error:
        raise unusable(path, error.strerror or str(error)) from error


@contextmanager
def alone(path: Path, busy: type[LedgerBusy]) -> Iterator[None]:
    """Nobody else makes or migrates the file meanwhile. Raises `busy` where somebody does so for too long."""
    guard = FileLock(f"{path}.lock")
    try:
        guard.acquire(timeout=MADE_WITHIN)
    except Timeout:
        raise busy(f"{path} is being made by another process") from None
    try:
        yield
    finally:
        guard.release()


def make_private(path: Path) -> None:
    """Create the file, readable by its owner only, unless it is there."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
