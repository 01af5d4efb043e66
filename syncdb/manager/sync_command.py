"""`shopify_sheets_sync.py`: one run from the command line, or from cron and Task Scheduler."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from syncdb.assembly import Parts, assemble, wishes_of
from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, load
from syncdb.errors import Exit
from syncdb.manager.dry_run import write_dry_run
from syncdb.manager.running import Manner, show, surroundings, told
from syncdb.manager.summary import summary
from syncdb.reconcile.report import Report

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
    """One run with its messages; returns the exit code. `quiet` keeps the log to its file."""
    manner = Manner(asked.as_json, asked.verbose, quiet)
    return told(
        manner,
        lambda: load({"lookback_days": asked.lookback_days}, env, Path.cwd(), asked.config),
        lambda settings: _run(asked, settings, clock),
    )


def _run(asked: Asked, settings: Settings, clock: Clock) -> Exit:
    wishes = wishes_of(settings, full=asked.full, force=asked.force, dry=asked.test)
    with (
        surroundings(clock, asked.as_json) as around,
        assemble(settings, wishes, around.clock, around.watch) as parts,
    ):
        report = parts.sync.run()
    _leave(asked, settings, parts, report)
    return report.exit_code


def _leave(asked: Asked, settings: Settings, parts: Parts, report: Report) -> None:
    """Write the dry run's files and say how it went."""
    tab = f"tab {settings.target_worksheet}" + ("" if settings.tabs_by == "one" else f", by {settings.tabs_by}")
    place = f'orders of {settings.shopify_store_name} in "{settings.target_spreadsheet}", {tab}'
    lines = summary(report, place, {field.name: field.label for field in parts.fields}, settings.log_file)
    if asked.test and report.plan is not None:
        files = write_dry_run(Path.cwd() / TEST_OUTPUT, report, parts.fields, place)
        lines.append(f"  Written: {', '.join(str(file.relative_to(Path.cwd())) for file in files)}")
    if asked.as_json:
        sys.stdout.write(json.dumps(report.as_data(), indent=1) + "\n")
    else:
        show(lines)
