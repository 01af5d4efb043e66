"""`erp process` and `erp full`: a run, told in a few lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from syncdb.clock import Clock
from syncdb.engine.progress import Progress, Silent
from syncdb.engine.report import Report
from syncdb.engine.request import RunRequest, run_request
from syncdb.errors import Exit
from syncdb.pairs.base import Action, Asked, Run
from syncdb.pairs.shopify_erp.settings import ErpSettings
from syncdb.wording import counted

Open = Callable[[ErpSettings, RunRequest, Sequence[str], Clock, Progress], AbstractContextManager[Sequence[Run]]]
Told = Iterator[str | Mapping[str, Any] | Exit]


def run_actions(open_runs: Open) -> Mapping[str, Action[ErpSettings]]:
    """The actions that run what `open_runs` opens."""
    return {
        "process": Action("work off what waits in the queue, and what changed in the shop", partial(_run, open_runs, full=False)),
        "full": Action("look at everything on both sides, not only at what changed", partial(_run, open_runs, full=True)),
    }


def _run(open_runs: Open, settings: ErpSettings, asked: Asked, *, full: bool) -> Told:
    with open_runs(settings, run_request(settings, full=full), (), asked.clock, Silent()) as (run,):
        report = run.execute().report
    yield from _lines(report)
    yield report.as_data()
    yield report.exit_code


def _lines(report: Report) -> Iterator[str]:
    counts = report.counts
    yield f"Written to the shop: {counts['written_left']}, to the ERP: {counts['written_right']}."
    for one in report.held_back:
        yield f"  {one.name or one.key}: {one.why} {one.next_step}".rstrip()
    for note in report.notes:
        yield f"{note.message} {note.next_step}".rstrip()
    if report.conflicts:
        wait = "waits" if len(report.conflicts) == 1 else "wait"
        yield f"{counted(len(report.conflicts), 'value')} {wait} for a person's answer."
    if report.failure is not None:
        yield f"The run could not be finished: {report.failure}"
        if report.failure.next_step:
            yield f"What to do now: {report.failure.next_step}"
