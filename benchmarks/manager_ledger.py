"""How fast the manager answers on a ledger of many orders, and how much memory it takes.

    python benchmarks/manager_ledger.py [--orders 10000] [--folder FOLDER] [--keep] [--exports] [--redact]

A ledger is made by the same statements and the same snapshots that a sync of the local shop makes, repeated under other ids and
for other customers until there are enough. Then each command runs as a user would run it, in a process of its own; the best of
three is printed. `--redact` changes the ledger, so its commands come last and once; they also tell how much room they took.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.goals import Goal, table  # noqa: E402
from benchmarks.process import compiled, run  # noqa: E402
from syncdb.clock import SYSTEM, Clock  # noqa: E402
from syncdb.connectors.shopify.client import ShopifyClient  # noqa: E402
from syncdb.connectors.shopify.orders import OrderReader  # noqa: E402
from syncdb.connectors.shopify.tokens import StaticToken  # noqa: E402
from syncdb.http import Retrier  # noqa: E402
from syncdb.ledger import Ledger  # noqa: E402
from syncdb.ledger.pairs import RegisteredPair  # noqa: E402
from syncdb.ledger.runs import Problem  # noqa: E402
from syncdb.order_snapshot import snapshot_of, summarise  # noqa: E402
from syncdb.sandbox.faults import Faults  # noqa: E402
from syncdb.sandbox.server import Server  # noqa: E402
from syncdb.sandbox.shopify.app import ShopifyApp  # noqa: E402
from syncdb.sandbox.shopify.generate import generate  # noqa: E402
from syncdb.sandbox.shopify.shop import Shop  # noqa: E402
from syncdb.values import canonical_json, iso  # noqa: E402

PAIR = "sheets:1A2b3C4d5E6f7G8h9I0jK1l2M3n4O5p6Q7r8S9t0U1v2:Orders:line"
TOKEN = "shpat_0123456789abcdef0123456789abcdef"
YEARS = 3
STATUS_CPU = 0.3  # seconds
STATUS_WALL, STATUS_MB = 1.0, 60  # seconds and memory, however large the ledger is
XLSX_BY_CSV = 1.3  # what the same rows may take as XLSX
REDACTION = 30.0  # seconds, at a million orders
LEDGER = "shopify_sync.db"
ORDER, EMAIL = "1500", "kunde150@example.com"  # in the smallest ledger, too
COMMANDS = (
    ("status --help", ["status", "--help"]),
    ("status", ["status"]),
    ("errors", ["errors"]),
    ("report --days 7", ["report", "--days", "7"]),
    ("report --days 7 (html)", ["report", "--days", "7", "--output", "report.html", "--overwrite"]),
    ("report --days 365", ["report", "--days", "365"]),
    ("orders", ["orders"]),
    ("orders --status voided", ["orders", "--status", "voided"]),
    ("orders --search (newest has it)", ["orders", "--search", "example.com", "--limit", "5"]),
    ("history", ["history", ORDER]),
)
EXPORTS = (
    ("export orders csv", ["export", "--output", "orders.csv", "--overwrite"]),
    ("export lines csv", ["export", "--what", "lines", "--output", "lines.csv", "--overwrite"]),
    ("export lines xlsx", ["export", "--what", "lines", "--output", "lines.xlsx", "--overwrite"]),
    ("backup", ["backup", "--output", "backup.db", "--overwrite"]),
    ("check --quick", ["check", "--quick"]),
    ("check", ["check"]),
)
REDACTIONS = (
    ("redact (an order)", ["redact", ORDER, "--yes"]),
    ("redact (an e-mail address)", ["redact", EMAIL, "--yes"]),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """How a command went: the shortest time of some runs (s), the most memory of any (MB), its exit code.

    `room` is by how much the disk was fuller meanwhile, in bytes, where that was looked at.
    """

    name: str
    seconds: float
    memory: float
    code: int
    room: int | None = None


def main() -> None:
    """Make the ledger (or take the one that is there) and time the commands."""
    options = _options()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="syncdb-bench-"))
    try:
        print(made(folder, options.orders))
        answered = []
        for one in measure(folder, exports=options.exports, redact=options.redact):
            print(shown(one), flush=True)
            answered.append(one)
        print("\n".join(table([start(folder), *goals(answered)])))
    finally:
        if not (options.keep or options.folder):
            shutil.rmtree(folder)


def made(folder: Path, orders: int) -> str:
    """Make the ledger where there is none; says how large it is."""
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / LEDGER
    took = ""
    if not ledger.exists():
        began = time.perf_counter()
        make(ledger, orders)
        took = f", made in {time.perf_counter() - began:.0f} s"
    return f"{ledger.stat().st_size / 1e6:,.0f} MB, asked for {orders:,} orders{took}"


def measure(folder: Path, *, exports: bool = False, redact: bool = False) -> Iterator[Answered]:
    """Time the commands on the ledger of a folder, one after the other."""
    for name, arguments in COMMANDS + (EXPORTS if exports else ()):
        yield Answered(name, *timed(arguments, folder, 1 if (name, arguments) in EXPORTS else 3))
    for written in ("*.csv", "*.xlsx", "backup.db"):  # a redaction that finds the person in a file ends with 3
        for one in folder.glob(written):
            one.unlink()
    for name, arguments in REDACTIONS if redact else ():
        with _Room(folder) as room:
            best, most, code = timed(arguments, folder, 1)
        yield Answered(name, best, most, code, room.taken)


def shown(one: Answered) -> str:
    """What was measured of a command as a line of text."""
    room = "" if one.room is None else f"  room on the disk {one.room / 1e6:,.0f} MB"
    return f"{one.name:34} {one.seconds:7.2f} s  {one.memory:6.0f} MB  exit {one.code}{room}"


def goals(answered: Iterable[Answered]) -> list[Goal]:
    """The goals for what was measured of these commands."""
    by_name = {one.name: one for one in answered}
    status = by_name["status"]
    found = [
        Goal("`status`: seconds on the clock", STATUS_WALL, status.seconds, " s"),
        Goal("`status`: peak memory", STATUS_MB, status.memory, " MB"),
    ]
    csv, xlsx = by_name.get("export lines csv"), by_name.get("export lines xlsx")
    if csv and xlsx:
        found.append(Goal("lines as XLSX against the same as CSV: seconds", XLSX_BY_CSV, xlsx.seconds / csv.seconds, " x"))
    redacted = (by_name[name] for name, _ in REDACTIONS if name in by_name)
    return [*found, *(Goal(one.name, REDACTION, one.seconds, " s") for one in redacted)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--exports", action="store_true")
    parser.add_argument("--redact", action="store_true")
    return parser.parse_args()


def make(path: Path, orders: int) -> None:
    """Fill a ledger: orders over three years with a few numbers missing, hourly runs, changes, writes and errors."""
    now = datetime.now(UTC).replace(microsecond=0)
    patterns = [_Pattern(snapshot) for snapshot in _snapshots()]
    with Ledger.open(path, now) as ledger:
        ledger.connection.execute("PRAGMA synchronous = OFF")
        _runs(ledger, now)
        rows = _orders(patterns, orders, now)
        while batch := [row for _, row in zip(range(2000), rows, strict=False)]:
            with ledger.transaction():
                _insert(ledger, batch, now)
        with ledger.transaction():
            _meta(ledger, now)
            for number in range(40):
                cause = "held back" if number % 3 else "refused"
                problem = Problem("fetch", cause, "Shopify could not answer.", f"x{number}", f"#{number}")
                ledger.problems.add(problem, 5, iso(now))
        ledger.connection.execute("PRAGMA synchronous = FULL")


def _snapshots() -> list[Mapping[str, Any]]:
    """Snapshots as the product itself makes them, of 400 orders of the local shop."""
    shop = Shop()
    generate(shop, 400, 5, shop.now(), 30)
    app = ShopifyApp(shop)
    app.tokens.add_token(TOKEN)
    app.bucket.available = lambda: 10_000.0  # type: ignore[method-assign]  # nobody waits here
    with Server({"/admin": app}, Faults()) as server:
        clock = Clock()
        client = ShopifyClient("kayra-demo", StaticToken(TOKEN), "2026-10", server.url, clock, Retrier())
        pages = OrderReader(client, (), 50).changed(SYSTEM.now() - timedelta(days=60), SYSTEM.now())
        found = [order.snapshot for page in pages for order in page.orders]
        client.close()
    return [snapshot for snapshot in found if len(snapshot.get("line_items", ())) < 50]


class _Pattern:
    """An order to be repeated: its stored text with places for the id, the number, the time and who bought it.

    Names and streets stay, so that each customer has namesakes and neighbours, as in a real shop.
    """

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        text = canonical_json(snapshot)
        self.text = text.replace(snapshot["id"], "@ID@").replace(str(snapshot["number"]), "@NUMBER@")
        self.text = self.text.replace(snapshot["created_at"], "@MADE@")
        buyer = {
            "EMAIL": snapshot.get("email"),
            "PHONE": snapshot.get("phone"),
            "CUSTOMER": (snapshot.get("customer") or {}).get("id"),
        }
        for place, known in buyer.items():
            if known:
                self.text = self.text.replace(known, f"@{place}@")
        self.name = str(snapshot["name"]).replace(str(snapshot["number"]), "@NUMBER@")
        self.summary = summarise(snapshot)
        self.lines = len(snapshot.get("line_items", ()))

    def order(self, order_id: str, number: int, made: str, customer: int) -> tuple[str, bytes, str]:
        """The hash and the text of one such order, both as the product makes them, and the buyer's e-mail address."""
        email = f"kunde{customer}@example.com"
        filled = {"ID": order_id, "NUMBER": str(number), "MADE": made, "EMAIL": email}
        filled |= {"PHONE": f"+49{1_500_000_000 + customer}", "CUSTOMER": str(9_300_000_000_000 + customer)}
        text = self.text
        for place, value in filled.items():
            text = text.replace(f"@{place}@", value)
        snapshot = snapshot_of(orjson.loads(text))
        return snapshot.hash, snapshot.text, email


def _orders(patterns: list[_Pattern], count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(1)
    step = timedelta(days=365 * YEARS) / count
    number = 1000
    for index in range(count):
        number += 1
        if index % (count // 5 or 1) == 7:
            number += 3  # three numbers lost
        pattern = patterns[rng.randrange(len(patterns))]
        made = iso(now - step * (count - index))
        order_id = str(5_000_000_000_000 + index)
        yield order_id, number, made, pattern.order(order_id, number, made, index // 3), pattern


def _insert(ledger: Ledger, batch: list[tuple[Any, ...]], now: datetime) -> None:
    at = iso(now)
    run = "INSERT INTO order_tracking VALUES (?,?,?,?,CAST(? AS TEXT)," + ",".join("?" * 18) + ")"
    ledger.connection.executemany(run, (_columns(row, at) for row in batch))
    records, changes, writes = [], [], []
    for order_id, number, made, (_, _, email), pattern in batch:
        keys = [str(int(order_id) * 10 + line) for line in range(pattern.lines or 1)]
        agreed = {"customer_email": email if "@EMAIL@" in pattern.text else None, "order_name": f"#{number}"}
        records += [(PAIR, key, order_id, canonical_json(agreed | {"key": key}), "7", at, 1) for key in keys]
        changes += [(order_id, number % 9000 + 1, made, path, '"a"', '"b"') for path in ("tags", "display_fulfillment_status")]
        writes += [(1, PAIR, "right", key, order_id, "create", "new", "7", None, None, None, made) for key in keys]
    ledger.connection.executemany("INSERT INTO record VALUES (?,?,?,?,?,?,?)", records)
    ledger.connection.executemany(
        "INSERT INTO order_change (order_id, run_id, seen_at, path, before, after) VALUES (?,?,?,?,?,?)", changes
    )
    ledger.connection.executemany(
        """INSERT INTO cell_write (run_id, pair, side, key, order_id, action, reason, location, field, before, after, written_at)
           VALUES (?,?,?,?,?,?,?,?,?,?,?,?)""",
        writes,
    )


def _columns(row: tuple[Any, ...], at: str) -> tuple[Any, ...]:
    order_id, number, made, (mark, text, _), pattern = row
    one = pattern.summary
    return (
        order_id, pattern.name.replace("@NUMBER@", str(number)), number, mark, text, "tracked",
        one.financial_status, one.fulfillment_status, one.cancelled_at, one.closed_at, int(one.test), one.currency, one.total,
        one.line_count, "7", made, made, made, at, at, at, None, None,
    )  # fmt: skip


def _runs(ledger: Ledger, now: datetime) -> None:
    """Three years of hourly runs."""
    counts = canonical_json({"fetched": 40, "orders_changed": 3, "rows_added": 2, "cells_changed": 9})
    hours = 365 * 24 * YEARS
    rows = (
        (PAIR, "incremental", iso(now - timedelta(hours=hours - n)), iso(now - timedelta(hours=hours - n, seconds=-4)), 0, counts)
        for n in range(hours)
    )
    with ledger.transaction():
        ledger.connection.executemany(
            """INSERT INTO sync_history (pair, mode, started_at, ended_at, exit_code, message, counts, version)
               VALUES (?, ?, ?, ?, ?, '', ?, '0.1.0')""",
            rows,
        )


def _meta(ledger: Ledger, now: datetime) -> None:
    since = iso(now - timedelta(days=365 * YEARS + 1))
    ledger.pairs.register(RegisteredPair(PAIR, "sheets", "orders", tracks_orders=True))
    ledger.runs.put("watermark:orders", {"at": iso(now), "covered_since": since, "metafields": [], "run_id": 1})
    shop = {"id": "1", "domain": "bench.myshopify.com", "name": "Bench", "zone": "Europe/Berlin", "currency": "EUR"}
    ledger.runs.put("shop", shop | {"version": "2026-10", "scopes": None})


class _Room:
    """How much less room there was on the folder's disk at any moment within than at the beginning, in bytes."""

    def __init__(self, folder: Path) -> None:
        self.taken = 0
        self._folder = folder
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> "_Room":
        self._begin = shutil.disk_usage(self._folder).free
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):  # a temporary file without a name is seen in nothing else
            self.taken = max(self.taken, self._begin - shutil.disk_usage(self._folder).free)


def start(folder: Path) -> Goal:
    """What `status` takes at the least: most of it is starting."""
    env = os.environ | {"DB_PATH": str(folder / LEDGER)}
    command = [str(ROOT / "sync_manager.py"), "status"]
    least = min(run(command, folder, env).spent.cpu for _ in range(5))
    return Goal("`status`: CPU, its start included", STATUS_CPU, least, " s")


def timed(arguments: list[str], folder: Path, times: int) -> tuple[float, float, int]:
    """The shortest time of some runs (s), the most memory of any (MB), and the exit code."""
    compiled()
    results = [_measured(arguments, folder) for _ in range(times)]
    return min(one[0] for one in results), max(one[1] for one in results), results[0][2]


def _measured(arguments: list[str], folder: Path) -> tuple[float, float, int]:
    probe = (
        "import json,resource,subprocess,sys,time\n"
        "began=time.perf_counter()\n"
        "code=subprocess.call(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)\n"
        "usage=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([time.perf_counter()-began,usage.ru_maxrss/1024,code]))"
    )
    command = [sys.executable, "-c", probe, sys.executable, str(ROOT / "sync_manager.py"), *arguments]
    env = os.environ | {"DB_PATH": str(folder / LEDGER)}
    done = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, check=True)
    seconds, memory, code = json.loads(done.stdout)
    if code not in (0, 1):
        raise SystemExit(f"`{' '.join(arguments)}` ended with {code}, so nothing was measured")
    return float(seconds), float(memory), int(code)


if __name__ == "__main__":
    main()
