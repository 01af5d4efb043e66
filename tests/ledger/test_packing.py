"""Orders stored compressed say what they say in plain text, everywhere; and a redaction leaves nothing of them."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.clock import Clock
from syncdb.connectors.shopify.personal import telling_values
from syncdb.engine.progress import Silent
from syncdb.errors import ConfigurationError, LedgerUnusable
from syncdb.ledger import Ledger, state_keys
from syncdb.ledger.backup import back_up, restore
from syncdb.ledger.queries import export_rows, history, integrity, order_search
from syncdb.ledger.queries.order_search import Wanted
from syncdb.ledger.queries.reader import LedgerReader, reading
from syncdb.ledger.redaction import rebuild
from syncdb.order_snapshot import snapshot_hash, snapshot_of
from syncdb.orders import packing
from syncdb.orders.people import Kept
from syncdb.orders.redaction import catch_up, of_order
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.services.customer_redaction import Listeners, RedactionResult, prove, redact_in_ledger
from tests.mapping.answering import stored

NOON = datetime(2026, 11, 20, tzinfo=UTC)
NOW = "2026-11-21T07:00:00Z"
CLOCK = Clock(now=lambda: NOON)
Orders = list[dict[str, Any]]
NOTHING: Kept = {}  # of people, beside orders
HEARS = Listeners(lambda size: lambda done: None, lambda count: None)


@pytest.fixture(scope="module")
def orders() -> Orders:
    shop = Shop()
    generate(shop, 90, 3, NOON, 25.0)
    return [stored(one) for one in shop.orders.values()]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary is made of few orders, and they are rewritten in small steps."""
    monkeypatch.setattr(packing, "LEAST", 50)
    monkeypatch.setattr(packing, "AT_ONCE", 40)


@pytest.fixture
def plain(tmp_path: Path, orders: Orders) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger.open(path, NOON) as ledger, ledger.transaction():
        ledger.orders.save([snapshot_of(one) for one in orders], 1, NOW)
    return path


@pytest.fixture
def packed(plain: Path) -> Path:
    with Ledger.open(plain, NOON) as ledger:
        switch(ledger, True)
        rebuild(ledger)
    return plain


def switch(ledger: Ledger, wanted: bool) -> None:
    with ledger.transaction():
        ledger.packing.want(wanted)
    packing.repack(ledger, Silent(), None)


def forms(path: Path) -> tuple[int, int]:
    """How many orders are plain, how many packed."""
    with closing(sqlite3.connect(path)) as opened:
        query = "SELECT count(*) FILTER (WHERE packed IS NULL), count(*) FILTER (WHERE snapshot = '') FROM order_tracking"
        found: tuple[int, int] = opened.execute(query).fetchone()
        return found


def shown(path: Path) -> Iterator[Any]:
    """All that people and programs are shown of orders."""
    with reading(path) as reader:
        yield list(export_rows.snapshots(reader, ""))
        yield list(export_rows.newest_snapshots(reader))
        yield list(order_search.listed(reader, Wanted(search="example.com")))
        yield list(order_search.listed(reader, Wanted(search="nobody at all")))
        yield [history.snapshot(reader, row["order_id"]) for row in reader.rows("SELECT order_id FROM order_tracking")]
        yield integrity.orders(reader, snapshot_hash, lambda count: None)
    for ledger in (Ledger.copy(path, NOON), Ledger.open(path, NOON)):
        with ledger:
            yield ledger.orders.with_holes()
            yield ledger.orders.snapshots(list(ledger.redacted.marks) or ["1"])


def test_what_is_packed_says_what_was_plain(plain: Path, orders: Orders) -> None:
    before, size = list(shown(plain)), plain.stat().st_size
    assert len(before[0]) == len(orders) and before[2] and not before[3] and before[5].sound
    with Ledger.open(plain, NOON) as ledger:
        switch(ledger, True)
        rebuild(ledger)
    assert forms(plain) == (0, len(orders)) and plain.stat().st_size < 0.6 * size
    assert list(shown(plain)) == before
    with Ledger.open(plain, NOON) as ledger:
        switch(ledger, False)
        assert not ledger.packing.ready and ledger.connection.execute("SELECT * FROM snapshot_dictionary").fetchone() is None
    assert forms(plain) == (len(orders), 0) and list(shown(plain)) == before


def test_orders_that_change_are_told_the_same(plain: Path, packed: Path, orders: Orders, tmp_path: Path) -> None:
    changed = [one | {"note": "another", "updated_at": "2026-11-21T06:00:00Z"} for one in orders[:3]]
    new = orders[5] | {"id": "77", "name": "#77"}
    told = []
    for path in (tmp_path / "plain.db", packed):
        with Ledger.open(path, NOON) as ledger:
            with ledger.transaction():
                if path != packed:
                    ledger.orders.save([snapshot_of(one) for one in orders], 1, NOW)
                seen = ledger.orders.save([snapshot_of(one) for one in (*changed, *orders[3:5], new)], 2, NOW)
            lines = ledger.connection.execute("SELECT order_id, path, before, after FROM order_change ORDER BY 1, 2").fetchall()
            told.append((seen, lines, ledger.orders.snapshots([one["id"] for one in (*changed, new)])))
    assert told[0] == told[1] and len(told[0][1]) == 6
    assert forms(packed) == (0, len(orders) + 1)


def test_a_run_rewrites_some_and_the_next_goes_on(plain: Path, orders: Orders) -> None:
    with Ledger.open(plain, NOON) as ledger:
        with ledger.transaction():
            ledger.packing.want(True)
        assert packing.repack(ledger, Silent(), 1) == 1 and forms(plain) == (len(orders) - 40, 40)
    with Ledger.open(plain, NOON) as ledger:
        assert packing.repack(ledger, Silent()) > 0 and forms(plain) == (0, len(orders))
        assert packing.repack(ledger, Silent()) == 0 and ledger.runs.get(state_keys.REPACKED_TO) is None


def test_few_orders_stay_plain(tmp_path: Path, orders: Orders) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOON) as ledger:
        with ledger.transaction():
            ledger.packing.want(True)
            ledger.orders.save([snapshot_of(one) for one in orders[:49]], 1, NOW)
        assert packing.repack(ledger, Silent()) == 0
    assert forms(tmp_path / "ledger.db") == (49, 0)


def test_the_dictionary_tells_of_nobody(packed: Path, orders: Orders) -> None:
    with closing(sqlite3.connect(packed)) as opened:
        ((content,),) = opened.execute("SELECT content FROM snapshot_dictionary").fetchall()
    texts = {text for one in orders for text in telling_values(one)}
    assert len(texts) > 100 and len(content) > 1_000
    assert [text for text in texts if text.encode() in content or json.dumps(text)[1:-1].encode() in content] == []


def proven(path: Path, log: Path, order: dict[str, Any]) -> RedactionResult:
    with Ledger.open(path, NOON) as ledger:
        affected = of_order(ledger, order["id"])
    done = redact_in_ledger(path, affected, CLOCK, NOTHING)
    prove(path, log, done, (), HEARS, NOON, delete_files=False)
    return done


def personal(orders: Orders) -> dict[str, Any]:
    return next(one for one in orders if len(telling_values(one)) > 5)


def test_a_redaction_leaves_nothing_in_what_is_packed(packed: Path, orders: Orders, tmp_path: Path) -> None:
    order = personal(orders)
    with closing(sqlite3.connect(packed)) as opened:
        query = "SELECT packed FROM order_tracking WHERE order_id = ?"
        before = bytes(opened.execute(query, (order["id"],)).fetchone()[0])
    done = proven(packed, tmp_path / "sync.log", order)
    assert done.proved and done.affected.packed and done.lines_left == 0
    assert before not in packed.read_bytes() and forms(packed) == (0, len(orders))
    with reading(packed) as reader:
        left = json.dumps(history.snapshot(reader, order["id"]), ensure_ascii=False)
    assert not any(text in left for text in telling_values(order))


def test_compressed_bytes_that_stayed_are_found_and_removed(packed: Path, orders: Orders, tmp_path: Path) -> None:
    order = personal(orders)
    with closing(sqlite3.connect(packed)) as opened:
        query = "SELECT packed FROM order_tracking WHERE order_id = ?"
        before = bytes(opened.execute(query, (order["id"],)).fetchone()[0])
    with Ledger.open(packed, NOON) as ledger:
        affected = of_order(ledger, order["id"])
    done = redact_in_ledger(packed, affected, CLOCK, NOTHING)
    with packed.open("ab") as file:  # a page that is in use no more
        file.write((b"x" * 100 + before).ljust(4096, b"x"))
    prove(packed, tmp_path / "sync.log", done, (), HEARS, NOON, delete_files=False)
    assert done.proved and before not in packed.read_bytes()


def test_a_backup_is_packed_and_comes_back(packed: Path, orders: Orders, tmp_path: Path) -> None:
    before = list(shown(packed))
    copied = back_up(packed, tmp_path / "backup.db")
    assert copied.rows["order_tracking"] == len(orders)
    packed.unlink()
    restore(tmp_path / "backup.db", packed, NOON, catch_up)
    assert list(shown(packed)) == before and forms(packed) == (0, len(orders))


def test_damage_is_found(packed: Path) -> None:
    with closing(sqlite3.connect(packed, isolation_level=None)) as opened:
        opened.execute("UPDATE order_tracking SET packed = x'28b52ffd00112233' WHERE rowid = 5")
    with reading(packed) as reader:
        assert integrity.orders(reader, snapshot_hash, lambda count: None).wrong == 1


def test_a_computer_that_lacks_the_package_says_so(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr("backports.zstd", raising=False)
    with pytest.raises(LedgerUnusable, match="compressed"):
        Ledger.open(packed, NOON)
    with pytest.raises(LedgerUnusable, match="compressed"), reading(packed) as reader:
        list(export_rows.snapshots(reader, ""))
    with Ledger.open(tmp_path / "plain.db", NOON) as ledger, pytest.raises(ConfigurationError, match="not installed"):
        ledger.packing.want(True)


def test_a_plain_ledger_is_asked_as_ever(plain: Path) -> None:
    """Whoever does not compress pays nothing for it: not even a function is called."""
    with Ledger.open(plain, NOON) as ledger:
        assert ledger.packing.text == LedgerReader(ledger.connection, plain).snapshot == "snapshot"
