"""The log of a run: a rotating file and the error stream, free of secrets, and never the reason why a run fails.

Redaction happens in the formatter of our own handlers: it sees the finished text, whatever library logged it and whether a
secret came in the message, an argument, an exception or a warning.
"""

import base64
import json
import logging
import logging.handlers
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from syncdb.folding import folded, width_of
from syncdb.http import redact

_BYTES, _OLD_FILES = 1_000_000, 5
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029]")
# The service account's own address is no customer's, and people need it to share their sheet. The lengths are bounded (as those
# of addresses are) so that a long line without one is not searched again from each of its letters.
_E_MAIL = re.compile(r"[^\s<>\"'(),;:\[\]=@]{1,64}@(?![\w.-]{0,200}gserviceaccount\.com)[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}")


class LogRedaction:
    """Makes text fit to be kept: no secret, by its look or because it is known, and no e-mail address unless allowed."""

    def __init__(self, secrets: Iterable[str] = (), *, customer_data: bool = False) -> None:
        self._known = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
        self._customer_data = customer_data

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, "[redacted]")
        text = redact(text)
        return text if self._customer_data or "@" not in text else _E_MAIL.sub("[e-mail]", text)


def _forms(secret: str) -> set[str]:
    """A secret as it may turn up: plain, in an address, in JSON, in a Basic header. One too short to tell is left out."""
    if len(secret) < 4:
        return set()
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], encoded}


class _Lines(logging.Formatter):
    """Timestamped lines in local time with its offset. Further lines of a message are indented, so that none can be forged.

    Without `traces` the traceback of an exception is left to others.
    """

    def __init__(self, redaction: LogRedaction, *, stamped: bool, traces: bool = True) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s" if stamped else "%(levelname)s: %(message)s")
        self._redaction = redaction
        self._stamped = stamped
        self._traces = traces

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds")

    def format(self, record: logging.LogRecord) -> str:
        if not self._traces:
            record = copy(record)
            record.exc_info = record.exc_text = None
        safe = self._redaction(super().format(record))
        lines = _CONTROL.sub("?", safe.replace("\r\n", "\n")).split("\n")
        width = None if self._stamped else width_of(sys.stderr)  # what is stamped is for a file or another program
        return "\n    ".join(folded(line, width) for line in lines)


class _RotatingFile(logging.handlers.RotatingFileHandler):
    """The log file, open to this account only. When it cannot be written that is said once, and the run goes on."""

    _told = False

    def _open(self) -> TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_private)

    def doRollover(self) -> None:
        try:
            super().doRollover()
        except OSError as why:  # on Windows another program that reads the log keeps it from being renamed
            self._tell(why)
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:
        self._tell(sys.exc_info()[1])

    def close(self) -> None:
        try:
            super().close()
        except OSError as why:  # the last lines of a full disk
            self._tell(why)

    def _tell(self, why: BaseException | None) -> None:
        if not self._told:
            self._told = True
            _say(f"The log {self.baseFilename} cannot be written ({_reason(why)}); the run goes on without it.")


class _ErrorStream(logging.StreamHandler[Any]):
    """The error stream as it is at the moment of writing: progress bars exchange it while they run."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _: Any) -> None:
        raise AttributeError("the error stream is looked up each time")

    def handleError(self, record: logging.LogRecord) -> None:
        """Nobody reads the error stream any more (a closed pipe): the file still has the line."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _reason(why: BaseException | None) -> str:
    return (why.strerror if isinstance(why, OSError) else None) or type(why).__name__


def _say(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # no error stream at all, as under pythonw
        sys.stderr.write(text + "\n")


class Log:
    """A log that was set up; `close` (or leaving `with`) puts logging back as it was."""

    def __init__(self, handlers: list[logging.Handler], level: int) -> None:
        self._root, self._ours = logging.getLogger(), logging.getLogger("syncdb")
        self._before = (self._root.level, self._ours.level)
        self._handlers = handlers
        for handler in handlers:
            self._root.addHandler(handler)
        # what libraries log below a warning holds whole requests; it is never worth that risk
        self._root.setLevel(logging.WARNING)
        self._ours.setLevel(level)
        logging.captureWarnings(True)

    def close(self) -> None:
        logging.captureWarnings(False)
        self._root.setLevel(self._before[0])
        self._ours.setLevel(self._before[1])
        for handler in self._handlers:
            self._root.removeHandler(handler)
            handler.close()
        self._handlers = []

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def set_up(
    log_file: Path | None,
    *,
    verbose: bool,
    terminal: bool,
    silent: bool = False,
    secrets: Iterable[str] = (),
    customer_data: bool = False,
) -> Log:
    """Log to `log_file` and to the error stream until the result is closed.

    On a `terminal` the error stream gets warnings only (with `verbose`, information too), because the command itself shows how
    far it is; elsewhere, as under cron, it gets timestamped lines; `silent`, nothing. The file always has everything from
    information up, with `verbose` from debug up. `secrets` are known secret values of this run. Raises nothing: a log that
    cannot be written is said once on the error stream.
    """
    redaction = LogRedaction(secrets, customer_data=customer_data)
    level = logging.DEBUG if verbose else logging.INFO
    stream = _ErrorStream()
    stream.setLevel(logging.WARNING if terminal and not verbose else logging.INFO if terminal else level)
    stream.setFormatter(_Lines(redaction, stamped=not terminal, traces=verbose))
    stream.addFilter(lambda record: not getattr(record, "file_only", False))
    handlers: list[logging.Handler] = [] if silent else [stream]
    if log_file is not None and (file := _file_handler(log_file)):
        file.setLevel(level)
        file.setFormatter(_Lines(redaction, stamped=True))
        handlers.append(file)
    return Log(handlers, level)


def _file_handler(log_file: Path) -> logging.Handler | None:
    try:
        return _RotatingFile(log_file, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
    except (OSError, ValueError) as why:
        _say(f"The log {log_file} cannot be written ({_reason(why)}); the run goes on without it.")
        return None
