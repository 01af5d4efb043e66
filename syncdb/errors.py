"""Failures, told apart by what the caller should do about them.

    SyncdbError
    ├── ConfigurationError    fix the configuration            exit 2
    ├── RemoteError           a remote refused or is away      exit 4
    │   ├── RetryLater        the same run may work later
    │   │   └── NotUnderstood an answer had a shape that nobody knows
    │   └── Refused           needs a changed permission, token or setting
    ├── SkipRecord            quarantine this record, go on    (exit 3 at the end of the run)
    ├── OutcomeUnknown        look before sending again        (settled within the run, else exit 4)
    ├── NeedsPerson           a guard stopped it               exit 5
    │   └── LedgerUnusable    corrupt, newer or unreadable     exit 5
    │       └── NoLedgerYet   no run has made it               exit 5
    ├── LedgerBusy            another run holds the ledger     exit 7
    └── Interrupted           Ctrl-C or SIGTERM                exit 130

Every message is written for the person who reads it: what happened, to what, what was left untouched; `next_step` is the
next thing to do or command to run.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """The documented, stable exit codes of every command."""

    DONE = 0
    DEFECT = 1
    CONFIGURATION = 2
    PARTIAL = 3
    REMOTE = 4
    GUARD = 5
    BUSY = 7
    INTERRUPTED = 130


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of several runs: the one that most needs a look."""
    order = (Exit.DONE, Exit.PARTIAL, Exit.REMOTE, Exit.BUSY, Exit.GUARD, Exit.CONFIGURATION, Exit.DEFECT, Exit.INTERRUPTED)
    return max(codes, key=order.index, default=Exit.DONE)


class SyncdbError(Exception):
    """Something a person can act on. `str()` says what happened; `next_step` says what to do now.

    `run_id` is the run in the ledger's history that ended with it, where it kept that run from being opened.
    """

    exit_code: Exit = Exit.DEFECT
    run_id: int | None = None

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step

    def in_words(self, message: str, next_step: str) -> Self:
        """The same failure in other words. Many kinds are made of what they are about (an answer, a list), not of a message."""
        other = type(self).__new__(type(self), message)
        other.__dict__.update(self.__dict__, next_step=next_step)
        return other


class ConfigurationError(SyncdbError):
    """The settings cannot be used. `problems` lists every one of them, not just the first."""

    exit_code = Exit.CONFIGURATION

    def __init__(self, problems: Sequence[str], *, next_step: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), next_step=next_step)


class RemoteError(SyncdbError):
    """A remote system refused or could not be reached; nothing was written because of it."""

    exit_code = Exit.REMOTE


class RetryLater(RemoteError):
    """Throttled, down or unreachable beyond the deadline: the same run may succeed later."""


class NotUnderstood(RetryLater):
    """An answer of a remote had another shape than it is known to have. Raised where answers are read, nowhere else."""


class Refused(RemoteError):
    """The remote said no for a lasting reason: a permission, a token, a disabled API, a missing document."""


class SkipRecord(SyncdbError):
    """One record cannot be processed: it is quarantined and the rest go on. `key` names it."""

    exit_code = Exit.PARTIAL

    def __init__(self, key: str, message: str, *, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.key = key


class OutcomeUnknown(SyncdbError):
    """A write may or may not have been applied (timeout, 5xx, cut connection): settle it, never resend it blindly."""

    exit_code = Exit.REMOTE


class NeedsPerson(SyncdbError):
    """A guard stopped the run before it wrote: a person must look."""

    exit_code = Exit.GUARD


class LedgerUnusable(NeedsPerson):
    """The ledger file is corrupt, of a newer version, or cannot be read or written. It was left as it was."""


class NoLedgerYet(LedgerUnusable):
    """There is no ledger: the first run makes it."""


class LedgerBusy(SyncdbError):
    """Another run holds this ledger, or is at work on the same two systems with a ledger of its own."""

    exit_code = Exit.BUSY


class Interrupted(SyncdbError):
    """Ctrl-C or SIGTERM: the run ended between two writes and the next one goes on from there."""

    exit_code = Exit.INTERRUPTED
