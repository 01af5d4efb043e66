"""How much room orders take in the ledger, plain and compressed, and what compressing and reading them costs.

    python -m benchmarks.packed_ledger [--orders 10000]

The orders are those of `benchmarks.first_load`, read from its shop into a ledger in the way of every run. Then they are
compressed as `check --vacuum` does it. CPU is that of this process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.first_load import ROOT, run
from benchmarks.goals import Goal, table
from syncdb.clock import SYSTEM
from syncdb.engine.progress import Silent
from syncdb.ledger import Ledger
from syncdb.ledger.queries import export_rows
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.redaction import rebuild
from syncdb.orders.packing import repack

MOST = 1_200  # bytes an order


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes of the ledger, plain and packed; seconds of CPU for packing all, and for reading all, plain and packed."""

    orders: int
    plain: int
    packed: int
    packing: float
    reading: tuple[float, float]


@contextmanager
def loaded(orders: int) -> Iterator[Path]:
    """A ledger of so many orders as a first load leaves it."""
    command = [sys.executable, "-m", "benchmarks.prepared_shop", str(orders)]
    shop = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    assert shop.stdout is not None and shop.stdin is not None
    try:
        about = json.loads(shop.stdout.readline())
        with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder:
            run("syncdb", about["url"], Path(folder))
            yield Path(folder) / "ledger.db"
    finally:
        shop.stdin.close()
        shop.wait()
        shop.stdout.close()


def measure(orders: int) -> Packed:
    """Load a shop of so many orders and pack them."""
    with loaded(orders) as path:
        with Ledger.open(path, SYSTEM.now()) as ledger:
            rebuild(ledger)
        plain, read = path.stat().st_size, _read(path)
        with Ledger.open(path, SYSTEM.now()) as ledger:
            with ledger.transaction():
                ledger.packing.want(True)
            began = time.process_time()
            repack(ledger, Silent(), None)
            packing = time.process_time() - began
            rebuild(ledger)
        return Packed(orders, plain, path.stat().st_size, packing, (read, _read(path)))


def _read(path: Path) -> float:
    """What it takes to read every snapshot as an export does."""
    began = time.process_time()
    with reading(path) as reader:
        for _ in export_rows.snapshots(reader, ""):
            pass
    return time.process_time() - began


def shown(one: Packed) -> list[str]:
    """What was measured as lines of text."""
    each = 1e6 / one.orders
    plain, packed = (seconds * each for seconds in one.reading)
    size, small = one.plain / one.orders, one.packed / one.orders
    return [
        f"{one.orders:,} orders: {size:,.0f} bytes of ledger an order in plain text, {small:,.0f} compressed; "
        f"compressing takes {one.packing * each:.0f} µs an order, reading {packed:.0f} instead of {plain:.0f} µs"
    ]


def goals(one: Packed) -> list[Goal]:
    """The goal for what was measured."""
    return [Goal("bytes of ledger an order, compressed", MOST, one.packed / one.orders)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000)
    one = measure(parser.parse_args().orders)
    print("\n".join([*shown(one), *table(goals(one))]))


if __name__ == "__main__":
    main()
