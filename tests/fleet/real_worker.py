"""A worker of the product whose runs are the ordinary command; a witness of each of them notes when it started, when it began to
work (its first line to a server), and how it ended.

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
NOTING = """
def note(file, *words):
    with open(file, "a") as notes, open("/proc/uptime") as clock:
        notes.write(" ".join(map(str, words)) + " " + clock.read().split()[0] + "\\n")
"""
# In the run's own process: the interpreter tells a hook of each connection. A run that finds its ledger held makes none.
INSIDE = """
import os, runpy, sys
notes, witness, sys.argv = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path[0] = os.path.dirname(sys.argv[0])
working = []
def heard(event, given):
    if event == "socket.connect" and not working:
        working.append(True)
        note(notes, "work", witness)
sys.addaudithook(heard)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
WITNESS = """
import signal
asked, run = [], None
signal.signal(signal.SIGTERM, lambda *_: run.terminate() if run else asked.append(True))
import ctypes, os, subprocess, sys
notes, inside, python, *words = sys.argv[1:]
note(notes, "start", os.getpid())
command = [python, "-c", inside, notes, str(os.getpid()), *words]
run = subprocess.Popen(command, preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM))
if asked:
    run.terminate()
code = run.wait()
note(notes, "end", os.getpid(), code)
sys.exit(code if code >= 0 else 128 - code)
"""


def witnessed(config: Path, shop: ShopPlan, ours: Callable[[], bool]) -> Ended:
    notes = config.parents[2] / "notes" / shop.name  # its own disk may be full
    command = [sys.executable, "-S", "-c", NOTING + WITNESS, str(notes), NOTING + INSIDE, *program(), "workbook", "--quiet"]
    return watched(command, config.parent, environment(shop, os.environ), ours)


def main(url: str, folder: str, home: str, slots: str) -> None:
    Worker(url, read_plan(Path(folder)), home, int(slots), witnessed).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
