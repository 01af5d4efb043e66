"""Long random histories, one for each seed.

`python -m tests.reliability.seeds sheet|grist|workbook HOW_MANY FIRST_SEED [--steps N]`

Unlike the long form of the tests, a wrong one does not end it: each is told with its seed and its story, and the next follows.
Of a seed the machine plays its shortest history and one drawn by chance. The exit code is 1 when any was wrong or too few took
place.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import Phase
from hypothesis.stateful import RuleBasedStateMachine

from tests.conftest import keep_what_is_imported, read_keys_once, without_proxies
from tests.reliability import test_machine as sheet
from tests.reliability.grist import test_machine as grist
from tests.reliability.neighbour import Neighbour
from tests.reliability.oracle import examined
from tests.reliability.playing import PLAYED, STEPS, play
from tests.reliability.workbook import test_machine as workbook

PORTION = 50  # seeds that are played in one world, so that what piles up there is cleared away


@contextmanager
def _sheet(folder: Path) -> Iterator[type[RuleBasedStateMachine]]:
    with Neighbour(folder) as sheet.Histories.neighbour:
        yield sheet.Histories


MACHINES = {"sheet": _sheet, "grist": grist.in_one_world, "workbook": workbook.histories}


def right(machine: type[RuleBasedStateMachine], number: int, steps: int, phases: tuple[Phase, ...]) -> bool:
    """Play the histories of a seed; whether none was wrong. The story of a wrong one is printed."""
    try:
        play(machine, number, steps=steps, phases=phases)
    except Exception:  # noqa: BLE001 - whatever it is, it is told, and the next seed is played
        sys.stdout.write(f"seed {number} is WRONG\n{traceback.format_exc()}\n")
        return False
    return True


def played(kind: str, count: int, first: int, steps: int, phases: tuple[Phase, ...]) -> bool:
    """Play so many seeds and tell how far it has come; whether all were right."""
    begun, wrong = time.monotonic(), []
    for start in range(first, first + count, PORTION):
        numbers = range(start, min(start + PORTION, first + count))
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            with MACHINES[kind](Path(folder)) as machine:
                for number in numbers:
                    wrong += [] if right(machine, number, steps, phases) else [number]
                    _told(kind, number - first + 1, count, wrong, time.monotonic() - begun)
            os.chdir("/")
    return not wrong and examined["whole histories"] >= PLAYED * count


def _told(kind: str, done: int, count: int, wrong: list[int], seconds: float) -> None:
    if done % 5 == 0 or done == count:
        counted = f"{examined['whole histories']} whole histories, {examined['runs']} runs"
        sys.stdout.write(f"{kind}: {done} of {count} seeds, wrong: {wrong or 'none'}; {counted}, {seconds:.0f} s\n")
        sys.stdout.flush()


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("machine", choices=sorted(MACHINES))
    made.add_argument("count", type=int)
    made.add_argument("first", type=int)
    made.add_argument("--steps", type=int, default=STEPS)
    made.add_argument("--shrink", action="store_true", help="look for the shortest history that still shows what is wrong")
    given = made.parse_args()
    logging.disable(logging.CRITICAL)
    phases = (Phase.generate, Phase.shrink) if given.shrink else (Phase.generate,)
    without_proxies()
    keep_what_is_imported()
    with read_keys_once():
        return 0 if played(given.machine, given.count, given.first, given.steps, phases) else 1


if __name__ == "__main__":
    sys.exit(main())
