"""What the triggers of the sync cost an ERP's own writes, and how fast the queue is worked off.

    python -m benchmarks.erp_queue [--seconds 5] [--rounds 5] [--rows 20000]

A PostgreSQL server of its own is started, with every write flushed to the disk as in earnest. pgbench then takes orders as an ERP
does (an order, two lines, two movements of stock in one transaction), by turns with the triggers and without them, so that what
else the machine does weighs on both alike; the medians are compared, those of the CPU that the server took, too (Linux). This is
done twice: once as fast as the server goes, with nothing between it and its client, so that the processor is all that counts; and
once as an ERP meets its database, with a network in between, each statement sent a millisecond after the answer to the last. The
queue is claimed and acknowledged in batches of 250 by one worker. Needs the programs of PostgreSQL, pgbench among them.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.goals import Goal
from syncdb.connectors.postgres.address import erp_address
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.install.triggers import EVENTS, PREFIX
from syncdb.connectors.postgres.queue import SyncQueue
from syncdb.connectors.postgres.tables import default_tables
from syncdb.sandbox.postgres.server import LocalPostgres

IN_EARNEST = ("fsync=on", "full_page_writes=on", "shared_buffers=128MB")
DISK = "/tmp"
THINGS = 10_000
FILL = """
insert into products (sku, name, price) select 'S' || n, 'Thing ' || n, n % 100 from generate_series(1, {things}) n;
insert into inventory (product_id, quantity) select id, 1000 from products;
"""
ORDER = """
\\set one random(1, {things})
\\set two random(1, {things})
begin;
insert into orders (order_number, total) values (gen_random_uuid()::text, 10) returning id as made \\gset
insert into order_items (order_id, sku, quantity, unit_price) values (:made, 'S' || :one, 1, 5);
insert into order_items (order_id, sku, quantity, unit_price) values (:made, 'S' || :two, 1, 5);
update inventory set quantity = quantity - 1 where id = least(:one, :two);
update inventory set quantity = quantity - 1 where id = greatest(:one, :two);
commit;
"""
NETWORK_MS = 1
TABLES = ("products", "customers", "orders", "order_items", "inventory")


@dataclass(frozen=True, slots=True)
class Cost:
    """Orders a second that the ERP takes with and without triggers, medians; the same over a network; seconds that a change of
    all stock at once takes; seconds of the server's CPU for an order.
    """

    with_triggers: float
    without: float
    far_with: float
    far_without: float
    bulk_with: float
    bulk_without: float
    cpu_with: float
    cpu_without: float

    @property
    def share(self) -> float:
        return 1 - self.with_triggers / self.without

    @property
    def far_share(self) -> float:
        return 1 - self.far_with / self.far_without


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows a second that one worker claims and acknowledges, in batches of 250."""

    rows: int
    seconds: float


def measure(seconds: int, rounds: int, rows: int) -> tuple[Cost, Pace]:
    """Both, on a server of its own."""
    with LocalPostgres(settings=IN_EARNEST, place=DISK) as server, tempfile.TemporaryDirectory() as folder:
        database = ErpDatabase(erp_address(server.url()))
        install(database, default_tables("public"), complete=True)
        _say(server, FILL.format(things=THINGS))
        script, far = Path(folder) / "order.sql", Path(folder) / "far.sql"
        script.write_text(ORDER.format(things=THINGS), encoding="utf-8")
        far.write_text(over_network(ORDER.format(things=THINGS)), encoding="utf-8")
        taken: dict[bool, list[float]] = {True: [], False: []}
        away: dict[bool, list[float]] = {True: [], False: []}
        bulk: dict[bool, list[float]] = {True: [], False: []}
        busy: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds):
            for on in (False, True):
                _switch(server, on)
                before = _cpu(server)
                rate, count = _orders(server, script, seconds)
                taken[on].append(rate)
                busy[on].append((_cpu(server) - before) / count)
                away[on].append(_orders(server, far, seconds)[0])
                bulk[on].append(_bulk(server))
        cost = Cost(*(statistics.median(some[on]) for some in (taken, away, bulk, busy) for on in (True, False)))
        pace = _work_off(server, database, rows)
        database.close()
        return cost, pace


def over_network(script: str) -> str:
    """The same script with the time of a network before each of its statements."""
    return "".join(
        line if line.startswith("\\") else f"\\sleep {NETWORK_MS} ms\n{line}" for line in script.splitlines(True) if line.strip()
    )


def _cpu(server: LocalPostgres) -> float:
    """Seconds of CPU that the server took so far, with the sessions that ended."""
    time.sleep(0.3)  # they count once they are gone
    pid = (server.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _orders(server: LocalPostgres, script: Path, seconds: int) -> tuple[float, int]:
    """Orders a second that pgbench takes with four clients, and how many it took."""
    command = [
        server.bin / "pgbench",
        "-n",
        "-c",
        "4",
        "-j",
        "2",
        "-T",
        str(seconds),
        "-f",
        script,
        "-h",
        server.folder,
        "-U",
        "erp",
    ]
    done = subprocess.run([*map(str, command), "postgres"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    count = next(line for line in lines if "transactions actually processed" in line)
    return next(float(line.split()[2]) for line in lines if line.startswith("tps")), int(count.split(":")[1].split("/")[0])


def _bulk(server: LocalPostgres) -> float:
    started = time.perf_counter()
    _say(server, "update inventory set quantity = quantity + 1")
    return time.perf_counter() - started


def _switch(server: LocalPostgres, on: bool) -> None:
    word = "enable" if on else "disable"
    _say(server, "delete from sync_queue; vacuum sync_queue, orders, order_items, inventory")
    for table in TABLES:  # the ERP's own trigger, which notes when a row was changed, is no cost of ours
        for event in EVENTS:
            _say(server, f"alter table {table} {word} trigger {PREFIX}{event}")


def _work_off(server: LocalPostgres, database: ErpDatabase, rows: int) -> Pace:
    _say(server, "delete from sync_queue")
    _say(server, f"insert into sync_queue (entity_type, entity_id) select 'inventory', n from generate_series(1, {rows}) n")
    queue = SyncQueue(database, default_tables("public"), "benchmark")
    started, done = time.perf_counter(), 0
    while claimed := queue.claim(limit=250):
        done += len(queue.acknowledge(claimed))
    assert done == rows, f"{done} of {rows} rows were worked off"
    return Pace(rows, time.perf_counter() - started)


def _say(server: LocalPostgres, text: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as session:
        for one in text.split(";"):
            if one.strip():
                session.execute(one)  # type: ignore[call-overload]


def shown(cost: Cost, pace: Pace) -> Iterator[str]:
    """The figures as lines of text."""
    fewer = f"{cost.share:.1%} fewer"
    yield f"orders a second, 4 clients: {cost.without:,.0f} without triggers, {cost.with_triggers:,.0f} with them ({fewer})"
    fewer = f"{cost.far_share:.1%} fewer"
    far = f"{cost.far_without:,.0f} without triggers, {cost.far_with:,.0f} with them ({fewer})"
    yield f"the same over a network of {NETWORK_MS} ms: {far}"
    more = f"{cost.cpu_with / cost.cpu_without - 1:.0%} more"
    without, with_them = f"{cost.cpu_without * 1e3:.2f} ms without", f"{cost.cpu_with * 1e3:.2f} ms with them"
    yield f"CPU of the server for an order: {without}, {with_them} ({more})"
    yield f"load of the machine: {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    yield f"all {THINGS:,} stocks in one statement: {cost.bulk_without:.2f} s without triggers, {cost.bulk_with:.2f} s with them"
    yield f"one worker claims and acknowledges {pace.rows / pace.seconds:,.0f} rows a second, in batches of 250"


def goals(cost: Cost, pace: Pace) -> Iterator[Goal]:
    """What was promised of them."""
    yield Goal("what the triggers cost an ERP that takes orders as fast as its server goes", 10, cost.share * 100, " %")
    yield Goal(f"the same with {NETWORK_MS} ms of network before each statement", 10, cost.far_share * 100, " %")
    yield Goal("rows of the queue claimed and acknowledged by one worker", 5000, pace.rows / pace.seconds, "/s", least=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=20_000)
    given = parser.parse_args()
    for line in shown(*measure(given.seconds, given.rounds, given.rows)):
        print(line)


if __name__ == "__main__":
    main()
