"""A run that cannot even begin: what can be known first is looked at first, and the ledger hears of it."""

from typing import Any

import pytest

from tests.cli.acting.conftest import Manage
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.world import World

NOWHERE = "http://127.0.0.1:9"


def told(run: Manage) -> list[str]:
    """What `status` and `errors` say of the failed run; both must say the same."""
    attention = [one for one in run("status", "--json").data["attention"] if one["code"] == "run_failed"]
    failed = run("errors", "--json").data["failed_runs"]
    assert [(one["message"], one["next_step"]) for one in attention] == [(one["message"], one["next_step"]) for one in failed]
    assert all(one["next_step"] in " ".join(run("errors").out.split()) for one in failed)
    return [one["next_step"] for one in failed]


def address(world: World) -> str:
    return f"https://docs.google.com/spreadsheets/d/{world.sandbox.spreadsheet.id}/edit"


@pytest.mark.parametrize("by", ["title", "address", "misspelt title"])
def test_a_sheet_that_is_not_shared(made: Any, run: Manage, by: str) -> None:
    world = made(5)
    world.env["TARGET_SPREADSHEET"] = {"title": "Shop orders", "address": address(world)}.get(by, "Shop ordres")
    if by != "misspelt title":
        for file in world.sandbox.google.drive.files.values():
            file.shared.clear()
    ran = world.sync(as_json=False)
    assert ran.code == 4 and world.sandbox.email in ran.text, ran.text
    assert world.faults.count("shopify", "read") == 0, "no order was read in vain"
    assert ["Share > add" in step for step in told(run)] == [True]
    world.env["TARGET_SPREADSHEET"] = "Shop orders"
    for file in world.sandbox.google.drive.files.values():
        file.shared[world.sandbox.email] = "writer"
    assert world.sync().code == 0 and told(run) == []


def test_a_tab_that_is_somebody_elses_is_told_before_orders_are_read(made: Any, run: Manage) -> None:
    world = made(5)
    world.colleague.add_tab("Orders")
    world.colleague.type("A1", "my own list")
    ran = world.sync(as_json=False)
    assert ran.code == 5 and "in use already" in ran.text
    assert world.faults.count("shopify", "read") == 0
    assert ["Name another tab" in step for step in told(run)] == [True]


def test_a_renamed_header_has_its_own_remedy_until_a_run_went_well(world: World, run: Manage) -> None:
    world.colleague.rename_header("SKU", "Article")
    assert world.sync(full=True).code == 5
    assert ["SKU" in step and "--test" not in step for step in told(run)] == [True]
    world.colleague.rename_header("Article", "SKU")
    assert world.sync(full=True).code == 0 and told(run) == []


def test_a_grist_run_without_its_shop_is_in_the_ledger(in_grist: Any, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    world: GristWorld = in_grist()
    world.synced()
    world.env |= {"SHOPIFY_BASE_URL": NOWHERE, "DEADLINE_SECONDS": "1"}
    assert world.sync().code == 4
    assert len(told(run)) == 1
    del world.env["SHOPIFY_BASE_URL"]
    assert world.sync().code == 0 and told(run) == []


def test_a_ledger_whose_only_run_failed_is_no_ledger_without_orders(made: Any, run: Manage) -> None:
    world = made(5)
    world.env["TARGET_SPREADSHEET"] = "Shop ordres"
    assert world.sync(as_json=False).code == 4
    assert run("missing", "--offline").code == 0 and run("status").code == 1
