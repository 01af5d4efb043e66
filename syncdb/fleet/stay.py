"""Which stay of a shop at a home the ledger here belongs to: its token, noted in the shop's folder by whoever works there.

A ledger that was left behind by a home that was lost, and came back, is so known to be old.
"""

from pathlib import Path

from syncdb.errors import NeedsPerson

NOTE = ".fleet-token"


def note(folder: Path, token: int) -> None:
    """A run of this token begins here, or the shop arrived. Raises NeedsPerson where it cannot be written."""
    if noted(folder) == token:
        return
    try:
        (folder / NOTE).write_text(str(token), encoding="utf-8")
    except OSError as why:
        raise NeedsPerson(
            f"{folder} cannot be written ({why.strerror or why}), so nothing was begun there.",
            next_step="Make room there, or mend its rights, then once more.",
        ) from why


def noted(folder: Path) -> int | None:
    """The token that was noted last; None where none was."""
    try:
        return int((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
