"""An ordinary run of a pair, made by a command that needs one: the same as the pair's own script makes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from syncdb.clock import SYSTEM, Clock
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest, run_request
from syncdb.errors import Interrupted, worst
from syncdb.ledger.runs import PERSON
from syncdb.ledger.web.jobs import Wanted
from syncdb.logs import set_up
from syncdb.pairs.base import PairType, Run
from syncdb.services.job_report import JobReport, job_of, told, unwatched
from syncdb.services.stopping import Lines, Stop
from syncdb.services.validation import UsablePair

ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class RunMade:
    """One run of a pair: what it kept in step (`entity`), and how it went."""

    pair: PairType
    entity: str
    report: Report

    def as_data(self) -> dict[str, Any]:
        """The report for scripts, with what it is about."""
        return {"pair": self.pair.name, "about": self.entity} | self.report.as_data()


@contextmanager
def opened(
    one: UsablePair, request: RunRequest, only: Sequence[str], clock: Clock, job: JobReport | None = None
) -> Iterator[Sequence[Run]]:
    """A pair's runs, ready to go, with their log and a person's Ctrl-C heard. Raises what opening the pair raises.

    `job` is who is told how far they are.
    """
    stop, settings, job = Stop(), one.settings, job or unwatched(clock)
    with ExitStack() as stack:
        stack.enter_context(
            set_up(
                settings.log_file,
                verbose=False,
                terminal=True,
                secrets=settings.secrets,
                customer_data=settings.log_customer_data,
            )
        )
        stack.enter_context(stop.listening())
        progress = stack.enter_context(job.watching(stop, Lines(stop.check)))
        yield stack.enter_context(one.implementation.open(settings, request, only, clock, progress))


def run_now(one: UsablePair, *, full: bool = False, orders_only: bool = False, clock: Clock = SYSTEM) -> Sequence[RunMade]:
    """A pair's runs in their order, or only that of the orders; a person who ends one ends all.

    Raises what opening the pair raises; the rest is in the reports.
    """
    made: list[RunMade] = []
    only = (ORDERS,) if orders_only and one.pair.chooses_fields else ()
    wanted = Wanted(one.pair.name, "full" if full else "sync", f"{one.pair.run_command}{' --full' if full else ''}", "command")
    with (
        job_of(one.settings.db_path, wanted, {}, clock) as job,
        opened(one, run_request(one.settings, full=full, wanted_by=PERSON), only, clock, job) as runs,
    ):
        for run in runs:
            made.append(RunMade(one.pair, run.entity, run.execute().report))
            if isinstance(made[-1].report.failure, Interrupted):
                break
        _tell(job, [run.report for run in made])
    return made


def _tell(job: JobReport, reports: Sequence[Report]) -> None:
    """How the runs went, for whoever looks on."""
    failures = [line for one in reports if one.failure for line in told(one.failure)]
    job.end(worst(one.exit_code for one in reports), failures, [one.run_id for one in reports])


def run_all_now(
    pairs: Sequence[UsablePair], *, full: Sequence[UsablePair] = (), orders_only: bool = False, clock: Clock = SYSTEM
) -> list[RunMade]:
    """The same of several pairs, those in `full` looking at everything."""
    made: list[RunMade] = []
    for one in pairs:
        made += run_now(one, full=one in full, orders_only=orders_only, clock=clock)
        if made and isinstance(made[-1].report.failure, Interrupted):
            break
    return made
