"""Google's quota shared by many processes: never more than it takes (60 a minute and account, 300 for all), nearly all used.

What the local server counted is looked at by its own clock: every answer of it, and every minute whenever it begins.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.layout import Bucket
from syncdb.fleet.limiting import environment
from syncdb.sandbox.faults import Faults, Seen
from syncdb.sandbox.google.app import GoogleApp
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.postgres.server import LocalPostgres
from syncdb.sandbox.server import Server
from tests.account import account_key

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
ROOT = Path(__file__).parents[2]
WINDOW = 64.0  # seconds for which a request counts (docs/fleet.md)
USED = 0.8


def sent(faults: Faults, kind: str) -> list[Seen]:
    """The requests to Sheets of a kind, in order, none of which was refused."""
    found = [one for one in list(faults.log) if one.among("sheets") and one.kind == kind]
    assert [one for one in found if one.status != 200] == []
    return found


def most_in_a_minute(requests: Sequence[Seen]) -> int:
    """The most that came in any 60 seconds, whenever they begin."""
    times = [one.at for one in requests]
    return max(sum(at <= one < at + 60 for one in times) for at in times)


def used(requests: Sequence[Seen], most: int) -> float:
    """The part of what could have been sent that was, over whole windows from the first request on, while there was work."""
    times = [one.at for one in requests]
    whole = min((times[-1] - times[0]) // WINDOW, len(times) // most) * WINDOW
    return sum(one < times[0] + whole for one in times) / (most * whole / 60)


@pytest.fixture
def server() -> Iterator[LocalPostgres]:
    with LocalPostgres(settings=("max_connections=100",)) as made:
        with connected(made.url()) as session:
            FleetBook(session).install()
        yield made


def test_eight_processes_six_accounts_one_project(server: LocalPostgres, tmp_path: Path) -> None:
    google, faults = GoogleApp(quota=60, service_accounts_own=False), Faults()
    with Server(dict.fromkeys(google.routes, google), faults) as web, ExitStack() as stack:
        files = [google.service_account(tmp_path, f"{web.url}/token", f"reader{number}", account_key()) for number in range(6)]
        emails = [json.loads(file.read_text(encoding="utf-8"))["client_email"] for file in files]
        books = [google.create("Orders", email).id for email in emails]

        def start(number: int) -> "subprocess.Popen[bytes]":
            buckets = [Bucket(f"account{number}", 2, "google", 60), Bucket("project", 8, "google", 300)]
            command = [sys.executable, "-m", "tests.fleet.reader", str(files[number]), web.url, books[number]]
            process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment(server.url(), buckets)})
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        readers = [start(number % 6) for number in range(8)]
        while not faults.log:
            time.sleep(0.1)
        time.sleep(WINDOW)
        readers[0].kill()
        start(0)  # knows nothing of what was sent before it
        time.sleep(1.2 * WINDOW)
        calm = sent(faults, "read")
        server.restart()
        time.sleep(1.5 * WINDOW)
        assert all(one.poll() is None for one in readers[1:])
    reads = sent(faults, "read")
    of_account = sorted(most_in_a_minute([one for one in reads if book in one.path]) for book in books)
    told = f"{len(reads)} reads, none refused; most in a minute {most_in_a_minute(reads)} of 300, of each account {of_account} "
    told += f"of 60; used {used(calm, 300):.0%} of 300 a minute, with a restart of the database {used(reads, 300):.0%}"
    sys.stderr.write(f"\n{told}; load {os.getloadavg()[0]:.1f}\n")
    assert most_in_a_minute(reads) <= 300 and of_account[-1] <= 60
    assert used(calm, 300) >= USED and len(reads) > len(calm)


def test_two_workers_whose_shops_share_an_account(server: LocalPostgres, tmp_path: Path) -> None:
    shops = int(os.environ.get("SYNCDB_FLEET_SHOPS", "24"))
    names = [f"shop{number:02}" for number in range(shops)]
    (tmp_path / "sandbox").mkdir()
    with Sandbox(tmp_path / "sandbox", orders=4, key=account_key()) as sandbox, ExitStack() as stack:
        sandbox.shopify.bucket.maximum = sandbox.shopify.bucket.rate = 1e9  # each shop has points of its own in reality
        toml = '[buckets]\ngoogle-main = { runs = 8, system = "google", requests = 60 }\n'
        for name in names:
            place = tmp_path / "shops" / name
            place.mkdir(parents=True)
            env = sandbox.environment() | {"TARGET_SPREADSHEET": sandbox.google.create(f"Orders of {name}", sandbox.email).id}
            wanted = {one: value for one, value in env.items() if one.startswith(("SHOPIFY", "GOOGLE", "TARGET"))}
            (place / ".env").write_text("".join(f"{one}={value}\n" for one, value in wanted.items()), encoding="utf-8")
            (place / ".env").chmod(0o600)
            toml += f'[shops.{name}]\nbuckets = ["google-main"]\n'
        (tmp_path / "fleet.toml").write_text(toml, encoding="utf-8")
        fleet = [sys.executable, "sync_manager.py", "fleet"]
        env = {**os.environ, "FLEET_DATABASE_URL": server.url()}
        subprocess.run([*fleet, "init", "--folder", str(tmp_path)], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        command = [*fleet, "worker", "--home", "main", "--slots", "4", "--folder", str(tmp_path)]
        for _ in range(2):
            worker = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
            stack.callback(worker.wait)
            stack.callback(worker.terminate)
        with connected(server.url()) as session:
            book = FleetBook(session)
            while lacking := book.rows("select name, exit_code, told from fleet_shops where runs = 0 or exit_code <> 0"):
                assert not [one for one in lacking if one["exit_code"]], lacking
                time.sleep(0.5)
        requests = {kind: sent(sandbox.faults, kind) for kind in ("read", "write")}
    reads, spent = requests["read"], used(requests["read"], 60)
    peaks = {kind: most_in_a_minute(found) for kind, found in requests.items()}
    counts = {kind: len(found) for kind, found in requests.items()}
    told = f"{shops} shops, one account: {counts}, none refused; most in a minute {peaks} of 60; used {spent:.0%} of the reads"
    sys.stderr.write(f"\n{told}; load {os.getloadavg()[0]:.1f}\n")
    assert max(peaks.values()) <= 60 and len(reads) > 180 and spent >= USED
