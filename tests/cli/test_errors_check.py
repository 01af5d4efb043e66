"""Errors by cause and how they are closed; the check of a ledger's soundness, defect by defect."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.ledger import Ledger
from syncdb.ledger.pairs import RegisteredPair
from syncdb.ledger.runs import Problem
from syncdb.model import Conflict, Why
from tests.cli.conftest import Shop, manage

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)


@pytest.fixture
def troubled(copied: Callable[[], Path]) -> Path:
    path = copied()
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for number in range(12):
            problem = Problem("fetch", "held back", f"Order {number} was held back.", f"9{number}", f"#9{number}", "Wait.")
            ledger.problems.add(problem, 1, "2026-11-20T10:00:00Z")
            ledger.problems.add(problem, 2, "2026-11-20T11:00:00Z")
        ledger.problems.add(Problem("write", "refused", "No.", "5", "#5"), 3, "2026-11-20T12:00:00Z")
        ledger.records("p").conflicts_are(
            ["k"], [Conflict("k", "tags", 1, 2, 3, Why.DOUBLED, ("A3", "A9"))], "2026-11-20T12:00:00Z"
        )
    return path


def test_errors_are_grouped_by_cause(troubled: Path) -> None:
    data = manage("errors", "--json", "--db", str(troubled)).data
    assert [(one["stage"], one["cause"], one["count"], one["times"]) for one in data["groups"]] == [
        ("fetch", "held back", 12, 24),
        ("write", "refused", 1, 1),
    ]
    assert data["groups"][0]["first_at"] == "2026-11-20T10:00:00Z" and data["groups"][0]["last_at"] == "2026-11-20T11:00:00Z"
    assert [one["why"] for one in data["left_to_people"]] == ["doubled"]
    text = manage("errors", "--db", str(troubled)).out
    assert (
        text.startswith("13 open errors.")
        and "and 4 more" in " ".join(text.split())
        and "What to do" in text
        and "A3, A9" in text
    )


def test_errors_are_named_as_people_would_name_them(tmp_path: Path) -> None:
    """Also where an order and a product have the same key, each in its pair."""
    path, at = tmp_path / "ledger.db", "2026-11-20T10:00:00Z"
    with Ledger.open(path, NOW) as ledger, ledger.transaction():
        for entity, fields in (("orders", {"order_number": "SO-3"}), ("products", {"title": "Mug"}), ("customers", {})):
            ledger.pairs.register(RegisteredPair(f"erp:one:{entity}", "erp", entity))
            ledger.records(f"erp:one:{entity}").call("right:3", fields)
            problem = Problem("write", "refused", f"right:3: no {entity}.", "right:3", pair=f"erp:one:{entity}")
            ledger.problems.add(problem, 1, at)
        gid = "gid://shopify/Product/1"
        ledger.records("erp:one:products").agree(gid, {"title": "Cup"}, 1, at)
        ledger.problems.add(Problem("read", "products: price", f"price of {gid}: no.", gid, pair="erp:one:products"), 1, at)
        ledger.problems.add(Problem("fetch", "held back", "Order #1004 was held back.", "1004", "#1004"), 1, at)
    text = manage("errors", "--db", str(path)).out
    for told in ("order SO-3 (error", 'product "Mug" (error', f'product "Cup" ({gid}) (error', "customer 3 (", "order #1004 ("):
        assert told in text, text
    assert "right:3" not in text and "customer 3: no customers." in text and "price of Cup: no." in text
    groups = manage("errors", "--json", "--db", str(path)).data["groups"]
    named = {(one["entity"], one["name"]) for group in groups for one in group["errors"]}
    assert {("orders", "SO-3"), ("products", "Mug"), ("products", "Cup"), ("customers", None), ("", None)} == named


def test_closing_needs_a_reason_and_keeps_it(troubled: Path) -> None:
    first = manage("errors", "--json", "--db", str(troubled)).data["groups"][0]["errors"][0]["error_id"]
    assert manage("errors", "--resolve", str(first), "--db", str(troubled)).code == 2
    assert manage("errors", "--resolve", "99999", "--reason", "x", "--db", str(troubled)).code == 2
    done = manage("errors", "--resolve", str(first), "--reason", "a fake order", "--db", str(troubled))
    assert done.code == 0 and "Closed 1 error." in done.out and "no longer asked for" in done.err
    data = manage("errors", "--json", "--db", str(troubled)).data
    assert first not in [one["error_id"] for one in data["groups"][0]["errors"]] and data["groups"][0]["count"] == 11
    everything = manage("errors", "--all", "--json", "--db", str(troubled)).data
    closed = [one for group in everything["groups"] for one in group["errors"] if one["error_id"] == first]
    assert closed[0]["resolution"] == "by a person: a fake order"
    again = manage("errors", "--resolve", str(first), "--reason", "again", "--db", str(troubled), "--json")
    assert again.data["closed"] == 0


def test_closing_waits_for_no_run(troubled: Path) -> None:
    with Ledger.open(troubled, NOW):
        answer = manage("errors", "--resolve", "1", "--reason", "x", "--db", str(troubled))
    assert answer.code == 7 and "Another run" in answer.err


def test_no_errors_is_said(past: Shop) -> None:
    assert past.ask("errors").out == "No open errors.\n"


def test_a_real_ledger_is_sound(past: Shop) -> None:
    data = past.ask("check", "--json").data
    assert data["sound"] is True
    assert [one["name"] for one in data["checks"] if not one["examined"]] == ["every order that waits is known"]
    orders = next(one for one in data["checks"] if one["name"] == "every order is as it was stored")
    assert orders["examined"] == len(past.world.shop.orders)
    assert "is sound" in past.ask("check", "--quick").out


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DELETE FROM order_tracking WHERE rowid = 3", "every row of an order belongs to a known order"),
        ("INSERT INTO pending VALUES ('p', 'nobody')", "every order that waits is known"),
        ("UPDATE order_change SET order_id = 'x' WHERE change_id = 1", "every change belongs to a known order"),
        ("UPDATE order_change SET run_id = 999 WHERE change_id = 1", "every change was seen by a known run"),
        ("UPDATE cell_write SET run_id = 999 WHERE write_id = 1", "every write belongs to a known run"),
        ("UPDATE journal SET run_id = 999", "every intent belongs to a known run"),
        (
            "UPDATE journal SET state = 'open' WHERE token = (SELECT min(token) FROM journal)",
            "an open intent says what was to be",
        ),
        ("UPDATE order_tracking SET status = 'missing' WHERE rowid = 3", "an order that is missing says since when"),
        ("UPDATE number_stretch SET last = last - 1", "the numbers that stand are those of the orders"),
        ("UPDATE order_count SET orders = orders + 1 WHERE state = 'waiting'", "orders are counted right"),
        ("UPDATE record SET base = '{' WHERE key = (SELECT min(key) FROM record)", "what was agreed can be read"),
        (
            "UPDATE order_tracking SET snapshot = replace(snapshot, '\"name\":', '\"nome\":') WHERE rowid = 3",
            "every order is as it",
        ),
        ("UPDATE order_tracking SET hash = 'x' WHERE rowid = 3", "every order is as it was stored"),
    ],
)
def test_each_defect_is_found(copied: Callable[[], Path], damage: str, found: str) -> None:
    path = copied()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(damage).rowcount > 0
        connection.commit()
    answer = manage("check", "--json", "--db", str(path))
    wrong = [one["name"] for one in answer.data["checks"] if not one["sound"]]
    assert answer.code == 5 and any(name.startswith(found) for name in wrong), wrong
    text = manage("check", "--db", str(path))
    assert text.code == 5 and "WRONG" in text.out and "restore FILE" in text.out


def test_a_damaged_page_is_found(copied: Callable[[], Path]) -> None:
    path = copied()
    with closing(sqlite3.connect(path)) as connection:  # a page in use: damage to a free one harms nobody
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'order_change'").fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(bytes(data))
    answer = manage("check", "--db", str(path))
    assert answer.code == 5 and "damaged" in answer.out + answer.err
