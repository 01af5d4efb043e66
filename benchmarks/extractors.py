"""How long a first load takes beside the public extractors, all from the same shop, each in a process of its own.

    python -m benchmarks.extractors [--orders 50000] [--only NAME] [--repeat 3] [--cache FOLDER]

Each extractor prints the orders into a file, as it does for whatever stores them; syncdb brings them into its ledger. Wall time
counts from the start of the process to its end; CPU is user and system time of the process and its children, without the
shop's, which runs in a process of its own; peak memory is that of the largest of its processes; requests and the bytes of the
answers' bodies are counted by the shop. The first use installs the extractors from PyPI (some 400 MB). Discovering what can be
read is not measured, nor is counting what came out.

- syncdb, tap-shopify: a bulk operation runs for a second. Between two looks at it tap-shopify sleeps a minute, always, and it
  reads windows of 30 days, here two. So it is measured a second time, in the most favourable case:
- tap-shopify (no wait): one window, and the operation is done when first looked at, which no real one is.
- airbyte-source-shopify: reads REST pages of 250 orders; the shop reports a call limit that is never near.

An order is not the same number of bytes to all: each asks for what it asks for. How many is printed. It needs Linux or macOS
(`os.wait4`) and some 2 GB of disk for what is printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.extractors_programs import PROGRAMS, ROOT, Brought, Launch, NotRun, Program, installed
from benchmarks.process import compiled

# Of the shop's: importing it here would make this process, and what is forked from it, larger than what is measured.
CONTROL, ABOUT, COUNTS = "/admin/bulk-operations-take", "/admin/about", "/admin/counts"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Seconds, MB, and what the shop counted."""

    wall: float
    cpu: float
    memory: float
    requests: int
    received: int
    brought: Brought


@contextmanager
def shop(orders: int) -> Iterator[str]:
    """The address of a shop in a process of its own."""
    compiled()
    command = [sys.executable, "-m", "benchmarks.extractors_shop", str(orders)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None and process.stdin is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.stdin.close()
        process.wait()


def asked(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def measured(program: Program, url: str, cache: Path) -> Run:
    """Run a program once. Raises NotRun."""
    programs = installed(program.package, cache) if program.package else cache
    with tempfile.TemporaryDirectory(prefix="syncdb-extractors-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        launch = program.launch(programs, folder, url)
        asked(f"{url}{CONTROL}?seconds={program.takes}")
        before = asked(url + COUNTS)
        wall, cpu, memory = _timed(launch, folder)
        after = asked(url + COUNTS)
        brought = program.read(folder / "output", folder)
    requests, received = (after[name] - before.get(name, 0) for name in ("requests", "sent"))
    return Run(wall, cpu, memory, requests, received, brought)


def _timed(launch: Launch, folder: Path) -> tuple[float, float, float]:
    """Wall and CPU seconds of a process and its children, and the peak MB of the largest of them."""
    with (folder / "output").open("wb") as output, (folder / "log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(launch.command, cwd=folder, env=launch.environment, stdout=output, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotRun(f"exit code {process.returncode}: " + (folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def compare(orders: int, only: str, repeat: int, cache: Path) -> int:
    """Run all and print the table; how many could not be run."""
    chosen = [one for one in PROGRAMS if one.name.startswith(only)]
    runs: dict[str, list[Run]] = {one.name: [] for one in chosen}
    failed: dict[str, str] = {}
    with shop(orders) as url:
        for turn in range(repeat):
            for program in chosen:
                if program.name not in failed and not (program.once and turn):
                    try:
                        runs[program.name].append(measured(program, url, cache))
                    except NotRun as reason:
                        failed[program.name] = str(reason)
        about = asked(url + ABOUT)
    show(about, runs, failed)
    return len(failed)


def show(about: dict[str, Any], runs: dict[str, list[Run]], failed: dict[str, str]) -> None:
    sizes = ", ".join(f"{name} {size:,.0f}" for name, size in about["bytes"].items())
    print(f"{about['orders']:,} orders with {about['line_items']:,} line items; bytes an order: {sizes}")
    print(f"load of this computer: {', '.join(f'{one:.1f}' for one in os.getloadavg())}; {os.cpu_count()} cores")
    print(f"{'':24}{'runs':>5}{'wall s':>9}{'CPU s':>8}{'orders/s':>10}{'peak MB':>9}{'requests':>10}{'MB':>7}  came out")
    for name, some in runs.items():
        if some:
            print(_line(name, some, about))
    for name, reason in failed.items():
        print(f"{name} did not run: {reason}")
    if runs.keys() - {"syncdb"}:
        print("The public extractors are unmodified; their address of the shop is redirected to this computer.")
        print("Left out: Matatika's tap-shopify and dlt's Shopify source, which only a Git repository publishes.")


def _line(name: str, some: list[Run], about: dict[str, Any]) -> str:
    wall, cpu, last = median(one.wall for one in some), median(one.cpu for one in some), some[-1]
    memory, rate = max(one.memory for one in some), about["orders"] / wall
    figures = f"{len(some):>5}{wall:>9.2f}{cpu:>8.2f}{rate:>10,.0f}{memory:>9.0f}{last.requests:>10,}{last.received / 1e6:>7,.0f}"
    return f"{name:24}{figures}  {verdict(some, about)}"


def verdict(some: list[Run], about: dict[str, Any]) -> str:
    """All of it, or what the worst run missed."""
    worst = min((one.brought for one in some), key=lambda one: (one.orders, one.line_items, -one.twice))
    text = f"{worst.orders:,} orders, {worst.line_items:,} line items"
    if (worst.orders, worst.line_items, worst.twice) == (about["orders"], about["line_items"], 0):
        return text
    missed = about["orders"] - worst.orders, about["line_items"] - worst.line_items
    return f"{text}: MISSED {missed[0]:,} orders, {missed[1]:,} line items; {worst.twice:,} orders came twice"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=50_000)
    names = ", ".join(one.name for one in PROGRAMS)
    parser.add_argument("--only", metavar="NAME", default="", help=f"run what begins with this name: {names}")
    parser.add_argument("--repeat", type=int, default=3, help="the median is shown")
    cache = Path(tempfile.gettempdir()) / "syncdb-extractors"
    parser.add_argument("--cache", type=Path, default=cache, help="where the extractors are installed (%(default)s)")
    given = parser.parse_args()
    if not any(one.name.startswith(given.only) for one in PROGRAMS):
        parser.error(f"--only: none begins with {given.only}; there are {names}")
    raise SystemExit(1 if compare(given.orders, given.only, given.repeat, given.cache) else 0)


if __name__ == "__main__":
    main()
