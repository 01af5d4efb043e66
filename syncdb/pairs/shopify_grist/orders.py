"""The orders' table of a Grist document: where orders go, and what people may write there for the shop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from syncdb.connectors.base import Connector
from syncdb.connectors.grist import GristTable
from syncdb.connectors.grist.lookalike import Likeness
from syncdb.ledger import state_keys
from syncdb.model import OnDrift, OnMissing, Owner, Policy, Record, Rule, Side
from syncdb.orders.order_sync import RowMapping
from syncdb.pairs.chosen import ORDERS, ChosenOrders
from syncdb.pairs.metafield_types import stored_types
from syncdb.pairs.shopify_grist.settings import GristSettings
from syncdb.pairs.shopify_grist.tables import Tables, order_columns, order_rows, registered
from syncdb.values import Value

LATEST = 500  # orders by which a table or column that people call otherwise is known again


@dataclass(slots=True)
class OrdersTable:
    """The orders' table as a destination of the orders' run."""

    chosen: ChosenOrders
    tables: Tables
    document: str
    pair: str = field(init=False)
    _cursor: str | None = None
    _table: GristTable | None = None

    def __post_init__(self) -> None:
        self.pair = registered(self.tables.ledger, self.document, ORDERS)

    def open(self, shop: Mapping[str, Any]) -> tuple[Connector, RowMapping]:
        types = stored_types(self.tables.ledger.runs.get(state_keys.METAFIELD_TYPES))
        rows = order_rows(self.chosen, str(shop["zone"]), str(shop["currency"]), types)
        columns = order_columns(rows, self.chosen.from_grist)
        self._table = self.tables.table(ORDERS, self.chosen.table, columns, like=self._likeness(rows))
        return self._table, rows

    def _likeness(self, rows: RowMapping) -> Likeness:
        """What tells rows and columns of orders from people's: what the latest orders that wait to be shown would show."""
        orders = self.tables.ledger.orders

        @cache
        def shown() -> dict[str, Mapping[str, Value]]:
            latest = orders.snapshots(orders.waiting(self.pair)[-LATEST:])
            return {one.key: one.fields for snapshot in latest.values() for one in _rows_of(rows, snapshot)}

        return Likeness(lambda key: key in shown(), lambda keys: {key: shown()[key] for key in keys if key in shown()})

    def held(self) -> Mapping[str, str]:
        return self._table.held if self._table is not None else {}

    def remember(self) -> None:
        self.tables.remember()

    def changed(self) -> Sequence[str] | None:
        found = self.tables.document.changes(self.tables.ledger.runs.get(state_keys.cursor(self.pair, Side.RIGHT.value)))
        self._cursor = found.cursor
        return found.keys.get(ORDERS, ())

    def put_back(self, seen: str) -> str:
        return self.tables.document.put_back(seen)

    def without_key(self) -> Mapping[str, Mapping[str, Value]]:
        """Rows of a document that have no key are told by what adds new rows."""
        return {}

    def settled(self) -> None:
        if self._cursor is not None:
            self._cursor = self.tables.document.after_own_writes(self._cursor)
            with self.tables.ledger.transaction():
                self.tables.ledger.runs.put(state_keys.cursor(self.pair, Side.RIGHT.value), self._cursor)

    def tidy(self, tokens: Sequence[int]) -> None:
        """Writes leave no traces in Grist."""

    def close(self) -> None:
        """The document is closed by whoever opened it."""


def _rows_of(rows: RowMapping, snapshot: Mapping[str, Any]) -> Sequence[Record]:
    """The rows of an order; none of one that cannot be shown, which the run itself tells."""
    try:
        return rows.records(snapshot)
    except (ValueError, KeyError, TypeError):
        return ()


def order_policy(chosen: ChosenOrders, settings: GristSettings) -> Policy:
    """Orders belong to the shop, but for what people of the other side were given to write."""
    ours = Rule(Owner.LEFT, OnDrift(settings.edited_cells))
    rules = {name: chosen.from_grist.get(name, ours) for name, _ in chosen.columns}
    return Policy(rules, missing_right=OnMissing(settings.deleted_rows))
