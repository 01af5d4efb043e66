"""Taking orders in: one that cannot be stored is held back alone and asked for again."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from syncdb.engine.progress import Silent
from syncdb.engine.report import Report
from syncdb.ledger import Ledger
from syncdb.orders.intake import FETCH, Intake, Window
from syncdb.values import iso
from tests.connectors.shopify.conftest import World, bare, world

__all__ = ["world"]


def read(world: World, ledger: Ledger) -> Report:
    with ledger.transaction():
        run_id = ledger.runs.start("pair", "sync", iso(world.now()))
    report = Report(run_id, "sync", iso(world.now()))
    intake = Intake(ledger, world.reader(), "pair", report, Silent(), world.time.clock())
    since = world.now() - timedelta(days=60)
    intake.read(Window(since, world.now(), True, since), timedelta(minutes=15))
    return report


def test_half_of_a_character_holds_back_only_its_order(world: World, tmp_path: Path) -> None:
    ids = [bare(gid) for gid in world.fill(6)]
    spoilt = ids[2]

    def spoil(body: dict[str, Any]) -> None:
        data = body.get("data") or {}
        for node in [*(data.get("orders") or {}).get("nodes", ()), *(data.get("nodes") or ())]:
            if node and bare(node["id"]) == spoilt:
                node["note"] = "half of a \ud83d"

    world.app.tamper = spoil
    with Ledger.open(tmp_path / "ledger.db", world.now()) as ledger:
        for _ in range(2):
            assert read(world, ledger).counts["quarantined"] > 0
            assert set(ledger.orders.snapshots(ids)) == {*ids} - {spoilt}
            assert ledger.problems.quarantined(FETCH) == [spoilt]
        world.app.tamper = None
        read(world, ledger)
        assert set(ledger.orders.snapshots(ids)) == {*ids}
        assert ledger.problems.quarantined(FETCH) == []
