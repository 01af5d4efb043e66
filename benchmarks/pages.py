"""How long the pages take over a large ledger, and how large they are.

    python -m benchmarks.pages [--orders N] [--ledger PATH]

Each page is asked for some times through the application itself (no network, no browser); the median and the slowest are shown.
Without a ledger one is made, with so many orders over three years. Needs nothing but the repository and its requirements.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.test import Client

from benchmarks.goals import Goal, table
from benchmarks.manager_ledger import make
from syncdb.ledger.web import people
from syncdb.ledger.web.people import Account
from syncdb.values import iso
from syncdb.web.cookies import SESSION, cookie_name
from syncdb.web.login import digest
from syncdb.web.opening import open_site
from syncdb.web.site import site_of

PAGES = (
    *("/", "/decide", "/orders", "/orders?status=unfulfilled", "/orders?since=90d", "/things", "/sync", "/errors", "/missing"),
    *(
        "/report",
        "/report?days=30",
        "/log",
        "/webhooks",
        "/settings",
        "/setup",
        "/mapping",
        "/mapping/draft",
        "/alerts",
        "/people",
    ),
)
TIMES = 5
SLOWEST_MS, FIRST_KB = 300, 100


@dataclass(frozen=True, slots=True)
class Taken:
    """One page: milliseconds (the median, the slowest), and its size in bytes."""

    path: str
    median: float
    slowest: float
    size: int


def measure(ledger: Path) -> list[Taken]:
    """Every page over this ledger, as its owner sees it."""
    site = open_site(None, ledger, {}, ledger.parent)
    now = iso(datetime.now(UTC))
    people.put_account(site.door.path, Account("measure", "owner", "none", now, "the measurement"))
    people.begin_session(site.door.path, digest("measured"), "measure", now, "")
    client = Client(site_of(site))
    client.set_cookie(cookie_name(SESSION, "http://localhost"), "measured", domain="localhost")
    try:
        paths = [*PAGES, _an_order(client)]
        return [_taken(client, path) for path in paths if path]
    finally:
        people.remove_account(site.door.path, "measure")


def _an_order(client: Client) -> str:
    """The address of the first order that is listed."""
    return "/orders/" + client.get("/orders").text.partition('href="/orders/')[2].partition('"')[0]


def _taken(client: Client, path: str) -> Taken:
    times, size = [], 0
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in (200, 409):  # without a configuration some pages say what is lacking
            sys.exit(f"{path} answered {answer.status}")
        size = len(answer.data)
    return Taken(path, statistics.median(times), max(times), size)


def shown(pages: Iterable[Taken]) -> list[str]:
    """What was measured as lines of text."""
    heading = f"{'page':40} {'median ms':>10} {'slowest ms':>10} {'kB':>8}"
    return [heading, *(f"{one.path:40} {one.median:10.0f} {one.slowest:10.0f} {one.size / 1000:8.1f}" for one in pages)]


def goals(pages: Sequence[Taken]) -> list[Goal]:
    """The goals for what was measured."""
    slowest = max(pages, key=lambda one: one.slowest)
    return [
        Goal(f"the slowest answer of any page ({slowest.path})", SLOWEST_MS, slowest.slowest, " ms"),
        Goal("the page that is opened first", FIRST_KB, next(one.size for one in pages if one.path == "/") / 1000, " kB"),
    ]


def main() -> None:
    """Make the ledger where none is named, and show what was measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pages", description="How long the pages take over a large ledger."
    )
    parser.add_argument("--orders", type=int, default=100_000, help="how many orders the ledger has (default 100000)")
    parser.add_argument("--ledger", type=Path, help="a ledger that is there already")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="syncdb-pages-") as folder:
        ledger = asked.ledger or Path(folder) / "ledger.db"
        if asked.ledger is None:
            make(ledger, asked.orders)
        pages = measure(ledger)
        print("\n".join((*shown(pages), *table(goals(pages)))))


if __name__ == "__main__":
    main()
