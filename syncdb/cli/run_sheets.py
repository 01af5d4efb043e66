"""`shopify_sheets_sync.py`: one run from the command line, or from cron and Task Scheduler."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncdb.cli.running import Manner, show, surroundings, told
from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, load
from syncdb.engine.report import Report
from syncdb.errors import Exit
from syncdb.pairs.shopify_sheets.pair import Parts, assemble, run_request
from syncdb.services.dry_run_files import write_dry_run
from syncdb.services.run_summary import summary

TEST_OUTPUT = "test_output"


@dataclass(frozen=True, slots=True)
class RunOptions:
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
    given = _options(always_test).parse_args(arguments)
    asked = RunOptions(given.test, given.config, given.lookback_days, given.full, given.force, given.json, given.verbose)
    sys.exit(run(asked))


def _options(always_test: bool) -> argparse.ArgumentParser:
    """The options by Python's own means: what reads those of the manager takes longer to load than a run with nothing to do."""
    parser = argparse.ArgumentParser(
        description="Bring the shop's orders into the Google Sheet and keep them true.",
        epilog="Example: python shopify_sheets_sync.py --test",
        allow_abbrev=False,
    )
    flag = parser.add_argument
    flag("--test", action="store_true", default=always_test, help="plan only: writes to test_output/, changes nothing else")
    flag("--config", type=Path, metavar="PATH", help="the configuration file")
    flag("--lookback-days", type=int, metavar="N", help="how many days of order changes to cover")
    flag("--full", action="store_true", help="read the whole window and look at every row of the sheet")
    flag("--force", action="store_true", help="like --full, and go past a guard that stopped the last run (you have looked)")
    flag("--json", action="store_true", help="print the result as JSON")
    flag("-v", "--verbose", action="store_true", help="log in detail")
    return parser


def run(asked: RunOptions, env: Mapping[str, str] = os.environ, clock: Clock = SYSTEM, *, quiet: bool = False) -> int:
    """One run with its messages; returns the exit code. `quiet` keeps the log to its file."""
    manner = Manner(asked.as_json, asked.verbose, quiet)
    return told(
        manner,
        lambda: load({"lookback_days": asked.lookback_days}, env, Path.cwd(), asked.config),
        lambda settings: _run(asked, settings, clock),
    )


def _run(asked: RunOptions, settings: Settings, clock: Clock) -> Exit:
    request = run_request(settings, full=asked.full, force=asked.force, dry=asked.test)
    with (
        surroundings(clock, asked.as_json) as around,
        assemble(settings, request, around.clock, around.progress) as parts,
    ):
        report = parts.sync.run()
    _leave(asked, settings, parts, report)
    return report.exit_code


def _leave(asked: RunOptions, settings: Settings, parts: Parts, report: Report) -> None:
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
