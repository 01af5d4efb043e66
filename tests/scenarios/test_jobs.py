"""Jobs: runs as processes of their own that tell how far they are, hear that they shall end, and outlive whoever started them."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.errors import Exit
from syncdb.ledger.web.file import web_path
from syncdb.ledger.web.jobs import Job
from syncdb.pairs.registry import PAIRS
from syncdb.sandbox.faults import Fault
from syncdb.services.jobs import Jobs, RunWish
from tests.scenarios.world import World

ROOT = Path(__file__).parents[2]


def now() -> datetime:
    return datetime.now(UTC)


def jobs_of(world: World) -> Jobs:
    made = Jobs(world.folder / "ledger.db", None, world.folder, env=os.environ | world.sandbox.environment() | world.env)
    made.make()
    return made


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def ended(jobs: Jobs, job: Job) -> Job:
    until(lambda: not found(jobs, job).live)
    return found(jobs, job)


def found(jobs: Jobs, job: Job) -> Job:
    known = jobs.job(job.id)
    assert known is not None
    return known


@contextmanager
def held_at_a_write(world: World) -> Iterator[threading.Event]:
    """The next write to the sheet waits inside; the event is set once it has come. It goes on at the end."""
    come, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        come.set()
        go_on.wait(60)

    world.faults.add(Fault("meanwhile", "sheets write", action=wait))
    try:
        yield come
    finally:
        go_on.set()


SHEETS = PAIRS[0]


def test_a_run_is_watched_while_a_second_one_leaves_and_ends_when_asked(make: Callable[..., World]) -> None:
    world = make(orders=30)
    jobs = jobs_of(world)
    with held_at_a_write(world) as come:
        first = jobs.start(RunWish(SHEETS, "full"), "web", "ayse", now())
        assert first.live and first.pid and jobs.live() == [first] and first.command.endswith("shopify_sheets_sync.py --full")
        assert come.wait(60)
        until(lambda: any(stage.done for stage in found(jobs, first).stages))
        second = jobs.start(RunWish(SHEETS), "web", "deniz", now())
        left = ended(jobs, second)
        assert left.exit_code == Exit.BUSY and "Another run is working with" in left.said
        assert jobs.sweep(now()) == []
        asked = jobs.cancel(first.id, "deniz", now())
        assert asked is not None and asked.live and asked.cancel_by == "deniz"
        again = jobs.cancel(first.id, "ayse", now())
        assert again is not None and again.cancel_by == "deniz"
        time.sleep(1.1)  # the run looks each half second
    stopped = ended(jobs, first)
    assert stopped.exit_code == Exit.INTERRUPTED and "between two writes" in stopped.said and len(stopped.run_ids) == 1
    assert jobs.cancel(first.id, "deniz", now()) is None
    done = ended(jobs, jobs.start(RunWish(SHEETS), "web", "ayse", now()))
    assert done.exit_code == Exit.DONE and done.said.startswith("Done:"), done.said
    assert set(world.rows()) == set(world.lines())
    assert [one.id for one in jobs.latest()] == [done.id, second.id, first.id]


STARTER = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from syncdb.pairs.registry import PAIRS
from syncdb.services.jobs import Jobs, RunWish
folder = Path(sys.argv[1])
job = Jobs(folder / "ledger.db", None, folder).start(RunWish(PAIRS[0]), "web", "ayse", datetime.now(UTC))
print(job.id, flush=True)
time.sleep(300)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")
def test_a_run_outlives_a_killed_starter_and_a_killed_run_is_told_lost(make: Callable[..., World]) -> None:
    world = make(orders=10)
    jobs = jobs_of(world)
    with held_at_a_write(world) as come:
        env = {**jobs.env, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", STARTER, str(world.folder)]
        starter = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        assert starter.stdout is not None
        number = int(starter.stdout.readline())
        assert come.wait(60)
        starter.kill()
        starter.communicate(timeout=20)
        assert [one.id for one in jobs.live()] == [number] and jobs.sweep(now()) == []
    done = ended(jobs, jobs.live()[0]) if jobs.live() else jobs.latest()[0]
    assert done.exit_code == Exit.DONE and done.said.startswith("Done:")
    world.shop.add_tag(next(iter(world.shop.orders)), "new")
    with held_at_a_write(world) as come:
        job = jobs.start(RunWish(SHEETS, "full"), "web", "ayse", now())
        assert job.pid is not None and come.wait(60)
        os.kill(job.pid, signal.SIGKILL)
        lost = ended(jobs, job)
    assert lost.lost and "without a word" in lost.said


@pytest.mark.skipif(os.name != "posix", reason="there is no way to ask on Windows")
def test_where_all_ends_with_the_starter_runs_are_asked_to_end_first(make: Callable[..., World]) -> None:
    world = make(orders=10)
    jobs = jobs_of(world)
    with held_at_a_write(world) as come:
        job = jobs.start(RunWish(SHEETS), "schedule", "", now())
        assert come.wait(60)
        ending = threading.Thread(target=jobs.end_own, args=(60.0,))
        ending.start()
        until(lambda: "asked to end" in (world.folder / "sync.log").read_text(encoding="utf-8"))
    ending.join()
    assert found(jobs, job).exit_code == Exit.INTERRUPTED


def test_a_run_by_hand_appears_like_any_other_where_somebody_looks_on(make: Callable[..., World]) -> None:
    world = make(orders=3)
    path = web_path(world.folder / "ledger.db")
    world.synced()
    assert not path.exists(), "nobody looks on"
    jobs = jobs_of(world)
    assert path.stat().st_mode & 0o077 == 0
    ran = world.synced(test=True)
    (job,) = jobs.latest()
    assert (job.pair, job.mode, job.origin, job.exit_code) == ("sheets", "test", "command", 0) and job.stages
    assert job.said and job.command.endswith("--test") and job.run_ids == (ran.data["run_id"],)
    world.faults.add(Fault("refuse", "shopify read", times=None))
    assert world.sync().code == Exit.REMOTE
    world.faults.clear()
    assert jobs.latest()[0].exit_code == Exit.REMOTE and jobs.latest()[0].said


def test_a_run_that_cannot_begin_tells_whoever_asked_for_it(make: Callable[..., World]) -> None:
    world = make()
    jobs = jobs_of(world)
    jobs.env = {**jobs.env, "SHOPIFY_STORE_NAME": "not a store!"}
    refused = ended(jobs, jobs.start(RunWish(SHEETS), "web", "ayse", now()))
    assert refused.exit_code == Exit.CONFIGURATION and "shopify_store_name" in refused.said
    unknown = ended(jobs, jobs.start(RunWish(SHEETS, limit=3), "web", "ayse", now()))
    assert unknown.exit_code == Exit.CONFIGURATION and "--limit" in unknown.said
    jobs.program = (str(world.folder / "gone"),)
    assert "could not be started" in jobs.start(RunWish(SHEETS), "web", "ayse", now()).said


@pytest.mark.parametrize("damage", ["no database", "unwritable"])
def test_what_is_wrong_with_web_db_never_harms_a_run(damage: str, make: Callable[..., World]) -> None:
    world = make(orders=2)
    path = web_path(world.folder / "ledger.db")
    if damage == "unwritable":
        path.mkdir()
    else:
        path.write_text("this is no database, and it is long enough to be looked at as one\n" * 20, encoding="utf-8")
    ran = world.sync()
    assert ran.code == 0 and ran.errors.count("web application") == 1
