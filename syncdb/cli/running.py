"""Around a run from the command line: settings, log, messages and exit code; the same for every pair."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from syncdb.cli.output import shown
from syncdb.cli.streams import undelivered
from syncdb.clock import SYSTEM, Clock
from syncdb.config.settings import RunSettings
from syncdb.engine.progress import Progress
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.logs import set_up
from syncdb.services.stopping import Lines, Stop
from syncdb.wording import stopped

log = logging.getLogger("syncdb")
S = TypeVar("S", bound=RunSettings)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run talks: as JSON, or in detail.

    `aside`: the log goes to its file only, the summary is printed all the same. `quiet`: there is not a word, on screen or
    elsewhere, unless something needs a look, and then on the error stream.
    """

    as_json: bool = False
    verbose: bool = False
    aside: bool = False
    quiet: bool = False

    def silent_about(self, code: Exit) -> bool:
        """Whether nothing is said of a run that ended so."""
        return self.quiet and code in (Exit.DONE, Exit.BUSY)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run needs of the process it runs in: a clock that wakes up when asked to end, and who shows how far it is."""

    clock: Clock
    progress: Progress
    stop: Stop


def told(manner: Manner, load: Callable[[], S], body: Callable[[S], Exit]) -> int:
    """Load the settings, set up the log and run the body; returns the exit code. Nothing a user can cause ends in a traceback."""
    try:
        settings = load()
    except ConfigurationError as error:
        lines = ["The configuration cannot be used. Nothing was contacted, nothing was changed."]
        lines += [f"  - {problem}" for problem in error.problems]
        tell([*lines, f"What to do: {error.next_step}" if error.next_step else ""], error, manner)
        return int(error.exit_code)
    with set_up(
        settings.log_file,
        verbose=manner.verbose,
        terminal=on_terminal() or manner.aside,
        silent=manner.quiet,
        secrets=settings.secrets,
        customer_data=settings.log_customer_data,
    ):
        for notice in () if manner.aside else settings.notices:
            log.warning("%s", notice)
        code = carried_out(manner, settings, body)
        if why := undelivered(sys.stdout):
            log.warning("Standard output cannot be written (%s). What was done counts all the same.", why)
        return code


def carried_out(manner: Manner, settings: S, body: Callable[[S], Exit]) -> int:
    """Run the body once, where the log stands already (a series does so again and again); returns the exit code."""
    try:
        return int(body(settings))
    except SyncdbError as error:
        log.error("%s", error, extra={"file_only": _seen(manner)})
        if not manner.silent_about(error.exit_code):
            tell([stopped(str(error)), f"What to do: {error.next_step}" if error.next_step else ""], error, manner)
        return int(error.exit_code)
    except Exception as defect:
        log.exception("a defect of syncdb")
        lines = [
            f"This is a defect of syncdb: {type(defect).__name__}. What was done before it is recorded.",
            f"What to do: run again; if it stays, report it with the last lines of {settings.log_file}.",
        ]
        tell(lines, None, manner)
        return int(Exit.DEFECT)


@contextmanager
def surroundings(clock: Clock, manner: Manner, *, waiting: bool = False) -> Iterator[Surroundings]:
    """Listen for Ctrl-C and SIGTERM, and show bars on a terminal or lines elsewhere, while inside.

    `waiting`: nothing is under way that would have to be finished.
    """
    stop = Stop("there will be no further run") if waiting else Stop()
    with ExitStack() as stack:
        stack.enter_context(stop.listening())
        bars = on_terminal() and not manner.as_json and not manner.quiet
        progress = stack.enter_context(_bars(stop)) if bars else Lines(stop.check)
        yield Surroundings(replace(clock, sleep=stop.sleep) if clock is SYSTEM else clock, progress, stop)


def _bars(stop: Stop) -> AbstractContextManager[Progress]:
    from rich.console import Console  # on a terminal only

    from syncdb.cli.progress_bars import Bars

    return Bars(Console(stderr=True), stop.check)


def on_terminal() -> bool:
    """Whether somebody looks at a terminal that can redraw lines."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _seen(manner: Manner) -> bool:
    """Whether what is said to people is seen where the log is: there it need not say the same."""
    return on_terminal() and sys.stdout.isatty() and not manner.as_json and not manner.quiet


def tell(lines: Sequence[str], error: SyncdbError | None, manner: Manner) -> None:
    """Say why there was no run: lines for people, or JSON with the exit code."""
    if manner.as_json:
        code = error.exit_code if error else Exit.DEFECT
        data = {"exit_code": int(code), "error": {"message": "\n".join(lines), "next_step": error.next_step if error else ""}}
        sys.stdout.write(json.dumps(data, indent=1) + "\n")
    else:
        show([line for line in lines if line], manner)


def show(lines: Sequence[str], manner: Manner) -> None:
    """Lines for people; a quiet run says the few it has on the error stream, which schedulers pass on."""
    stream = sys.stderr if manner.quiet else sys.stdout
    for line in lines:
        stream.write(shown(line, stream) + "\n")
