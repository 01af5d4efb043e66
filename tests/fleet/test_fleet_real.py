"""A fleet whose runs are real: each shop has its ledger and its workbook, and everything goes wrong that can.

Workers are killed and frozen, the database restarts, sessions are ended, a line hangs and is cut, one computer's clock is hours
ahead, one home's disk is full. Every due run happens, none beside another of its shop; an oracle that reads no ledger looks at
each workbook, and SQLite at each ledger. Afterwards the shops that were disturbed, and some that were not, run once more.
SYNCDB_FLEET_SHOPS says how many shops (24); what docs/fleet.md tells goes to the error stream.
"""

import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from openpyxl import load_workbook

from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.layout import read_plan
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.postgres.server import LocalPostgres
from tests.account import account_key

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]
ROOT = Path(__file__).parents[2]
SHOPS = int(os.environ.get("SYNCDB_FLEET_SHOPS", "24"))
TIGHT = 3  # shops on the home whose disk is full
AHEAD = "+3h"
EACH = 10  # of the shops that nothing happened to, one in so many has a second run, too


@dataclass
class RealFleet:
    """Shops that all sell alike: they read one local shop, each for itself."""

    folder: Path
    server: LocalPostgres
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "sandbox").mkdir()
        (self.folder / "notes").mkdir()
        self.sandbox = Sandbox(self.folder / "sandbox", orders=4, key=account_key())
        # Shopify counts for each shop and app: shops of a fleet never wait for one another's points, as they would at one shop
        self.sandbox.shopify.bucket.maximum = self.sandbox.shopify.bucket.rate = 1e9
        env = {name: value for name, value in self.sandbox.environment().items() if name.startswith("SHOPIFY")}
        text = "".join(f"{name}={value}\n" for name, value in (env | {"WORKBOOK": "orders.xlsx"}).items())
        for name in [f"shop{number:04}" for number in range(SHOPS)] + self.tight:
            place = self.folder / "shops" / name
            place.mkdir(parents=True)
            (place / ".env").write_text(text, encoding="utf-8")
            (place / ".env").chmod(0o600)
        homes = "".join(f'[shops.{name}]\nhome = "tight"\n' for name in self.tight)
        (self.folder / "fleet.toml").write_text(homes, encoding="utf-8")
        with connected(self.server.url()) as session:
            book = FleetBook(session)
            book.install()
            plan = read_plan(self.folder)
            book.take_in(plan, plan.shops)

    @property
    def tight(self) -> list[str]:
        return [f"tight{number}" for number in range(TIGHT)]

    def start(self, home: str = "main", slots: int = 4, url: str = "", before: tuple[str, ...] = ()) -> "subprocess.Popen[bytes]":
        command = [*before, sys.executable, "-m", "tests.fleet.real_worker", url or self.server.url(), str(self.folder), home]
        with (self.folder / f"worker{len(self.workers)}.log").open("wb") as log:
            worker = subprocess.Popen([*command, str(slots)], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        self.workers.append(worker)
        return worker

    def rows(self, query: str) -> list[dict[str, object]]:
        with connected(self.server.url()) as session:
            return FleetBook(session).rows(query)

    def ran(self, home: str = "main") -> int:
        """How many shops of a home have had a run since they were due."""
        return len(self.rows(f"select 1 from fleet_shops where home = '{home}' and due_at > now() and exit_code = 0"))

    def until(self, true: Callable[[], bool], what: str, within: float = 3600.0) -> None:
        ends = time.monotonic() + within
        while not true():
            if time.monotonic() > ends:
                logs = "\n".join(path.read_text(encoding="utf-8")[-2000:] for path in self.folder.glob("worker*.log"))
                states = self.rows("select name, exit_code, told, paused, due_at from fleet_shops where exit_code <> 0 limit 20")
                raise AssertionError(f"{what} did not come: {states}\n{logs}")
            time.sleep(0.25)

    def under_way(self, worker: "subprocess.Popen[bytes]") -> list[str]:
        """The shops that a worker is running now."""
        running = "started_at is not null and (ended_at is null or ended_at < started_at)"
        return [
            str(row["name"])
            for row in self.rows(f"select name from fleet_shops where {running} and worker like '%%:{worker.pid}'")
        ]

    def notes(self, name: str) -> list[list[str]]:
        """What the witness noted of a shop: `start PROCESS AT`, `work PROCESS AT`, `end PROCESS CODE AT`."""
        file = self.folder / "notes" / name
        return [one.split() for one in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    def begun(self, name: str) -> list[float]:
        """When runs of a shop began, in seconds since this computer was started."""
        return [float(note[-1]) for note in self.notes(name) if note[0] == "start"]

    def end_workers(self) -> None:
        """Let every worker end its runs and itself."""
        for worker in self.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGTERM)  # faketime starts what it is given as a child
        for worker in self.workers:
            worker.wait(120)

    def close(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        self.sandbox.close()


@dataclass
class Figures:
    """What is told at the end."""

    fleet: RealFleet
    begun: float = field(default_factory=time.monotonic)
    lost: dict[str, tuple[float, list[str], float]] = field(default_factory=dict)

    def struck(self, what: str, worker: "subprocess.Popen[bytes]", number: int) -> None:
        """Do something to a worker, and remember when, what it was running, and how long that counted as under way."""
        names = self.fleet.under_way(worker)
        listed = ", ".join(f"'shop:{name}'" for name in names) or "''"
        jobs = self.fleet.rows(f"select id, worker_id from procrastinate_jobs where status = 'doing' and lock in ({listed})")
        worker.send_signal(number)
        at = uptime()
        held = " or ".join(f"(id = {job['id']} and worker_id = {job['worker_id']})" for job in jobs) or "false"
        self.fleet.until(
            lambda: not self.fleet.rows(f"select 1 from procrastinate_jobs where status = 'doing' and ({held})"), "a takeover"
        )
        self.lost[what] = (at, names, uptime() - at)

    def taken_over(self, what: str) -> list[float]:
        """After how many seconds each run of that worker had begun again."""
        at, names, _ = self.lost[what]
        later = [[one - at for one in self.fleet.begun(name) if one > at] for name in names]
        return sorted(round(one[0], 1) for one in later if one and one[0] < 300)  # the second runs are not meant

    def tell(self, first: float) -> None:
        self.fleet.end_workers()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = used.ru_utime + used.ru_stime
        begun = sum(len(self.fleet.begun(place.name)) for place in (self.fleet.folder / "notes").iterdir())
        told = f"\n{SHOPS} shops: all had their first run after {first:.0f} s, all after {time.monotonic() - self.begun:.0f} s; "
        told += f"{begun} runs begun, {spent / begun:.2f} s of a core each with their workers' part"
        for what, (_, names, back) in self.lost.items():
            told += (
                f"; {what}: {len(names)} under way, back in line after {back:.1f} s, begun again after {self.taken_over(what)} s"
            )
        sys.stderr.write(f"{told}; load {os.getloadavg()[0]:.1f}\n")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[RealFleet]:
    with LocalPostgres(settings=("max_connections=200",)) as server:
        made = RealFleet(tmp_path, server)
        yield made
        made.close()


def uptime() -> float:
    """Seconds since this computer was started, as the witness reads them."""
    return float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])


class Line:
    """A worker's own line to the database."""

    def __init__(self, server: LocalPostgres) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.words = [sys.executable, "-m", "tests.fleet.line", str(self.port), str(server.folder / ".s.PGSQL.5432")]
        self.url = f"postgresql://erp@127.0.0.1:{self.port}/postgres?sslmode=disable&gssencmode=disable"
        self.open()

    def open(self) -> None:
        self.process = subprocess.Popen(self.words, cwd=ROOT)
        for _ in range(200):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), 1)):
                return
            time.sleep(0.05)
        raise AssertionError("the line does not open")


@pytest.fixture
def line(fleet: RealFleet) -> Iterator[Line]:
    made = Line(fleet.server)
    yield made
    made.process.send_signal(signal.SIGCONT)
    made.process.kill()
    made.process.wait()


@pytest.fixture
def full_disk(fleet: RealFleet) -> Iterator[Callable[[], None] | None]:
    """The shops of the home `tight` lie on a disk that is full; calling it makes room. None where nobody may mount one."""
    disk = fleet.folder / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TIGHT + 1}m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if done.returncode:
        yield None
        return
    try:
        for name in fleet.tight:
            place = fleet.folder / "shops" / name
            shutil.move(place, disk / name)
            place.symlink_to(disk / name)
        ballast = disk / "ballast"
        with suppress(OSError), ballast.open("wb") as stream:
            while True:
                stream.write(bytes(65536))
                stream.flush()
        yield ballast.unlink
    finally:
        for worker in fleet.workers:
            worker.kill()
            worker.wait()
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_everything_goes_wrong_and_every_ledger_is_right(
    fleet: RealFleet, line: Line, full_disk: Callable[[], None] | None
) -> None:
    skewed = ("faketime", "-f", AHEAD) if shutil.which("faketime") else ()
    figures = Figures(fleet)
    killed, frozen, lined = fleet.start(), fleet.start(), fleet.start(url=line.url)
    fleet.start(before=skewed)
    tight = fleet.start("tight", 2)
    fleet.until(lambda: fleet.ran() >= SHOPS // 6, "a sixth of the runs")
    figures.struck("killed", killed, signal.SIGKILL)
    fleet.until(lambda: fleet.ran() >= 2 * SHOPS // 6, "two sixths")
    figures.struck("frozen", frozen, signal.SIGSTOP)
    fleet.start()  # in place of the killed one
    fleet.until(lambda: fleet.ran() >= 3 * SHOPS // 6, "half of them")
    fleet.server.restart()
    fleet.until(lambda: fleet.ran() >= 4 * SHOPS // 6, "four sixths")
    frozen.send_signal(signal.SIGCONT)
    line.process.send_signal(signal.SIGSTOP)
    some = "application_name like 'syncdb%%' and pid <> pg_backend_pid() and random() < 0.5"
    fleet.rows(f"select pg_terminate_backend(pid) from pg_stat_activity where {some}")
    fleet.until(lambda: fleet.ran() >= 5 * SHOPS // 6, "five sixths")
    line.process.send_signal(signal.SIGCONT)
    line.process.kill()
    line.process.wait()
    line.open()
    fleet.until(lambda: fleet.ran() == SHOPS, "every first run")
    first = time.monotonic() - figures.begun
    if full_disk:
        assert fleet.ran("tight") == 0, "nothing fits on a full disk"
        told = {str(one["exit_code"]) for one in fleet.rows("select exit_code from fleet_shops where home = 'tight'")}
        assert told <= {"4", "5", "None"}, told
        full_disk()
    once_more = change(fleet)
    fleet.until(lambda: fleet.ran() == SHOPS and fleet.ran("tight") == TIGHT, "a second run")
    assert lined.poll() is None and tight.poll() is None
    figures.tell(first)
    judge(fleet, once_more)
    sys.stderr.write(f"clock {'ahead' if skewed else 'not tried'}, full disk {'tried' if full_disk else 'not tried'}\n")


NOTE = "Leave it with the neighbour"


def change(fleet: RealFleet) -> set[str]:
    """Change an order, and make those due that were begun more than once, and some others; their names."""
    gid = next(gid for gid, order in fleet.sandbox.shop.orders.items() if order["lineItems"])
    fleet.sandbox.shop.set_note(gid, NOTE)
    names = sorted(place.name for place in (fleet.folder / "notes").iterdir() if place.name not in fleet.tight)
    again = {name for number, name in enumerate(names) if number % EACH == 0 or len(fleet.begun(name)) > 1} | {*fleet.tight}
    listed = ", ".join(f"'{name}'" for name in again)
    fleet.rows(f"update fleet_shops set due_at = now(), paused = '' where name in ({listed}) returning 1")
    return again


def judge(fleet: RealFleet, once_more: set[str]) -> None:
    """What each workbook and ledger must hold, told by the shop alone."""
    orders = fleet.sandbox.shop.orders.values()
    lines = sorted(line["id"].rpartition("/")[2] for order in orders for line in order["lineItems"])
    places = sorted((fleet.folder / "shops").iterdir())
    assert len(places) == SHOPS + TIGHT
    for place in places:
        notes = fleet.notes(place.name)
        assert never_side_by_side(notes), (place.name, notes)
        with closing(load_workbook(place / "orders.xlsx", read_only=True)) as book:
            header, *rows = [list(row) for row in book["Orders"].iter_rows(values_only=True)]
        shown = [str(row[header.index("Line ID")]) for row in rows if row[header.index("Line ID")]]
        assert set(lines) <= set(shown) and len(shown) == len(set(shown)), place.name
        assert (NOTE in [row[header.index("Note")] for row in rows]) == (place.name in once_more), place.name
        assert looked_through(place / "shopify_sync.db") == ("ok", len(orders), 0), place.name


def looked_through(ledger: Path) -> tuple[str, int, int]:
    """What SQLite says of a ledger's file, how many orders it knows, and how many writes have no known outcome."""
    with closing(sqlite3.connect(ledger)) as found:
        asked = (
            "pragma integrity_check",
            "select count(*) from order_tracking",
            "select count(*) from journal where state = 'open'",
        )
        one, two, three = (found.execute(query).fetchone()[0] for query in asked)
    return one, two, three


def never_side_by_side(notes: list[list[str]]) -> bool:
    """Whether each run that worked had ended before the next one began to."""
    ends = {note[1]: float(note[-1]) for note in notes if note[0] == "end"}
    spans = sorted((float(note[-1]), ends[note[1]]) for note in notes if note[0] == "work")
    return all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))
