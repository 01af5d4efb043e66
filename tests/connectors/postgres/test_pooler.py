"""The same on a transaction pooler (pgbouncer, as Supabase's port 6543): no session of one's own, no prepared statements."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from syncdb.connectors.postgres.address import Way, erp_address
from syncdb.connectors.postgres.database import ErpDatabase
from syncdb.connectors.postgres.feed import ErpFeed
from syncdb.connectors.postgres.install.installing import install
from syncdb.connectors.postgres.queue import SyncQueue
from syncdb.connectors.postgres.table import ErpTableConnector
from syncdb.connectors.postgres.tables import default_tables
from syncdb.contract.connector import create
from syncdb.model import Result
from syncdb.sandbox.postgres.binaries import unprivileged
from syncdb.sandbox.postgres.server import LocalPostgres
from syncdb.values import Kind
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed (apt install pgbouncer)")
TABLES = default_tables("public")
INI = """
[databases]
* = host={server}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
unix_socket_mode = 0777
listen_port = 6543
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
"""


@pytest.fixture(scope="module")
def pooled() -> Iterator[str]:
    """The address of a small ERP behind a pooler with two connections."""
    with LocalPostgres() as server:
        with_all = ErpDatabase(erp_address(server.url()))
        install(with_all, TABLES, complete=True)
        with_all.close()
        folder = server.folder / "pooler"
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        (folder / "ini").write_text(INI.format(server=server.folder, folder=folder), encoding="utf-8")
        (folder / "users").write_text('"erp" ""\n', encoding="utf-8")
        assert PROGRAM is not None
        pooler = subprocess.Popen([PROGRAM, "-q", str(folder / "ini")], user=unprivileged(), cwd="/")
        try:
            _await(folder / ".s.PGSQL.6543", pooler)
            yield f"postgresql://erp@localhost:6543/postgres?host={folder}&port=6543"
        finally:
            pooler.terminate()
            pooler.wait(30)


def _await(socket: Path, pooler: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + 60
    while not socket.exists():
        assert pooler.poll() is None and time.monotonic() < ends, "pgbouncer did not start"
        time.sleep(0.02)


@needs_pgbouncer
def test_everything_works_without_a_session_of_ones_own(pooled: str) -> None:
    """Several clients by turns on two connections of the server: whatever was left in a session would show in another's."""
    clients = [ErpDatabase(erp_address(pooled)) for _ in range(4)]
    assert {one.address.way for one in clients} == {Way.TRANSACTION_POOLER}
    feed = ErpFeed(clients[0], TABLES, ["products"])
    cursor = feed.changes(None).cursor
    kinds = {"sku": Kind.IDENTIFIER, "name": Kind.TEXT, "price": Kind.MONEY}
    for number in range(12):  # more often than a driver prepares a statement after
        products = ErpTableConnector(clients[number % 4], TABLES, TABLES["products"], kinds, keyed_by="sku")
        attempt = products.prepare([create(f"S{number}", {"name": "Cup", "price": Decimal(number)})], 900 + number)
        assert (
            [one.result for one in products.write(attempt)] == [Result.DONE] == [one.result for one in products.settle(attempt)]
        )
        assert set(products.look([f"S{number}", "none"]).found) == {f"S{number}"}
    assert len(feed.changes(cursor).keys["products"] or ()) == 12
    assert clients[1].rows("select current_setting('sync.origin', true) as origin")[0]["origin"] in (None, "")
    queues = [SyncQueue(client, TABLES, f"worker {number}") for number, client in enumerate(clients)]
    assert queues[0].claim() == []  # what was written by us is no news
    clients[0].transaction(lambda work: work.run("update products set price = price + 1"), own=False)
    rows = [queues[number % 4].claim(limit=1) for number in range(12)]
    assert sorted(row.entity_id for one in rows for row in one) == sorted(str(number) for number in range(1, 13))
    done = [queues[number % 4].acknowledge(one) for number, one in enumerate(rows)]
    assert sum(map(len, done)) == 12
    for client in clients:
        client.close()


@needs_pgbouncer
def test_the_whole_pair_works_through_it(pooled: str, tmp_path: Path) -> None:
    eyes = Erp(pooled)
    eyes.sql("truncate products, customers, orders, order_items, inventory, sync_queue, sync_writes restart identity")
    world = ErpWorld(tmp_path, eyes)
    row = world.stock_up("SHIRT", 10)
    world.switch("inventory", "orders", "products", "customers")
    world.synced()
    world.till.sell({"SHIRT": 2})
    id = world.erp_order("SO-1")
    eyes.sql("update inventory set quantity = quantity - 3 where id = %s", row)
    eyes.sql("insert into products (sku, name, price) values ('MUG', 'Mug', 5)")
    eyes.sql("insert into customers (email, last_name) values ('neu@example.com', 'Neu')")
    for _ in range(3):
        world.synced()
    assert (world.available("SHIRT"), world.quantity(row)) == (5, 5)
    assert len(world.shop.orders) == len(world.rows()) == 2 and world.order_row(id)["shopify_sync_status"] == "synced"
    assert world.till.variant("MUG") is not None and all(row["shopify_customer_id"] for row in world.rows("customers"))
    assert world.synced(full=True).written == 0 and world.queue() == world.queue("processing") == []
