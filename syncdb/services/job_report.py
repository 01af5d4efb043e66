"""How a run tells web.db that it is under way, how far it is and how it ended, and hears that it shall end.

Never the reason why a run fails: where web.db cannot be written that is logged once, and the run goes on. Nothing is reported
where there is no web.db, which whoever wants to look on has made.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from syncdb.clock import Clock
from syncdb.engine.progress import Progress
from syncdb.errors import ConfigurationError, Exit, LedgerBusy, SyncdbError
from syncdb.ledger.runs import PERSON, SCHEDULE
from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import web_path
from syncdb.ledger.web.jobs import Stage, Wanted
from syncdb.services.stopping import Stop

JOB = "SYNCDB_JOB"  # in the environment of a run that was asked for: the job's number and the path of its web.db
LOOKS = 0.5  # seconds between two looks: at most two writes a second
ALIVE = 10.0  # seconds after which a word is given though nothing moved
MOST_STAGES = 40
log = logging.getLogger("syncdb.jobs")


@dataclass(slots=True)
class JobReport:
    """One run's job: its place in web.db, None where nobody looks on."""

    place: tuple[Path, int] | None
    now: Callable[[], datetime]
    _ended: bool = field(default=False, init=False)

    @contextmanager
    def watching(self, stop: Stop, shown: Progress) -> Iterator[Progress]:
        """Who is told of the run's progress while inside; `stop` is asked when somebody wants the run to end."""
        if self.place is None:
            yield shown
            return
        watch = _Watch(*self.place, stop, shown, self.now)
        thread = threading.Thread(target=watch.look_on, name="job report", daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            watch.over.set()
            thread.join()

    def end(self, code: int | None, said: Iterable[str], run_ids: Iterable[int] = ()) -> None:
        """How the run ended. The first word counts."""
        if self.place is None or self._ended:
            return
        self._ended = True
        try:
            jobs.end(*self.place, code, "\n".join(said), run_ids, self.now())
        except SyncdbError as trouble:
            log.warning("how the run ended could not be noted for the web application: %s", trouble)


def wanted_by(env: Mapping[str, str], *, unattended: bool, terminal: bool) -> str:
    """Who wanted the run that is about to begin: PERSON, SCHEDULE, or nobody knows (an empty text).

    A job that was asked for knows it. Else it was a person where one sits at a terminal and did not ask for silence, as the lines
    for schedulers do; `unattended` runs are made by the clock.
    """
    given = _given(env)
    with suppress(SyncdbError):
        if given is not None and (job := jobs.job(*given)) is not None:
            return {"web": PERSON, "schedule": SCHEDULE}.get(job.origin, "")
    return SCHEDULE if unattended else PERSON if terminal else ""


def unwatched(clock: Clock) -> JobReport:
    """A run that is nobody's job."""
    return JobReport(None, clock.now)


@contextmanager
def job_of(ledger: Path, wanted: Wanted, env: Mapping[str, str], clock: Clock) -> Iterator[JobReport]:
    """A run's job while inside: the one that was asked for, else a new one. What is raised inside ends it, too."""
    report = JobReport(_place(ledger, wanted, env, clock.now()), clock.now)
    try:
        yield report
    except SyncdbError as error:
        report.end(error.exit_code, told(error), [] if error.run_id is None else [error.run_id])
        raise
    except KeyboardInterrupt:
        report.end(Exit.INTERRUPTED, ["Ended at once. What was under way is settled by the next run."])
        raise
    except Exception as defect:
        report.end(Exit.DEFECT, [f"This is a defect of syncdb: {type(defect).__name__}. The log has more."])
        raise
    report.end(Exit.DONE, [])


def refused(env: Mapping[str, str], error: ConfigurationError, wanted: Wanted, ledger: Path | None, now: datetime) -> None:
    """Note that there can be no run: for the job that was asked for, else as one of its own where somebody looks on."""
    place = _given(env)
    if place is None and ledger is not None and os.path.exists(web_path(ledger)):
        place = _place(ledger, wanted, env, now)
    JobReport(place, lambda: now).end(error.exit_code, told(error))


def told(error: SyncdbError) -> list[str]:
    """What a person is told of an error: each problem, and what to do."""
    problems = list(error.problems) if isinstance(error, ConfigurationError) else [str(error)]
    return [*problems, f"What to do: {error.next_step}"] if error.next_step else problems


def _given(env: Mapping[str, str]) -> tuple[Path, int] | None:
    number, _, path = env.get(JOB, "").partition(":")
    return (Path(path), int(number)) if number.isdigit() and path else None


def _place(ledger: Path, wanted: Wanted, env: Mapping[str, str], now: datetime) -> tuple[Path, int] | None:
    path, pid = web_path(ledger), os.getpid()
    try:
        if (given := _given(env)) is not None:
            jobs.begun(*given, pid, now)
            return given
        return (path, jobs.add(path, wanted, now, pid).id) if os.path.exists(path) else None  # also a name that no file can have
    except SyncdbError as trouble:
        log.warning("this run cannot be shown by the web application: %s", trouble)
        return None


class _Watch:
    """Passes a run's progress on and writes it down, from a thread of its own, so that the run never waits for it."""

    def __init__(self, path: Path, job_id: int, stop: Stop, shown: Progress, now: Callable[[], datetime]) -> None:
        self.over = threading.Event()
        self.stop_if_asked = stop.check
        self._place, self._stop, self._shown, self._now = (path, job_id), stop, shown, now
        self._stages: list[Stage] = []
        self._guard = threading.Lock()
        self._troubled = False

    def stage(self, name: str, total: int | None = None) -> None:
        with self._guard:
            self._stages = [*self._stages, Stage(name, 0, total)][-MOST_STAGES:]
        self._shown.stage(name, total)

    def advance(self, steps: int = 1) -> None:
        with self._guard:
            if self._stages:
                last = self._stages[-1]
                self._stages[-1] = Stage(last.name, last.done + steps, last.total)
        self._shown.advance(steps)

    def look_on(self) -> None:
        """Until it is over: say how far the run is, and hear whether it shall end."""
        written: Sequence[Stage] = ()
        silent_for = ALIVE
        while True:
            ending = self.over.wait(LOOKS)
            silent_for += LOOKS
            with self._guard:
                stages = tuple(self._stages)
            if stages != written or silent_for >= ALIVE or ending:
                written, silent_for = stages, 0.0
                self._safely(partial(jobs.beat, *self._place, stages, self._now()))
            if ending:
                return
            self._safely(self._hear)

    def _hear(self) -> None:
        if jobs.asked_to_end(*self._place) is not None:
            self._stop.ask_once()

    def _safely(self, do: Callable[[], None]) -> None:
        """A moment's lock is passed over, any other trouble said once."""
        try:
            with suppress(LedgerBusy):
                do()
        except SyncdbError as trouble:
            if not self._troubled:
                log.warning("how far the run is cannot be shown by the web application: %s", trouble)
            self._troubled = True
