"""`missing`: is every order here? The numbers, the shop's own count, and the rows of the sheet, held against the ledger."""

import os
from datetime import UTC, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, load
from syncdb.connectors.shopify.facts import Facts
from syncdb.connectors.shopify.presence import Listed, Presence
from syncdb.errors import NeedsPerson, RemoteError, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger import presence as held
from syncdb.ledger.reading import Reader, reading
from syncdb.ledger.runs import Problem
from syncdb.manager.missing_shown import Found, Rows, as_data, show
from syncdb.manager.options import ConfigOption, DbOption, JsonOption, answering
from syncdb.manager.place import find_place
from syncdb.manager.remotes import google_of, known_sheet, run_now, shop_of
from syncdb.reconcile.completeness import Bounds, ask_shop, unasked
from syncdb.reconcile.intake import FETCH
from syncdb.values import iso

BOUNDS = Bounds(gaps=60, pages=8, days=31)


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
    """Find orders that the ledger or the sheet lacks.

    Each gap in the order numbers is asked of Shopify, by name and by time, and classified; each day is counted in the shop and in
    the ledger; every row of the sheet is held against the ledger. Without the network the gaps are listed and marked unasked.
    Exit codes: 0 nothing is missing (or it was fixed); 3 something is; 4 the fix did not get through.
    Example: python sync_manager.py missing --days 30
    """
    with answering(as_json) as output:
        settings = None if offline else load({"db_path": str(db.absolute()) if db else None}, os.environ, Path.cwd(), config)
        place = settings.db_path if settings else find_place(config, db).ledger
        found = look(place, settings, days, SYSTEM)
        if fix:
            _fix(settings, place, found, SYSTEM)
        if output.as_json:
            output.data(as_data(found))
        else:
            show(output, found, days)
        raise typer.Exit(int(found.exit_code))


def look(place: Path, settings: Settings | None, days: int, clock: Clock) -> Found:
    """Ask whoever can be asked; who cannot be reached is named in the result."""
    with reading(place) as reader:
        now = clock.now()
        since = now - timedelta(days=days)
        if settings is None:
            return Found(unasked(reader, since, now, _zone(reader), days), Rows(refused="not asked"))
        try:
            with shop_of(settings, clock) as client:
                shop = Presence(client)
                orders = ask_shop(reader, shop, _same_shop(reader, shop.facts()), since, now, days, BOUNDS)
        except RemoteError as away:
            orders = unasked(reader, since, now, _zone(reader), days)
            orders.refused = str(away)
        return Found(orders, _rows(reader, settings, clock))


def _zone(reader: Reader) -> Any:
    shop = reader.meta("shop")
    return ZoneInfo(shop["zone"]) if shop else UTC


def _same_shop(reader: Reader, facts: Facts) -> Facts:
    known = reader.meta("shop")
    if known and known["id"] != facts.shop_id:
        raise NeedsPerson(
            f"This ledger belongs to the shop {known['domain']}, but {facts.domain} answered.",
            next_step="Check shopify_store_name and db_path.",
        )
    return facts


def _rows(reader: Reader, settings: Settings, clock: Clock) -> Rows:
    """Read the whole sheet and compare its keys with the ledger's."""
    rows = Rows()
    try:
        with google_of(settings, clock) as google:
            sheet = known_sheet(settings, reader, google)
            if sheet is None:
                rows.refused = "no run has written to it yet"
                return rows
            shown: set[str] = set()
            for block in sheet.connector.fetch():
                shown |= block.found.keys() | block.doubled.keys()
                rows.doubled += [f"{key} (rows {', '.join(places)})" for key, places in block.doubled.items()]
                if not block.complete:
                    rows.refused = "rows moved while it was read; ask again"
                    return rows
    except SyncdbError as away:
        rows.refused = str(away)
        return rows
    expected = held.rows_expected(reader, sheet.pair)
    rows.compared = len(shown)
    rows.lacking = held.names_of(reader, {order_id for key, order_id in expected.items() if key not in shown})
    rows.foreign = sorted(shown - held.keys_known(reader, sheet.pair))
    return rows


def _fix(settings: Settings | None, place: Path, found: Found, clock: Clock) -> None:
    """Note each missed order, so that the run asks for it by id and its history shows why; then run."""
    if settings is None:
        raise NeedsPerson("Without the network nothing can be fetched.", next_step="Leave out --offline.")
    if not found.orders.missed and not found.rows.lacking:
        return
    with Ledger.open(place, clock.now()) as ledger, ledger.transaction():
        last = held.last_run(Reader(ledger.connection, ledger.path))
        for one in found.orders.missed:
            ledger.problems.add(_missed(one), last, iso(clock.now()))
    found.fixed = run_now(settings, full=bool(found.rows.lacking), clock=clock)


def _missed(one: Listed) -> Problem:
    return Problem(
        FETCH,
        "missed",
        f"Order {one.name} of {iso(one.created_at)[:10]} is in the shop and was not in the ledger.",
        one.order_id,
        one.name,
        "Nothing to do: the next run asks for it by its id.",
    )
