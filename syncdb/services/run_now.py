"""The shop and the sheet for commands that only look: the same clients as a run's, without a ledger that is held."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from syncdb.cli.progress_bars import Lines, Stop
from syncdb.clock import SYSTEM, Clock
from syncdb.config import Settings, ShopSettings
from syncdb.connectors.google_sheets.account import open_account
from syncdb.connectors.google_sheets.client import Client
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.tokens import StaticToken
from syncdb.engine.report import Report
from syncdb.http import Retrier
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.logs import set_up
from syncdb.pairs.shopify_sheets.pair import assemble, run_request, sheet_mapping, token_source
from syncdb.pairs.shopify_sheets.tabs import Opening, Tabs, TargetSpreadsheet, open_tabs, spreadsheet_in, to_remember

PATIENCE = 30.0  # seconds that a person waits for an answer before hearing that there is none


@contextmanager
def shop_of(settings: ShopSettings, clock: Clock = SYSTEM, patience: float = PATIENCE) -> Iterator[ShopifyClient]:
    """A client for the configured shop."""
    retrier = Retrier(deadline=min(patience, settings.deadline_seconds), clock=clock)
    client = ShopifyClient(
        settings.shopify_store_name,
        StaticToken(""),
        settings.shopify_api_version,
        settings.shopify_base_url,
        clock,
        retrier,
    )
    # the client's own session also fetches its tokens
    client.tokens = token_source(settings, client.session, clock, retrier)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def google_of(settings: Settings, clock: Clock = SYSTEM, patience: float = PATIENCE) -> Iterator[Client]:
    """A client for the configured service account. Raises ConfigurationError where its key file cannot be used."""
    account = open_account(settings.google_service_account_file, settings.google_api_base_url)
    retrier = Retrier(deadline=min(patience, settings.deadline_seconds), clock=clock)
    client = Client(account, base_url=settings.google_api_base_url, clock=clock, retrier=retrier)
    try:
        yield client
    finally:
        client.close()


@dataclass(frozen=True, slots=True)
class KnownSheet:
    """The tab or tabs that a ledger keeps, ready to be read. `pair` is its name in the ledger, `tabs` what they are called."""

    pair: str
    tabs: tuple[str, ...]
    connector: Tabs


def known_sheet(settings: Settings, reader: LedgerReader, google: Client) -> KnownSheet | None:
    """The sheet that the last run left behind; None before the first one."""
    shop = reader.meta("shop")
    spreadsheet_id = spreadsheet_in(settings, reader.meta)
    if not spreadsheet_id or not shop:
        return None
    mapping = sheet_mapping(settings, str(shop["zone"]), str(shop["currency"]))
    place = TargetSpreadsheet(settings, spreadsheet_id, reader.connection, reader.meta)
    connector = open_tabs(place, Opening(google, mapping.fields, str(reader.meta("ledger_id")), everything=True))
    return KnownSheet(place.pair, tuple(one.tab for one in to_remember(settings, connector).values()), connector)


def run_now(settings: Settings, *, full: bool = False, clock: Clock = SYSTEM) -> Report:
    """An ordinary run, the same as `shopify_sheets_sync.py` makes. Raises what `assemble` raises; the rest is in the report."""
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(
            set_up(
                settings.log_file,
                verbose=False,
                terminal=True,
                secrets=settings.secrets,
                customer_data=settings.log_customer_data,
            )
        )
        stack.enter_context(stop.listening())
        parts = stack.enter_context(assemble(settings, run_request(settings, full=full), clock, Lines(stop.check)))
        return parts.sync.run()
