"""The standard streams as a command may rely on them: there, able to show any text, and never the reason why it fails.

A service, `pythonw` or a closed descriptor leaves a process without them; a full disk or a reader that went away takes them from
it. What was done counts all the same. Imports nothing that is not Python's own.
"""

import errno
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast


class LastingStream:
    """A text stream that takes every text. The first one that could not be delivered is remembered as `lost`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | ValueError | None = None

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError) as why:
            self._lose(why)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as why:
            self._lose(why)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _lose(self, why: OSError | ValueError) -> None:
        """Let all that follows, and what is still held back for the stream, go nowhere."""
        self.lost = self.lost or why
        with suppress(OSError, ValueError):
            to_nobody(self._stream)


def to_nobody(stream: TextIO) -> None:
    """Let what is still held back for a stream go nowhere, instead of failing once more when it is closed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def make_ready() -> None:
    """Replace what is missing and guard what is there; a text that a console has no letters for shows question marks."""
    _fill_descriptors()
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - as long as the process
    sys.stdout, sys.stderr = _lasting(sys.stdout), _lasting(sys.stderr)


def undelivered(stream: TextIO) -> str:
    """Why a text could not be written to a stream; empty where all were, or where the reader has just seen enough."""
    stream.flush()
    lost = getattr(stream, "lost", None)
    if lost is None or getattr(lost, "errno", None) == errno.EPIPE:
        return ""
    return getattr(lost, "strerror", None) or str(lost)


def _lasting(stream: TextIO | None) -> TextIO:
    """A stream that lasts, in place of one that may be missing."""
    if isinstance(stream, LastingStream):
        return stream
    there: Any = stream if stream is not None else open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if hasattr(there, "reconfigure"):
        there.reconfigure(errors="replace")
    return cast(TextIO, LastingStream(there))


def _fill_descriptors() -> None:
    """Occupy 0, 1 and 2 where they are closed: the next file opened would get one of them, and stray output with it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
