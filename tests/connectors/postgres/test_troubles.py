"""What can go wrong between a database and us: each a failure of its kind, with a sentence for a person."""

import threading
from collections.abc import Iterator

import pytest

from syncdb.connectors.postgres.address import erp_address
from syncdb.connectors.postgres.database import ErpDatabase, Work
from syncdb.connectors.postgres.failures import RowRefused
from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.errors import ConfigurationError, NeedsPerson, OutcomeUnknown, Refused, RetryLater, SyncdbError
from syncdb.model import Action, Operation, Result, Side
from syncdb.sandbox.postgres.server import LocalPostgres
from syncdb.values import Kind
from tests.connectors.postgres.wire import Wire
from tests.postgres import Erp


@pytest.fixture
def database(erp: Erp) -> Iterator[ErpDatabase]:
    with erp.database() as made:
        yield made


def refusal(url: str, kind: type[SyncdbError]) -> SyncdbError:
    with pytest.raises(kind) as refused:
        ErpDatabase(erp_address(url), deadline=0.0).rows("select 1")
    assert refused.value.next_step
    return refused.value


def test_a_wrong_password_is_told_without_it(erp: Erp) -> None:
    erp.sql("drop role if exists locked")
    erp.sql("create role locked login password 'right'")
    wrong = refusal(erp.url.replace("erp@", "locked:wr0ng-secret@"), Refused)
    assert "does not accept the login of locked" in str(wrong) and "wr0ng" not in str(wrong) + wrong.next_step
    with ErpDatabaseOpen(erp.url.replace("erp@", "locked:right@")) as right:
        assert right.rows("select current_user as me") == [{"me": "locked"}]
    assert "nobody_here" in str(refusal(erp.url.replace("erp@", "nobody_here@"), Refused))
    erp.sql("drop role locked")


class ErpDatabaseOpen:
    def __init__(self, url: str) -> None:
        self.database = ErpDatabase(erp_address(url))

    def __enter__(self) -> ErpDatabase:
        return self.database

    def __exit__(self, *_: object) -> None:
        self.database.close()


def test_no_such_database_and_no_such_server(erp: Erp) -> None:
    told = refusal(erp.url.replace("/syncdb_test_", "/no_such_"), ConfigurationError)
    assert "There is no database" in str(told)
    assert "ERP's database at /tmp/nobody" in str(refusal("postgresql://erp@/erp?host=/tmp/nobody", RetryLater))


@pytest.mark.parametrize(
    "sql, kind, told",
    [
        ("select * from no_such_table", ConfigurationError, "no_such_table"),
        ("select no_such_column from products", NeedsPerson, "no_such_column"),
        ("select set_config('statement_timeout', '5', true), pg_sleep(5)", RetryLater, ""),
        ("selct 1", Refused, "SQLSTATE 42601"),
    ],
)
def test_what_a_statement_runs_into(database: ErpDatabase, sql: str, kind: type[SyncdbError], told: str) -> None:
    if kind is RetryLater:
        with pytest.raises(kind, match="took longer than is allowed"):
            database.transaction(lambda work: (work.run("set local statement_timeout = 5"), work.rows("select pg_sleep(5)")))
        return
    with pytest.raises(kind, match=told):
        database.rows(sql)
    assert database.rows("select 1 as one") == [{"one": 1}]


def test_a_read_only_server_is_told(erp: Erp) -> None:
    name = erp.url.partition("@/")[2].partition("?")[0]
    erp.sql(f"alter database {name} set default_transaction_read_only = on")
    with erp.database() as database, pytest.raises(Refused, match="read-only replica"):
        database.transaction(lambda work: work.run("insert into products (sku) values ('A')"))


def test_rights_that_are_lacking_are_told(erp: Erp) -> None:
    erp.sql("drop role if exists guest")
    erp.sql("create role guest login")
    with ErpDatabaseOpen(erp.url.replace("erp@", "guest@")) as guest, pytest.raises(Refused, match="guest lacks a right"):
        guest.rows("select * from products")
    erp.sql("drop role guest")


def test_what_a_login_has_set_for_itself_changes_nothing(erp: Erp) -> None:
    erp.sql("insert into orders (order_number, ordered_at, cancelled_at) values ('1', '2026-11-30 12:00+00', 'infinity')")
    erp.sql("drop role if exists german; create role german login superuser; alter role german set datestyle = 'German'")
    erp.sql("alter role german set client_encoding = 'SQL_ASCII'; alter role german set search_path = ''")
    try:
        with ErpDatabaseOpen(erp.url.replace("erp@", "german@")) as german:
            (row,) = german.rows("select ordered_at, cancelled_at, 'Ö' as o from public.orders")
        assert (row["ordered_at"].hour, row["cancelled_at"], row["o"]) == (12, "infinity", "Ö")
    finally:
        erp.sql("drop role german")


def test_somebody_elses_lock_is_waited_for_and_no_longer(database: ErpDatabase, erp: Erp) -> None:
    erp.sql("insert into products (sku) values ('A')")
    database.lock_ms = 50
    with erp.connect() as person:
        person.execute("update products set price = 1")
        with pytest.raises(RetryLater, match="locked by somebody else"):
            database.transaction(lambda work: work.run("update products set price = 2"))


def test_a_refused_row_is_told_in_the_databases_words(database: ErpDatabase) -> None:
    with pytest.raises(RowRefused, match="products_price_check"):
        database.transaction(lambda work: work.run("insert into products (sku, price) values ('A', -1)"))


@pytest.mark.parametrize("code", ["P0001", "23514", "AB123"])
def test_what_a_trigger_of_the_erp_raises_keeps_out_one_row(erp: Erp, code: str) -> None:
    erp.sql(
        f"""
        create function no_digits() returns trigger language plpgsql as $$
            begin if new.name ~ '[0-9]' then raise exception 'no digits: %', new.name using errcode = '{code}'; end if;
            return new; end $$;
        create trigger no_digits before insert on products for each row execute function no_digits()
        """
    )
    with erp.database() as database:
        rows = ErpTableConnector(database, erp.tables, erp.tables["products"], {"sku": Kind.IDENTIFIER, "name": Kind.TEXT})
        made = [{"sku": "A", "name": "Cup"}, {"sku": "B", "name": "Cup 2"}, {"sku": "C", "name": "Pot"}]
        new = [Operation(Side.RIGHT, Action.CREATE, f"left:{n}", None, {}, dict(one), "new") for n, one in enumerate(made)]
        outcomes = rows.write(rows.prepare(new, 1))
    assert [one.result for one in outcomes] == [Result.DONE, Result.REJECTED, Result.DONE]
    assert "refuses the row: no digits: Cup 2" in outcomes[1].why
    assert [row["sku"] for row in erp.sql("select sku from products order by sku")] == ["A", "C"]


def test_a_deadlock_is_done_again(database: ErpDatabase, erp: Erp) -> None:
    """Two transactions that wait for each other: whichever the server ends, both come through."""
    erp.sql("set deadlock_timeout = 10; insert into products (sku) values ('A'), ('B')")
    both = threading.Barrier(2, timeout=30)
    tries: list[str] = []

    def change(own: ErpDatabase, first: str, second: str) -> None:
        def work(tx: Work) -> None:
            tx.run("set local deadlock_timeout = 10")
            tx.run("update products set price = price + 1 where sku = %s", [first])
            tries.append(first)
            if tries.count(first) == 1:
                both.wait()
            tx.run("update products set price = price + 1 where sku = %s", [second])

        own.transaction(work)

    with erp.database() as other:
        thread = threading.Thread(target=change, args=(other, "B", "A"))
        thread.start()
        change(database, "A", "B")
        thread.join(30)
    assert len(tries) == 3
    assert {row["price"] for row in erp.sql("select price from products")} == {2}


def test_a_lost_connection_is_made_anew_and_the_work_done_once(database: ErpDatabase, erp: Erp) -> None:
    tries = []

    def work(tx: Work) -> int:
        tries.append(tx.rows("select pg_backend_pid() as pid")[0]["pid"])
        if len(tries) == 1:
            erp.sql("select pg_terminate_backend(%s)", tries[0])
        return tx.run("insert into products (sku) values ('A')")

    assert database.transaction(work) == 1
    assert len(set(tries)) == 2 and len(erp.sql("select * from products")) == 1


@pytest.mark.parametrize("applied", [True, False])
def test_lost_while_committing_is_unknown_and_never_done_again(erp: Erp, applied: bool) -> None:
    wire = Wire(erp.address)
    wire.breaks = applied
    with pytest.raises(OutcomeUnknown):
        wire.transaction(lambda work: work.run("insert into products (sku) values ('A')"))
    assert len(erp.sql("select * from products")) == applied
    assert wire.rows("select 1 as one") == [{"one": 1}]
    wire.close()


def test_a_server_that_restarts_is_waited_for() -> None:
    with LocalPostgres() as server:
        database = ErpDatabase(erp_address(server.url()))
        assert database.rows("select 1 as one") == [{"one": 1}]
        server.stop()
        answers: list[object] = []
        asking = threading.Thread(target=lambda: answers.extend(database.rows("select 2 as two")))
        asking.start()
        server.start()
        asking.join(30)
        assert answers == [{"two": 2}]
        database.close()


def test_our_origin_does_not_leak_beyond_its_transaction(database: ErpDatabase) -> None:
    asked = "select current_setting('sync.origin', true) as origin"
    assert database.transaction(lambda work: work.rows(asked)) == [{"origin": "shopify"}]
    assert database.rows(asked)[0]["origin"] in (None, "")
    assert database.transaction(lambda work: work.rows(asked), own=False)[0]["origin"] in (None, "")
