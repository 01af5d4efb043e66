"""`missing`: is every order here? The numbers, the shop's own count, and the rows of every place, held against the ledger."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from syncdb.cli.missing_view import as_data, show
from syncdb.cli.options import ConfigOption, DbOption, JsonOption, PairOption, answering, chosen_pair
from syncdb.clock import SYSTEM
from syncdb.errors import ConfigurationError
from syncdb.pairs.base import PairType
from syncdb.services.ledger_location import find_ledger
from syncdb.services.missing_result import MissingOrders, look_offline
from syncdb.services.usable_pairs import meant_pairs, tracking_orders, usable_pairs


def missing(
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=366, help="How far back to look at gaps and to count days.")
    ] = 30,
    fix: Annotated[bool, typer.Option("--fix", help="Fetch what was missed and put back lost rows (runs a sync).")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: list the gaps only.")] = False,
    pair: PairOption = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: JsonOption = False,
) -> None:
    """The command `missing`; what its help says stands in syncdb.cli.commands."""
    with answering(as_json, acts=fix) as output:
        pairs = meant_pairs(chosen_pair(pair), config)
        found = _offline(pairs, find_ledger(config, db).ledger, days, fix) if offline else _online(pairs, config, db, days, fix)
        if output.as_json:
            output.data(as_data(found))
        else:
            show(output, found, days)
        raise typer.Exit(int(found.exit_code))


def _offline(pairs: Sequence[PairType], ledger: Path, days: int, fix: bool) -> MissingOrders:
    if fix:
        raise ConfigurationError(["Without the network nothing can be fetched."], next_step="Leave out --offline or --fix.")
    return look_offline(pairs, ledger, days, SYSTEM.now())


def _online(pairs: Sequence[PairType], config: Path | None, db: Path | None, days: int, fix: bool) -> MissingOrders:
    # what talks to the remote systems takes a moment to load; without the network nobody shall wait for it
    from syncdb.services.missing_orders import fetch_missed, look

    flags = {"db_path": str(db.absolute()) if db else None}
    tracking = tracking_orders(usable_pairs(pairs, flags, os.environ, Path.cwd(), config), "looking for missing orders")
    found = look(tracking, days, SYSTEM)
    if fix:
        fetch_missed(tracking, found, SYSTEM)
    return found
