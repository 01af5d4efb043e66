"""Nothing that a redacted person ever was can be read in any byte of any file, whatever was written, moved and deleted before."""

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncdb.clock import Clock
from syncdb.engine.progress import Silent
from syncdb.errors import LedgerUnusable
from syncdb.ledger import Ledger, file, state_keys, unused_room
from syncdb.ledger.backup import back_up, restore
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.redaction import has_to_be_rebuilt, overwrite
from syncdb.ledger.retention import Retention
from syncdb.ledger.runs import Problem
from syncdb.ledger.schema import migrations
from syncdb.ledger.steps import Steps
from syncdb.order_snapshot import snapshot_of
from syncdb.orders import packing
from syncdb.orders.redaction import catch_up, clean, of_order, strip
from syncdb.sandbox.shopify.generate import generate
from syncdb.sandbox.shopify.shop import Shop
from syncdb.services.customer_redaction import Listeners, prove, redact_in_ledger
from tests.mapping.answering import stored

NOON = datetime(2026, 11, 20, tzinfo=UTC)
NOW = "2026-11-21T07:00:00Z"
CLOCK = Clock(now=lambda: NOON)
PAIR = "sheets:S:Orders:rows"
HEARS = Listeners(lambda size: lambda done: None, lambda count: None)
WRITE = """INSERT INTO cell_write (run_id, pair, side, key, order_id, action, reason, field, before, after, written_at)
           VALUES (1, ?, 'right', ?, ?, 'update', 'changed', 'customer_email', ?, ?, ?)"""


@pytest.fixture(scope="module")
def patterns() -> list[dict[str, Any]]:
    shop = Shop()
    generate(shop, 30, 3, NOON, 25.0)
    return [stored(one) for one in shop.orders.values()]


@dataclass
class Kept:
    """A ledger to which anything happens; every text of a person has a mark by which all theirs are found."""

    path: Path
    patterns: list[dict[str, Any]]
    rng: random.Random
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    packed: dict[str, set[bytes]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    made: int = 0

    def text(self, order_id: str, least: int, most: int) -> str:
        """Something of this person that was never written before."""
        words = []
        for _ in range(self.rng.randint(least, most)):
            self.made += 1
            words.append(f"P{order_id}x{self.made}")
        return " ".join(words)

    def order(self, order_id: str) -> dict[str, Any]:
        pattern = self.rng.choice(self.patterns)
        lines = [one | {"id": f"{order_id}{n}"} for n, one in enumerate(pattern["line_items"])]
        named = {"id": order_id, "name": f"#{order_id}", "number": int(order_id), "line_items": lines}
        return pattern | named | {"email": f"p{order_id}@example.com", "note": self.text(order_id, 1, 400)}

    def some(self) -> str:
        return self.rng.choice(sorted(self.orders))

    def steps(self) -> list[Callable[[Ledger], None]]:
        return [
            self.comes,
            self.comes,
            self.changes,
            self.changes,
            self.agreed,
            self.agreed,
            self.written,
            self.dropped,
            self.forgotten,
        ]

    def comes(self, ledger: Ledger) -> None:
        order_id = str(1000 + len(self.orders) + len(self.gone))
        self.orders[order_id] = self.order(order_id)
        self.save(ledger, order_id)

    def changes(self, ledger: Ledger) -> None:
        order_id = self.some()
        self.orders[order_id] |= {"note": self.text(order_id, 0, self.rng.choice((1, 30, 900))) or None}
        self.save(ledger, order_id)

    def save(self, ledger: Ledger, order_id: str) -> None:
        ledger.orders.save([snapshot_of(self.orders[order_id])], 1, NOW)
        self.remember(ledger, order_id)

    def remember(self, ledger: Ledger, order_id: str) -> None:
        row = ledger.connection.execute("SELECT packed FROM order_tracking WHERE order_id = ?", (order_id,)).fetchone()
        if row[0]:
            self.packed.setdefault(order_id, set()).add(bytes(row[0]))

    def agreed(self, ledger: Ledger) -> None:
        """Some keys in no order, so that they come to stand between others and pages are divided."""
        records = ledger.records(PAIR)
        for key in (f"{self.rng.randrange(3000):04}" for _ in range(self.rng.randint(1, 12))):
            owner = records.homes([key]).get(key) or self.some()
            if owner in self.orders:
                records.expect(owner, [key])
                records.agree(key, {"customer_email": self.text(owner, 1, 40), "quantity": "1"}, 1, NOW)

    def written(self, ledger: Ledger) -> None:
        order_id = self.some()
        at = self.rng.choice(("2020-01-01T00:00:00Z", NOW))
        before, after = (self.text(order_id, 0, 60) for _ in range(2))
        ledger.connection.execute(WRITE, (PAIR, order_id, order_id, before, after, at))
        problem = Problem("fetch", "refused", f"Not understood: {self.orders[order_id]['email']}", order_id, f"#{order_id}")
        ledger.problems.add(problem, 1, NOW)

    def dropped(self, ledger: Ledger) -> None:
        for key in self.rng.sample(sorted(ledger.records(PAIR).keys_of(self.orders)) or [""], 1):
            ledger.records(PAIR).forget(key)

    def forgotten(self, ledger: Ledger) -> None:
        for step in (0, 1):
            Retention(ledger.connection, "2021-01-01T00:00:00Z").forget(step, 20)

    def happens(self, ledger: Ledger, times: int) -> None:
        for _ in range(times):
            with ledger.transaction():
                for _ in range(self.rng.randint(1, 9)):
                    self.rng.choice(self.steps())(ledger)

    def repack(self, wanted: bool) -> None:
        with Ledger.open(self.path, NOON) as ledger:
            with ledger.transaction():
                ledger.packing.want(wanted)
            packing.repack(ledger, Silent(), None)
            for order_id in self.orders:
                self.remember(ledger, order_id)

    def left(self, order_id: str) -> set[str]:
        """What of a person is in the bytes of the files; of what was stored compressed, some bytes from amid of it.

        Those that another order with the same lines has, too, stand there by right.
        """
        found: set[str] = set()
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as opened:  # leaves the log as it is
            live = b"|".join(row[0] for row in opened.execute("SELECT packed FROM order_tracking WHERE packed IS NOT NULL"))
        pieces = {one[at : at + 24] for one in self.packed.get(order_id, ()) for at in range(len(one) // 3, len(one) - 24, 200)}
        for path in (one for one in self.path.parent.iterdir() if one.is_file()):
            content = path.read_bytes()
            found |= {f"{path.name}: {hit.decode()}" for hit in re.findall(rf"P{order_id}x\d+|p{order_id}@".encode(), content)}
            found |= {f"{path.name}: {one!r}" for one in pieces if one in content and one not in live}
        return found


def redact(kept: Kept) -> str:
    """As the command does it; whose order it was."""
    order_id = kept.some()
    with Ledger.open(kept.path, NOON) as ledger:
        affected = of_order(ledger, order_id)
    done = redact_in_ledger(kept.path, affected, CLOCK, {})
    prove(kept.path, kept.path.with_name("sync.log"), done, (), HEARS, NOON, delete_files=False)
    assert done.proved
    del kept.orders[order_id]
    kept.gone.add(order_id)
    return order_id


def rebuilt(path: Path) -> int:
    """How often the file was rebuilt, or its tables changed: SQLite counts both."""
    with closing(sqlite3.connect(path)) as opened:
        return int(opened.execute("PRAGMA schema_version").fetchone()[0])


def history(kept: Kept, rounds: int, steps: int) -> None:
    """Runs that change the ledger, somebody who reads meanwhile, and now and then a redaction."""
    for number in range(rounds):
        with Ledger.open(kept.path, NOON) as ledger:
            kept.happens(ledger, steps)
            with reading(kept.path) as reader:
                assert reader.number("SELECT count(*) FROM order_tracking") == len(kept.orders) + len(kept.gone)
        if number == rounds // 3 and len(kept.orders) % 2:
            kept.repack(not kept.packed)
        tables = rebuilt(kept.path)
        order_id = redact(kept)
        assert kept.left(order_id) == set() and rebuilt(kept.path) == tables
    with closing(sqlite3.connect(kept.path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert {one: kept.left(one) for one in kept.gone} == {one: set() for one in kept.gone}


def made(folder: Path, patterns: list[dict[str, Any]], seed: int, steps: int = 0) -> Kept:
    kept = Kept(folder / "ledger.db", patterns, random.Random(seed))
    with Ledger.open(kept.path, NOON) as ledger:
        with ledger.transaction():
            for _ in range(12):
                kept.comes(ledger)
            for _ in range(steps * 10):
                kept.agreed(ledger)
        kept.happens(ledger, steps)
    return kept


@pytest.mark.parametrize(("seed", "packed"), [(1, False), (2, True)])
def test_nothing_of_a_redacted_person_is_left(
    seed: int, packed: bool, tmp_path: Path, patterns: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(seed, packed, tmp_path, patterns, monkeypatch, rounds=5, steps=12)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 43))
def test_nothing_is_left_in_many_histories(
    seed: int, tmp_path: Path, patterns: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(seed, bool(seed % 2), tmp_path, patterns, monkeypatch, rounds=12, steps=40)


def play(
    seed: int,
    packed: bool,
    tmp_path: Path,
    patterns: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    rounds: int,
    steps: int,
) -> None:
    monkeypatch.setattr(packing, "LEAST", 10)
    kept = made(tmp_path, patterns, seed, steps)
    if packed:
        kept.repack(True)
    history(kept, rounds, steps)
    assert bool(kept.packed) or not packed


def test_a_ledger_that_goes_on_in_the_same_run_writes_nothing_old_again(tmp_path: Path, patterns: list[dict[str, Any]]) -> None:
    """A run finishes a redaction and goes on by the same connection, which remembers pages as they were."""
    kept = made(tmp_path, patterns, 3, steps=50)
    with Ledger.open(kept.path, NOON) as ledger:
        assert len(ledger.connection.execute("SELECT * FROM record").fetchall()) > 500  # now it remembers the pages
        order_id = max(kept.orders, key=in_rooms(kept.path).count)
        assert in_rooms(kept.path).count(order_id) > 10
        affected = of_order(ledger, order_id)
        strip(ledger, affected, places_too=False)
        assert clean(ledger, affected)[1] and kept.left(order_id) == set()
        del kept.orders[order_id]
        kept.gone.add(order_id)
        ledger.connection.execute("UPDATE record SET run_id = 2")  # each page is written again
        ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert kept.left(order_id) == set()


def in_rooms(path: Path) -> list[str]:
    """Whose texts stand in room of the file that belongs to nothing, once for each text."""
    content = path.read_bytes()
    with path.open("rb") as opened:
        rooms = [content[start:end] for start, end in unused_room._dirty(opened, 4096)]
    return [hit.decode() for room in rooms for hit in re.findall(rb"P(\d+)x\d+", room)]


def contents(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        opened.execute("DELETE FROM meta WHERE name = 'redaction_rebuild'")  # what is told of the zeroing itself
        return list(opened.iterdump())


def test_whatever_is_done_of_it_when_the_power_fails_the_ledger_is_the_same(
    tmp_path: Path, patterns: list[dict[str, Any]]
) -> None:
    path = made(tmp_path, patterns, 4, steps=30).path
    before = contents(path)
    with path.open("r+b", buffering=0) as opened:
        rooms = list(unused_room._dirty(opened, 4096))
        for start, end in random.Random(1).sample(rooms, len(rooms) // 2):
            opened.seek(start)
            opened.write(bytes(random.Random(start).randint(1, end - start)))
    assert len(rooms) > 20 and contents(path) == before
    with Ledger.open(path, NOON) as ledger:
        assert overwrite(ledger)
    assert contents(path) == before
    with path.open("rb") as opened:
        assert list(unused_room._dirty(opened, 4096)) == []


def test_an_older_ledger_is_rebuilt_once(tmp_path: Path, patterns: list[dict[str, Any]]) -> None:
    """Its program may not have zeroed what it deleted, and cannot write in it any more."""
    kept = made(tmp_path, patterns, 5)
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as older:
        older.execute("DELETE FROM _sqlite_migrations WHERE name = 'm012_deleted_is_zeroed'")
        older.execute("DELETE FROM meta WHERE name = 'deleted_is_zeroed'")
        older.execute("PRAGMA secure_delete = OFF")
        older.execute("UPDATE order_tracking SET snapshot = replace(snapshot, 'P1007x', 'P1008x')")
        older.execute("UPDATE order_tracking SET snapshot = '{\"id\":\"1008\"}' WHERE order_id = '1008'")
        older.execute("UPDATE order_tracking SET snapshot = replace(snapshot, 'P1008x', 'P1007x') WHERE order_id = '1007'")
    assert kept.left("1008")
    for times in (1, 0):
        with reading(kept.path) as reader:
            assert has_to_be_rebuilt(reader.connection) == bool(times)
        with Ledger.open(kept.path, NOON) as ledger:
            tables = rebuilt(kept.path)
            assert overwrite(ledger)
        assert rebuilt(kept.path) == tables + times
        assert {hit for hit in kept.left("1008") if "P1008x" in hit} == set()


def test_an_earlier_program_refuses_a_ledger_of_which_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOON) as ledger:
        assert not has_to_be_rebuilt(ledger.connection)
    known = list(migrations.steps)
    earlier = known[: [one.__name__ for one in known].index("m012_deleted_is_zeroed")]
    monkeypatch.setattr(file, "migrations", Steps("syncdb", earlier))
    with pytest.raises(LedgerUnusable, match="newer syncdb"):
        Ledger.open(tmp_path / "ledger.db", NOON)


def test_where_a_page_may_be_mistaken_the_file_is_rebuilt(
    tmp_path: Path, patterns: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 64 GB the number with which a page begins may look like the kind of another."""
    kept = made(tmp_path, patterns, 6, steps=5)
    monkeypatch.setattr(unused_room, "_MOST_PAGES", 10)
    tables = rebuilt(kept.path)
    assert kept.left(redact(kept)) == set() and rebuilt(kept.path) == tables + 1


def test_a_malformed_page_is_told_and_nothing_written(tmp_path: Path, patterns: list[dict[str, Any]]) -> None:
    path = made(tmp_path, patterns, 7, steps=5).path
    with Ledger.open(path, NOON) as ledger:
        ledger.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as opened:  # the last page of a tree says that its cells begin behind it
            content = opened.read()
            at = max(at for at in range(0, len(content), 4096) if content[at] == 13)
            opened.seek(at + 5)
            opened.write(b"\xff\xff")
        with pytest.raises(LedgerUnusable, match="damaged"):
            overwrite(ledger)


def test_a_reader_keeps_it_from_being_done_and_that_is_told(tmp_path: Path, patterns: list[dict[str, Any]]) -> None:
    kept = made(tmp_path, patterns, 8, steps=10)
    order_id = kept.some()
    with Ledger.open(kept.path, NOON) as ledger:
        ledger.connection.execute("PRAGMA busy_timeout = 1")
        affected = of_order(ledger, order_id)
        with reading(kept.path) as reader:
            assert reader.number("SELECT count(*) FROM order_tracking")
            strip(ledger, affected, places_too=False)
            assert not clean(ledger, affected)[1] and ledger.runs.get(state_keys.REDACTION_REBUILD) is True
        assert kept.left(order_id)
        assert catch_up(ledger) == 0 and ledger.runs.get(state_keys.REDACTION_REBUILD) is False
    assert kept.left(order_id) == set()


def test_a_copy_put_back_is_zeroed_as_well(tmp_path: Path, patterns: list[dict[str, Any]]) -> None:
    kept = made(tmp_path, patterns, 9, steps=40)
    (aside := tmp_path / "aside").mkdir()
    back_up(kept.path, aside / "backup.db")
    order_id = redact(kept)
    assert restore(aside / "backup.db", kept.path, NOON, catch_up).redacted == 1
    for one in kept.path.parent.glob("ledger.replaced-*"):
        one.unlink()
    assert kept.left(order_id) == set()
    with reading(kept.path) as reader:
        assert not has_to_be_rebuilt(reader.connection)
