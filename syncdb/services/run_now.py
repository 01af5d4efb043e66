"""An ordinary run of a pair, made by a command that needs one: the same as the pair's own script makes."""

from collections.abc import Sequence
from contextlib import ExitStack

from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.engine.report import Report
from syncdb.engine.request import run_request
from syncdb.errors import Interrupted
from syncdb.logs import set_up
from syncdb.pairs.base import PairType
from syncdb.services.stopping import Lines, Stop


def run_now(pair: PairType, settings: RunSettings, *, full: bool = False, clock: Clock = SYSTEM) -> Sequence[Report]:
    """The reports of its runs, in their order; a person who ends one ends all.

    Raises what opening the pair raises; the rest is in the reports.
    """
    stop, implementation, reports = Stop(), pair.load_implementation(), list[Report]()
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
        request = run_request(settings, full=full)
        for run in stack.enter_context(implementation.open(settings, request, (), clock, Lines(stop.check))):
            reports.append(run.execute().report)
            if isinstance(reports[-1].failure, Interrupted):
                break
    return reports
