"""The orders' table that the last run left behind, read by commands that only look."""

from syncdb.clock import Clock
from syncdb.connectors.grist import GristDocument, GristTable, TableBinding
from syncdb.connectors.grist.target import find_document
from syncdb.ledger import state_keys
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.mapping.entities import KEY_LABEL
from syncdb.pairs.base import RowsShown
from syncdb.pairs.chosen import ORDERS
from syncdb.pairs.metafield_types import stored_types
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_grist.tables import binding_name, order_columns, order_rows, pair_name
from syncdb.systems.grist.connecting import grist_of

HIDDEN = "access rules hide a part of the document from the API key's owner, so what is not shown may be there all the same"


def rows_shown(settings: GristSettings, reader: LedgerReader, clock: Clock) -> RowsShown | None:
    """The keys that stand in the orders' table now; None before the first run wrote to it. Raises SyncdbError."""
    chosen, shop = settings.selection.orders, reader.shop
    if chosen is None or not shop:
        return None
    with grist_of(settings, reader, clock) as client:
        document = GristDocument(client, find_document(client, settings.grist_document, settings.grist_workspace, make=False))
        stored = reader.meta(binding_name(document.id, ORDERS, chosen.table))
        if not stored:
            return None
        types = stored_types(reader.meta(state_keys.METAFIELD_TYPES))
        columns = order_columns(order_rows(chosen, str(shop["zone"]), str(shop["currency"]), types))
        table = GristTable(
            document,
            name=ORDERS,
            table=chosen.table,
            columns=columns,
            key_label=KEY_LABEL,
            binding=TableBinding.from_data(stored),
            dry=True,
            clock=clock,
        )
        keys: set[str] = set()
        doubled: dict[str, tuple[str, ...]] = {}
        complete = True
        for block in table.fetch():
            keys |= block.found.keys() | block.doubled.keys()
            doubled |= block.doubled
            complete = complete and block.complete
        return RowsShown(pair_name(document.id, ORDERS), frozenset(keys), doubled, "" if complete else HIDDEN)
