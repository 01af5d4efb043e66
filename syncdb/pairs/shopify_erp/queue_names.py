"""What people call what a row of the queue is about: an order by its number, goods by their SKU, a customer by the address."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.queue import TO_SHOPIFY, QueueRow
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ENTITY_TYPES, ErpTables
from syncdb.errors import SkipRecord

CALLED = "called"  # what the payload of a row says, where the ERP cannot
_NAMES = {"order": "order_number", "product": "sku", "customer": "email"}
_KNOWN_BY = ("order_number", "order_name", "sku", "email")
ENTITIES = {kind: entity for entity, kind in ENTITY_TYPES.items()}


def name_of(fields: Mapping[str, Any]) -> str:
    """By what people know a record with these fields; empty where nothing of them says it."""
    return next((str(fields[name]) for name in _KNOWN_BY if fields.get(name)), "")


def names_of(database: ErpDatabase, tables: ErpTables, rows: Sequence[QueueRow]) -> dict[int, str]:
    """The names by the ids of the rows; those of which nobody knows one are left out."""
    found = {row.id: str(row.payload[CALLED]) for row in rows if isinstance(row.payload, dict) and row.payload.get(CALLED)}
    for kind in dict.fromkeys(row.entity_type for row in rows):
        own = [row for row in rows if row.entity_type == kind and row.direction == TO_SHOPIFY and row.id not in found]
        if own and ENTITIES[kind] in tables:
            names = dict(_names(database, tables, kind, [row.entity_id for row in own]))
            found |= {row.id: names[row.entity_id] for row in own if row.entity_id in names}
    return found


def _names(database: ErpDatabase, tables: ErpTables, kind: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    if kind in _NAMES:
        yield from _column(database, tables, ENTITIES[kind], _NAMES[kind], ids)
        return
    products = dict(_column(database, tables, "inventory", "product_id", ids))
    skus = dict(_column(database, tables, "products", "sku", list(dict.fromkeys(products.values()))))
    yield from ((id, skus[product]) for id, product in products.items() if product in skus)


def _column(database: ErpDatabase, tables: ErpTables, entity: str, field: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    if entity not in tables or not tables[entity].has(field) or not ids:
        return
    try:
        rows = read_rows(database, tables[entity], {ID: list(ids)}, [field])
    except SkipRecord:  # a key that is none of this table: it was of another type once
        return
    yield from ((row[ID], str(row[field])) for row in rows if row[field] is not None)
