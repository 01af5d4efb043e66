"""How long a first load takes from the start of the process to the ledger, and what it costs.

    python -m benchmarks.first_load [--orders 10000] [--repeat 3]

The shop runs in a process of its own and answers at once. What is measured runs in another: `syncdb`, the real way from the shop
into the ledger (bulk operation, checks, snapshots, hashes, SQLite), and `floor`, the least that anybody could do: read the same
bytes, parse the JSON by the same parser, insert the same rows into the same tables. CPU is user and system time of that process
alone; requests and the bytes of their bodies are counted by the shop.
"""

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.goals import Goal, table
from benchmarks.process import compiled, peak

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
GIVEN = "floor.json"
BATCH = 250
LARGE = 50_000  # orders from which on the program's start weighs little: what is wanted of CPU and pace is wanted of these
MEMORY_BASE = 10_000  # orders: memory is compared with that of a load of so many


def load(url: str, folder: Path) -> dict[str, Any]:
    """Bring all orders of the shop into a new ledger by the way of every run."""
    from syncdb.loading import for_good

    with for_good():  # as the program's own start does
        from syncdb.clock import SYSTEM
        from syncdb.connectors.shopify.client import ShopifyClient
        from syncdb.connectors.shopify.orders import OrderReader
        from syncdb.connectors.shopify.tokens import StaticToken
        from syncdb.engine.progress import Silent
        from syncdb.engine.report import Report
        from syncdb.ledger import Ledger
        from syncdb.orders.intake import Intake, Window
        from syncdb.values import iso

    client = ShopifyClient("kayra-demo", StaticToken(TOKEN), "2026-10", url)
    now = SYSTEM.now()
    since = now - timedelta(days=60)
    with Ledger.open(folder / "ledger.db", now) as ledger:
        with ledger.transaction():
            run_id = ledger.runs.start("benchmark", "sync", iso(now))
        report = Report(run_id, "sync", iso(now))
        intake = Intake(ledger, OrderReader(client, bulk_from=100), "benchmark", report, Silent(), SYSTEM)
        intake.read(Window(since, now, False, since), timedelta(minutes=15))
        client.close()
        notes = [note.message for note in report.notes]
        return {"orders": ledger.orders.count(), "partial": report.partial, "notes": notes}


def floor(url: str, folder: Path) -> dict[str, Any]:
    """The same bytes read, the same JSON parsed, the same rows inserted; nothing understood, nothing checked.

    It loads nothing of the program: what it asks is given to it.
    """
    import orjson
    import requests

    given = json.loads((folder / GIVEN).read_text(encoding="utf-8"))
    source = sqlite3.connect(folder / "ledger.db")
    target = sqlite3.connect(folder / "floor.db", isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = FULL")
    names = ("order_tracking", "pending")
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL AND type <> 'trigger' ORDER BY rowid"
    for name in names:
        for (sql,) in source.execute(made, (name,)):
            target.execute(sql)
    rows = {name: source.execute(f"SELECT * FROM {name}") for name in names}
    session, document, waiting, orders = requests.Session(), given["document"], [], 0

    def insert() -> None:
        target.execute("BEGIN IMMEDIATE")
        for name, cursor in rows.items():
            some = cursor.fetchmany(BATCH)
            target.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(cursor.description))})", some)
        target.execute("COMMIT")

    def rest(ids: list[str]) -> None:
        body = json.dumps({"query": document, "variables": {"ids": ids}})
        headers = {"X-Shopify-Access-Token": TOKEN, "Content-Type": "application/json"}
        orjson.loads(session.post(f"{url}/admin/api/2026-10/graphql.json", data=body, headers=headers, timeout=60).content)

    with session.get(f"{url}{given['result']}", stream=True, timeout=60) as answer:
        tail = b""
        for piece in answer.iter_content(1 << 18):
            *lines, tail = (tail + piece).split(b"\n")
            for line in lines:
                node = orjson.loads(line)
                if "__parentId" not in node:
                    orders += 1
                    waiting += [part["id"] for part in (*node["refunds"], *node["fulfillments"])]
                    if orders % BATCH == 0:
                        insert()
            while len(waiting) >= BATCH:
                rest(waiting[:BATCH])
                del waiting[:BATCH]
    if waiting:
        rest(waiting)
    insert()
    session.close()
    (inserted,) = target.execute("SELECT count(*) FROM order_tracking").fetchone()
    for connection in (source, target):
        connection.close()
    return {"orders": inserted}


def measured(part: str, url: str, folder: str) -> None:
    """Run one part and print what it and the processes it started took, as JSON."""
    found = {"syncdb": load, "floor": floor}[part](url, Path(folder))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    helping = _helpers(part) * used[1].ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)  # the largest is known
    print(json.dumps(found | {"cpu": cpu, "memory": peak() + helping}))


def _helpers(part: str) -> int:
    """How many processes a part starts."""
    if part == "floor":
        return 0
    from syncdb.connectors.shopify.bulk_workers import MOST

    return MOST


def give(folder: Path) -> None:
    """What the floor asks: the address of the result, and the document for what bulk operations leave out."""
    from benchmarks.prepared_shop import FOLDER
    from syncdb.connectors.shopify.bulk_query import completion
    from syncdb.connectors.shopify.order_shape import order_shape

    asked = {"result": f"{FOLDER}result", "document": completion(order_shape())}
    (folder / GIVEN).write_text(json.dumps(asked), encoding="utf-8")


def run(part: str, url: str, folder: Path) -> dict[str, Any]:
    """One part in a new process; `wall` counts from its start to its end."""
    before, started = traffic(url), time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.first_load", "--part", part, "--url", url, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    wall = time.perf_counter() - started
    return found | {"wall": wall} | {name: count - before.get(name, 0) for name, count in traffic(url).items()}


def traffic(url: str) -> dict[str, int]:
    """What the shop has answered so far: requests, and the bytes of bodies received and sent by it."""
    from benchmarks.prepared_shop import COUNTS

    with urllib.request.urlopen(f"{url}{COUNTS}") as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


@dataclass(frozen=True, slots=True)
class Loaded:
    """The medians of some runs of one way, and the most memory of any (MB)."""

    wall: float
    cpu: float
    memory: float

    @classmethod
    def of(cls, runs: Sequence[Mapping[str, Any]]) -> "Loaded":
        wall, cpu = median(one["wall"] for one in runs), median(one["cpu"] for one in runs)
        return cls(wall, cpu, max(one["memory"] for one in runs))


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """What was measured of a shop of `orders` orders. Sizes are in bytes: of the JSON, of the ledger, of all bodies."""

    orders: int
    lines: int
    size: int
    ledger: int
    requests: int
    sent: int
    received: int
    ours: Loaded
    floor: Loaded

    @property
    def ratio(self) -> float:
        return self.ours.cpu / self.floor.cpu


def measure(orders: int, repeat: int) -> FirstLoad:
    """Load a shop of so many orders, and do the floor beside it. Raises SystemExit where that was not what was to be measured."""
    compiled()
    shop = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.prepared_shop", str(orders)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert shop.stdout is not None and shop.stdin is not None
    try:
        about = json.loads(shop.stdout.readline())
        ours, floors, size = [], [], 0
        for _ in range(repeat):
            with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder:
                ours.append(run("syncdb", about["url"], Path(folder)))
                size = (Path(folder) / "ledger.db").stat().st_size
                give(Path(folder))
                floors.append(run("floor", about["url"], Path(folder)))
    finally:
        shop.stdin.close()
        shop.wait()
        shop.stdout.close()
    for one in (*ours, *floors):
        if one["orders"] != orders or one.get("partial") or one.get("notes"):
            raise SystemExit(f"the load was not what was to be measured: {one}")
    traffic = {"requests": ours[0]["requests"], "sent": ours[0]["received"], "received": ours[0]["sent"]}  # the shop's sides
    return FirstLoad(orders, about["lines"], about["bytes"], size, **traffic, ours=Loaded.of(ours), floor=Loaded.of(floors))


def shown(one: FirstLoad) -> list[str]:
    """What was measured as lines of text."""
    lines = [
        f"{one.orders:,} orders, {one.lines:,} lines of JSON, {one.size / 1e6:,.1f} MB",
        f"{'':8}{'wall s':>9}{'CPU s':>9}{'orders/s':>10}{'orders/CPU s':>14}{'peak MB':>9}",
    ]
    for name, took in (("syncdb", one.ours), ("floor", one.floor)):
        rates = f"{one.orders / took.wall:>10,.0f}{one.orders / took.cpu:>14,.0f}"
        lines.append(f"{name:8}{took.wall:>9.2f}{took.cpu:>9.2f}{rates}{took.memory:>9.0f}")
    lines.append(f"{one.ratio:.2f} times the floor's CPU; {one.ledger / one.orders:,.0f} bytes of ledger an order")
    return [*lines, f"{one.requests} requests, {one.sent / 1e6:,.1f} MB sent, {one.received / 1e6:,.1f} MB received"]


def goals(loads: Sequence[FirstLoad]) -> list[Goal]:
    """The goals of these sizes beside what was measured."""
    found = []
    for one in loads:
        of = f"{one.orders:,} orders"
        if one.orders >= LARGE:
            found.append(Goal(f"{of}: CPU of fetch to ledger against the floor's", 2.0, one.ratio, " x"))
            found.append(Goal(f"{of}: orders a second, wall", 8_000, one.orders / one.ours.wall, least=True))
        found.append(Goal(f"{of}: JSON asked for an order", 7.0, one.size / one.orders / 1000, " KB"))
    ordered = sorted(loads, key=lambda one: one.orders)
    base = next((one for one in ordered if one.orders >= MEMORY_BASE), None)
    for one in ordered:
        if base is not None and one.orders > base.orders:
            what = f"{one.orders:,} orders: peak memory against that of {base.orders:,}"
            found.append(Goal(what, 1.3, one.ours.memory / base.ours.memory, " x"))
    found.append(Goal(f"{ordered[-1].orders:,} orders: peak memory", 200, ordered[-1].ours.memory, " MB"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3, help="the median is shown")
    parser.add_argument("--part", choices=("syncdb", "floor"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        measured(given.part, given.url, given.folder)
    else:
        found = measure(given.orders, given.repeat)
        print("\n".join((*shown(found), *table(goals([found])))))


if __name__ == "__main__":
    main()
