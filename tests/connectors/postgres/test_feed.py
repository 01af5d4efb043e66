"""What changed in an ERP, told by its transactions: nothing is missed, whatever the time stamps and triggers say."""

from collections.abc import Iterator

import pytest

from syncdb.connectors.base import Changes
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.feed import Cursor, ErpFeed
from syncdb.connectors.postgres.rows import update
from tests.postgres import Erp

TWO = ("products", "orders")


@pytest.fixture
def database(erp: Erp) -> Iterator[ErpDatabase]:
    erp.sql("insert into products (sku, name) values ('A', 'Cup'), ('B', 'Pot')")
    with erp.database() as made:
        yield made


@pytest.fixture
def feed(database: ErpDatabase, erp: Erp) -> ErpFeed:
    return ErpFeed(database, erp.tables, TWO)


def ids(erp: Erp, *skus: str) -> tuple[str, ...]:
    rows = erp.sql("select id::text from products where sku = any(%s)", list(skus))
    return tuple(sorted(row["id"] for row in rows))


def test_without_a_cursor_everything_must_be_looked_at(feed: ErpFeed) -> None:
    assert feed.changes(None).keys == {"products": None, "orders": None}
    assert feed.changes("from another time").keys == {"products": None, "orders": None}


def test_nothing_new_is_nothing_in_one_statement(feed: ErpFeed, database: ErpDatabase) -> None:
    cursor = feed.changes(None).cursor
    before = database.statements
    assert feed.changes(cursor).keys == {}
    assert database.statements - before == 1


def test_changed_and_new_rows_are_named(feed: ErpFeed, erp: Erp) -> None:
    cursor = feed.changes(None).cursor
    erp.sql("update products set price = 3 where sku = 'B'; insert into products (sku, name) values ('C', 'Jug')")
    erp.sql("insert into orders (order_number) values ('1')")
    found = feed.changes(cursor)
    assert sorted(found.keys["products"] or ()) == sorted(ids(erp, "B", "C")) and len(found.keys["orders"] or ()) == 1
    assert feed.changes(found.cursor).keys == {}


def test_a_transaction_that_is_committed_late_is_not_missed(feed: ErpFeed, erp: Erp) -> None:
    with erp.connect() as slow:
        slow.execute("update products set price = 3, updated_at = '2020-01-01' where sku = 'A'")
        erp.sql("update products set price = 4 where sku = 'B'")
        found = feed.changes(feed.changes(None).cursor)
        assert found.keys == {}
        slow.commit()
    assert feed.changes(found.cursor).keys == {"products": ids(erp, "A")}


def test_what_no_trigger_saw_is_named_all_the_same(feed: ErpFeed, erp: Erp) -> None:
    cursor = feed.changes(None).cursor
    erp.sql("set session_replication_role = replica; update products set price = 9 where sku = 'A'")
    assert feed.changes(cursor).keys == {"products": ids(erp, "A")}


def test_our_own_writes_are_no_news_and_hide_nobody_elses(feed: ErpFeed, database: ErpDatabase, erp: Erp) -> None:
    a, b = ids(erp, "A"), ids(erp, "B")
    found = feed.changes(feed.changes(None).cursor)
    for id in (*a, *b):
        database.transaction(lambda work, id=id: update(work, erp.tables["products"], id, {"price": 8}))  # type: ignore[misc]
    erp.sql("update products set price = 9 where sku = 'B'")
    cursor = feed.after_own_writes(found.cursor)
    assert feed.changes(cursor).keys == {"products": b}
    assert feed.changes(found.cursor).keys == {"products": tuple(sorted((*a, *b)))}


def test_a_number_beyond_32_bits_is_understood(feed: ErpFeed, database: ErpDatabase) -> None:
    """The upper half of the number is that of the present: a cursor of long ago names too much, never too little."""
    assert len(feed.changes(str(Cursor("3:3:"))).keys["products"] or ()) == 2


def test_a_server_that_counts_from_before_was_put_back(feed: ErpFeed) -> None:
    cursor = feed.changes(None).cursor
    assert feed.put_back(cursor) == ""
    ahead = str(Cursor("90000000:90000000:"))
    assert "put back" in feed.put_back(ahead)
    assert feed.changes(ahead).keys == {"products": None, "orders": None}


def test_only_the_tables_that_are_there_are_asked(database: ErpDatabase, erp: Erp) -> None:
    found: Changes = ErpFeed(database, erp.tables, ("products", "warehouses")).changes(None)
    assert found.keys == {"products": None}


def test_a_copy_elsewhere_is_no_continuation(database: ErpDatabase, erp: Erp) -> None:
    """Its transactions have other numbers: what changed cannot be told by them."""
    here, there = (ErpFeed(database, erp.tables, TWO, place=place) for place in ("1/5", "2/5"))
    cursor = here.after_own_writes(here.changes(None).cursor)
    assert (here.put_back(cursor), here.changes(cursor).keys) == ("", {})
    assert "copy" in there.put_back(cursor) and there.changes(cursor).keys == {"products": None, "orders": None}
    unknown = ErpFeed(database, erp.tables, TWO)
    assert unknown.put_back(cursor) == "" and unknown.changes(cursor).keys == {}
