"""The contract of every connector, kept on the ERP's own tables: products, customers, stock, and orders with their lines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.base import Connector
from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.connectors.postgres.tables import ErpTable
from syncdb.contract.connector import Contract, update
from syncdb.contract.own_ids import Linked
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Found, Operation, Record, Result, Side, Snapshot
from syncdb.pairs.shopify_erp.erp_orders import ErpOrders, Source
from syncdb.values import Kind, Value
from tests.connectors.postgres.wire import Wire
from tests.postgres import Erp

KINDS = {"key": Kind.IDENTIFIER, "title": Kind.TEXT, "count": Kind.COUNT}
COLUMNS: Mapping[str, tuple[str, str]] = {
    "products": ("sku", "name"),
    "customers": ("email", "first_name"),
    "inventory": ("shopify_location_id", "location"),
}
NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
MADE: Mapping[str, Value] = {"lines": "[]", "placed_at": "2026-11-20T10:00:00Z", "currency": "EUR", "cancel_reason": None}


class TableStage:
    """A table of the small ERP, with its triggers, where rows are known by a field of their own."""

    def __init__(self, erp: Erp, entity: str) -> None:
        self.erp, self.entity, (self.key, self.title) = erp, entity, COLUMNS[entity]
        self.count = "quantity" if entity == "inventory" else "pieces"
        if entity == "inventory":
            erp.sql("insert into products (sku) values ('ONE'); alter table inventory alter product_id set default 1")
            erp.sql("alter table inventory drop constraint if exists inventory_product_id_location_key")
        else:
            erp.sql(f"alter table {entity} add column pieces integer")
        table = ErpTable(entity, "public", entity, "id", {"key": self.key, "title": self.title, "count": self.count})
        self.wire = Wire(erp.address)
        self.connector: Connector = ErpTableConnector(self.wire, erp.tables, table, KINDS, keyed_by="key")

    def shows(self) -> dict[str, dict[str, Value]]:
        rows = self.erp.sql(f"select {self.key} as key, {self.title} as title, {self.count} as count from {self.entity}")
        return {row["key"]: row for row in rows}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        column = {"title": self.title, "count": self.count}[field]
        self.erp.sql(f"update {self.entity} set {column} = %s where {self.key} = %s", value, key)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.wire.breaks = applied


@pytest.mark.long
class TestTables(Contract):
    many = 30

    @pytest.fixture(params=COLUMNS)
    def stage(self, erp: Erp, request: pytest.FixtureRequest) -> TableStage:
        return TableStage(erp, request.param)


@dataclass(slots=True)
class AsThings(SameName, Translated):
    """Orders as the contract speaks of things: the key is the shop's number, the title its note, the count its phone number."""

    connector: ErpOrders

    def _shown(self, shown: Snapshot) -> Snapshot:
        return replace(shown, found={id: self._thing(one) for id, one in shown.found.items()})

    def _thing(self, found: Found) -> Found:
        fields = found.record.fields
        count = fields.get("phone")
        told: dict[str, Value] = {"key": fields["shop_id"], "title": fields["note"], "count": int(str(count))}
        return replace(found, record=Record(found.record.key, told))

    def _own(self, operation: Operation) -> Operation:
        changes = own(operation.changes)
        if "shop_id" in changes:
            changes |= MADE | {"order_name": f"#{changes['shop_id']}"}
        return replace(operation, expected=own(operation.expected), changes=changes)


def own(fields: Mapping[str, Value]) -> dict[str, Value]:
    names = {"key": "shop_id", "title": "note", "count": "phone"}
    return {names[name]: str(value) for name, value in fields.items()}


class OrdersStage:
    def __init__(self, erp: Erp, ledger: Ledger) -> None:
        self.erp, self.wire = erp, Wire(erp.address)
        orders = ErpOrders(self.wire, erp.tables, NOW.replace(year=2020), Source("erp"), set, set)
        self.connector: Connector = Linked(AsThings(orders), Side.RIGHT, Joins.of(ledger, "p"))

    def shows(self) -> dict[str, dict[str, Value]]:
        rows = self.erp.sql("select shopify_order_id as key, note as title, phone::int as count from orders")
        return {row["key"]: row for row in rows}

    def person_changes(self, key: str, field: str, value: Any) -> None:
        column = {"title": "note", "count": "phone"}[field]
        self.erp.sql(f"update orders set {column} = %s where shopify_order_id = %s", str(value), key)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.wire.breaks = applied


class TestOrders(Contract):
    many = 30

    def test_an_update_of_a_vanished_record_is_stale(self, stage: OrdersStage) -> None:
        """Whoever knows of an order knows its key, which is a number here."""
        outcomes = self.write(stage, [update("4711", {"count": 3}, {"count": 4})])
        assert [outcome.result for outcome in outcomes] == [Result.STALE] and stage.shows() == {}

    @pytest.fixture
    def stage(self, erp: Erp, tmp_path: Path) -> Iterator[OrdersStage]:
        with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
            made = OrdersStage(erp, ledger)
            yield made
            made.wire.close()
