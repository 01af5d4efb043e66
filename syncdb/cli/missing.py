"""`missing`: is every order here? The numbers, the shop's own count, and the rows of the sheet, held against the ledger."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.missing_view import as_data, show
from syncdb.cli.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError
from syncdb.ledger.queries.reader import reading
from syncdb.orders.completeness import unasked
from syncdb.services.ledger_location import find_ledger
from syncdb.services.missing_result import MissingOrders, RowCheck


def missing(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=366, help="How far back to look at gaps and to count days.")
    ] = 30,
    fix: Annotated[bool, typer.Option("--fix", help="Fetch what was missed and put back lost rows (runs a sync).")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: list the gaps only.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `missing`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json) as output:
        found = _offline(find_ledger(config, db).ledger, days, fix) if offline else _online(config, db, days, fix)
        if output.as_json:
            output.data(as_data(found))
        else:
            show(output, found, days)
        raise typer.Exit(int(found.exit_code))


def _offline(ledger: Path, days: int, fix: bool) -> MissingOrders:
    if fix:
        raise ConfigurationError(["Without the network nothing can be fetched."], next_step="Leave out --offline or --fix.")
    with reading(ledger) as reader:
        return MissingOrders(unasked(reader, SYSTEM.now() - timedelta(days=days)), RowCheck(refused="not asked"))


def _online(config: Path | None, db: Path | None, days: int, fix: bool) -> MissingOrders:
    # what talks to the shop and to Google takes a moment to load; without the network nobody shall wait for it
    from syncdb.pairs.shopify_sheets.settings import load
    from syncdb.services.missing_orders import fetch_missed, look

    settings = load({"db_path": str(db.absolute()) if db else None}, os.environ, Path.cwd(), config)
    found = look(settings, days, SYSTEM)
    if fix:
        fetch_missed(settings, found, SYSTEM)
    return found
