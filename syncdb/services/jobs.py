"""Runs started for somebody, each a process of its own; looked at, asked to end, and found again whoever started them."""

import logging
import os
import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from syncdb.clock import SYSTEM, Clock
from syncdb.errors import Exit, SyncdbError
from syncdb.http import redact
from syncdb.ledger.file import held
from syncdb.ledger.web import jobs
from syncdb.ledger.web.file import make, web_path
from syncdb.ledger.web.jobs import Job, Wanted
from syncdb.pairs.base import PairType
from syncdb.services.job_report import JOB
from syncdb.services.orphans import orphans
from syncdb.services.processes import Apart, manager_program, running, start_apart

WORDLESS = "It ended without a word: it was killed, or the computer went off. The next run settles what was under way."
MODES = ("sync", "test", "full", "force")
log = logging.getLogger("syncdb.jobs")


@dataclass(frozen=True, slots=True)
class RunWish:
    """A run that somebody wants: see Job for `mode`. `limit` and `only` are for pairs that have these options.

    `config` is another configuration than the usual one, for a trial.
    """

    pair: PairType
    mode: str = "sync"
    fields: tuple[str, ...] = ()
    limit: int | None = None
    only: str | None = None
    config: Path | None = None

    def options(self) -> list[str]:
        """The options of the pair's command. Raises ValueError for a mode that there is not."""
        if self.mode not in MODES:
            raise ValueError(f"{self.mode} is no mode of a run")
        given = [] if self.mode == "sync" else [f"--{self.mode}"]
        given += ["--fields", ",".join(self.fields)] if self.fields else []
        given += ["--limit", str(self.limit)] if self.limit is not None else []
        return [*given, "--only", self.only] if self.only else given


@dataclass(slots=True)
class Jobs:
    """The jobs of one ledger. `config` and `folder` are those that runs are started with; any thread may use it.

    Every method raises LedgerUnusable and LedgerBusy where web.db cannot be used.
    """

    ledger: Path
    config: Path | None
    folder: Path
    program: Sequence[str] = field(default_factory=manager_program)
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = SYSTEM
    _started: dict[int, Apart] = field(default_factory=dict, init=False)
    _waiting: dict[int, threading.Thread] = field(default_factory=dict, init=False)

    @property
    def path(self) -> Path:
        """The web.db."""
        return web_path(self.ledger)

    def make(self) -> None:
        """See to it that there is a web.db: from then on every run reports itself, whoever started it."""
        make(self.path)

    def start(self, wish: RunWish, origin: str, by: str, now: datetime) -> Job:
        """Write the job down and start its process; both have happened when this returns.

        Where another run holds the ledger, it ends with 7 and says so. Raises ValueError for a mode that there is not.
        """
        options = wish.options()
        named = wish.config or self.config
        config = ["--config", str(named)] if named else []
        shown = shlex.join([*options, *config])
        job = jobs.add(self.path, Wanted(wish.pair.name, wish.mode, f"{wish.pair.run_command} {shown}".strip(), origin, by), now)
        command = [*self.program, wish.pair.command, *options, *config, "--quiet"]
        try:
            process = start_apart(command, self.folder, {**self.env, JOB: f"{job.id}:{self.path.absolute()}"})
        except OSError as error:
            jobs.end(self.path, job.id, Exit.GUARD, f"The run could not be started: {error.strerror or error}.", (), now)
            return jobs.job(self.path, job.id) or job
        jobs.begun(self.path, job.id, process.pid, now)
        self._started[job.id] = process
        self._waiting[job.id] = threading.Thread(target=self._see_off, args=(job.id, process), name="job", daemon=True)
        self._waiting[job.id].start()
        return jobs.job(self.path, job.id) or job

    def cancel(self, job_id: int, by: str, now: datetime) -> Job | None:
        """Ask a job to end between two writes, by whomever it was started; None where there is none or it has ended."""
        return jobs.ask_to_end(self.path, job_id, by, now)

    def job(self, job_id: int) -> Job | None:
        """One job."""
        return jobs.job(self.path, job_id)

    def of_run(self, run_id: int) -> Job | None:
        """The job that made a run of the ledger."""
        return jobs.of_run(self.path, run_id)

    def latest(self, most: int = 50, pair: str | None = None) -> list[Job]:
        """The latest jobs (of a pair, by its name), the newest first."""
        return jobs.latest(self.path, most, pair)

    def live(self) -> list[Job]:
        """The jobs that have not ended, the oldest first."""
        return jobs.live(self.path)

    def sweep(self, now: datetime) -> list[Job]:
        """Close the jobs that ended without a word; those that were closed."""
        if not (live := self.live()):
            return []
        lost = orphans(live, running, held(self.ledger), now)
        ended = [one for one in lost if jobs.end(self.path, one.id, None, WORDLESS, (), now)]
        for one in ended:
            log.error("a run of %s%s ended without a word: killed, or the computer went off", one.pair, _by(one))
        return ended

    def end_own(self, patience: float) -> None:
        """Ask the runs that were started here to end, and wait so many seconds for each: in a container nobody else does."""
        for process in list(self._started.values()):
            process.ask_to_end()
        for thread in list(self._waiting.values()):
            thread.join(patience)

    def _say_unlogged(self, job_id: int) -> None:
        """What no run wrote into the log itself: one that was killed, or that could not begin."""
        one = jobs.job(self.path, job_id)
        if one is None or one.run_ids or one.exit_code in (Exit.DONE, Exit.BUSY):
            return
        how = "without a word: killed" if one.exit_code is None else f"with exit code {one.exit_code}: {one.said[:300]}"
        log.error("a run of %s%s ended %s", one.pair, _by(one), how)

    def _see_off(self, job_id: int, process: Apart) -> None:
        """Wait for a process, and say how it ended where it did not do so itself."""
        code, errors = process.wait()
        said = redact(errors) if code > 0 else WORDLESS
        try:
            jobs.end(self.path, job_id, code if code >= 0 else None, said, (), self.clock.now())
            self._say_unlogged(job_id)
        except SyncdbError as trouble:
            log.warning("how job %s ended could not be noted: %s", job_id, trouble)
        del self._started[job_id], self._waiting[job_id]


def _by(one: Job) -> str:
    return f" that {one.by} started" if one.by else ""
