"""An ERP's database is known by itself: under another address it goes on as before, and a copy of it is not taken for it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.connectors.postgres.address import ErpAddress, erp_address
from syncdb.connectors.postgres.standing import Installation
from syncdb.ledger import Ledger
from syncdb.ledger.pairs import RegisteredPair
from syncdb.pairs.shopify_erp.known_by import KnownBy
from tests.postgres import Erp, Server
from tests.scenarios.erp_world import ErpWorld


@pytest.fixture
def world(tmp_path: Path, erp: Erp) -> ErpWorld:
    made = ErpWorld(tmp_path, erp)
    made.switch("inventory")
    return made


def move(world: ErpWorld, folder: Path) -> None:
    """The same database from now on by another name of its host."""
    host = world.erp.address.host
    other = {"localhost": "127.0.0.1"}.get(host, "localhost")
    if host.startswith("/"):
        other = str(folder / "s")
        Path(other).symlink_to(host)
    world.env["ERP_DATABASE_URL"] = world.erp.url.replace(host, other)
    assert erp_address(world.env["ERP_DATABASE_URL"]).host != host


def test_another_address_of_the_same_database_goes_on_with_what_was_agreed(world: ErpWorld, tmp_path: Path) -> None:
    stock = world.stock_up("SHIRT", 10)
    world.synced()
    move(world, tmp_path)
    world.erp.sql("update inventory set quantity = 7")
    world.synced()
    assert (world.quantity(stock), world.available("SHIRT")) == (7, 7), "a movement, since what was agreed is known"
    assert world.synced().written == 0
    assert world.manage("conflicts", "--json").data["count"] == 0


def test_a_copy_of_the_database_is_told_and_brings_nothing_back(world: ErpWorld, erp_server: Server) -> None:
    stock = world.stock_up("SHIRT", 10)
    world.synced()
    copy = Erp(erp_server.url(erp_server.make(world.erp.address.database)))
    world.erp.sql("update inventory set quantity = 7")
    world.synced()
    world.erp, world.env["ERP_DATABASE_URL"] = copy, copy.url
    ran = world.sync()
    assert (ran.code, ran.written, world.available("SHIRT")) == (5, 0, 7)
    assert "is a copy of the one before" in ran.text and "--accept older-copy" in ran.text
    world.sync(accept=["older-copy"])
    assert (world.quantity(stock), world.available("SHIRT")) == (10, 7), "asked, since either may be right"
    assert world.manage("conflicts", "--json").data["count"] == 1
    assert "is a copy" not in world.synced().text


# --- the name in the ledger, by the evidence

HERE, THERE = (erp_address(f"postgresql://erp:pw@{host}/erp") for host in ("old.example.com", "new.example.com"))
FIRST = "erp:old.example.com/erp/public"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", datetime(2026, 9, 2, tzinfo=UTC)) as ledger:
        ledger.register(RegisteredPair(FIRST, "erp", ""))
        yield ledger


def by(ledger: Ledger, address: ErpAddress = HERE) -> KnownBy:
    return KnownBy(ledger, address, "public")


def test_a_database_that_was_met_keeps_its_name(ledger: Ledger) -> None:
    assert by(ledger).seen(Installation("a-1", "7/5")) == FIRST
    assert by(ledger, THERE).seen(Installation("a-1", "7/5")) == FIRST
    assert by(ledger, THERE).unseen() == FIRST


def test_another_database_at_the_same_address_is_another_one(ledger: Ledger) -> None:
    by(ledger).seen(Installation("aaaaaaaa-1", "7/5"))
    other = by(ledger).seen(Installation("bbbbbbbb-1", "9/5"))
    assert other == f"{FIRST}#bbbbbbbb" and by(ledger).unseen() == other
    assert by(ledger).seen(Installation("aaaaaaaa-1", "7/5")) == FIRST


@pytest.mark.parametrize("place", ["7/5", ""])
def test_the_sync_installed_anew_in_the_same_database_changes_nothing(ledger: Ledger, place: str) -> None:
    by(ledger).seen(Installation("a-1", "7/5"))
    assert by(ledger).seen(Installation("b-1", place)) == FIRST


def test_an_installation_without_an_id_goes_by_its_address(ledger: Ledger) -> None:
    assert by(ledger).seen(Installation()) == FIRST
    assert by(ledger, THERE).seen(Installation()) == "erp:new.example.com/erp/public"


def test_what_does_not_answer_at_a_new_address_is_the_only_one_there_is(ledger: Ledger) -> None:
    assert by(ledger, THERE).unseen() == FIRST
    ledger.register(RegisteredPair("erp:third.example.com/erp/public", "erp", ""))
    assert by(ledger, THERE).unseen() == "erp:new.example.com/erp/public"
