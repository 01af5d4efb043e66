"""How much open pages slow a run: full runs of a local shop and sheet, alternately with and without tabs that poll each second.

    python -m benchmarks.tabs [--tabs 50] [--orders 1000] [--rounds 3]

Each tab asks for the page Sync or Today, as a live page does while a run is under way. Processor time of the run counts: on
a computer with less to do than cores it is the time it takes; seconds on the clock are shown beside it. Not on Windows.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.goals import Goal, table
from benchmarks.process import ROOT, Spent, run
from syncdb.ledger.web import people
from syncdb.ledger.web.file import make, web_path
from syncdb.ledger.web.people import Account
from syncdb.sandbox.local import Sandbox
from syncdb.values import iso
from syncdb.web.cookies import SESSION, cookie_name
from syncdb.web.login import digest

SECRET = "measured"
PAGES = ("/sync", "/")
SLOWED = 1.05


@dataclass(frozen=True, slots=True)
class Slowed:
    """Medians of the runs alone and of those with tabs; how many answers the tabs had a second, and the slowest of them."""

    alone: Spent
    watched: Spent
    answers: float
    slowest: float


def measure(folder: Path, orders: int, tabs: int, rounds: int) -> Slowed:
    """Full runs over a shop of so many orders, in turn alone and watched."""
    with Sandbox(folder, orders=orders, products=0, quota=None) as sandbox:
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e6
        sandbox.write_settings(folder)
        environment = os.environ | {"PYTHONUTF8": "1"}
        _full(folder, environment)  # fills the sheet
        alone, watched, counts = [], [], []
        with _served(folder, environment) as port:
            for _ in range(rounds):
                alone.append(_full(folder, environment))
                with _polled(port, tabs) as told:
                    watched.append(_full(folder, environment))
                counts.append(told)
        return Slowed(
            _median(alone),
            _median(watched),
            sum(one["answers"] for one in counts) / sum(one["seconds"] for one in counts),
            max(one["slowest"] for one in counts),
        )


def _full(folder: Path, environment: dict[str, str]) -> Spent:
    ended = run([str(ROOT / "sync_manager.py"), "sync", "--full", "--quiet"], folder, environment)
    if ended.code:
        raise RuntimeError(f"a run ended with {ended.code}: {ended.err}")
    return ended.spent


def _median(spent: list[Spent]) -> Spent:
    return Spent(*(statistics.median(getattr(one, name) for one in spent) for name in ("wall", "cpu", "memory")))


@contextmanager
def _served(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """The pages, with somebody who is logged in."""
    path = web_path(folder / "shopify_sync.db")
    make(path)
    now = iso(datetime.now(UTC))
    people.put_account(path, Account("measure", "owner", "none", now, "the measurement"))
    people.begin_session(path, digest(SECRET), "measure", now, "")
    command = [sys.executable, str(ROOT / "sync_manager.py"), "serve", "--port", "0"]
    environment = environment | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://localhost:(\d+)", process.stdout.readline())
        assert address
        try:
            yield int(address[1])
        finally:
            process.terminate()


@contextmanager
def _polled(port: int, tabs: int) -> Iterator[dict[str, float]]:
    """Tabs in a process of their own, until it is over; what they tell is filled in then."""
    told: dict[str, float] = {}
    command = [sys.executable, "-m", "benchmarks.tabs", "--poll", str(port), "--tabs", str(tabs)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield told
        out, _ = process.communicate("")
        told.update(json.loads(out))


def poll(port: int, tabs: int) -> None:
    """Ask each second in each tab until the input ends; tell how it went."""
    over, took = threading.Event(), list[float]()
    headers = {"Cookie": f"{cookie_name(SESSION, f'http://localhost:{port}')}={SECRET}", "X-Syncdb-Live": "1"}
    began = time.perf_counter()

    def tab(number: int) -> None:
        connection = HTTPConnection("localhost", port, timeout=60)
        over.wait(number / tabs)
        while not over.is_set():
            begun = time.perf_counter()
            connection.request("GET", PAGES[number % len(PAGES)], headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"a page answered {answer.status}")
            took.append(time.perf_counter() - begun)
            over.wait(max(0.0, 1 - took[-1]))

    threads = [threading.Thread(target=tab, args=(number,), daemon=True) for number in range(tabs)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    seconds = time.perf_counter() - began
    over.set()
    print(json.dumps({"answers": len(took), "seconds": seconds, "slowest": max(took, default=0.0)}))


def shown(one: Slowed, tabs: int) -> list[str]:
    """What was measured as lines of text."""
    runs = (("alone", one.alone), (f"{tabs} tabs", one.watched))
    return [
        *(
            f"{name:10} {of.cpu:7.2f} s of processor time, {of.wall:7.2f} s on the clock, {of.memory:5.0f} MB"
            for name, of in runs
        ),
        f"the tabs had {one.answers:.1f} answers a second, the slowest after {one.slowest:.2f} s",
    ]


def goals(one: Slowed, tabs: int) -> list[Goal]:
    """The goal for what was measured."""
    return [Goal(f"a full run with {tabs} tabs against alone: CPU", SLOWED, one.watched.cpu / one.alone.cpu, " x")]


def main() -> None:
    """Measure, and show the goal beside it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tabs", description="How much open pages slow a run.")
    parser.add_argument("--tabs", type=int, default=50, help="how many tabs poll (default 50)")
    parser.add_argument("--orders", type=int, default=1000, help="how many orders the shop has (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="how many runs with tabs, and as many without (default 3)")
    parser.add_argument("--poll", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.poll:
        poll(asked.poll, asked.tabs)
        return
    with tempfile.TemporaryDirectory(prefix="syncdb-tabs-") as folder:
        found = measure(Path(folder), asked.orders, asked.tabs, asked.rounds)
    print("\n".join((*shown(found, asked.tabs), *table(goals(found, asked.tabs)))))


if __name__ == "__main__":
    main()
