"""The ledger knows its pairs, the links between two systems' own ids, and every shop it has to do with."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger
from syncdb.ledger.links import Link
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.queries.errors import open_errors
from syncdb.ledger.queries.reader import reading
from syncdb.ledger.sources import Source
from syncdb.orders.shop_identity import one_shop

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
SCHEMAS = Path(__file__).parents[1] / "reliability" / "schemas"
SHEET = RegisteredPair("sheets:S1:Orders:line", "sheets", "orders", tracks_orders=True)
GOODS = RegisteredPair("grist:D1:products", "grist", "products")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", NOW) as made:
        yield made


# --- pairs


def test_a_pair_is_known_as_it_was_registered(ledger: Ledger) -> None:
    ledger.register(SHEET, GOODS)
    assert ledger.pairs.get(SHEET.id) == SHEET
    assert ledger.pairs.get("sheets:S1") is None
    assert ledger.pairs.all() == [GOODS, SHEET]
    assert ledger.pairs.of_type("grist") == [GOODS] and ledger.pairs.of_entity("orders") == [SHEET]


def test_registering_what_is_known_writes_nothing(ledger: Ledger) -> None:
    ledger.register(SHEET)
    before = ledger.connection.total_changes
    ledger.register(SHEET)
    assert ledger.connection.total_changes == before
    ledger.register(RegisteredPair(SHEET.id, "sheets", "returns"))
    assert ledger.pairs.all() == [RegisteredPair(SHEET.id, "sheets", "returns", tracks_orders=False)]


# --- links


def test_a_link_is_found_by_its_key_and_by_either_id(ledger: Ledger) -> None:
    links = ledger.links("p")
    mug, cup = Link("k1", "gid://1", "r-77"), Link("k2", "gid://2", "r-78")
    for one in (mug, cup):
        links.put(one)
    assert links.of(["k1", "nobody"]) == {"k1": mug}
    assert links.by_left(["gid://2", "r-77"]) == {"gid://2": cup}
    assert links.by_right(["r-77", "gid://2"]) == {"r-77": mug}
    assert links.count() == 2


def test_a_link_put_again_takes_the_place_of_the_earlier_one(ledger: Ledger) -> None:
    links = ledger.links("p")
    links.put(Link("k", "l1", "r1"))
    links.put(Link("k", "l1", "r2"))
    assert links.of(["k"]) == {"k": Link("k", "l1", "r2")} and links.by_right(["r1"]) == {}


@pytest.mark.parametrize("second", [Link("other", "l1", "r9"), Link("other", "l9", "r1")])
def test_an_id_stands_in_one_link_only(ledger: Ledger, second: Link) -> None:
    links = ledger.links("p")
    links.put(Link("k", "l1", "r1"))
    with pytest.raises(sqlite3.IntegrityError):
        links.put(second)
    ledger.links("another pair").put(second)
    assert links.count() == 1


def test_what_is_forgotten_frees_its_ids_and_nothing_else(ledger: Ledger) -> None:
    links = ledger.links("p")
    links.put(Link("k", "l1", "r1"))
    ledger.links("q").put(Link("k", "l1", "r1"))
    links.forget("k")
    links.forget("nobody")
    links.put(Link("k2", "l1", "r1"))
    assert links.of(["k", "k2"]) == {"k2": Link("k2", "l1", "r1")} and ledger.links("q").count() == 1


def test_more_ids_are_asked_for_than_one_statement_takes(ledger: Ledger) -> None:
    links = ledger.links("p")
    with ledger.transaction():
        for number in range(1200):
            links.put(Link(f"k{number}", f"l{number}", f"r{number}"))
    assert len(links.by_left(f"l{number}" for number in range(2000))) == 1200


def test_every_look_for_a_link_goes_through_an_index(ledger: Ledger) -> None:
    for column in ("key", "left_id", "right_id"):
        query = f"EXPLAIN QUERY PLAN SELECT key, left_id, right_id FROM link WHERE pair = ? AND {column} IN (?, ?)"
        told = " ".join(row[3] for row in ledger.connection.execute(query, ("p", "a", "b")))
        assert "SEARCH" in told and "SCAN" not in told, told


# --- sources


def test_several_shops_are_known_by_their_names(ledger: Ledger) -> None:
    first = Source("shopify", "shopify", {"id": "1", "domain": "one.myshopify.com", "scopes": None})
    second = Source("shopify_outlet", "shopify", {"id": "2", "domain": "two.myshopify.com"})
    for one in (second, first, Source("erp", "postgres", {})):
        ledger.sources.put(one)
    assert ledger.sources.get("shopify") == first and ledger.sources.get("nobody") is None
    assert ledger.sources.of_kind("shopify") == [first, second]
    ledger.sources.put(Source("shopify", "shopify", {"id": "1", "domain": "renamed.myshopify.com"}))
    assert [one.data["domain"] for one in ledger.sources.of_kind("shopify")] == ["renamed.myshopify.com", "two.myshopify.com"]


# --- older ledgers


NAMED = {
    "sheets:one": ("sheets", "orders", 1),
    "sheets:S1:Orders: 2026:line": ("sheets", "orders", 1),
    "sheets:S1:Orders:order:month": ("sheets", "orders", 1),
    "grist:D1": ("grist", "", 0),
    "grist:D1:orders": ("grist", "orders", 1),
    "grist:D1:products": ("grist", "products", 0),
    "grist:D2:inventory": ("grist", "inventory", 0),
}


def older(path: Path, version: str = "m005") -> None:
    """A ledger of an older version that has met each kind of name, each in another table."""
    with closing(sqlite3.connect(path)) as made:
        made.executescript((SCHEMAS / f"{version}.sql").read_text(encoding="utf-8"))
        run = "INSERT INTO sync_history (pair, mode, started_at, version) VALUES (?, 'full', '2026-09-03T11:00:00Z', '0.1.0')"
        made.execute(run, ("grist:D1",))
        made.execute(run, ("sheets:S1:Orders:order:month",))
        record = "INSERT INTO record (pair, key, order_id) VALUES (?, ?, '')"
        made.executemany(record, [("grist:D1:products", f"gid://shopify/Product/{number}") for number in range(50)])
        made.execute("INSERT INTO pending VALUES ('sheets:S1:Orders: 2026:line', '9007199254740993')")
        conflict = (
            "INSERT INTO conflict (pair, key, field, why, detail, first_at, last_at) VALUES (?, 'k', '', 'gone', '{}', '', '')"
        )
        made.execute(conflict, ("grist:D1:orders",))
        intent = """INSERT INTO journal (token, run_id, pair, side, purpose, state, operations, begun_at)
                    VALUES (78, 1, ?, 'right', 'records', 'void', 1, '')"""
        made.execute(intent, ("grist:D2:inventory",))
        made.execute("""INSERT INTO meta VALUES ('shop', '{"domain":"one.myshopify.com","id":"1"}')""")
        made.commit()


def test_an_older_ledger_is_told_once_what_its_pairs_are(tmp_path: Path) -> None:
    older(tmp_path / "old.db")
    with Ledger.open(tmp_path / "old.db", NOW) as ledger:
        assert {one.id: (one.type, one.entity, int(one.tracks_orders)) for one in ledger.pairs.all()} == NAMED
        shop = {"domain": "one.myshopify.com", "id": "1"}
        assert ledger.sources.get("shopify") == Source("shopify", "shopify", shop)
        assert ledger.runs.get("shop") == shop
        assert ledger.links("grist:D1:products").count() == 0


@pytest.mark.parametrize("version", ["m002", "m003", "m005"])
def test_an_older_ledger_can_be_asked_before_it_is_brought_up_to_date(tmp_path: Path, version: str) -> None:
    path = tmp_path / "old.db"
    older(path, version)
    before = path.read_bytes()
    with reading(path) as reader:
        assert {
            row["id"]: (row["type"], row["entity"], row["tracks_orders"]) for row in reader.rows("SELECT * FROM pair")
        } == NAMED
        assert reader.number("SELECT count(*) FROM link") == 0 and reader.number("SELECT count(*) FROM source") == 1
        assert reader.number("SELECT count(*) FROM verdict") in (0, 1)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.connection.execute("DELETE FROM record")
    assert path.read_bytes() == before


def failed(path: Path) -> None:
    """A ledger whose errors are told apart by stage, key and cause alone, with one of each kind."""
    with closing(sqlite3.connect(path)) as made:
        made.executescript((SCHEMAS / "m011.sql").read_text(encoding="utf-8"))
        for pair, entity in (("erp:one:orders", "orders"), ("erp:one:products", "products"), ("erp:one:customers", "customers")):
            made.execute("INSERT INTO pair VALUES (?, 'erp', ?, 0)", (pair, entity))
        run = "INSERT INTO sync_history (run_id, pair, mode, started_at, version) VALUES (?, ?, 'full', '', '0.1.0')"
        made.executemany(run, [(7, "erp:one"), (8, "sheets:one")])
        known = [("erp:one:products", "right:3"), ("erp:one:orders", "right:4"), ("erp:one:customers", "right:4")]
        made.executemany("INSERT INTO record (pair, key, order_id) VALUES (?, ?, '')", known)
        error = """INSERT INTO sync_errors (stage, order_id, cause, message, first_at, last_at, first_run, last_run, resolved_at)
                   VALUES (?, ?, 'refused', 'No.', '', '', 1, ?, ?)"""
        column = "erp:one:products\nprice"
        found = [("write", "right:3", 7, None), ("write", "right:4", 7, None), ("column", column, 7, None)]
        made.executemany(error, [*found, ("write", "9007199254740993", 8, "2026-09-04T00:00:00Z"), ("fetch", "1", 8, None)])
        made.commit()


OF_PAIRS = [
    ("fetch", "", "9007199254740999"),
    ("write", "erp:one:products", "right:3"),
    ("write", "", "right:4"),  # nobody knows whether the order or the customer
    ("column", "erp:one:products", "price"),
    ("write", "sheets:one", "9007199254740993"),
    ("fetch", "", "1"),
]


def test_errors_of_an_older_ledger_are_given_their_pair_where_it_is_known(tmp_path: Path) -> None:
    failed(tmp_path / "old.db")
    with reading(tmp_path / "old.db") as reader:
        assert {one["order_id"]: one["pair"] for one in open_errors(reader)}["right:3"] == ""
        assert len(open_errors(reader)) == 5
    with Ledger.open(tmp_path / "old.db", NOW) as ledger:
        rows = ledger.connection.execute("SELECT stage, pair, order_id FROM sync_errors ORDER BY error_id")
        assert list(rows) == OF_PAIRS


def test_another_shop_under_a_known_name_is_refused_and_one_under_its_own_name_is_not(ledger: Ledger) -> None:
    rest = {"name": "N", "zone": "UTC", "currency": "EUR", "version": "2026-10", "scopes": None}
    one_shop(ledger, id="1", domain="one.myshopify.com", **rest)  # type: ignore[arg-type]
    one_shop(ledger, id="2", domain="two.myshopify.com", source="outlet", **rest)  # type: ignore[arg-type]
    assert [one.data["id"] for one in ledger.sources.of_kind("shopify")] == ["2", "1"]
    assert ledger.runs.get("shop")["id"] == "1"
    for source in ("shopify", "outlet"):
        with pytest.raises(NeedsPerson, match="belongs to the shop .* but three"):
            one_shop(ledger, id="3", domain="three.myshopify.com", source=source, **rest)  # type: ignore[arg-type]
