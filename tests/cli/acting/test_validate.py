"""Everything tried for real against the sandbox, and one thing broken at a time."""

import json
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.shopify.tokens import Client
from tests.cli.acting.conftest import Manage
from tests.cli.conftest import asked_on_a_terminal
from tests.scenarios.world import World


def states(data: dict[str, Any]) -> dict[str, str]:
    return {f"{one['part']}: {one['name']}": one["state"] for one in data["checks"]}


def failed(data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {f"{one['part']}: {one['name']}": (one["told"], one["remedy"]) for one in data["checks"] if one["state"] == "failed"}


def test_all_is_set_up(world: World, run: Manage) -> None:
    before = world.grid()
    said = run("validate", "--json")
    assert said.code == 0, said.all
    assert "failed" not in states(said.data).values()
    tried = {name for name, state in states(said.data).items() if state == "passed"}
    assert {"shopify: token", "shopify: scopes", "shopify: version", "google: sign-in", "google: edit"} <= tried
    assert {"google: clock", "google: room", "google: headers", "ledger: file", "ledger: free"} <= tried
    assert world.grid() == before
    shown = asked_on_a_terminal("validate")
    assert "All is set up." in shown and all(len(line) <= 80 for line in shown if "http" not in line)
    assert world.sync().writes == 0  # no trace of the trial


def test_before_the_first_run(made: Any, run: Manage) -> None:
    made(3)
    said = run("validate", "--json")
    assert said.code == 0, said.all
    assert states(said.data)["ledger: file"] == "skipped" and states(said.data)["google: headers"] == "skipped"


def test_nothing_configured(run: Manage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("validate", "--json")
    assert said.code == 2
    assert len(failed(said.data)) >= 1 and states(said.data)["google: all"] == "skipped"


def test_a_wrong_secret(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "shpss_wrongwrongwrong")
    said = run("validate", "--json")
    assert said.code == 4 and list(failed(said.data)) == ["shopify: token"]
    assert "shpss_wrongwrongwrong" not in said.all
    assert states(said.data)["google: edit"] == "passed"


def test_missing_scopes_and_a_short_horizon(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = world.sandbox
    few = frozenset({"read_orders", "write_products"})
    sandbox.shopify.tokens.add_client(sandbox.client_id, Client(sandbox.client_secret, few))
    monkeypatch.setenv("LOOKBACK_DAYS", "90")
    said = run("validate", "--json", "--pair", "sheets")
    assert said.code == 4
    assert "read_customers" in failed(said.data)["shopify: scopes"][0]
    assert "60" in failed(said.data)["shopify: horizon"][0]
    assert states(said.data)["shopify: excess"] == "passed"


def test_another_version_answers(world: World, run: Manage) -> None:
    world.sandbox.shopify.answer_version = "2026-07"
    assert "2026-07" in failed(run("validate", "--json").data)["shopify: version"][1]


def test_a_sheet_that_is_shared_for_reading_only(world: World, run: Manage) -> None:
    files = world.sandbox.google.drive.files
    for file in files.values():
        file.shared[world.sandbox.email] = "reader"
    said = run("validate", "--json")
    assert said.code == 4
    assert world.sandbox.email in failed(said.data)["google: edit"][1] and "Editor" in failed(said.data)["google: edit"][1]


def test_a_sheet_that_is_not_shared(world: World, run: Manage) -> None:
    for file in world.sandbox.google.drive.files.values():
        file.shared.clear()
    said = run("validate", "--json")
    assert said.code == 4
    assert world.sandbox.email in json.dumps(failed(said.data))
    assert states(said.data)["google: room"] == "skipped"


def test_a_protected_range_and_another_ledgers_tab_are_known_before_a_run(made: Any, run: Manage) -> None:
    world = made(3)
    world.colleague.add_tab("Orders")
    world.colleague.protect("A1:C9", "owner@shop.example")
    said = run("validate", "--json")
    told, remedy = failed(said.data)["google: protection"]
    assert said.code == 4 and "protected" in told and world.sandbox.email in remedy
    world.colleague.type("Z1", "mine")
    assert "in use already" in failed(run("validate", "--json").data)["google: headers"][0]


def test_a_tab_that_another_ledger_keeps_is_told_by_validate(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PATH", str(world.folder / "second.db"))
    said = run("validate", "--json")
    assert said.code == 5 and "kept by another ledger" in failed(said.data)["google: headers"][0], said.all


def test_a_header_was_renamed(world: World, run: Manage) -> None:
    world.colleague.rename_header("SKU", "Article")
    said = run("validate", "--json")
    assert said.code == 5 and "SKU" in failed(said.data)["google: headers"][0]


def test_locations_of_filters_that_the_shop_has_not(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_FILTER", json.dumps({"locations": ["Nirgends"]}))
    routes = {
        "same": {"target_worksheet": "A", "rows": "order"},  # has the first sheet's filter
        "own": {"target_worksheet": "B", "order_filter": {"locations": ["Lager Kreuzberg", "Nowhere"]}},
    }
    monkeypatch.setenv("ROUTES", json.dumps(routes))
    said = run("validate", "--json")
    told = [(one["told"], one["remedy"]) for one in said.data["checks"] if one["name"] == "locations"]
    assert said.code == 2 and len(told) == 2 and "order_filter.locations" in told[0][0]
    assert "nowhere" in told[1][0] and told[1][1].startswith("Correct routes.own.order_filter.locations; ")
    monkeypatch.setenv("ORDER_FILTER", json.dumps({"locations": ["lager kreuzberg"], "tags": ["nobody uses it yet"]}))
    monkeypatch.delenv("ROUTES")
    said = run("validate", "--json")
    assert said.code == 0 and states(said.data)["shopify: locations"] == "passed"
    monkeypatch.setenv("WORKBOOK", "orders.xlsx")
    monkeypatch.setenv("WORKBOOK_ORDER_FILTER", json.dumps({"locations": ["Nirgends"]}))
    told = failed(run("validate", "--pair", "workbook", "--json").data)["shopify: locations"]
    assert "workbook_order_filter.locations" in told[0]


def test_a_spreadsheet_is_looked_at_once_however_many_routes_go_to_it(
    world: World, run: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"https://docs.google.com/spreadsheets/d/{world.sandbox.spreadsheet.id}/edit"
    routes: dict[str, Any] = {name: {"target_worksheet": name, "rows": name} for name in ("refund", "customer")}
    routes["same"] = {"target_spreadsheet": address, "target_worksheet": "by its address"}
    routes["gone"] = {"target_spreadsheet": "1" * 44}
    routes["gone too"] = {"target_spreadsheet": "1" * 44, "target_worksheet": "B"}
    monkeypatch.setenv("ROUTES", json.dumps(routes))
    before = len(world.faults.log)
    said = run("validate", "--json")
    asked = [one for one in world.faults.log[before:] if one.system == "google" or one.kind == "token"]
    assert sum(one.path.endswith(":batchUpdate") for one in asked) == 1, "the right to edit"
    assert len([one for one in asked if one.kind == "token" and one.system == "google"]) <= 1
    assert sum("protectedRanges" in one.query for one in asked) == 1
    assert sum("gridProperties" in one.query and "title" in one.query for one in asked) >= 1
    google = [name.removeprefix("google: ") for name in states(said.data) if name.startswith("google: ")]
    assert [name for name in google if name.endswith(("sign-in", "edit", "room", "clock"))] == [
        "sign-in", "clock", "edit", "room", "gone: sign-in", "gone: clock", "gone: edit", "gone: room",
    ]  # fmt: skip
    for name in ("refund", "customer", "same"):
        assert {f"{name}: headers", f"{name}: protection"} <= {*google}
    assert said.code == 4 and list(failed(said.data)) == ["google: gone: sign-in"]
    assert states(said.data)["google: gone too: headers"] == "skipped"


def test_a_damaged_ledger(world: World, run: Manage) -> None:
    (world.folder / "ledger.db").write_bytes(b"not a database, not at all " * 100)
    said = run("validate", "--json")
    assert said.code == 5 and "ledger: file" in failed(said.data)
    assert states(said.data)["shopify: token"] == "passed"


def test_offline(world: World, run: Manage) -> None:
    world.faults.log.clear()
    said = run("validate", "--offline", "--json")
    assert said.code == 0 and states(said.data)["shopify: all"] == "skipped"
    assert world.faults.log == []


def test_settings_that_no_run_reads(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_MAIL_TO", "owner@example.com")
    monkeypatch.setenv("SCHEDULE", "sheets=sometimes")
    wrong = run("validate", "--offline", "--json")
    told = {one["part"]: one["told"] for one in wrong.data["checks"] if one["state"] == "failed"}
    assert wrong.code == 2 and "no mail is sent" in told["alerts"] and "sheets must be" in told["schedule"]
    monkeypatch.setenv("ALERT_MAIL_FROM", "syncdb@example.com")
    monkeypatch.setenv("ALERT_SMTP", "smtp.example.com")
    monkeypatch.setenv("SCHEDULE", "sheets=15m")
    right = run("validate", "--offline")
    assert right.code == 0 and "people are told by mail" in right.out
