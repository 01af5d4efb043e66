"""Around a run: the check that waits for it is called, and people are told what came of it. Never the reason why a run fails."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from syncdb.clock import Clock
from syncdb.connectors.alerts.outgoing import NotDelivered
from syncdb.errors import Exit, SyncdbError
from syncdb.ledger.web.file import make
from syncdb.services.alerts.alerting import Alerting, alerting
from syncdb.services.alerts.outcome import Outcome

UNTOLD = (Exit.BUSY, Exit.INTERRUPTED)  # of these nobody is told: another run is at work, or a person ended it
log = logging.getLogger("syncdb.alerts")


@contextmanager
def attended(title: str, about: Callable[[], Alerting]) -> Iterator[Outcome]:
    """Attend a run of the pair of that title. What is raised inside counts as its outcome."""
    outcome = Outcome()
    told = _safely(about)
    if told is not None and told.settings.ping is not None:
        _ping(told.settings.ping.started)
    try:
        yield outcome
    except SyncdbError as error:
        outcome.take(error.exit_code, error)
        raise
    except BaseException as defect:
        outcome.code = Exit.DEFECT if isinstance(defect, Exception) else Exit.INTERRUPTED
        raise
    finally:
        if told is not None and outcome.code not in UNTOLD:
            _tell(told, title, outcome)


def not_begun(about: Callable[[], Alerting], note: Callable[[], None]) -> None:
    """A run whose settings cannot be used: `note` writes that down where it can, and people are told."""
    told = _safely(about)
    if told is not None:
        with suppress(SyncdbError):  # said where it is used
            make(told.path)
    note()
    if told is not None:
        _tell(told, "", Outcome(Exit.CONFIGURATION))


def about_run(config: Path | None, env: Mapping[str, str], clock: Clock, secrets: tuple[str, ...]) -> Callable[[], Alerting]:
    """What is needed to tell people, made where it is wanted."""
    return lambda: alerting(config, None, env, Path.cwd(), clock, secrets)


def _safely(about: Callable[[], Alerting]) -> Alerting | None:
    """Who is to be told; None where nobody wants it, or where that cannot be known."""
    try:
        found = about()
    except SyncdbError:  # the run tells it itself
        return None
    for problem in found.settings.problems:
        log.warning("alerts: %s", problem)
    return found if found.settings.anything else None


def _tell(told: Alerting, title: str, outcome: Outcome) -> None:
    ping = told.settings.ping
    if ping is not None:
        _ping(lambda: ping.ended(int(outcome.code)))
    if not told.settings.ways:
        return
    try:
        told.look(frozenset({title}) if outcome.refused else frozenset())
    except SyncdbError as trouble:
        log.warning("nobody could be told how things stand: %s", trouble)
    except Exception:
        log.exception("a defect of syncdb kept people from being told how things stand")


def _ping(call: Callable[[], None]) -> None:
    try:
        call()
    except NotDelivered as why:
        log.warning("the check that waits for runs could not be called: %s", why)
