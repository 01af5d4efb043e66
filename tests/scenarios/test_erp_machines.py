"""Several machines with a ledger each, on one shop and one ERP: one works at a time, and nothing is brought over twice."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from syncdb.connectors.postgres.fence import Fence
from syncdb.connectors.postgres.standing import read_standing
from syncdb.errors import LedgerBusy
from tests.postgres import Erp
from tests.scenarios.erp_world import ErpWorld

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world(tmp_path: Path, erp: Erp, monkeypatch: pytest.MonkeyPatch) -> ErpWorld:
    monkeypatch.chdir(tmp_path)
    made = ErpWorld(tmp_path, erp)
    made.switch("inventory", "orders")
    return made


@contextmanager
def machine(world: ErpWorld, ledger: str) -> Iterator[Fence]:
    """What another machine sees of who is at work, as it begins a run with this ledger."""
    with world.erp.database() as database:
        kept = read_standing(database, world.erp.tables)[2]
        yield Fence(database, world.erp.tables, world.shop_name, ledger, kept, world.clock)


def test_while_one_machine_works_another_does_nothing_and_says_which(world: ErpWorld) -> None:
    world.stock_up("SHIRT", 10)
    world.synced()
    world.erp_order("SO-1")
    with machine(world, "elsewhere") as other:
        other.hold()
        ran = world.sync()
        assert ran.code == 7 and "Another machine keeps" in ran.text and str(other.place) in ran.text
        assert ran.shop_writes == 0 and len(world.queue("pending")) == 1 and world.shop.orders == {}
        other.give_back()
    world.synced()
    assert len(world.shop.orders) == 1


def test_of_two_that_begin_at_once_one_gets_the_place(world: ErpWorld) -> None:
    with machine(world, "one") as one, machine(world, "two") as two:
        one.hold()
        with pytest.raises(LedgerBusy, match="at this moment"):
            two.hold()
        one.hold()
        with machine(world, "one") as after_death:  # the same ledger lets no two runs in: whoever held it is gone
            after_death.refuse_if_held()
            after_death.hold()
        with machine(world, "two") as later, pytest.raises(LedgerBusy, match="at work until"):
            later.refuse_if_held()


@pytest.mark.long
def test_two_machines_that_run_at_once_double_and_lose_nothing(world: ErpWorld) -> None:
    """Processes of their own, begun at the same moments, until all is done."""
    stock = world.stock_up("SHIRT", 100)
    world.synced()
    ids = [world.erp_order(f"SO-{n}") for n in range(1, 13)]
    world.erp.sql("update inventory set quantity = 60")
    codes: list[int] = []
    for _ in range(6):
        runs = [run_apart(world, world.folder / f"machine{n}.db") for n in (1, 2)]
        codes += [one.wait(120) for one in runs]
    assert set(codes) <= {0, 7} and 7 in codes, codes
    assert len(world.shop.orders) == len(ids) and not world.queue("pending") and not world.queue("failed")
    assert (world.quantity(stock), world.available("SHIRT")) == (60, 100)  # differed at a first look: asked, not brought over


def run_apart(world: ErpWorld, ledger: Path) -> subprocess.Popen[bytes]:
    env = os.environ | world.env | {"DB_PATH": str(ledger), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "shopify_erp_sync.py"), "--quiet"]
    return subprocess.Popen(command, cwd=world.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_an_older_agreement_brings_no_movement_over_again(world: ErpWorld) -> None:
    """Ten pieces were agreed; another machine then brought over three that went, which this one must not count once more."""
    stock = world.stock_up("SHIRT", 10)
    world.synced()
    ours = world.env["DB_PATH"]
    world.env["DB_PATH"] = str(world.folder / "second.db")
    world.erp.sql("update inventory set quantity = quantity - 3")
    world.synced()  # a new ledger takes over what is there, and asks about what differs
    world.erp.sql("update inventory set quantity = 10")
    world.synced()
    world.erp.sql("update inventory set quantity = quantity - 3")
    world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (7, 7)
    world.erp.sql("update inventory set quantity = quantity - 1")
    world.env["DB_PATH"] = ours
    ran = world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (6, 7)
    assert "Another ledger" in ran.notes() and "kept the shop and the ERP in step since" in ran.notes()
    assert [one["field"] for one in world.manage("conflicts", "--json").data["conflicts"]] == ["available"]
    assert "Another ledger" not in world.synced().notes()


def test_an_installation_from_before_is_worked_off_without_it(world: ErpWorld) -> None:
    stock = world.stock_up("SHIRT", 10)
    world.erp.sql("update sync_install set version = 1 where item = 'version'")
    world.synced()
    world.erp.sql("update inventory set quantity = 4")
    world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (4, 4)
    assert world.erp.sql("select * from sync_install where item = 'keeper'") == []
