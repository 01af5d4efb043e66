"""The file on the disk: read whole, written whole beside it and put in its place at once, with the version before kept.

Whoever has it open would lose what they typed, or save over what was written: so nothing is written while it is open.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from syncdb.errors import NeedsPerson, RetryLater

MOST_BYTES = 500_000_000
Replace = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """The file as it was read: its `content`, None where there is no file, and what tells one state of it from another."""

    content: bytes | None

    @property
    def stamp(self) -> str:
        return "" if self.content is None else hashlib.sha256(self.content).hexdigest()


class Changed(Exception):
    """Somebody changed the file after it was read; it was left as it is."""


class PutUnknown(Exception):
    """The disk did not say whether the file was put in its place."""


@dataclass(slots=True)
class Place:
    """Where the file is. `replace` puts one file in the place of another, at once."""

    path: Path
    replace: Replace = os.replace
    _kept: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def previous(self) -> Path:
        """Where the version before the first write of a run is kept."""
        return self.path.with_name(f"{self.path.stem}.previous{self.path.suffix}")

    def read(self) -> Seen:
        """Raises NeedsPerson where it cannot be read or is no file, RetryLater where another program holds it."""
        try:
            if self.path.exists() and self.path.stat().st_size > MOST_BYTES:
                raise NeedsPerson(f"{self.path} is larger than {MOST_BYTES // 10**6} MB. Nothing was written.", next_step=SMALLER)
            return Seen(self.path.read_bytes())
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise NeedsPerson(
                    f"The folder {self.path.parent} is not there. Nothing was written.", next_step="Make it, or name another."
                ) from None
            return Seen(None)
        except PermissionError as why:
            raise self._held(str(why.strerror)) from why
        except OSError as why:
            raise NeedsPerson(f"{self.path} cannot be read ({why.strerror}). Nothing was written.", next_step=READABLE) from why

    def refuse_open(self) -> None:
        """Raise RetryLater where a program has the file open, NeedsPerson where somebody made it read-only."""
        if (mark := self._mark()) is not None:
            raise self._held(_who(mark), mark)
        if self.path.exists() and not os.access(self.path, os.W_OK):
            raise NeedsPerson(
                f"{self.path} is read-only. Nothing was written.", next_step="Allow changes to it, or name another file."
            )

    def put(self, content: bytes, seen: Seen) -> None:
        """Put the content in the place of what was `seen`. Raises Changed, PutUnknown, and as `refuse_open`."""
        self.refuse_open()
        target = Path(os.path.realpath(self.path))
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            self._write(part, target, content)
            if self.read().stamp != seen.stamp:
                raise Changed
            self._keep(target, seen)
            self._replace(part, target)
        finally:
            part.unlink(missing_ok=True)

    def _replace(self, part: Path, target: Path) -> None:
        try:
            self.replace(str(part), str(target))
        except PermissionError as why:  # Windows lets nobody replace a file that a program has open
            raise self._held(str(why.strerror)) from why
        except OSError as why:
            raise PutUnknown(f"{self.name}: {why.strerror}") from why

    def _write(self, part: Path, target: Path, content: bytes) -> None:
        try:
            # what it holds is customers' data: others may read it where somebody allowed that
            with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, part)
        except OSError as why:
            raise RetryLater(
                f"{self.path} cannot be written ({why.strerror}). It is as it was.",
                next_step="Make room or allow it, then run again.",
            ) from why

    def _keep(self, target: Path, seen: Seen) -> None:
        """The version before this run, once: later writes of the run leave it."""
        if self._kept:
            return
        if seen.content is None:  # what the run makes is no version before it, and must take none away
            self._kept = True
            return
        try:
            part = self.previous.with_name(f".{self.previous.name}.{os.getpid()}.part")
            shutil.copy2(target, part)
            os.replace(part, self.previous)
        except OSError as why:
            raise RetryLater(
                f"The version of {self.name} before this run cannot be kept as {self.previous.name} ({why.strerror}). "
                f"{self.name} is as it was.",
                next_step=f"Close or remove {self.previous.name}, then run again.",
            ) from why
        self._kept = True

    def _mark(self) -> Path | None:
        """The file by which Excel (~$) or LibreOffice (.~lock.) say that somebody has it open."""
        name = self.path.name
        marks = (f"~${name}", f"~${name[2:]}", f".~lock.{name}#")  # Excel leaves two letters out of a longer name
        return next((mark for one in marks if (mark := self.path.with_name(one)).exists()), None)

    def _held(self, who: str, mark: Path | None = None) -> RetryLater:
        stale = f" If nobody has it open, delete {mark.name} beside it." if mark else ""
        return RetryLater(
            f"{self.name} is open in another program{f' ({who})' if who else ''}. Nothing was written, and nothing is lost: "
            "the next run brings what this one could not.",
            next_step=f"Close {self.name}, then run again.{stale}",
        )


SMALLER = "Move what belongs to others into a workbook of its own."
READABLE = "Allow this account to read it, or name another file."


def _who(mark: Path) -> str:
    """Who has it open, as the program that made the mark says; empty where it does not."""
    try:
        raw = mark.read_bytes()[:200]
    except OSError:
        return ""
    if mark.name.startswith("~$"):  # a length, then a name in the letters of the computer, filled up with blanks
        return raw[1 : 1 + raw[0]].decode("latin-1", "replace").strip() if raw and raw[0] < 55 else ""
    return raw.decode("utf-8", "replace").split(",")[0].strip()
