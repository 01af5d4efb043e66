"""A larger fleet in a bad hour: workers killed and frozen, the database restarted. Every due run happens, none twice at once.

SYNCDB_FLEET_SHOPS says how many shops (100); what docs/fleet.md tells goes to the error stream.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syncdb.fleet.book import FleetBook
from syncdb.fleet.database import connected
from syncdb.fleet.worker import put_in_line
from syncdb.sandbox.postgres.server import LocalPostgres
from tests.fleet.fleet_of import Fleet, never_twice_at_once

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
SHOPS = int(os.environ.get("SYNCDB_FLEET_SHOPS", "100"))


@pytest.fixture
def server() -> Iterator[LocalPostgres]:
    with LocalPostgres(settings=("max_connections=100",)) as made:
        yield made


@pytest.fixture
def fleet(server: LocalPostgres, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(server.url(), tmp_path, SHOPS, slow=500, stalled=7.0)
    yield made
    made.close()


def test_a_bad_hour(fleet: Fleet, server: LocalPostgres) -> None:
    workers = [fleet.start(4) for _ in range(4)]
    begun = time.time()
    fleet.until(lambda: fleet.started() >= SHOPS // 5, "a fifth of the runs", 600)
    workers[0].send_signal(signal.SIGKILL)
    killed = time.time()
    fleet.until(lambda: fleet.started() >= 2 * SHOPS // 5, "two fifths", 600)
    workers[1].send_signal(signal.SIGSTOP)
    frozen = time.time()
    fleet.until(lambda: fleet.started() >= 3 * SHOPS // 5, "three fifths", 600)
    server.restart()
    fleet.until(lambda: fleet.started() >= 4 * SHOPS // 5, "four fifths", 600)
    workers[1].send_signal(signal.SIGCONT)
    fleet.start(4)
    fleet.until(fleet.all_ran, "every run", 900)
    took = time.time() - begun
    seen = fleet.seen()
    assert all(any(what == "end" for what, _, _ in notes) for notes in seen.values())
    assert [name for name, notes in seen.items() if not never_twice_at_once(notes)] == []
    again = {name: sum(what == "start" for what, _, _ in notes) for name, notes in seen.items()}
    told = f"\n{SHOPS} shops in {took:.0f} s; begun again: {sum(count - 1 for count in again.values())}\n"
    told += f"taken over after: killed {_taken_over(seen, killed):.1f} s, frozen {_taken_over(seen, frozen):.1f} s\n"
    sys.stderr.write(told)
    with connected(fleet.url) as session:
        assert FleetBook(session).rows("select 1 from fleet_shops where runs = 0") == []


def _taken_over(seen: dict[str, list[tuple[str, str, float]]], at: float) -> float:
    """How long after a moment the last of the runs that were under way then was begun again; 0 where none had to be."""
    waits = [0.0]
    for notes in seen.values():
        starts = [when for what, _, when in notes if what == "start"]
        whole = [when for what, _, when in notes if what == "end"]
        before = [when for when in starts if when <= at]
        if before and not any(before[-1] < end <= at for end in whole):
            waits += [when - at for when in starts if when > at][:1]
    return max(waits)


def test_how_looking_for_what_is_due_grows(server: LocalPostgres) -> None:
    """The scheduler alone, without runs: a look while nothing is due, and putting 500 shops in line."""
    with connected(server.url()) as session:
        book = FleetBook(session)
        book.install()
        for shops in (10, 100, 1000, 10_000):
            book.rows("truncate fleet_shops, procrastinate_jobs, procrastinate_events cascade")
            book.rows(
                "insert into fleet_shops (name, home, every_minutes, due_at) "
                "select 'shop' || number, 'main', 60, now() + '1 day' "
                "from generate_series(1, %(shops)s) number",
                shops=shops,
            )
            idle = _seconds(lambda: put_in_line(server.url(), book, "main"))
            book.rows("update fleet_shops set due_at = now()")
            line = _seconds(lambda: put_in_line(server.url(), book, "main"))
            state = _seconds(book.status)
            told = f"{shops} shops: idle look {idle * 1000:.1f} ms, {min(shops, 500)} put in line {line * 1000:.0f} ms, "
            sys.stderr.write(f"{told}status {state * 1000:.0f} ms\n")
            assert len(book.rows("select 1 from procrastinate_jobs")) == min(shops, 500)


def _seconds(doing: Callable[[], object]) -> float:
    begun = time.perf_counter()
    doing()
    return time.perf_counter() - begun
