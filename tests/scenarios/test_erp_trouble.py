"""What an ERP's database puts in the way of a run: nothing is missed by it, nothing done twice, and the reason is said."""

from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.postgres import database as postgres
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.tables import default_tables
from syncdb.sandbox.postgres.server import LocalPostgres
from tests.postgres import Erp
from tests.reliability.erp.histories import cut_off
from tests.scenarios.erp_world import ErpWorld


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    return ErpWorld(tmp_path, erp)


def test_what_is_committed_late_under_an_early_time_is_not_missed(world: ErpWorld) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    world.synced()
    with world.erp.connect() as session:
        session.execute("update inventory set quantity = 4, updated_at = now() - interval '2 days' where id = %s", [row])
        world.synced()
    assert world.available("SHIRT") == 10
    world.synced()
    assert world.available("SHIRT") == 4 and world.queue() == []


def test_a_login_from_which_the_syncs_own_tables_are_hidden_is_told(world: ErpWorld) -> None:
    """It would see no switch that is on, and nothing to do."""
    world.switch("inventory")
    world.erp.sql(
        "drop role if exists stranger; create role stranger login; grant all on all tables in schema public to stranger"
    )
    try:
        world.env["ERP_DATABASE_URL"] = world.erp.url.replace("erp@", "stranger@")
        ran = world.sync()
        assert ran.code == 4 and "row-level security hides them" in ran.text and "grant syncdb_sync to" in ran.text
        assert [one["name"] for one in world.acted("test")["checks"] if one["state"] == "failed"] == ["security"]
    finally:
        world.erp.sql("drop owned by stranger; drop role stranger")


def test_a_read_only_replica_is_told_and_nothing_is_done_in_the_shop(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("inventory", "orders")
    world.synced()
    id = world.erp_order("SO-1")
    name = world.erp.url.partition("@/")[2].partition("?")[0]
    world.erp.sql(f"alter database {name} set default_transaction_read_only = on")
    ran = world.sync()
    assert ran.code == 4 and "read-only replica" in ran.text and len(world.shop.orders) == 0
    assert "(1)" not in ran.text, "one reason is said once"
    with world.erp.connect() as session:
        session.execute("set transaction read write")
        session.execute(f"alter database {name} reset default_transaction_read_only")
    world.synced()
    assert len(world.shop.orders) == 1 and world.order_row(id)["shopify_sync_status"] == "synced"


def test_a_row_that_somebody_locks_waits_for_a_later_run(world: ErpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory")
    world.synced()
    monkeypatch.setattr(postgres, "LOCK_MS", 50)
    world.merchant.sell(world.variant("SHIRT"), 3)
    with world.erp.connect() as session:
        session.execute("select from inventory where id = %s for update", [row])
        ran = world.sync()
    assert ran.code == 4 and "locked by somebody else" in ran.text and world.quantity(row) == 10
    world.synced()
    assert (world.quantity(row), world.available("SHIRT")) == (7, 7)


def test_a_statement_that_takes_too_long_is_told(world: ErpWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders")
    id = world.erp_order("SO-1")
    world.erp.sql(
        "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(5); return new; end';"
        "create trigger slow before update of shopify_sync_status on orders for each row execute function slow()"
    )
    monkeypatch.setattr(postgres, "STATEMENT_MS", 200)
    ran = world.sync()
    assert ran.code in (3, 4) and "took longer than is allowed" in ran.text
    world.erp.sql("drop trigger slow on orders")
    for _ in range(2):
        world.sync()
    assert len(world.shop.orders) == 1 and world.order_row(id)["shopify_sync_status"] == "synced"


@pytest.mark.parametrize("at", [9, *(pytest.param(at, marks=pytest.mark.long) for at in (2, 5, 14, 20))])
def test_a_connection_that_is_cut_within_a_run_doubles_nothing(world: ErpWorld, at: int) -> None:
    world.stock_up("SHIRT", 10)
    world.switch("orders", "customers")
    world.erp_order("SO-1")
    with cut_off(world, at):
        world.sync()
    world.sync()
    assert len(world.shop.orders) == 1 and len(world.rows()) == 1 and world.rows()[0]["shopify_order_id"] is not None
    assert world.synced(full=True).written == 0


@pytest.mark.long
@pytest.mark.parametrize("at", [3, 8, 15])
def test_a_server_that_restarts_within_a_run_loses_nothing(tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalPostgres() as server:
        erp = Erp(server.url())
        with erp.database() as own:
            install(own, default_tables("public"), complete=True)
        world, real, passed = ErpWorld(tmp_path, erp), ErpDatabase.send, [0]
        row = world.stock_up("SHIRT", 10)
        world.switch("inventory", "orders")
        world.synced()
        world.erp_order("SO-1")
        erp.sql("update inventory set quantity = 8 where id = %s", row)

        def send(*args: Any, **more: Any) -> Any:
            passed[0] += 1
            if passed[0] == at:
                server.restart()
            return real(*args, **more)

        monkeypatch.setattr(ErpDatabase, "send", send)
        for _ in range(3):
            world.sync()
            erp.sql("update sync_queue set locked_until = now() - interval '1 second' where status = 'processing'")
        assert passed[0] > at and len(world.shop.orders) == 1 and (world.available("SHIRT"), world.quantity(row)) == (8, 8)
        assert world.rows()[0]["shopify_sync_status"] == "synced"
