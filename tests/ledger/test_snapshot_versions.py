"""Snapshots that an earlier version stored say what the present one reads, so nothing is told of them and nothing written again.

`snapshots_of_version_1.jsonl` was made by version 1 of some orders of the made-up shop, which is made again here.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.engine.retention import bring_up_snapshots
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.orders import Seen
from syncdb.ledger.queries import integrity
from syncdb.ledger.queries.reader import LedgerReader
from syncdb.order_snapshot import snapshot_hash, snapshot_of
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.snapshot_versions import present
from tests.mapping.answering import stored

NOON = datetime(2026, 11, 20, tzinfo=UTC)
NOW = "2026-11-21T07:00:00Z"
STORED = Path(__file__).with_name("snapshots_of_version_1.jsonl")
OLD = [json.loads(line) for line in STORED.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def read() -> dict[str, dict[str, Any]]:
    """The same orders as they are read now."""
    shop = Shop()
    generate(shop, 70, 3, NOON, 25.0)
    return {one["id"]: stored(shop.orders[f"gid://shopify/Order/{one['id']}"]) for one in OLD}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger as version 1 left it."""
    path = tmp_path / "ledger.db"
    with Ledger.open(path, NOON) as before, before.transaction():
        before.orders.save([snapshot_of(one) for one in OLD], 1, NOW)
        before.connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm010_old_snapshots'")
    with Ledger.open(path, NOON) as opened:
        yield opened


def test_an_old_snapshot_says_what_is_read_now(read: dict[str, dict[str, Any]]) -> None:
    assert len(OLD) >= 6 and any(len(one["current_total_discounts"]) == 4 for one in OLD) and any("refunds" in one for one in OLD)
    for one in OLD:
        assert "total_price" in one
        assert snapshot_of(present(one)) == snapshot_of(read[one["id"]])
        assert present(read[one["id"]]) == read[one["id"]]


def test_orders_read_again_are_the_same_and_told_of_only_where_they_changed(
    ledger: Ledger, read: dict[str, dict[str, Any]]
) -> None:
    first, *others = read.values()
    changed = first | {"note": "another", "updated_at": "2026-11-21T06:00:00Z"}
    with ledger.transaction():
        seen = ledger.orders.save([snapshot_of(one) for one in (changed, *others)], 2, NOW)
    assert seen == [Seen.CHANGED, *[Seen.SAME] * len(others)]
    told = ledger.connection.execute("SELECT order_id, path FROM order_change WHERE run_id = 2").fetchall()
    assert sorted(told) == [(first["id"], "note"), (first["id"], "updated_at")]
    assert ledger.orders.snapshots(read) == read | {first["id"]: changed}


def test_the_others_are_rewritten_a_few_at_a_time(ledger: Ledger, read: dict[str, dict[str, Any]]) -> None:
    rewritten = []
    while ledger.runs.get(state_keys.OLD_SNAPSHOTS_TO) is not None:
        bring_up_snapshots(ledger, len(OLD) - 1)
        rewritten.append(sum(one == read[order_id] for order_id, one in ledger.orders.snapshots(read).items()))
    assert rewritten == [len(OLD) - 1, len(OLD)]
    assert ledger.connection.execute("SELECT count(*) FROM order_change").fetchone() == (0,)
    assert ledger.connection.execute("SELECT count(*) FROM pending").fetchone() == (0,)
    finding = integrity.orders(LedgerReader(ledger.connection, ledger.path), snapshot_hash, lambda count: None)
    assert finding.sound


def test_a_new_ledger_has_nothing_to_rewrite(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOON) as ledger:
        assert ledger.runs.get(state_keys.OLD_SNAPSHOTS_TO) is None


def test_what_is_no_longer_read_is_not_withheld_either() -> None:
    assert present({"id": "1", "withheld": ["line_items.discounted_total", "risk"]}) == {"id": "1", "withheld": ["risk"]}
    assert present({"id": "1", "withheld": ["tax_lines"]}) == {"id": "1"}
