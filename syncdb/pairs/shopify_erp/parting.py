"""After an older state of the ERP's database was put back, keys of its rows may be given once more: what the ledger links by them
is believed only where the row itself says so. The rest is linked anew by what both sides show.
"""

from collections.abc import Callable, Iterator, Sequence

from syncdb.connectors.order_source import Notice
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.shape import bare_id
from syncdb.engine.links import Joins
from syncdb.engine.naming import names_in
from syncdb.ledger import Ledger
from syncdb.model import Side
from syncdb.pairs.shopify_erp.feeds import CUSTOMERS, INVENTORY, ORDERS, PRODUCTS, TEXTS
from syncdb.wording import some_of

SAID_BY = {ORDERS: "shopify_order_id", PRODUCTS: "shopify_variant_id", CUSTOMERS: "shopify_customer_id"}
FOUND_AGAIN = (INVENTORY, TEXTS)  # by SKU and place, by the ids of their products
MOST_NAMED = 10


def part(
    ledger: Ledger, registered: Callable[[str], str], database: ErpDatabase, tables: ErpTables, now: str
) -> Iterator[Notice]:
    """Forget the links that nothing bears out; tells of orders that began in the ERP and are no longer there."""
    for entity, field in SAID_BY.items():
        if entity in tables and tables[entity].has(field):
            said = {row[ID]: str(row[field] or "") for row in read_rows(database, tables[entity], None, [field])}
            joins = Joins.of(ledger, registered(entity))
            lost = [key for key, left, right in _linked(joins) if said.get(right) != bare_id(left)]
            if entity == ORDERS:
                yield from _told(ledger, registered(entity), [key for key in lost if key.startswith(Side.RIGHT.value)])
            _forget(ledger, joins, lost, now)
    for entity in FOUND_AGAIN:
        joins = Joins.of(ledger, registered(entity))
        _forget(ledger, joins, [key for key, _, _ in _linked(joins)], now)


def _linked(joins: Joins) -> list[tuple[str, str, str]]:
    """Everything that is joined: its key, and its ids in the shop and in the ERP."""
    keys = [key for key, _ in joins.records.all_keys()]
    alone = joins.alone(keys)
    left, right = joins.ids(Side.LEFT, keys), joins.ids(Side.RIGHT, keys)
    return [(key, left[key], right[key]) for key in keys if key not in alone and key in left and key in right]


def _forget(ledger: Ledger, joins: Joins, keys: Sequence[str], now: str) -> None:
    with ledger.transaction():
        joins.records.conflicts_are(keys, (), now)
        for key in keys:
            joins.records.forget(key)
            joins.forget(key)


def _told(ledger: Ledger, pair: str, keys: Sequence[str]) -> Iterator[Notice]:
    if keys:
        names = some_of(sorted(set(names_in(ledger, pair, keys).values())), MOST_NAMED)
        told = f"Made in the shop for orders of the ERP, whose rows do not say so any more: {names}. They stay there as they are."
        yield Notice("parted", told, "Enter those that are lost anew in the ERP, with the shop's id in shopify_order_id.")
