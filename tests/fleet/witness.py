"""A worker whose runs are recorded by an independent witness: each appends its start and its end to a file of its shop.

A run holds a lock of its own, as the ledger's is, and leaves with 7 where another holds it. It takes `slow` milliseconds.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from syncdb.fleet.layout import ShopPlan, read_plan
from syncdb.fleet.running import Ended, watched
from syncdb.fleet.worker import Worker

RUN = """
import fcntl, os, signal, sys, time
folder, slow = sys.argv[1], int(sys.argv[2])
lock = open(f"{folder}/lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(7)
def note(what):
    with open(f"{folder}/witness", "a") as file:
        file.write(f"{what} {os.getpid()} {time.time():.3f}\\n")
def ended(number, frame):
    note("ended")
    os._exit(130)
signal.signal(signal.SIGTERM, ended)
note("start")
time.sleep(slow / 1000)
note("end")
"""


def recorded(slow: int) -> Callable[[Path, ShopPlan, Callable[[], bool]], Ended]:
    """A run that is recorded."""

    def start(config: Path, shop: ShopPlan, ours: Callable[[], bool]) -> Ended:
        folder = config.parent
        return watched([sys.executable, "-S", "-c", RUN, str(folder), str(slow)], folder, os.environ, ours)

    return start


def main(url: str, folder: str, home: str, slots: str, slow: str, stalled: str) -> None:
    plan = read_plan(Path(folder))
    Worker(url, plan, home, int(slots), recorded(int(slow)), float(stalled) / 5, float(stalled)).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
