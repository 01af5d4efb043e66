"""The manager's commands about tabs that show payouts and goods: export, audit, validate, status."""

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.google.colleague import Colleague
from tests.cli.acting.conftest import Manage
from tests.cli.conftest import Answer
from tests.scenarios.world import World

ROUTES = {
    "payouts": {"target_worksheet": "Payouts", "rows": "payout"},
    "balance": {"target_worksheet": "Balance", "rows": "payout_transaction"},
    "customers": {"target_worksheet": "Customers", "rows": "customer"},
}


@pytest.fixture
def world(made: Callable[..., World]) -> World:
    world = made(8, env={"ROUTES": json.dumps(ROUTES)})
    world.shop.payments.pay_out("PAID")
    assert world.at_once().code == 0
    return world


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_of_payouts_adds_up(world: World, run: Manage) -> None:
    assert run("export", "--what", "payouts", "--output", "payouts.csv").code == 0
    assert run("export", "--what", "payout-transactions", "--output", "parts.csv").code == 0
    (payout,) = read(Path("payouts.csv"))
    parts = read(Path("parts.csv"))
    assert {part["Payout"] for part in parts} == {payout["Payout"]} and len(parts) > 4
    assert sum(Decimal(part["Net"]) for part in parts) == Decimal(payout["Net"])
    assert Decimal(payout["Gross"]) - Decimal(payout["Fees"]) == Decimal(payout["Net"])
    assert run("export", "--what", "payouts", "--since", "2030-01-01", "--output", "later.csv").code == 0
    assert read(Path("later.csv")) == []
    few = run("export", "--what", "payouts", "--columns", "net,currency", "--output", "few.csv")
    assert few.code == 0 and list(read(Path("few.csv"))[0]) == ["Net", "Currency"]
    assert run("export", "--what", "payouts", "--columns", "nett").code == 2


def test_an_export_says_which_columns_no_tab_keeps_and_how_to_have_them(
    world: World, run: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("export", "--what", "payouts", "--columns", "all", "--overwrite", "--output", "p.csv")
    told = run(*asked, "--json").data["not_kept"]
    assert told == [
        "direction", "reserved", "retried", "advances", "rebates", "reserved_fees", "retried_fees", "advance_fees",
        "bank_reference",
    ]  # fmt: skip
    said = run(*asked).err
    assert "keeps no direction, reserved," in said and "`columns` of routes.payouts" in said
    assert "direction" in run("export", "--what", "payouts", "--columns", "net,direction", "--output", "-").err
    assert "keeps no" not in run("export", "--what", "payouts", "--columns", "net", "--output", "-").err
    given = said[said.index('["default"') : said.index("]") + 1]
    more = {"payouts": ROUTES["payouts"] | {"columns": json.loads(given)}}
    # a second tab of the same payouts brings what only it shows
    more["banked"] = {"target_worksheet": "Banked", "rows": "payout", "columns": ["net"]}
    world.env["ROUTES"] = json.dumps(more)
    monkeypatch.setenv("ROUTES", json.dumps(more))
    assert world.at_once().code == 0
    assert run(*asked, "--json").data.keys() == {"path", "what", "rows"}
    (payout,) = read(Path("p.csv"))
    assert (payout["Direction"], payout["Status"]) == ("deposit", "paid") and Decimal(payout["Reserved"]) == 0


def test_an_export_since_a_day_says_where_no_tab_keeps_the_day(made: Callable[..., World], run: Manage) -> None:
    chosen = {name: route | {"columns": ["net"]} for name, route in ROUTES.items() if name == "payouts"}
    world = made(2, env={"ROUTES": json.dumps(chosen)})
    world.shop.payments.pay_out("PAID")
    assert world.at_once().code == 0
    said = run("export", "--what", "payouts", "--columns", "net", "--since", "2030-01-01", "--output", "p.csv")
    assert said.code == 0 and "--since leaves nothing out" in said.err and "issued_at" in said.err


def test_without_such_a_tab_an_export_says_how_to_have_one(made: Callable[..., World], run: Manage) -> None:
    assert made(2).at_once().code == 0
    said = run("export", "--what", "payouts", "--output", "payouts.csv")
    assert said.code == 2 and "payout" in said.all and "routes" in said.all
    assert not Path("payouts.csv").exists()


def sums_of(found: Answer, entity: str) -> dict[str, Decimal]:
    (one,) = [one for one in found.data["audits"] if one["entity"] == entity]
    assert {total["currency"] for total in one["sums"]} == {"EUR"}
    return {total["what"]: Decimal(total["right"]) for total in one["sums"] if Decimal(total["left"])}


def test_an_audit_reads_both_sides_of_every_tab(world: World, run: Manage) -> None:
    found = run("audit", "--days", "400", "--json")
    assert found.code == 0, found.all
    assert len(found.data["audits"]) == 4 and all(one["proven"] for one in found.data["audits"])
    entries = [one for one in world.shop.payments.transactions.values() if one["type"] != "TRANSFER"]
    gross, fees = (sum(Decimal(one[name]["amount"]) for one in entries) for name in ("amount", "fee"))
    assert sums_of(found, "payouts").items() >= {"Gross": gross, "Fees": fees, "Net": gross - fees}.items()
    assert sums_of(found, "payout_transactions") == {"Amount": gross, "Fee": fees, "Net": gross - fees}
    header = world.grid("Payouts")[0]
    Colleague(world.sandbox.spreadsheet, "Payouts").type(f"{chr(65 + header.index('Net'))}2", 1)
    found = run("audit", "--days", "400", "--json")
    assert found.code == 3
    told = [one for audit in found.data["audits"] for one in audit["differences"]]
    assert [one["field"] for one in told] == ["net"]


def test_validate_status_and_report_speak_of_them(world: World, run: Manage) -> None:
    checks = run("validate", "--json")
    assert checks.code == 0, checks.all
    assert run("status").code == 0
    kept = run("status", "--json").data["kept_in_step"]
    assert kept.keys() == {"customers", "payouts", "payout_transactions"} and kept["payouts"] == 1
    said = run("report", "--days", "7")
    assert said.code == 0, said.all
    world.shop.payments.open = False
    assert world.sync().code == 4
    told = run("status")
    assert told.code == 1 and "Shopify Payments" in told.all


def row_of(world: World, key: str) -> dict[str, Any]:
    grid = world.grid("Customers")
    at = grid[0].index("Customer ID")
    row = next(one for one in grid[1:] if len(one) > at and one[at] == key)
    return {name: row[place] if place < len(row) else None for place, name in enumerate(grid[0])}


def test_a_customer_who_is_redacted_has_an_empty_row_for_good(world: World, run: Manage) -> None:
    order = next(one for one in world.shop.orders.values() if one["customer"])
    person = order["customer"]
    told = person["email"]  # others bear the same name
    assert row_of(world, person["id"])["Email"] == told
    said = run("redact", person["email"], "--everywhere", "--yes")
    assert said.code == 0 and "empties the person's row with the next run" in said.all.replace("\n", " "), said.all
    for asked in ({}, {"full": True}):
        assert world.sync(**asked).code == 0
        left = {name: value for name, value in row_of(world, person["id"]).items() if value not in (None, "")}
        assert set(left) <= {"Customer ID", "In the shop"}, left
    held = b"".join(file.read_bytes() for file in world.folder.glob("ledger.db*"))
    assert told.encode() not in held
    others = [one for one in world.grid("Customers")[1:] if any(one)]
    assert len(others) == len(world.shop.customers.nodes)
    assert world.sync().writes == 0
