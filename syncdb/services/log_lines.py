"""The lines of the log, the newest first, as what went well, what went wrong, and the rest. It holds no secrets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncdb.errors import Exit

NEAREST = 400_000  # bytes at the end of a file that are read
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d) ([A-Z]+) ([\w.]+): (.*)")
_WELL = re.compile(r"\blogged in\b|\b(?:decided|started|closed)\b")
_ENDED = re.compile(r"\bended with exit code (\d+)\b")
_KILLED = re.compile(r"\brun \d+ never ended\b|\bended without a word\b")
# runs that did not do all they should, though nothing failed: done in part, stopped for a person, busy, ended by somebody
_UNFINISHED = (Exit.PARTIAL, Exit.GUARD, Exit.BUSY, Exit.INTERRUPTED)
KINDS = ("success", "error", "warning", "info")
_LEVELS = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry with its further lines. `kind` is one of KINDS; `part` is who wrote it."""

    at: datetime
    kind: str
    part: str
    text: str

    @property
    def first(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def rest(self) -> str:
        return self.text.partition("\n")[2]


def log_lines(path: Path, since: datetime, kind: str = "", most: int = 500) -> list[LogLine]:
    """The latest entries since then, the newest first, only of a kind where one is named. Nothing where there is no log."""
    found: list[LogLine] = []
    for file in (path, path.with_name(path.name + ".1")):
        for line in reversed(list(_entries(_end_of(file)))):
            if line.at < since or len(found) >= most:
                return found
            if kind in ("", line.kind):
                found.append(line)
    return found


def _end_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - NEAREST))
            return opened.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _entries(text: str) -> Iterator[LogLine]:
    """Entries as they were written; what stands before the first whole one is left out."""
    last: re.Match[str] | None = None
    more: list[str] = []
    for line in text.splitlines():
        if found := _LINE.fullmatch(line):
            if last:
                yield _entry(last, more)
            last, more = found, []
        elif last:
            more.append(line.strip())
    if last:
        yield _entry(last, more)


def _entry(found: re.Match[str], more: list[str]) -> LogLine:
    at, level, part, text = found.groups()
    kind = _of_run(text) or _LEVELS.get(level) or ("success" if _WELL.search(text) else "info")
    return LogLine(datetime.fromisoformat(at), kind, part.removeprefix("syncdb."), "\n".join([text, *more]))


def _of_run(text: str) -> str:
    """What a line is that says how a run ended; nothing for another one."""
    if _KILLED.search(text):
        return "error"
    if not (found := _ENDED.search(text)):
        return ""
    code = int(found[1])
    return "success" if code == 0 else "warning" if code in _UNFINISHED else "error"
