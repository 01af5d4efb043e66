"""What keeping a whole shop in step with a Grist document costs: the first fill, an idle run, changes on both sides, a full look.

    python -m benchmarks.grist_pair --products 5000

Shop and Grist are the sandbox's, over HTTP, in this process; each run is the real command in a process of its own. CPU is user
and system time of that process, wall counts from its start to its end and includes waiting for Shopify's query budget (as of a
standard plan: 100 points a second) and for its bulk operations, which write out 1,458 objects a second: so many were
recorded within one. With SYNCDB_GRIST_URL and SYNCDB_GRIST_KEY set, a document is made on that Grist server,
used in place of the sandbox's, and deleted at the end.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.goals import Goal, table
from benchmarks.process import compiled, peak
from syncdb.sandbox.local import ACCOUNT, Sandbox
from syncdb.sandbox.shopify.products.merchant import Merchant

ROOT = Path(__file__).resolve().parents[1]
URL, KEY = "SYNCDB_GRIST_URL", "SYNCDB_GRIST_KEY"
PATIENCE = 600.0  # seconds
DAY = 86_400
FULL = "full look"
LOOK_POINTS = 2_600
LOOK_SECONDS, FOR_PRODUCTS = 30, 5_000
SPEED = 1_458  # objects of a bulk operation that were written out within a second (observed)


@dataclass(frozen=True, slots=True)
class Place:
    """The document that is kept in step: its server, a key, its id."""

    url: str
    key: str
    document: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A person's request to the document."""
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.url}/api/docs/{self.document}{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def place(sandbox: Sandbox) -> Iterator[Place]:
    """The sandbox's document, or a new one of a real server, deleted at the end."""
    url, key = os.environ.get(URL, "").rstrip("/"), os.environ.get(KEY, "")
    if not (url and key):
        yield Place(sandbox.server.url, sandbox.grist.keys.key(ACCOUNT), sandbox.grist_document.id)
        return
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        org = session.get(f"{url}/api/orgs", timeout=PATIENCE).json()[0]["id"]
        workspace = session.get(f"{url}/api/orgs/{org}/workspaces", timeout=PATIENCE).json()[0]["id"]
        made = session.post(f"{url}/api/workspaces/{workspace}/docs", json={"name": "syncdb size"}, timeout=PATIENCE).json()
        try:
            yield Place(url, key, made)
        finally:
            session.delete(f"{url}/api/docs/{made}", timeout=PATIENCE).raise_for_status()


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what it took (seconds, MB), its requests to the shop and to Grist, the points that the shop charged for them,
    and how many records it wrote.
    """

    name: str
    wall: float
    cpu: float
    memory: float
    shop: int
    grist: int
    points: float
    written: int


@dataclass(frozen=True, slots=True)
class GristPair:
    """What was measured of a shop and a document. `things` are how many there are by entity, `ledger` is in bytes."""

    things: Mapping[str, int]
    runs: tuple[Run, ...]
    ledger: int


@dataclass
class Bench:
    """A shop, a document and a ledger, with the runs between them."""

    sandbox: Sandbox
    place: Place
    folder: Path

    def environment(self) -> dict[str, str]:
        ours = {"GRIST_SERVER": self.place.url, "GRIST_API_KEY": self.place.key, "GRIST_DOCUMENT": self.place.document}
        files = {"DB_PATH": str(self.folder / "ledger.db"), "LOG_FILE": str(self.folder / "sync.log"), "SHOPIFY_WRITES": "all"}
        return os.environ | self.sandbox.environment() | files | ours

    def run(self, name: str, *options: str) -> Run:
        """One run of the command."""
        compiled()
        shop, grist, paid = self.sandbox.faults.count("shopify"), self.calls(), self.sandbox.shopify.bucket.spent
        started = time.perf_counter()
        done = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.grist_pair", "--inside", *options],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        out, err = done.communicate()
        wall = time.perf_counter() - started
        if done.returncode:
            raise SystemExit(f"the run ended with {done.returncode}\n{out}\n{err}")
        said, _, used = out.rpartition("\n---\n")
        counts, took = json.loads(said)["runs"][0]["counts"], json.loads(used)
        written = counts.get("written_left", 0) + counts.get("written_right", 0)
        made = {"shop": self.sandbox.faults.count("shopify") - shop, "grist": self.calls() - grist}
        points = self.sandbox.shopify.bucket.spent - paid
        return Run(name, wall, took["cpu"], took["memory"], **made, points=points, written=written)

    def calls(self) -> int:
        """Grist's calls so far, as the ledger counts them."""
        if not (self.folder / "ledger.db").exists():
            return 0
        connection = sqlite3.connect(self.folder / "ledger.db")
        (stored,) = connection.execute("SELECT value FROM meta WHERE name = 'grist_calls'").fetchone()
        connection.close()
        return int(json.loads(stored)["used"])

    def change(self, count: int) -> None:
        """As many prices raised in the shop, and as many others in Grist."""
        variants = list(self.sandbox.shop.goods.variants.values())
        step = max(1, len(variants) // (2 * count))
        merchant = Merchant(self.sandbox.shop.goods)
        for number, variant in enumerate(variants[: 2 * count * step : 2 * step]):
            merchant.edit_variant(variant["id"], price=f"{1000 + number}.00")
        theirs = {variant["id"] for variant in variants[step : 2 * count * step : 2 * step]}
        rows = [row["id"] for row in self.place.call("GET", "/tables/Variants/records")["records"] if _gid(row) in theirs]
        records = [{"id": row, "fields": {"Price": 3000 + number}} for number, row in enumerate(rows)]
        self.place.call("PATCH", "/tables/Variants/records", {"records": records})


def _gid(row: dict[str, Any]) -> str:
    return str(row["fields"]["Shopify_ID"])


def inside(options: list[str]) -> None:
    """The command itself, then what this process used."""
    import resource

    from syncdb.cli.run_pair import main as command

    code = 0
    try:
        command("grist", ["--json", *options])
    except SystemExit as left:
        code = int(left.code or 0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"\n---\n{json.dumps({'cpu': used.ru_utime + used.ru_stime, 'memory': peak()})}")
    sys.exit(code)


def measure(products: int, changes: int) -> GristPair:
    """Fill a document from a shop of so many products and run on; `changes` prices move on each side."""
    age = 2 * DAY  # the goods are of the day before yesterday, so that no run takes them for news
    with (
        tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder,
        Sandbox(Path(folder), products=products, clock=lambda: time.time() - age) as sandbox,
        place(sandbox) as document,
    ):
        age = 0
        sandbox.shopify.bulk.speed = SPEED
        goods = sandbox.shop.goods
        kinds = {"products": goods.products, "variants": goods.variants, "levels": goods.levels, "collections": goods.collections}
        bench = Bench(sandbox, document, Path(folder))
        runs = [bench.run("first fill"), bench.run("nothing new"), bench.run("nothing new again")]
        bench.change(changes)
        runs += [bench.run(f"{changes} changes on each side"), bench.run(FULL, "--full")]
        things = {name: len(entities) for name, entities in kinds.items()}
        return GristPair(things, tuple(runs), (Path(folder) / "ledger.db").stat().st_size)


def shown(pair: GristPair) -> list[str]:
    """What was measured as lines of text."""
    lines = [
        ", ".join(f"{count:,} {name}" for name, count in pair.things.items()),
        f"{'':28}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'to Shopify':>12}{'points':>8}{'to Grist':>10}{'written':>9}",
    ]
    for one in pair.runs:
        spent = f"{one.wall:>8.1f}{one.cpu:>8.1f}{one.memory:>9.0f}"
        lines.append(f"{one.name:28}{spent}{one.shop:>12}{one.points:>8,.0f}{one.grist:>10}{one.written:>9}")
    return [*lines, f"ledger {pair.ledger / 1e6:,.1f} MB"]


def goals(pair: GristPair) -> list[Goal]:
    """The goals for what was measured; that of the clock is for 5,000 products."""
    full = next(run for run in pair.runs if run.name == FULL)
    found = [Goal(f"a full look at {pair.things['levels']:,} stock levels and all else: points", LOOK_POINTS, full.points)]
    if pair.things["products"] >= FOR_PRODUCTS:
        found.append(Goal(f"a full look at {pair.things['products']:,} products: seconds", LOOK_SECONDS, full.wall, " s"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=100, help="prices changed on each side")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given, rest = parser.parse_known_args()
    if given.inside:
        inside(rest)
    else:
        pair = measure(given.products, given.changes)
        print("\n".join((*shown(pair), *table(goals(pair)))))


if __name__ == "__main__":
    main()
