"""Files that a command writes for people: private, whole or not there at all, never over another one unasked."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syncdb.errors import ConfigurationError, NeedsPerson


def refuse_taken(target: Path, overwrite: bool, *, never: Path | None = None, named: Iterable[Path] = ()) -> None:
    """Raise ConfigurationError where a file must not be written: it is there already, is a folder, is the ledger itself
    (`never`), or one of the files that the configuration `named`, such as a workbook that is kept in step or a key.
    """
    if never is not None and target.exists() and never.exists() and target.samefile(never):
        raise ConfigurationError([f"{target} is the ledger itself."], next_step="Give another file name.")
    if target.exists() and any(one.exists() and target.samefile(one) for one in named):
        problem = f"{target} belongs to the configuration and was left as it is."
        raise ConfigurationError([problem], next_step="Give another file name.")
    if target.is_dir():
        raise ConfigurationError([f"{target} is a folder."], next_step="Give the path of a file.")
    if target.exists() and not overwrite:
        problem = f"{target} is there already and was left as it is."
        raise ConfigurationError([problem], next_step="Add --overwrite, or give another name.")


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it stands in, open to this account only. Raises NeedsPerson where that is not possible."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NeedsPerson(
            f"The folder {folder} cannot be made: {error.strerror or error}. Nothing was changed.",
            next_step="Choose another place, or check your rights there.",
        ) from error


@contextmanager
def arriving(target: Path) -> Iterator[Path]:
    """A private file beside `target` that takes its place when all went well. Raises NeedsPerson where it cannot be written."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
        os.replace(part, target)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise NeedsPerson(
            f"{target} cannot be written: {error.strerror or error}.",
            next_step="Check that the folder exists, that you may write there and that there is room.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()
