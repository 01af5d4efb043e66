"""`sync`: a run by hand, by the same code as `shopify_sheets_sync.py`."""

import sys
from typing import Annotated

import typer

from syncdb.cli.options import ConfigOption, JsonOption
from syncdb.cli.run_sheets import RunOptions, run


def sync(
    test: Annotated[bool, typer.Option("--test", help="Plan only: writes to test_output/, changes nothing else.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Re-check every order whatever its hash says, and go past a guard (you have looked).")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Read the whole window and look at every row of the sheet.")] = False,
    lookback_days: Annotated[
        int | None, typer.Option("--lookback-days", metavar="N", help="How many days of order changes to cover.")
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log in detail.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring the shop's orders into the sheet now. The exit codes are those of shopify_sheets_sync.py (docs/exit-codes.md).

    Example: python sync_manager.py sync --test
    """
    sys.exit(run(RunOptions(test, config, lookback_days, full, force, as_json, verbose)))
