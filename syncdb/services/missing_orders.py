"""`missing` with the network: the shop and the sheet asked, and what was missed fetched."""

from datetime import timedelta

from syncdb.clock import Clock
from syncdb.connectors.order_source import Facts, Listed
from syncdb.connectors.shopify.presence import Presence
from syncdb.errors import NeedsPerson, RemoteError, SyncdbError
from syncdb.ledger import Ledger
from syncdb.ledger.queries import order_presence as held
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.ledger.runs import Problem
from syncdb.orders.completeness import Bounds, ask_shop, unasked
from syncdb.orders.intake import FETCH
from syncdb.pairs.shopify_sheets.known_sheet import known_sheet
from syncdb.pairs.shopify_sheets.pair import SHOPIFY_SHEETS
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.services.missing_result import MissingOrders, RowCheck
from syncdb.services.run_now import run_now
from syncdb.systems.google_sheets.connecting import google_of
from syncdb.systems.shopify.connecting import shop_of
from syncdb.values import iso

BOUNDS = Bounds(gaps=60, pages=8, days=31)


def look(settings: SheetsSettings, days: int, clock: Clock) -> MissingOrders:
    """Ask whoever can be asked; who cannot be reached is named in the result."""
    with reading(settings.db_path) as reader:
        now = clock.now()
        since = now - timedelta(days=days)
        try:
            with shop_of(settings, clock) as client:
                shop = Presence(client)
                orders = ask_shop(reader, shop, _same_shop(reader, shop.facts()), since, now, days, BOUNDS)
        except RemoteError as away:
            orders = unasked(reader, since)
            orders.refused = str(away)
        return MissingOrders(orders, _rows(reader, settings, clock))


def _same_shop(reader: LedgerReader, facts: Facts) -> Facts:
    known = reader.meta("shop")
    if known and known["id"] != facts.shop_id:
        raise NeedsPerson(
            f"This ledger belongs to the shop {known['domain']}, but {facts.domain} answered.",
            next_step="Check shopify_store_name and db_path.",
        )
    return facts


def _rows(reader: LedgerReader, settings: SheetsSettings, clock: Clock) -> RowCheck:
    """Read the whole sheet and compare its keys with the ledger's."""
    rows = RowCheck()
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


def fetch_missed(settings: SheetsSettings, found: MissingOrders, clock: Clock) -> None:
    """Note each missed order, so that the run asks for it by id and its history shows why; then run."""
    if not found.orders.missed and not found.rows.lacking:
        return
    with Ledger.open(settings.db_path, clock.now()) as ledger, ledger.transaction():
        last = held.last_run(LedgerReader(ledger.connection, ledger.path))
        for one in found.orders.missed:
            ledger.problems.add(_missed(one), last, iso(clock.now()))
    found.fixed = run_now(SHOPIFY_SHEETS, settings, full=bool(found.rows.lacking), clock=clock)[0]


def _missed(one: Listed) -> Problem:
    return Problem(
        FETCH,
        "missed",
        f"Order {one.name} of {iso(one.created_at)[:10]} is in the shop and was not in the ledger.",
        one.order_id,
        one.name,
        "Nothing to do: the next run asks for it by its id.",
    )
