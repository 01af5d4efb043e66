"""A worker: has the shops of its home run when they are due, as jobs of procrastinate, and takes over from workers that died.

Three things keep two runs of one shop apart, each by itself: procrastinate starts no second job with the same lock; the session
of a run holds an advisory lock of PostgreSQL for as long as it lives; and the ledger's own lock lets no second run in.
"""

import asyncio
import logging
import os
import platform
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from syncdb.errors import Exit, RetryLater, SyncdbError
from syncdb.fleet import limiting, schema, stay
from syncdb.fleet.book import FleetBook, application_of
from syncdb.fleet.database import ALIVE, connected
from syncdb.fleet.decisions import after
from syncdb.fleet.forlorn import FORLORN, Forlorn
from syncdb.fleet.layout import Bucket, FleetPlan, read_plan
from syncdb.fleet.running import Ended, Start, run_shop
from syncdb.fleet.signs import served

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.jobs import Job

log = logging.getLogger("syncdb.fleet")
TASK = "syncdb.run_shop"
BEAT, STALLED, LOOK = 2.0, 7.0, 1.0  # seconds: a sign of life, after how many without one it is taken over, a look at what is due
AWAY = 1.0  # seconds before a database that is away is asked again
HELD = timedelta(seconds=5)  # after which a shop that another session still holds is tried again
SHARED = timedelta(seconds=15)  # the same for one whose bucket is full


@dataclass(slots=True)
class Worker:
    """One worker process of a home. `start` runs a shop; `name` is its own, in logs and in the database.

    It gives a sign of life every `beat` seconds; one without any for `stalled` seconds is taken over.
    """

    url: str
    plan: FleetPlan
    home: str
    slots: int = 4
    start: Start = run_shop
    beat: float = BEAT
    stalled: float = STALLED
    name: str = field(default_factory=lambda: f"{platform.node()}:{os.getpid()}")
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _had: list[str] = field(default_factory=list, init=False)
    _forlorn: Forlorn = field(default_factory=Forlorn, init=False)

    def work(self, *, once: bool = False) -> int:
        """Work until asked to stop; `once`: until nothing is due any more. How many runs it has had.

        Raises RetryLater where the database is away at the very start, NeedsPerson where it has no tables of a fleet.
        """
        with connected(self.url) as session:
            FleetBook(session).alive(self.name, self.home, self.slots)
        threads = [] if once else [threading.Thread(target=self._keep_house, name="fleet", daemon=True)]
        for thread in threads:
            thread.start()
        while not self._stop.is_set():
            try:
                if once and not self._schedule_now():
                    return len(self._had)
                asyncio.run(self._serve(wait=not once))
                if not once:
                    return len(self._had)
            except Exception as lost:
                if not _is_away(lost):
                    raise
                log.warning("this worker begins anew, the fleet's database was away: %s", str(lost).partition("\n")[0])
                self._stop.wait(AWAY)
        return len(self._had)

    def stop(self) -> None:
        """Take no further job; those under way are finished."""
        self._stop.set()

    async def _serve(self, *, wait: bool) -> None:
        # a thread for each slot, whatever the number of cores
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self.slots + 2, "shop"))
        from procrastinate.worker import Worker as Server

        app = application(self.url, self.slots)
        app.task(name=TASK)(self._run)
        async with app.open_async():
            server = Server(
                app,
                queues=[queue_of(self.home)],
                name=self.name,
                concurrency=self.slots,
                wait=wait,
                fetch_job_polling_interval=LOOK,
                update_heartbeat_interval=self.beat,
                stalled_worker_timeout=self.stalled,
                delete_jobs="always",
                install_signal_handlers=wait,
            )
            await served(app, server, self.beat, 2 * self.stalled)

    def _run(self, name: str, token: int) -> str:
        """One run of a shop, from the lock to what it came to. Its end is noted only while the session with the lock lives."""
        with connected(self.url, application_of(name)) as session:
            book = FleetBook(session)
            if not book.lock(name):
                book.later(name, token, HELD)
                return "held by another session"
            claimed = book.begin(name, token, self.home, self.name)
            if claimed is None:
                return "not ours any more"
            buckets = book.buckets(claimed.buckets)
            if not all(book.share(bucket) for bucket in buckets):
                book.later(name, token, SHARED)
                return "its limit is shared out"
            ended = self._started(book, name, token, buckets)
            then = after(ended.code, claimed.failures, claimed.every, book.now())
            book.end(name, token, ended.code, ended.told, then)
            self._had.append(name)
            return f"exit code {ended.code}"

    def _started(self, book: FleetBook, name: str, token: int, buckets: Sequence[Bucket]) -> Ended:
        if name not in {one.name for one in self.plan.shops}:
            self.plan = read_plan(self.plan.folder)  # it came later
        shop = next((one for one in self.plan.shops if one.name == name), None)
        config = self.plan.config_of(name)
        if shop is None:
            told = f"{name} is no shop of {self.plan.folder} on this computer, where {self.home} is. Nothing was contacted."
            return Ended(2, f"{told} fleet remove {name} drops it for good.")
        if not config.parent.is_dir():
            return Ended(2, f"There is no folder {config.parent} on this computer, where {self.home} is. Run fleet init there.")
        try:
            stay.note(config.parent, token)
            lent = limiting.environment(self.url, buckets)
            return self.start(config, replace(shop, lent=lent), lambda: _lives(book))
        except SyncdbError as why:
            return Ended(int(why.exit_code), f"{why} {why.next_step}".rstrip())
        except Exception as defect:  # the shop is paused; else it would be tried again each second
            log.exception("the run of %s could not be made", name)
            return Ended(int(Exit.DEFECT), f"The run could not be made: {type(defect).__name__}: {defect}")

    def _keep_house(self) -> None:
        """Give signs of life, put what is due in line, take over from the dead; until asked to stop."""
        while not self._stop.is_set():
            try:
                self._schedule_now()
            except Exception as lost:
                if not _is_away(lost):
                    log.exception("the fleet could not be looked after")
            self._stop.wait(LOOK)

    def _schedule_now(self) -> int:
        """How many shops were put in line."""
        with connected(self.url) as session:
            book = FleetBook(session)
            book.alive(self.name, self.home, self.slots)
            take_over(self.url, book, self.stalled)
            found = [int(row["id"]) for row in book.rows(FORLORN)]
            put_back(self.url, book, self._forlorn.look(found, time.monotonic(), self.stalled))
            return put_in_line(self.url, book, self.home)


def application(url: str, slots: int = 1) -> "procrastinate.App":
    """procrastinate over the fleet's database."""
    import procrastinate

    options: dict[str, Any] = {"kwargs": dict(ALIVE), "min_size": 1, "max_size": slots + 3}
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, **options))


def synchronous(url: str) -> "procrastinate.App":
    """The same for a thread that is not in an event loop."""
    import procrastinate

    options: dict[str, Any] = {"kwargs": dict(ALIVE), "min_size": 1, "max_size": 1}
    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=url, **options))


def queue_of(home: str) -> str:
    return f"home:{home}"


def put_in_line(url: str, book: FleetBook, home: str, most: int = 500) -> int:
    """Put each shop of a home that is due in line, the longest due first; how many there were."""
    due = book.due(home, most)
    if not due:
        return 0
    from procrastinate.exceptions import AlreadyEnqueued

    with synchronous(url).open() as app:
        for shop in due:
            lock = f"shop:{shop['name']}"
            asked = app.configure_task(TASK, queue=queue_of(home), lock=lock, queueing_lock=lock)
            try:
                asked.defer(name=shop["name"], token=shop["token"])
            except AlreadyEnqueued:
                log.debug("%s waits in line already", shop["name"])
    return len(due)


def take_over(url: str, book: FleetBook, seconds: float) -> int:
    """Put the jobs of workers without a sign of life back in line, and end the sessions that hold their shops; how many."""
    if not book.rows(schema.SILENT, seconds=seconds):
        return 0
    return asyncio.run(_take_over(url, book, seconds))


def put_back(url: str, book: FleetBook, jobs: Sequence[int]) -> int:
    """Put jobs that nobody is at back in line; how many."""
    return asyncio.run(_put_back(url, book, jobs)) if jobs else 0


async def _take_over(url: str, book: FleetBook, seconds: float) -> int:
    async with application(url).open_async() as app:
        jobs = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds)
        return sum([await _retried(app, book, job, "its worker gave no sign of life") for job in jobs])


async def _put_back(url: str, book: FleetBook, jobs: Sequence[int]) -> int:
    async with application(url).open_async() as app:
        found = [job for one in jobs for job in await app.job_manager.list_jobs_async(id=one)]
        return sum([await _retried(app, book, job, "nobody was at it") for job in found])


async def _retried(app: "procrastinate.App", book: FleetBook, job: "Job", why: str) -> bool:
    """Put a job back in line, and end the session that holds its shop; whether it was this worker that did so."""
    from procrastinate.exceptions import ConnectorException, UniqueViolation
    from procrastinate.jobs import Status
    from procrastinate.utils import utcnow

    name = job.task_kwargs["name"]
    book.silence(str(name))
    try:
        await app.job_manager.retry_job(job, retry_at=utcnow())
    except UniqueViolation:  # the shop was put in line once more before the run began: that one takes its place
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        log.warning("the run of %s is left to the one in line: %s", name, why)
    except ConnectorException as other:  # another worker was quicker
        log.debug("%s was taken over by another: %s", name, other)
        return False
    else:
        log.warning("the run of %s was taken over: %s", name, why)
    return True


def _lives(book: FleetBook) -> bool:
    """Whether the session that holds the shop is still there."""
    import psycopg

    try:
        book.rows("select 1")
    except psycopg.Error:
        return False
    return True


def _is_away(trouble: BaseException) -> bool:
    """Whether it is the database that is away, or somebody asked for a job that another has."""
    import psycopg
    from procrastinate.exceptions import ConnectorException

    if isinstance(trouble, BaseExceptionGroup):
        return all(_is_away(one) for one in trouble.exceptions)
    return isinstance(trouble, psycopg.Error | ConnectorException | RetryLater | OSError)
