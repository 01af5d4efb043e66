"""One thing tried: it passed, failed with what to do, or was skipped with the reason."""

from dataclasses import dataclass
from enum import Enum

from syncdb.errors import Exit, SyncdbError


class CheckState(Enum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried. `part` and `name` are stable, for scripts; `told` says what was seen, `remedy` what to do if it failed."""

    part: str
    name: str
    state: CheckState
    told: str = ""
    remedy: str = ""
    exit_code: Exit = Exit.DONE


def passed(part: str, name: str, told: str = "", remedy: str = "") -> Check:
    return Check(part, name, CheckState.PASSED, told, remedy)


def failed(part: str, name: str, told: str, remedy: str, code: Exit) -> Check:
    return Check(part, name, CheckState.FAILED, told, remedy, code)


def skipped(part: str, name: str, why: str) -> Check:
    return Check(part, name, CheckState.SKIPPED, why)


def refused(part: str, name: str, error: SyncdbError) -> Check:
    """What an error says, as a failed check."""
    return failed(part, name, str(error), error.next_step, error.exit_code)
