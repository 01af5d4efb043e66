"""What keeping two stores in step costs: the first copy of a whole shop, an hour without news, a title edit, a new product.

    python -m benchmarks.stores_pair --products 1000
    python -m benchmarks.stores_pair --products 5000 --alike

With `--alike` both shops have the same products already, which the first run has to find out; that takes far less time than to
copy them, and the hours after it are the same.

Both shops are the sandbox's, over HTTP, and the runs are the real command, in this process and in simulated time: the clock moves
only where the command waits. So the time that is told is that of Shopify's query budget (as of a standard plan: 2,000 points at
first, 100 a second) and of its work on media, not this computer's; CPU is told beside it. The share of the budget is what the
busier store was paid of all the points that it gave in that time.
"""

import argparse
import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal, table
from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.clock import Clock
from syncdb.sandbox.stores import LocalStore, TwoStores

HOUR = 3600.0
HEADING = f"{'run':24}{'seconds':>10}{'CPU s':>9}{'requests':>16}{'points':>20}{'share':>8}  exit code"
IDLE, SHARE = 4, 0.9  # requests of a side in an hour without news; of the points budget in a first copy


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds of simulated time and of CPU; requests, points and records written of each store."""

    name: str
    seconds: float
    cpu: float
    requests: tuple[int, int]
    points: tuple[float, float]
    code: int

    @property
    def share(self) -> float:
        """What the busier store was paid of the points that it gave in that time."""
        return max(self.points) / (2000.0 + 100.0 * self.seconds)


@dataclass
class Shops:
    """Two shops, a ledger between them and the clock of all three."""

    folder: Path
    products: int
    alike: bool = False
    time: float = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0).timestamp())

    def __post_init__(self) -> None:
        self.sandbox = TwoStores(products=self.products, alike=self.alike, clock=lambda: self.time)
        files = {"DB_PATH": str(self.folder / "ledger.db"), "LOG_FILE": str(self.folder / "sync.log")}
        self.env = self.sandbox.environment() | files | {"STORES_WRITE": "yes"}

    @property
    def stores(self) -> tuple[LocalStore, LocalStore]:
        return self.sandbox.taf, self.sandbox.afl

    def _sleep(self, seconds: float) -> None:
        self.time += seconds

    def measured(self, name: str, **asked: Any) -> Measured:
        """One run, an hour after the last."""
        self.time += HOUR
        for store in self.stores:
            store.faults.log.clear()
        spent = [store.app.bucket.spent for store in self.stores]
        clock = Clock(now=lambda: datetime.fromtimestamp(self.time, UTC), monotonic=lambda: self.time, sleep=self._sleep)
        began, cpu = self.time, time.process_time()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            code = run("stores", RunOptions(as_json=True, **asked), self.env, clock)
        counted = [store.faults.count("shopify") for store in self.stores]
        taken = self.time - began
        points = [store.app.bucket.spent - before for store, before in zip(self.stores, spent, strict=True)]
        return Measured(name, taken, time.process_time() - cpu, (counted[0], counted[1]), (points[0], points[1]), int(code))


@contextmanager
def shops(products: int, alike: bool = False) -> Iterator[Shops]:
    """Two shops in a folder of their own, of which the first has so many products, and the second none or the same."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="syncdb-stores-") as folder:
        os.chdir(folder)
        made = Shops(Path(folder), products, alike)
        try:
            yield made
        finally:
            made.sandbox.close()
            os.chdir(before)


def story(made: Shops) -> Iterator[Measured]:
    """The runs that are measured, in their order."""
    yield made.measured("first pairing" if made.alike else "first copy", force=True)
    yield made.measured("the run after it")
    yield made.measured("an hour without news")
    product = next(iter(made.sandbox.taf.goods.products.values()))
    made.sandbox.taf.merchant.edit_product(product["id"], title="Another title")
    yield made.measured("a title edit")
    made.measured("settling")
    made.sandbox.taf.merchant.add_product("A new plate", sku="PLATE-NEW", price="7.50", stock=2)
    yield made.measured("a new product")


def goals_of(runs: Mapping[str, Measured]) -> list[Goal]:
    """What must hold of them."""
    idle = Goal("requests of a side in an hour without news", IDLE, max(runs["an hour without news"].requests))
    if "first copy" not in runs:
        return [idle]
    return [idle, Goal("share of Shopify's points that the first copy uses", SHARE, runs["first copy"].share, least=True)]


def measure(products: int, alike: bool = False) -> Iterator[Measured]:
    """Make each run and tell of it when it is over."""
    with shops(products, alike) as made:
        yield from story(made)


def shown(one: Measured) -> str:
    """What was measured of a run as a line of text."""
    requests, points = (" + ".join(f"{value:,.0f}" for value in pair) for pair in (one.requests, one.points))
    return f"{one.name:24}{one.seconds:>10.0f}{one.cpu:>9.1f}{requests:>16}{points:>20}{one.share:>8.2f}  {one.code}"


def main(given: Sequence[str] | None = None) -> int:
    """Measure and tell; 0 where every run went well."""
    parser = argparse.ArgumentParser(description="What keeping two stores in step costs.")
    parser.add_argument("--products", type=int, default=1000, help="products of the first store (default 1000)")
    parser.add_argument("--alike", action="store_true", help="the second store has the same products already")
    chosen = parser.parse_args(given)
    logging.disable(logging.CRITICAL)
    print(HEADING)
    runs: dict[str, Measured] = {}
    for one in measure(chosen.products, chosen.alike):
        runs[one.name] = one
        print(shown(one), flush=True)
    print("\n".join(table(goals_of(runs))))
    return 0 if all(one.code in (0, 3) for one in runs.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
