"""What every connector must do, of a table of an ERP: keyed by a field of its own, and by the row's own key."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.connectors.postgres.tables import ErpTable
from syncdb.contract.connector import Contract, create, update
from syncdb.model import Operation, Result
from syncdb.values import Kind, Value
from tests.connectors.postgres.wire import Wire
from tests.postgres import Erp

KINDS = {"key": Kind.IDENTIFIER, "title": Kind.TEXT, "count": Kind.COUNT}
THINGS = ErpTable("products", "public", "things", "id", {"key": "code", "title": "words", "count": "how many"})
MAKE = 'create table things (id bigint generated always as identity primary key, code text, words text, "how many" integer)'


class ErpStage:
    def __init__(self, erp: Erp) -> None:
        self.erp = erp
        self.wire = Wire(erp.address)
        self.connector = ErpTableConnector(self.wire, erp.tables, THINGS, KINDS, keyed_by="key")

    def shows(self) -> dict[str, dict[str, Value]]:
        rows = self.erp.sql('select code as key, words as title, "how many" as count from things')
        return {row["key"]: row for row in rows}

    def person_changes(self, key: str, field: str, value: Value) -> None:
        column = THINGS.columns[field]
        self.erp.sql(f'update things set "{column}" = %s where code = %s', value, key)

    def lose_next_answer(self, *, applied: bool) -> None:
        self.wire.breaks = applied


class TestErpTable(Contract):
    @pytest.fixture
    def stage(self, erp: Erp) -> Iterator[ErpStage]:
        erp.sql(MAKE)
        yield ErpStage(erp)


@pytest.fixture
def products(erp: Erp) -> Iterator[ErpTableConnector]:
    """The products of the small ERP under their own keys."""
    kinds = {"sku": Kind.IDENTIFIER, "name": Kind.TEXT, "price": Kind.MONEY, "weight": Kind.MONEY, "status": Kind.TEXT}
    with erp.database() as database:
        yield ErpTableConnector(database, erp.tables, erp.tables["products"], kinds, stamp="shopify_last_sync_at")


def made(products: ErpTableConnector, *operations: Operation) -> list[tuple[Result, str | None]]:
    attempt = products.prepare(operations, 77)
    return [(one.result, one.id) for one in products.write(attempt)]


def test_a_new_row_gets_its_key_from_the_erp(products: ErpTableConnector, erp: Erp) -> None:
    ((result, id),) = made(products, create("ours", {"sku": "MUG", "name": "Mug", "price": Decimal("4.50")}))
    (row,) = erp.sql("select id::text, sku, price, shopify_last_sync_at from products")
    assert (result, id, row["sku"], row["price"]) == (Result.DONE, row["id"], "MUG", Decimal("4.5"))
    assert row["shopify_last_sync_at"] is not None
    assert erp.sql("select * from sync_queue") == []
    (block,) = products.fetch()
    assert block.found[id or ""].changed_at


def test_one_row_that_the_database_refuses_does_not_hold_up_the_others(products: ErpTableConnector, erp: Erp) -> None:
    erp.sql("insert into products (sku, name, price) values ('A', 'Cup', 1), ('B', 'Pot', 2)")
    rows = {row["sku"]: str(row["id"]) for row in erp.sql("select id, sku from products")}
    attempt = products.prepare(
        [
            update(rows["A"], {"price": Decimal(1)}, {"price": Decimal(-1)}),
            update(rows["B"], {"price": Decimal(2)}, {"price": Decimal(3)}),
            create("ours", {"sku": "B", "name": "Pot again", "price": Decimal(1)}),
        ],
        78,
    )
    refused, done, doubled = products.write(attempt)
    assert (refused.result, done.result, doubled.result) == (Result.REJECTED, Result.DONE, Result.REJECTED)
    assert "products_price_check" in refused.why and "products_sku_key" in doubled.why
    assert [row["price"] for row in erp.sql("select price from products order by sku")] == [1, 3]
    assert products.settle(attempt) == [refused, done, doubled]


def test_what_the_erp_makes_of_a_value_is_told(products: ErpTableConnector, erp: Erp) -> None:
    (outcome,) = products.write(products.prepare([create("ours", {"sku": "C", "name": "Jug", "price": Decimal("1.23456")})], 79))
    assert outcome.instead == {"price": Decimal("1.2346")}


def test_a_key_that_two_rows_have_is_told_with_both(erp: Erp) -> None:
    erp.sql(MAKE)
    erp.sql("insert into things (code) values ('a'), ('b'), ('a'), (null)")
    stage = ErpStage(erp)
    blocks = list(stage.connector.fetch())
    assert {key for block in blocks for key in block.doubled} == {"a"} == set(stage.connector.look(["a", "b"]).doubled)
    assert {key for block in blocks for key in block.found} == {"a", "b"}
    stage.connector.close()


def test_rows_come_in_blocks(erp: Erp) -> None:
    erp.sql(MAKE)
    erp.sql("insert into things (code, \"how many\") select 'k' || n, n from generate_series(1, 2500) n")
    stage = ErpStage(erp)
    blocks = list(stage.connector.fetch())
    assert [len(block.found) for block in blocks] == [1000, 1000, 500] and all(block.complete for block in blocks)
    assert stage.wire.statements == 5
    stage.connector.close()


def test_a_write_that_is_still_under_way_is_unknown_until_it_ends(erp: Erp) -> None:
    """Settling waits for the lock on the token; only when that is given up can it be said that nothing was applied."""
    erp.sql(MAKE)
    stage = ErpStage(erp)
    attempt = stage.connector.prepare([create("a", {"key": "a"})], 80)
    with erp.connect() as other:
        other.execute("insert into sync_writes (token) values (80)")
        stage.wire.lock_ms = 100
        assert [one.result for one in stage.connector.settle(attempt)] == [Result.UNKNOWN]
        other.rollback()
    assert [one.result for one in stage.connector.settle(attempt)] == [Result.STALE]
    assert stage.connector.write(attempt)[0].result is Result.STALE and stage.shows() == {}
    stage.connector.close()
