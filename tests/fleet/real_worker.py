"""A worker of the product whose runs are the ordinary command; a witness beside each of them notes its start and how it ended.

python -m tests.fleet.real_worker URL FOLDER HOME SLOTS
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from syncdb.fleet.layout import ShopPlan, read_plan
from syncdb.fleet.running import Ended, environment, program, watched
from syncdb.fleet.worker import Worker

# It shares no code with what it watches, hands on what it is asked, and reads a clock that nobody sets.
WITNESS = """
import ctypes, os, signal, subprocess, sys
def note(*words):
    with open(sys.argv[1], "a") as file:
        file.write(" ".join(map(str, words)) + " " + open("/proc/uptime").read().split()[0] + "\\n")
note("start", os.getpid())
run = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM))
signal.signal(signal.SIGTERM, lambda *_: run.terminate())
code = run.wait()
note("end", os.getpid(), code)
sys.exit(code if code >= 0 else 128 - code)
"""


def witnessed(config: Path, shop: ShopPlan, ours: Callable[[], bool]) -> Ended:
    notes = config.parents[2] / "notes" / shop.name  # its own disk may be full
    command = [sys.executable, "-S", "-c", WITNESS, str(notes), *program(), "workbook", "--quiet"]
    return watched(command, config.parent, environment(shop, os.environ), ours)


def main(url: str, folder: str, home: str, slots: str) -> None:
    Worker(url, read_plan(Path(folder)), home, int(slots), witnessed).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
