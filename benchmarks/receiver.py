"""How many signed webhooks a second the receiver acknowledges, and how long each waits.

    python -m benchmarks.receiver [--events 5000] [--connections 32] [--size 300]

`sync_manager.py hooks` runs in a process of its own, as everywhere. This process has signed all events before and sends them over
so many connections, each the next as soon as the last was acknowledged. Every event is on the disk when it is acknowledged;
afterwards they are counted there. On two cores the sender takes its share of them: so the receiver's own CPU is told, too.
"""

import argparse
import asyncio
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.goals import Goal, table
from benchmarks.process import ROOT
from syncdb.ledger.inbox.file import inbox_path
from syncdb.sandbox.shopify.webhooks.delivery import signature

SECRET = "shpss_0123456789abcdef0123456789abcdef"
SHOP = "kayra-demo.myshopify.com"
THINGS = 500  # orders that the events are about


@dataclass(frozen=True, slots=True)
class Received:
    """`waits` are seconds from sending to acknowledgement, `cpu` the receiver's seconds of processor time for all of them."""

    events: int
    connections: int
    seconds: float
    waits: tuple[float, ...]
    cpu: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.waits, n=100)[percent - 1] * 1000


def measure(events: int, connections: int, size: int) -> Received:
    """Raises RuntimeError where something that was acknowledged is not on the disk."""
    requests = [_request(number, size) for number in range(events)]
    with tempfile.TemporaryDirectory(prefix="syncdb-benchmark-") as folder, _receiver(Path(folder)) as (process, port):
        asyncio.run(_send([_request(-number, size) for number in range(1, 200)], port, connections))  # all threads are there
        before, began = _cpu(process.pid), time.perf_counter()
        waits = asyncio.run(_send(requests, port, connections))
        seconds, cpu = time.perf_counter() - began, _cpu(process.pid) - before
        _refuse_lost(Path(folder), events + 199)
        return Received(events, connections, seconds, tuple(waits), cpu)


def _request(number: int, size: int) -> bytes:
    body = b'{"id":%d,"updated_at":"2026-11-20T12:00:00Z","pad":"%b"}' % (10**12 + number % THINGS, b"x" * max(0, size - 70))
    lines = (
        "POST /webhooks/shopify HTTP/1.1",
        "Host: hooks.example.com",
        "Content-Type: application/json",
        "User-Agent: Shopify-Captain-Hook",
        "X-Shopify-Topic: orders/updated",
        f"X-Shopify-Hmac-SHA256: {signature(SECRET, body)}",
        f"X-Shopify-Shop-Domain: {SHOP}",
        "X-Shopify-API-Version: 2026-10",
        f"X-Shopify-Webhook-Id: {uuid.uuid4()}",
        "X-Shopify-Triggered-At: 2026-11-20T12:00:00.123456789Z",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def _receiver(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    env = os.environ | {
        "SHOPIFY_STORE_NAME": SHOP,
        "SHOPIFY_CLIENT_ID": "client-1",
        "SHOPIFY_CLIENT_SECRET": SECRET,
        "GRIST_SERVER": "http://127.0.0.1:9",
        "GRIST_API_KEY": "key",
        "GRIST_DOCUMENT": "abcdef123456",
        "DB_PATH": str(folder / "shopify_sync.db"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, str(ROOT / "sync_manager.py"), "hooks", "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/webhooks/", process.stdout.readline())
        if found is None:
            raise RuntimeError("the receiver did not start")
        yield process, int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


async def _send(requests: list[bytes], port: int, connections: int) -> list[float]:
    left, waits = iter(requests), list[float]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"an event was answered with {head[:40]!r}")
            waits.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return waits


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process; 0 where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _refuse_lost(folder: Path, expected: int) -> None:
    connection = sqlite3.connect(inbox_path(folder / "shopify_sync.db"))
    kept = connection.execute("SELECT count(*) FROM event").fetchone()[0]
    connection.close()
    if kept != expected:
        raise RuntimeError(f"{expected:,} events were acknowledged and {kept:,} are on the disk")


def shown(one: Received) -> list[str]:
    """What was measured, in words."""
    waits = ", ".join(f"p{percent} {one.percentile(percent):.1f}" for percent in (50, 95, 99))
    own = f", {one.cpu / one.events * 1000:.2f} ms of the receiver's CPU for each" if one.cpu else ""
    return [f"{one.events:,} events over {one.connections} connections: {one.rate:,.0f} a second{own}; ms waited: {waits}"]


def goals(one: Received) -> list[Goal]:
    """A thousand a second, none of a hundred waiting longer than 100 ms."""
    return [
        Goal("signed webhooks acknowledged a second", 1000, one.rate, "", least=True),
        Goal("the slowest of a hundred webhooks", 100, one.percentile(99), " ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receiver", description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--size", type=int, default=300, help="bytes of a body")
    given = parser.parse_args()
    print(f"load average before: {', '.join(f'{one:.1f}' for one in os.getloadavg())}, {os.cpu_count()} cores", flush=True)
    one = measure(given.events, given.connections, given.size)
    print("\n".join((*shown(one), *table(goals(one)))))


if __name__ == "__main__":
    main()
