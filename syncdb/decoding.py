"""Telling what others sent from what we did wrong: an answer or a file that makes no sense is no defect of syncdb."""

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncdb.errors import NotUnderstood

log = logging.getLogger("syncdb.answers")
PACKAGE = Path(__file__).resolve().parent
# what code runs into where data has another shape than it relies on
SENSELESS = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError)
_NEUTRAL = {PACKAGE / name for name in ("values.py", "model.py", "http.py")}


@contextmanager
def understood(system: str) -> Iterator[None]:
    """Around the reading of an answer, and only that: what code runs into there is the answer's fault. Also a decorator.

    Raises NotUnderstood. Where in our code it was noticed goes to the log file, without the answer: that may be anybody's data.
    """
    try:
        yield
    except SENSELESS as error:
        where = "".join(traceback.format_tb(error.__traceback__))
        log.warning("an answer of %s was not understood: %s\n%s", system, type(error).__name__, where, extra={"file_only": True})
        raise NotUnderstood(
            f"An answer of {system} could not be understood ({type(error).__name__} at {place(error)}). "
            "Nothing was recorded of it.",
            next_step="Run again later. If it stays, look for something between this computer and them that changes answers "
            "(a proxy), or update syncdb.",
        ) from error


def whole(value: object, default: int | None = None) -> int:
    """A whole number of an answer; `default` where it is lacking. Raises TypeError for anything else."""
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{type(value).__name__} in place of a whole number")
    return value


def text(value: object) -> str:
    """A text of an answer. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value


def flag(value: object) -> bool:
    """A truth value of an answer. Raises TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"{type(value).__name__} in place of a truth value")
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """An object of an answer. Raises TypeError for anything else."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} in place of an object")
    return value


def listed(value: object) -> list[Any]:
    """A list of an answer. Raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} in place of a list")
    return value


def met_in(error: BaseException, part: str) -> bool:
    """Whether the innermost code of ours that an error went through lies in this part ("connectors", "ledger").

    Code that every part uses does not count.
    """
    ours = [frame for frame in _ours(error) if Path(frame.filename) not in _NEUTRAL]
    return bool(ours) and Path(ours[-1].filename).is_relative_to(PACKAGE / part)


def place(error: BaseException) -> str:
    """The innermost line of ours that an error went through, as file:line."""
    ours = _ours(error)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "an unknown place"


def _ours(error: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PACKAGE)]
