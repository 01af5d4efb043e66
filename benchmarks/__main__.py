"""All benchmarks, one after the other, and at the end each goal beside what was measured.

    python -m benchmarks [--sizes 1000,10000,100000] [--quick] [--million]

Sizes are orders of the first load; the sheet is measured at the smallest of them and at one that fills some 100,000 rows (or the
largest, where that is less), a manager's ledger, its pages and the pairs with Grist and a second store at moderate sizes.
`--quick` is small and ends within minutes, `--million` loads a million orders besides (25 GB of disk, many minutes). Each
benchmark also has a command of its own. Needs nothing but the repository and its requirements, on Linux or macOS; what concerns
an ERP's database is measured where there is a PostgreSQL with its pgbench.
"""

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    erp_queue,
    first_load,
    goals,
    grist_pair,
    hourly,
    manager_ledger,
    packed_ledger,
    pages,
    receiver,
    sheet,
    stores_pair,
    tabs,
)
from benchmarks.goals import Goal
from syncdb.sandbox.postgres.binaries import NoServer

MILLION = 1_000_000
TABS = 50
ROWS_100K = 43_000  # orders whose lines are 100,000 rows
REPEATED_UP_TO = 10_000  # orders: larger loads are measured once


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: orders of first loads and of sheets, of the manager's ledger, products of the pairs with Grist and
    with a second store.
    """

    loads: tuple[int, ...]
    sheets: tuple[int, ...]
    ledger: int
    products: int
    copied: int
    repeat: int = 3


QUICK = Scale((1000, 3000), (1000,), 1000, 50, 50, 1)


def scale(sizes: Sequence[int], *, quick: bool = False, million: bool = False) -> Scale:
    """What to measure for these sizes."""
    if quick:
        return QUICK
    loads = (*sorted(set(sizes)), *((MILLION,) if million and MILLION not in sizes else ()))
    most = min(ROWS_100K, max(sizes))
    return Scale(loads, tuple(sorted({min(sizes), most})), min(100_000, max(sizes)), min(5000, max(sizes)), min(1000, max(sizes)))


def machine() -> str:
    """What the figures depend on."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load average {load}"
    )


def first_loads(wanted: Scale) -> Iterator[Goal]:
    """Measure the first loads and show them; their goals."""
    loads = []
    for orders in wanted.loads:
        heading(f"first load of {orders:,} orders")
        loads.append(first_load.measure(orders, wanted.repeat if orders <= REPEATED_UP_TO else 1))
        say(*first_load.shown(loads[-1]))
    yield from first_load.goals(loads)


def sheets(wanted: Scale) -> Iterator[Goal]:
    """Measure the sheets and show them; their goals."""
    for orders in wanted.sheets:
        heading(f"a Google Sheet, {orders:,} orders")
        one = sheet.measure(orders, max(3, wanted.repeat))
        say(*sheet.shown(one))
        yield from sheet.goals(one)


def hours(wanted: Scale) -> Iterator[Goal]:
    """Measure an hourly run in a small and a large ledger and show it; its goal."""
    heading(f"an hourly run, {hourly.CHANGED} changed orders")
    found = []
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder:
        for orders in (wanted.ledger // 10, wanted.ledger):
            place = Path(folder) / str(orders)
            say(manager_ledger.made(place, orders))
            found.append(hourly.measure(place))
    say(*hourly.shown(found))
    yield hourly.goal(found)


def packed(wanted: Scale) -> Iterator[Goal]:
    """Measure a ledger whose orders are compressed and show it; its goal."""
    heading("orders compressed")
    one = packed_ledger.measure(min(wanted.ledger, 10_000))
    say(*packed_ledger.shown(one))
    yield from packed_ledger.goals(one)


def received(wanted: Scale) -> Iterator[Goal]:
    """Measure the receiver of webhooks and show it; its goals."""
    heading("webhooks received")
    one = receiver.measure(5000 if wanted.repeat > 1 else 1500, 32, 300)
    say(*receiver.shown(one))
    yield from receiver.goals(one)


def queued(wanted: Scale) -> Iterator[Goal]:
    """Measure what an ERP's triggers cost and how fast its queue is worked off, where there is a PostgreSQL; their goals."""
    heading("the triggers and the queue in an ERP's database")
    try:
        cost, pace = erp_queue.measure(*((5, 5, 20_000) if wanted.repeat > 1 else (2, 2, 5_000)))
    except (NoServer, FileNotFoundError) as lacking:
        say(f"not measured: {lacking}")
        return
    say(*erp_queue.shown(cost, pace))
    yield from erp_queue.goals(cost, pace)


def managed(wanted: Scale) -> Iterator[Goal]:
    """Measure the manager and the pages on one ledger and show both; their goals."""
    heading(f"the manager on a ledger of {wanted.ledger:,} orders")
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder:
        place, answered = Path(folder), []
        say(manager_ledger.made(place, wanted.ledger))
        yield manager_ledger.start(place)
        seen = pages.measure(place / manager_ledger.LEDGER)
        for one in manager_ledger.measure(place, exports=True, redact=True):
            say(manager_ledger.shown(one))
            answered.append(one)
        yield from manager_ledger.goals(answered)
    heading(f"the pages on a ledger of {wanted.ledger:,} orders")
    say(*pages.shown(seen))
    yield from pages.goals(seen)


def watched(wanted: Scale) -> Iterator[Goal]:
    """Measure how much open pages slow a run and show it; its goal."""
    heading(f"{TABS} open pages during a full run")
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder:
        one = tabs.measure(Path(folder), min(wanted.ledger, 1000), TABS, wanted.repeat)
    say(*tabs.shown(one, TABS))
    yield from tabs.goals(one, TABS)


def documents(wanted: Scale) -> Iterator[Goal]:
    """Measure the pair with Grist and show it; its goals."""
    heading(f"a Grist document, {wanted.products:,} products")
    one = grist_pair.measure(wanted.products, max(1, wanted.products // 50))
    say(*grist_pair.shown(one))
    yield from grist_pair.goals(one)


def stores(wanted: Scale) -> Iterator[Goal]:
    """Measure two stores in step and show it; their goals."""
    heading(f"a second store, {wanted.copied:,} products")
    say(stores_pair.HEADING)
    runs = {}
    for one in stores_pair.measure(wanted.copied):
        say(stores_pair.shown(one))
        runs[one.name] = one
    yield from stores_pair.goals_of(runs)


def heading(text: str) -> None:
    say("", f"== {text}", f"   {machine()}")


def say(*lines: str) -> None:
    print("\n".join(lines), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all; returns 0 whether the goals hold or not: figures of a busy machine are no failure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000", help="orders of the first loads, with commas in between")
    parser.add_argument("--quick", action="store_true", help="small sizes, in some minutes")
    parser.add_argument("--million", action="store_true", help="a first load of a million orders besides")
    given = parser.parse_args(arguments)
    wanted = scale([int(one) for one in given.sizes.split(",")], quick=given.quick, million=given.million)
    parts = (first_loads, sheets, hours, packed, received, queued, managed, watched, documents, stores)
    met = [goal for part in parts for goal in part(wanted)]
    heading("goals")
    say(*goals.table(met))
    say("Against the public extractors: python -m benchmarks.extractors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
