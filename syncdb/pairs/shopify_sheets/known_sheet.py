"""The sheet that the last run left behind, ready to be read by commands that only look."""

from dataclasses import dataclass

from syncdb.clock import Clock
from syncdb.connectors.google_sheets.client import Client
from syncdb.ledger import state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.pairs.base import RowsShown
from syncdb.pairs.metafield_types import stored_types
from syncdb.pairs.shopify_sheets.destination import sheet_fields
from syncdb.pairs.shopify_sheets.settings import SheetsSettings
from syncdb.pairs.shopify_sheets.tabs import Opening, Tabs, TargetSpreadsheet, open_tabs, spreadsheet_in, to_remember
from syncdb.systems.google_sheets.connecting import google_of

MOVED = "rows moved while it was read; ask again"


@dataclass(frozen=True, slots=True)
class KnownSheet:
    """The tab or tabs that a ledger keeps, ready to be read. `pair` is its name in the ledger, `tabs` what they are called."""

    pair: str
    tabs: tuple[str, ...]
    connector: Tabs


def known_sheet(settings: SheetsSettings, reader: LedgerReader, google: Client) -> KnownSheet | None:
    """The sheet that the last run left behind; None before the first one."""
    shop = reader.shop
    spreadsheet_id = spreadsheet_in(settings, reader.meta)
    if not spreadsheet_id or not shop:
        return None
    types = stored_types(reader.meta(state_keys.METAFIELD_TYPES))
    fields = sheet_fields(settings, str(shop["zone"]), str(shop["currency"]), types)
    place = TargetSpreadsheet(settings, spreadsheet_id, reader.connection, reader.meta)
    connector = open_tabs(place, Opening(google, fields, str(reader.meta(state_keys.LEDGER_ID)), everything=True))
    return KnownSheet(place.pair, tuple(one.tab for one in to_remember(settings, connector).values()), connector)


def rows_shown(settings: SheetsSettings, reader: LedgerReader, clock: Clock) -> RowsShown | None:
    """The keys that stand in the sheet now; None before the first run wrote to it. Raises SyncdbError."""
    with google_of(settings, clock) as google:
        sheet = known_sheet(settings, reader, google)
        if sheet is None:
            return None
        keys: set[str] = set()
        doubled: dict[str, tuple[str, ...]] = {}
        for block in sheet.connector.fetch():
            keys |= block.found.keys() | block.doubled.keys()
            doubled |= block.doubled
            if not block.complete:
                return RowsShown(sheet.pair, frozenset(keys), doubled, MOVED)
        return RowsShown(sheet.pair, frozenset(keys), doubled)
