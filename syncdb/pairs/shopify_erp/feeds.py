"""What changed on either side. The queue is a hint: what it names is looked at, and so is what it knows nothing of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.base import Changes
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.feed import Cursor, ErpFeed
from syncdb.connectors.postgres.rows import ID, read_rows
from syncdb.connectors.postgres.tables import ErpTables
from syncdb.connectors.shopify.catalogue.changes import ChangeFeed

ORDERS, INVENTORY, PRODUCTS, CUSTOMERS, TEXTS = "orders", "inventory", "products", "customers", "texts"
VARIANTS = "variants"  # what the shop calls the ERP's products
OURS = {VARIANTS: PRODUCTS, PRODUCTS: TEXTS}  # what this pair calls the shop's entities
Keys = Mapping[str, tuple[str, ...] | None]


@dataclass(slots=True)
class ShopChanges:
    """The shop's feed. `orders_told` hears of orders before they are compared, None for all of them."""

    inner: ChangeFeed
    orders_told: Callable[[tuple[str, ...] | None], None]

    def changes(self, cursor: str | None) -> Changes:
        found = self.inner.changes(cursor)
        self.orders_told(found.keys.get(ORDERS, ()))
        return Changes({OURS.get(name, name): keys for name, keys in found.keys.items()}, found.cursor)

    def put_back(self, seen: str) -> str:
        """A shop has no states to tell this by."""
        return ""

    def after_own_writes(self, cursor: str) -> str:
        """Our own writes cannot be told from those of others by their time: they are looked at once more."""
        return cursor


@dataclass(slots=True)
class ErpChanges:
    """The ERP's feed by the records of this pair: a line counts as its order, a product as its stock.

    `hints` are keys of rows by entity that the queue names, looked at in any case; `older` is why the database is known to be in
    an earlier state than the ledger, whatever its transactions tell.
    """

    inner: ErpFeed
    database: ErpDatabase
    tables: ErpTables
    hints: Mapping[str, Sequence[str]] = field(default_factory=dict)
    older: str = ""
    _newest: str = ""

    def changes(self, cursor: str | None) -> Changes:
        found = self.inner.changes(cursor)
        self._newest = found.cursor
        told: dict[str, tuple[str, ...] | None] = {}
        self._add(told, ORDERS, found.keys.get(ORDERS, ()))
        self._add(told, ORDERS, self._owners(found.keys.get("order_items", ())))
        self._add(told, INVENTORY, found.keys.get(INVENTORY, ()))
        self._add(told, PRODUCTS, found.keys.get(PRODUCTS, ()))
        self._add(told, TEXTS, found.keys.get(PRODUCTS, ()))
        self._add(told, CUSTOMERS, found.keys.get(CUSTOMERS, ()))
        self._add(told, INVENTORY, self._stock_of(found.keys.get("products", ())))
        for entity, keys in self.hints.items():
            self._add(told, entity, tuple(keys))
            if entity == PRODUCTS:
                self._add(told, TEXTS, tuple(keys))
        return Changes(told, found.cursor)

    def _add(self, told: dict[str, tuple[str, ...] | None], entity: str, keys: tuple[str, ...] | None) -> None:
        if keys is None or told.get(entity, ()) is None:
            told[entity] = None
        elif keys:
            told[entity] = tuple(dict.fromkeys([*(told.get(entity) or ()), *keys]))

    def _owners(self, items: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """The orders of these lines."""
        if not items:
            return items
        rows = read_rows(self.database, self.tables["order_items"], {ID: list(items)}, ["order_id"])
        return tuple(str(row["order_id"]) for row in rows)

    def _stock_of(self, products: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """The stock of these products: their SKU or switch may be another now."""
        if not products or INVENTORY not in self.tables:
            return products
        rows = read_rows(self.database, self.tables[INVENTORY], {"product_id": list(products)}, [])
        return tuple(row[ID] for row in rows)

    def put_back(self, seen: str) -> str:
        """Asked of the server only where its newest state does not tell."""
        before, now = Cursor.parse(seen), Cursor.parse(self._newest)
        follows = before is not None and now is not None and not before.put_back(now)
        return ("" if follows else self.inner.put_back(seen)) or self.older

    def after_own_writes(self, cursor: str) -> str:
        return self.inner.after_own_writes(cursor)
