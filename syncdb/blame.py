"""Which part met an error first: an answer or a file that makes no sense is told as such, not as a defect of syncdb."""

import traceback
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# what code runs into where data has another shape than it relies on
SENSELESS = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError)
_NEUTRAL = {PACKAGE / name for name in ("values.py", "model.py", "http.py")}


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
