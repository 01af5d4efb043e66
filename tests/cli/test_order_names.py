"""Order numbers as people type them, against a ledger with names that look alike."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.queries.order_names import Names
from syncdb.order_snapshot import snapshot_of
from syncdb.services.order_lookup import SeveralOrders, UnknownOrder, find_order, understand

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERS = [
    ("5001", "#1001", 1001),
    ("5002", "#1002", 1002),
    ("5003", "WEB-2026-#77-A", 1003),
    ("5004", "1004-TR", 1004),
    ("5005", "#2001", 2001),
    ("5006", "EU-2001", 2001),
    ("820982911946154508", "#1010", 1010),
    ("5008", "5001", None),
]


@pytest.fixture
def names(tmp_path: Path) -> Iterator[Names]:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        with ledger.transaction():
            for order_id, name, number in ORDERS:
                snapshot = {"id": order_id, "name": name, "number": number, "created_at": "2026-11-01T10:00:00Z"}
                ledger.orders.save([snapshot_of(snapshot)], 1, "2026-11-20T12:00:00Z")
        yield Names(ledger.connection)


@pytest.mark.parametrize(
    ("typed", "order_id"),
    [
        ("1001", "5001"),
        ("#1001", "5001"),
        ("  #1001\n", "5001"),
        ("gid://shopify/Order/5002", "5002"),
        ("gid://shopify/Order/820982911946154508", "820982911946154508"),
        ("https://admin.shopify.com/store/my-shop/orders/5003?orderListBeta=true", "5003"),
        ("my-shop.myshopify.com/admin/orders/5003", "5003"),
        ("https://my-shop.myshopify.com/admin/api/2026-10/orders/5003.json", "5003"),
        ("WEB-2026-#77-A", "5003"),
        ("web-2026-#77-a", "5003"),
        ("WEB-2026-%2377-A", "5003"),
        ("1004", "5004"),
        ("1004-tr", "5004"),
        ("EU-2001", "5006"),
        ("#2001", "5005"),
        ("820982911946154508", "820982911946154508"),
        ("5002", "5002"),  # no name and no number: an id
        ("5001", "5008"),  # a name counts before an id
    ],
)
def test_the_one_order_is_found(names: Names, typed: str, order_id: str) -> None:
    assert find_order(names, typed).order_id == order_id


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("1010101", ()),
        ("1012", "#1002"),
        ("10001", "#1001"),
        ("0101", "#1001"),
        ("WEB-2026-#77-B", "WEB-2026-#77-A"),
        ("WEB-2026-#78-A", "WEB-2026-#77-A"),
    ],
)
def test_an_unknown_one_suggests_the_nearest(names: Names, typed: str, near: str | tuple[()]) -> None:
    with pytest.raises(UnknownOrder) as told:
        find_order(names, typed)
    assert typed in str(told.value)
    if near:
        assert near in told.value.nearest
        assert near in told.value.next_step
    assert len(told.value.nearest) <= 3
    assert int(told.value.exit_code) == 2


def test_a_number_far_from_all_others_suggests_none(names: Names) -> None:
    with pytest.raises(UnknownOrder) as told:
        find_order(names, "99999")
    assert not told.value.nearest and "See which orders there are" in told.value.next_step


def test_a_number_that_two_orders_have_is_not_guessed(names: Names) -> None:
    with names.connection as connection:
        connection.execute("UPDATE order_tracking SET name = 'TR-2001' WHERE order_id = '5005'")
    with pytest.raises(SeveralOrders, match="names 2 orders") as told:
        find_order(names, "2001")
    assert set(told.value.nearest) == {"5005", "5006"}


@pytest.mark.parametrize("typed", ["", "   ", "#", "%23"])
def test_nothing_is_no_order(typed: str) -> None:
    with pytest.raises(UnknownOrder):
        understand(typed)


@pytest.mark.parametrize("typed", ["x" * 5000, "9" * 40, "'; DROP TABLE order_tracking; --", "\u202e1001", "٣٤٥", "-" * 300])
def test_nonsense_is_told_as_unknown(names: Names, typed: str) -> None:
    with pytest.raises(UnknownOrder):
        find_order(names, typed)


def test_the_neighbours_of_a_gap_come_before_slips_of_the_finger(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db", NOW) as ledger:
        with ledger.transaction():
            for number in (one for one in range(1000, 1100) if one != 1067):
                snapshot = {"id": str(number), "name": f"#{number}", "number": number}
                ledger.orders.save([snapshot_of(snapshot)], 1, "2026-11-20T12:00:00Z")
        with pytest.raises(UnknownOrder) as told:
            find_order(Names(ledger.connection), "1067")
    assert set(told.value.nearest[:2]) == {"#1066", "#1068"} and told.value.nearest[2:] == ("#1076",)


def test_no_question_reads_all_orders(names: Names) -> None:
    """Among a million orders each of them is answered by an index."""
    asked: list[str] = []
    names.connection.set_trace_callback(asked.append)
    for typed in ("1001", "0999999", "WEB-2026-#78-B", "gid://shopify/Order/1", "9" * 40, "x" * 300):
        try:
            find_order(names, typed)
        except UnknownOrder as unknown:
            assert not isinstance(unknown, SeveralOrders)
    names.connection.set_trace_callback(None)
    plans = [row[3] for query in set(asked) for row in names.connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert len(plans) > 10 and not [plan for plan in plans if plan.startswith("SCAN")]
