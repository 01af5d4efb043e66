"""A fleet over a real PostgreSQL: its folder, its workers as processes, and what the witness saw."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.layout import FleetPlan, read_plan

ROOT = Path(__file__).parents[2]


@dataclass
class Fleet:
    """`slow` milliseconds is how long a run takes, `stalled` seconds after which a silent worker is taken over."""

    url: str
    folder: Path
    shops: int
    slow: int = 300
    stalled: float = 1.5
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(self.shops):
            place = self.folder / "shops" / f"shop{number:04}"
            place.mkdir(parents=True)
            (place / "config.json").write_text("{}", encoding="utf-8")
        with connected(self.url) as session:
            book = FleetBook(session)
            book.install()
            book.take_in(self.plan, self.plan.shops)

    @property
    def plan(self) -> FleetPlan:
        return read_plan(self.folder)

    def start(self, slots: int = 2) -> "subprocess.Popen[bytes]":
        """A worker as a process of its own."""
        words = [self.url, str(self.folder), "main", str(slots), str(self.slow), str(self.stalled)]
        log = (self.folder / f"worker{len(self.workers)}.log").open("wb")
        with log:
            worker = subprocess.Popen([sys.executable, "-m", "tests.fleet.witness", *words], cwd=ROOT, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def seen(self) -> dict[str, list[tuple[str, str, float]]]:
        """By shop, what the witness noted: what, by which process, when."""
        found = {}
        for place in sorted((self.folder / "shops").iterdir()):
            file = place / "witness"
            lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
            found[place.name] = [(what, process, float(at)) for what, process, at in (line.split() for line in lines)]
        return found

    def started(self) -> int:
        return sum(what == "start" for notes in self.seen().values() for what, _, _ in notes)

    def all_ran(self) -> bool:
        with connected(self.url) as session:
            return not FleetBook(session).rows("select 1 from fleet_shops where runs = 0 limit 1")

    def until(self, true: Callable[[], bool], what: str, within: float = 120.0) -> None:
        """Wait for something; fails with what the workers said where it does not come."""
        ends = time.monotonic() + within
        while not true():
            if time.monotonic() > ends or (self.workers and all(one.poll() is not None for one in self.workers)):
                logs = "\n".join(path.read_text(encoding="utf-8")[-3000:] for path in self.folder.glob("worker*.log"))
                raise AssertionError(f"{what} did not come: {self.seen()}\n{logs}")
            time.sleep(0.1)

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
            worker.wait()


def never_twice_at_once(notes: list[tuple[str, str, float]]) -> bool:
    """Whether each run ended, by itself or because it was asked to, before the next one began."""
    under_way = ""
    for what, process, _ in notes:
        if what == "start":
            if under_way:
                return False
            under_way = process
        elif process == under_way:
            under_way = ""
        else:
            return False
    return True
