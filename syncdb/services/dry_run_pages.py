"""The pages that a dry run left in `test_output/`, for those who cannot open the folder: they sit at another computer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = "test_output"
_ROUNDED = timedelta(seconds=2)  # jobs tell their times in whole seconds; some file systems keep two at a time


@dataclass(frozen=True, slots=True)
class LeftPage:
    """A page and what it is called: its folder (what it is about), and its own name unless that is `summary`."""

    name: str
    path: Path


def pages_left(folder: Path, since: datetime, until: datetime) -> list[LeftPage]:
    """The pages written between these moments into `test_output/` of a folder; those of another dry run are left out."""
    return [LeftPage(_name(path, folder), path) for path in sorted(_pages(folder)) if _written_within(path, since, until)]


def _pages(folder: Path) -> Iterator[Path]:
    yield from (folder / FOLDER).glob("*.html")
    yield from (folder / FOLDER).glob("*/*.html")


def _name(path: Path, folder: Path) -> str:
    parts = [*path.parent.relative_to(folder / FOLDER).parts, *([] if path.stem == "summary" else [path.stem])]
    return "-".join(parts) or "summary"


def _written_within(path: Path, since: datetime, until: datetime) -> bool:
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # it goes just now: another dry run replaces it
        return False
    return since - _ROUNDED <= written <= until + _ROUNDED
