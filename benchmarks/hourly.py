"""What an hourly run costs in the ledger, and whether that grows with the number of orders there.

    python -m benchmarks.hourly [--orders 10000,100000]

Ledgers of several sizes are made as for the manager (`benchmarks.manager_ledger`). Then 40 orders of a local shop change again
and again, and each time the change is read as an hourly run reads it: by the window since the last, gaps in the numbers and all.
Processor time of the reading thread is told, the median of some rounds: the shop's own time is not in it, nor is what the
sheet's side does, which sees those 40 orders only. The numbers of the 40 orders stand twice in the ledger.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import manager_ledger
from benchmarks.goals import Goal, table
from syncdb.clock import Clock
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.orders import OrderReader
from syncdb.connectors.shopify.tokens import StaticToken
from syncdb.engine.progress import Silent
from syncdb.engine.report import Report
from syncdb.http import Retrier
from syncdb.ledger import Ledger
from syncdb.orders.intake import Intake
from syncdb.sandbox.faults import Faults
from syncdb.sandbox.server import Server
from syncdb.sandbox.shopify.app import ShopifyApp
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.values import iso

CHANGED = 40
ROUNDS = 9
OVERLAP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Hour:
    """What taking in 40 changed orders took, in seconds of processor time, in a ledger of so many orders."""

    orders: int
    seconds: float


def measure(folder: Path) -> Hour:
    """The median of some rounds on the ledger of a folder, which they change."""
    path = folder / manager_ledger.LEDGER
    with Ledger.open(path, datetime.now(UTC)) as ledger, _shop() as (shop, client):
        with ledger.transaction():
            ledger.connection.execute("DELETE FROM meta WHERE name = 'shop'")  # another shop answers here
        took = []
        for number in range(ROUNDS + 1):
            for gid in list(shop.orders)[:CHANGED]:
                shop.add_tag(gid, f"round {number}")
            took.append(_taken(ledger, client, CHANGED))
        return Hour(ledger.orders.count(), statistics.median(took[1:]))  # in the first round they were new


def _taken(ledger: Ledger, client: ShopifyClient, expected: int) -> float:
    now = iso(datetime.now(UTC))
    with ledger.transaction():
        run_id = ledger.runs.start(manager_ledger.PAIR, "sync", now)
    report = Report(run_id, "incremental", now)
    reader = OrderReader(client, (), 50)
    intake = Intake(ledger, reader, manager_ledger.PAIR, report, Silent(), Clock())
    began = time.thread_time()
    intake.read(intake.window(timedelta(days=60), whole=False), OVERLAP)
    took = time.thread_time() - began
    if report.counts["orders_new"] + report.counts["orders_changed"] != expected or report.partial:
        raise RuntimeError(f"the round did not do what it should measure: {dict(report.counts)}, {report.notes}")
    return took


@contextmanager
def _shop() -> Iterator[tuple[Shop, ShopifyClient]]:
    shop = Shop()
    generate(shop, CHANGED, 5, shop.now(), 1)
    app = ShopifyApp(shop)
    app.tokens.add_token(manager_ledger.TOKEN)
    app.bucket.available = lambda: 10_000.0  # type: ignore[method-assign]  # nobody waits here
    with Server({"/admin": app}, Faults()) as server:
        client = ShopifyClient("kayra-demo", StaticToken(manager_ledger.TOKEN), "2026-10", server.url, Clock(), Retrier())
        yield shop, client
        client.close()


def shown(hours: list[Hour]) -> list[str]:
    """A line for each size, with the ratio to the smallest."""
    return [f"{one.orders:>10,} orders {one.seconds * 1000:8.1f} ms  {one.seconds / hours[0].seconds:5.2f}" for one in hours]


def goal(hours: list[Hour]) -> Goal:
    """That the largest ledger costs hardly more than the smallest."""
    small, large = hours[0], hours[-1]
    what = f"an hourly run in {large.orders:,} orders against {small.orders:,}: CPU"
    return Goal(what, 1.2, large.seconds / small.seconds, " x")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hourly", description=__doc__)
    parser.add_argument("--orders", default="10000,100000", help="sizes, with commas in between")
    parser.add_argument("--folder", type=Path, help="where ledgers of an earlier measurement lie, a folder for each size")
    given = parser.parse_args()
    hours = []
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as temporary:
        for orders in map(int, given.orders.split(",")):
            folder = (given.folder or Path(temporary)) / str(orders)
            print(manager_ledger.made(folder, orders), flush=True)
            hours.append(measure(folder))
    print("\n".join((*shown(hours), *table([goal(hours)]))))


if __name__ == "__main__":
    main()
