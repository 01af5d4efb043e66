"""`shopify_sheets_sync.py`: one run from the command line, or from cron and Task Scheduler."""

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from syncdb.assembly import Parts, assemble
from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, load
from syncdb.errors import ConfigurationError, Exit, SyncdbError
from syncdb.logs import set_up
from syncdb.manager.dry_run import write_dry_run
from syncdb.manager.summary import summary
from syncdb.manager.terminal import Bars, Lines, Stop
from syncdb.reconcile.report import Report
from syncdb.reconcile.sync import Wishes
from syncdb.reconcile.watch import Watch

log = logging.getLogger("syncdb")
TEST_OUTPUT = "test_output"


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command."""

    test: bool = False
    config: Path | None = None
    lookback_days: int | None = None
    full: bool = False
    force: bool = False
    as_json: bool = False
    verbose: bool = False


def main(arguments: Sequence[str] | None = None, *, always_test: bool = False) -> None:
    """Run the command and leave with its exit code (docs/exit-codes.md)."""

    def command(
        test: Annotated[
            bool, typer.Option("--test", help="Plan only: writes to test_output/, changes nothing else.")
        ] = always_test,
        config: Annotated[Path | None, typer.Option("--config", metavar="PATH", help="The configuration file.")] = None,
        lookback_days: Annotated[
            int | None, typer.Option("--lookback-days", metavar="N", help="How many days of order changes to cover.")
        ] = None,
        full: Annotated[bool, typer.Option("--full", help="Read the whole window and look at every row of the sheet.")] = False,
        force: Annotated[
            bool, typer.Option("--force", help="Like --full, and go past a guard that stopped the last run (you have looked).")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
        verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log in detail.")] = False,
    ) -> None:
        """Bring the shop's orders into the Google Sheet and keep them true.

        Example: python shopify_sheets_sync.py --test
        """
        sys.exit(run(Asked(test, config, lookback_days, full, force, as_json, verbose)))

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app(args=list(arguments) if arguments is not None else None)


def run(asked: Asked, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM, *, quiet: bool = False) -> int:
    """One run with its messages; returns the exit code. Nothing a user can cause ends in a traceback.

    `quiet` keeps the log to its file; the summary is printed all the same.
    """
    try:
        settings = load({"lookback_days": asked.lookback_days}, env, Path.cwd(), asked.config)
    except ConfigurationError as error:
        _tell_configuration(error, asked)
        return int(error.exit_code)
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    with set_up(
        settings.log_file,
        verbose=asked.verbose,
        terminal=terminal or quiet,
        secrets=settings.secrets,
        customer_data=settings.log_customer_data,
    ):
        try:
            return int(_run(asked, replace(settings, notices=()) if quiet else settings, clock, terminal))
        except SyncdbError as error:
            log.error("%s", error)
            _tell([f"Stopped: {error}", f"What to do: {error.next_step}" if error.next_step else ""], error, asked)
            return int(error.exit_code)
        except Exception as defect:
            log.exception("a defect of syncdb")
            _tell(
                [
                    f"This is a defect of syncdb: {type(defect).__name__}. What was done before it is recorded.",
                    f"What to do: run again; if it stays, report it with the last lines of {settings.log_file}.",
                ],
                None,
                asked,
            )
            return int(Exit.DEFECT)


def _run(asked: Asked, settings: Settings, clock: Clock, terminal: bool) -> Exit:
    stop = Stop()
    patient = replace(clock, sleep=stop.sleep) if clock is SYSTEM else clock
    for notice in settings.notices:
        log.warning("%s", notice)
    with ExitStack() as stack:
        stack.enter_context(stop.listening())
        bars = terminal and not asked.as_json
        watch: Watch = stack.enter_context(Bars(Console(stderr=True), stop.check)) if bars else Lines(stop.check)
        parts = stack.enter_context(assemble(settings, _wishes(asked, settings), patient, watch))
        report = parts.sync.run()
    _leave(asked, settings, parts, report)
    return report.exit_code


def _wishes(asked: Asked, settings: Settings) -> Wishes:
    return Wishes(
        lookback=timedelta(days=settings.lookback_days),
        overlap=timedelta(minutes=settings.overlap_minutes),
        examine_every=timedelta(hours=settings.drift_check_hours),
        full=asked.full,
        force=asked.force,
        dry=asked.test,
    )


def _leave(asked: Asked, settings: Settings, parts: Parts, report: Report) -> None:
    """Write the dry run's files and say how it went."""
    place = f'orders of {settings.shopify_store_name} in "{settings.target_spreadsheet}", tab {settings.target_worksheet}'
    lines = summary(report, place, {field.name: field.label for field in parts.fields}, settings.log_file)
    if asked.test and report.plan is not None:
        files = write_dry_run(Path.cwd() / TEST_OUTPUT, report, parts.fields, place)
        lines.append(f"  Written: {', '.join(str(file.relative_to(Path.cwd())) for file in files)}")
    if asked.as_json:
        sys.stdout.write(json.dumps(report.as_data(), indent=1) + "\n")
    else:
        _print(lines)


def _tell_configuration(error: ConfigurationError, asked: Asked) -> None:
    lines = ["The configuration cannot be used. Nothing was contacted, nothing was changed."]
    lines += [f"  - {problem}" for problem in error.problems]
    lines += [f"What to do: {error.next_step}"] if error.next_step else []
    _tell(lines, error, asked)


def _tell(lines: Sequence[str], error: SyncdbError | None, asked: Asked) -> None:
    if asked.as_json:
        code = error.exit_code if error else Exit.DEFECT
        told = {"exit_code": int(code), "error": {"message": "\n".join(lines), "next_step": error.next_step if error else ""}}
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        _print([line for line in lines if line])


def _print(lines: Sequence[str]) -> None:
    console = Console(stderr=False, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(line, markup=False)
