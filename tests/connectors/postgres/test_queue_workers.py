"""Six workers in processes of their own, some killed, the server restarted: nothing lost, nothing doubled, all in order."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from syncdb.connectors.postgres.install.installing import install
from syncdb.sandbox.postgres.server import LocalPostgres
from tests.postgres import Erp

ROOT = Path(__file__).parents[3]
WORKERS, PATIENCE = 6, 200.0
SHOP = """
create table shop (entity text primary key, value integer);
create table arrivals (n bigint generated always as identity, entity text, value integer, queue_id bigint, worker text);
create table acknowledged (queue_id bigint, claim text, primary key (queue_id, claim));
"""


class Crew:
    """The workers, and what happens to them."""

    def __init__(self, server: LocalPostgres) -> None:
        self.server = server
        self.erp, self.shop = Erp(server.url("erp")), Erp(server.url("shop"))
        self.killed: list[str] = []
        self._at_work: dict[str, subprocess.Popen[bytes]] = {}
        self._hired = 0

    def hire(self) -> None:
        self._hired += 1
        name = f"worker {self._hired}"
        command = [sys.executable, "-m", "tests.connectors.postgres.queue_worker", self.erp.url, self.shop.url, name]
        self._at_work[name] = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def kill(self, name: str) -> None:
        """kill -9; and let the lease run out that it held, which otherwise takes its time."""
        worker = self._at_work.pop(name)
        worker.kill()
        worker.wait(30)
        self.killed.append(name)
        self.erp.sql("update sync_queue set locked_until = now() where status = 'processing' and locked_by like %s", f"{name} #%")

    @property
    def names(self) -> list[str]:
        return sorted(self._at_work)

    def dismissed(self) -> list[int]:
        """Let them go home; how each left."""
        self.erp.sql("insert into finished values (1)")
        return [worker.wait(60) for worker in self._at_work.values()]

    def gone(self) -> None:
        for worker in self._at_work.values():
            worker.kill()
            worker.wait(30)


@pytest.fixture
def crew() -> Iterator[Crew]:
    """On a server of its own, which may be restarted without anybody else's tests."""
    with LocalPostgres() as server:
        made = Crew(server)
        Erp(server.url()).sql("create database erp")
        Erp(server.url()).sql("create database shop")
        with made.erp.database() as database:
            install(database, made.erp.tables, complete=True)
        made.erp.sql("create table finished (n int)")
        made.shop.sql(SHOP)
        try:
            yield made
        finally:
            made.gone()


def changes(crew: Crew, things: int, rounds: int, seed: int) -> None:
    """The ERP's people at work while the workers are: each change makes a stock smaller, so that order can be seen."""
    rng = random.Random(seed)
    for _ in range(rounds):
        chosen = rng.sample(range(1, things + 1), max(1, things // 4))
        with suppress(psycopg.OperationalError):  # the server went away under them: their change did not happen
            crew.erp.sql("update inventory set quantity = quantity - 1 where id = any(%s)", chosen)


def until(crew: Crew, condition: str) -> None:
    """Wait as long as the workers get on, however slowly on a busy machine."""
    states, ends = None, 0.0
    while not crew.erp.sql(f"select 1 where ({condition})"):
        now = crew.erp.sql("select status, count(*) from sync_queue group by status order by status")
        if now != states:
            states, ends = now, time.monotonic() + PATIENCE
        assert time.monotonic() < ends, states
        time.sleep(0.05)


def prove(crew: Crew, things: int, rounds: int) -> None:
    erp = crew.erp
    erp.sql("insert into products (sku) select 'S' || n from generate_series(1, %s) n", things)
    erp.sql("insert into inventory (product_id, quantity) select id, 1000000 from products")
    erp.sql("delete from sync_queue where entity_type = 'product'")
    for _ in range(WORKERS):
        crew.hire()
    until(crew, "select count(*) > 20 from sync_queue where status = 'completed'")
    changes(crew, things, rounds, 1)
    for name in crew.names[:2]:
        crew.kill(name)
        crew.hire()
    changes(crew, things, rounds, 2)
    crew.server.restart(signal.SIGQUIT)
    changes(crew, things, rounds, 3)
    crew.kill(crew.names[-1])
    changes(crew, things, rounds, 4)
    until(crew, "select count(*) = 0 from sync_queue where status <> 'completed'")
    assert set(crew.dismissed()) == {0} and len(crew.killed) == 3


def judge(crew: Crew, least: int) -> None:
    rows = crew.erp.sql("select id, entity_id from sync_queue order by id")
    assert len(rows) >= least
    # nothing lost: the shop shows what the ERP shows
    stock = {str(row["id"]): row["quantity"] for row in crew.erp.sql("select id, quantity from inventory")}
    assert {row["entity"]: row["value"] for row in crew.shop.sql("select * from shop")} == stock
    # nothing doubled: no row counted twice, and only those of killed workers were begun by two
    acknowledged = [row["queue_id"] for row in crew.shop.sql("select queue_id from acknowledged")]
    assert len(acknowledged) == len(set(acknowledged))
    arrivals = crew.shop.sql("select entity, value, queue_id, worker from arrivals order by n")
    begun: dict[int, set[str]] = {}
    for one in arrivals:
        begun.setdefault(one["queue_id"], set()).add(one["worker"])
    assert all(len(who) == 1 or who & set(crew.killed) for who in begun.values())
    # order within each entity: stock only ever fell, and work on it was done in the order of the queue
    for entity in stock:
        of_it = [(one["value"], one["queue_id"]) for one in arrivals if one["entity"] == entity]
        assert [value for value, _ in of_it] == sorted({value for value, _ in of_it}, reverse=True)
        assert [id for _, id in of_it] == sorted(id for _, id in of_it)


def test_killed_workers_and_a_restarted_server_lose_and_double_nothing(crew: Crew) -> None:
    prove(crew, things=40, rounds=4)
    judge(crew, least=60)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_rows_come_through(crew: Crew) -> None:
    prove(crew, things=10_500, rounds=12)
    judge(crew, least=10_000)
