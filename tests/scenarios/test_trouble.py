"""What goes wrong outside, and what the person reads then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.ledger.queries.errors import open_errors
from syncdb.ledger.queries.reader import reading
from syncdb.sandbox.faults import Fault, Kind
from tests.cli.conftest import on_a_terminal
from tests.scenarios.test_people import some_line
from tests.scenarios.world import World

WRITE_FAULTS: list[Kind] = [
    "apply_then_cut",
    "apply_then_error",
    "cut_before",
    "refuse",
    "unavailable",
    "html_200",
    "too_many",
    "unauthorized",
]


def test_what_stops_a_run_is_said_once_on_a_terminal(world: World) -> None:
    """And nothing goes on past its edge, as far as it need not be copied."""
    world.env["TARGET_SPREADSHEET"] = "Shop ordres"

    def ask() -> None:
        assert run("sheets", RunOptions(), world.sandbox.environment() | world.env, world.clock) == 4

    shown = on_a_terminal(ask, kind="xterm")
    assert sum('spreadsheet called "Shop ordres"' in line for line in shown) == 1, shown
    assert max(map(len, shown)) <= 80, shown
    assert 'spreadsheet called "Shop ordres"' in (world.folder / "sync.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", WRITE_FAULTS)
@pytest.mark.parametrize("skip", [0, 1])
def test_a_write_without_an_answer_loses_and_doubles_nothing(make: Callable[..., World], kind: Kind, skip: int) -> None:
    world = make(orders=25)
    world.faults.add(Fault(kind, "sheets write", skip=skip))
    ran = world.sync()
    if ran.code != 0:
        assert ran.code in (4, 5), ran.text
        world.synced()
    assert set(world.lines()) <= set(world.rows())
    assert world.synced().writes == 0


@pytest.mark.parametrize("skip", [0, 1])
def test_a_write_that_lands_after_it_was_given_up_doubles_nothing(make: Callable[..., World], skip: int) -> None:
    world = make(orders=25)
    world.faults.add(Fault("apply_late", "sheets write", skip=skip))
    world.sync()
    world.faults.land_late()
    assert world.sync().code == 0
    assert set(world.lines()) <= set(world.rows())
    assert world.synced(full=True).writes == 0


def test_google_away_keeps_the_orders_and_the_next_run_goes_on(world: World) -> None:
    gid, key = some_line(world)
    world.shop.set_note(gid, "while Google was away")
    world.faults.add(Fault("refuse", "google", times=None))
    ran = world.sync(as_json=False)
    assert ran.code == 4 and "What to do" in ran.text
    world.faults.clear()
    world.synced()
    assert world.rows()[key]["Note"] == "while Google was away"


def test_shopify_away_changes_nothing_and_says_so(world: World) -> None:
    before = world.grid()
    world.faults.add(Fault("refuse", "shopify", times=None))
    ran = world.sync(as_json=False)
    assert ran.code == 4 and ran.writes == 0 and world.grid() == before and "Shopify" in ran.text


def test_a_wrong_token(make: Callable[..., World]) -> None:
    world = make(orders=3, env={"SHOPIFY_CLIENT_SECRET": "shpss_wrongwrongwrongwrongwrongwrong"})
    ran = world.sync(as_json=False)
    assert ran.code == 4 and "shpss_wrong" not in ran.text + ran.errors and "client id and secret" in ran.text


def test_a_sheet_that_is_not_shared(make: Callable[..., World]) -> None:
    world = make(orders=3)
    world.sandbox.google.drive.files[world.sandbox.spreadsheet.id].shared.clear()
    ran = world.sync(as_json=False)
    assert ran.code in (2, 4) and world.sandbox.email in ran.text and "Editor" in ran.text


def test_a_sheet_shared_for_reading_only(make: Callable[..., World]) -> None:
    world = make(orders=3)
    world.sandbox.google.drive.share(world.sandbox.spreadsheet.id, world.sandbox.email, "reader")
    ran = world.sync(as_json=False)
    assert ran.code == 4 and world.sandbox.email in ran.text and "Editor" in ran.text


def test_an_uploaded_excel_file(make: Callable[..., World]) -> None:
    world = make(orders=3, env={"TARGET_SPREADSHEET": "Old orders"})
    file = world.sandbox.google.drive.add_xlsx("Old orders")
    world.sandbox.google.drive.share(file.id, world.sandbox.email)
    environment = world.sandbox.environment
    world.sandbox.environment = lambda: environment() | {"TARGET_SPREADSHEET": "Old orders"}  # type: ignore[method-assign]
    ran = world.sync(as_json=False)
    assert ran.code in (2, 4) and "Save as Google Sheets" in ran.text


def test_a_full_spreadsheet_is_refused_before_anything_is_sent(world: World) -> None:
    import random

    from syncdb.sandbox.shopify.generate import new_order

    spreadsheet = world.sandbox.spreadsheet
    from syncdb.sandbox.google.colleague import Colleague

    tab = Colleague(spreadsheet, "Orders")._tab()
    free = 10_000_000 - sum(one.row_count * one.column_count for one in spreadsheet.tabs)
    tab.row_count += free // tab.column_count
    new_order(world.shop, random.Random(3), world.sandbox.now(), 1)
    dry = world.sync(test=True, as_json=False)
    assert dry.code == 5 and "A real run would stop here: The spreadsheet is full" in dry.text
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and "10,000,000" in ran.text
    tab.row_count -= 20
    assert world.sync(test=True).code == 0
    world.synced()


def test_one_bad_order_does_not_hold_back_the_rest(make: Callable[..., World]) -> None:
    world = make(orders=25)
    gid, key = some_line(world)
    world.shop.fail_order(gid)
    ran = world.sync()
    assert ran.code == 3 and ran.counts["quarantined"] == 1
    theirs = {line["id"].rpartition("/")[2] for line in world.shop.orders[gid]["lineItems"]}
    assert set(world.lines()) - set(world.rows()) == theirs
    told = [note["message"] for note in ran.data["notes"]]
    assert sum("Part of Shopify's answer is missing" in one for one in told) == 1 and "Request ID" not in " ".join(told)
    world.shop.heal(gid)
    world.synced()
    assert key in world.rows()


def test_an_order_that_fails_later_is_held_back_by_its_name(world: World) -> None:
    gid, _ = some_line(world)
    world.shop.set_note(gid, "changed")
    world.shop.fail_order(gid)
    assert world.sync().code == 3
    with reading(Path(world.env["DB_PATH"])) as reader:
        (error,) = open_errors(reader)
    assert error["order_name"] == world.shop.orders[gid]["name"] and error["order_name"] in error["message"]


def test_a_withheld_customer_is_not_written_as_nobody(world: World) -> None:
    gid, key = next(
        (gid, order["lineItems"][0]["id"].rpartition("/")[2])
        for gid, order in world.shop.orders.items()
        if order["customer"] and order["lineItems"] and world.rows()[order["lineItems"][0]["id"].rpartition("/")[2]]["Customer"]
    )
    name = world.rows()[key]["Customer"]
    world.sandbox.shopify.unapproved = frozenset({"Customer", "name", "email", "phone", "address"})
    world.shop.set_note(gid, "changed")
    ran = world.sync(full=True)
    assert ran.code in (0, 3)
    row = world.rows()[key]
    assert row["Note"] == "changed" and row["Customer"] == name
    assert any("protected" in note["message"].lower() or "customer" in note["message"].lower() for note in ran.data["notes"])


def test_a_version_that_fell_forward_is_told_and_the_watermark_stays(world: World) -> None:
    world.sandbox.shopify.answer_version = "2026-01"
    ran = world.sync()
    assert ran.code == 3 and ran.data["partial"] and any(note["code"] == "api_version" for note in ran.data["notes"])


def test_an_order_that_becomes_visible_late_is_not_missed(world: World) -> None:
    import random

    from syncdb.sandbox.shopify.generate import new_order

    order = new_order(world.shop, random.Random(11), world.sandbox.now(), 1)
    world.shop.hide_from_index(order["id"], world.time + 3600 + 600)
    world.synced()
    key = order["lineItems"][0]["id"].rpartition("/")[2]
    assert key not in world.rows()
    world.pass_time(hours=24)
    world.synced()
    assert key in world.rows(), "the daily look at the whole window finds it"


def test_another_shop_is_refused(world: World) -> None:
    before = world.grid()
    world.shop.settings["id"] = "gid://shopify/Shop/1"
    world.shop.settings["myshopifyDomain"] = "another.myshopify.com"
    environment = world.sandbox.environment
    world.sandbox.environment = lambda: environment() | {"SHOPIFY_STORE_NAME": "kayra-demo.myshopify.com"}  # type: ignore[method-assign]
    ran = world.sync(as_json=False)
    assert ran.code in (4, 5) and ran.writes == 0 and world.grid() == before


def test_a_second_ledger_does_not_fight_over_the_sheet(world: World) -> None:
    world.env |= {"DB_PATH": str(world.folder / "second.db")}
    ran = world.sync(as_json=False)
    assert ran.code == 5 and ran.writes == 0 and "another ledger" in ran.text
    ran = world.synced(force=True)
    assert ran.counts["rows_added"] == 0 and ran.counts["cells_changed"] == 0, "what stands there is adopted"


def test_a_lost_ledger_adopts_the_sheet_instead_of_adding_it_again(world: World) -> None:
    Path(world.env["DB_PATH"]).rename(world.folder / "gone.db")
    before = world.grid()
    assert world.sync(as_json=False).code == 5
    ran = world.synced(force=True)
    assert world.grid() == before and ran.counts["rows_added"] == 0


def test_an_overlapping_run_leaves_with_its_own_code(world: World) -> None:
    from syncdb.ledger import Ledger

    with Ledger.open(Path(world.env["DB_PATH"]), world.sandbox.now()):
        ran = world.sync(as_json=False)
    assert ran.code == 7 and ran.writes == 0 and "Another run" in ran.text


def test_a_first_load_that_is_cut_short_goes_on_where_it_was(make: Callable[..., World]) -> None:
    world = make(orders=180)
    world.faults.add(Fault("forbidden", "shopify read", skip=2, times=None))
    assert world.sync().code == 4
    world.faults.clear()
    ran = world.synced()
    assert 0 < ran.counts["fetched"] < len(world.shop.orders), "what was read is not read again"
    assert set(world.lines()) <= set(world.rows())
    assert world.synced(full=True).writes == 0


def test_a_detailed_log_tells_of_each_request(world: World) -> None:
    plain, detailed = world.sync(), world.sync(verbose=True)
    assert "answered after" not in plain.errors
    assert sum(" DEBUG syncdb." in line and "answered after" in line for line in detailed.errors.splitlines()) >= 3
