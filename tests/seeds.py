"""Random histories: most are the same in each test run, and some are drawn anew for it, so that each examines something new.

The seed of the new ones is told at the end of the run. SYNCDB_SEED=N plays them again, SYNCDB_SEED=fixed none that are new.
"""

import os
import random
import sys

import pytest

VARIABLE, FIXED, NEW = "SYNCDB_SEED", "fixed", "new"


def choose() -> None:
    """Draw the seed of this test run, unless it was given. Processes that this one starts have the same."""
    given = os.environ.get(VARIABLE, "").strip() or NEW
    if given not in (FIXED, NEW) and not (given.isascii() and given.isdecimal()):
        raise pytest.UsageError(f"{VARIABLE} is {given!r}: it may be a whole number, {FIXED} or {NEW}")
    os.environ[VARIABLE] = str(random.SystemRandom().randrange(2**32)) if given == NEW else given


def only_fixed() -> bool:
    return os.environ[VARIABLE] == FIXED


def of_this_run() -> int:
    """The seed of whatever takes one; 1 where nothing new is wanted."""
    return 1 if only_fixed() else int(os.environ[VARIABLE])


def told(test: pytest.Item) -> int:
    """The same, told with the result of the test and at the end of the run."""
    test.user_properties.append((VARIABLE, str(of_this_run())))
    sys.stderr.write(f"\n{VARIABLE}={of_this_run()}\n")
    return of_this_run()


def new(test: pytest.Item, count: int = 1) -> list[int]:
    """So many seeds that were drawn for this run, told as well. Skips the test where nothing new is wanted."""
    if only_fixed():
        pytest.skip(f"nothing new is wanted ({VARIABLE}={FIXED})")
    first = told(test)
    return list(range(first, first + count))
