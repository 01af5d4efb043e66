"""A tab for each year, quarter or month: orders over New Year, old ones that change, a spreadsheet that is full."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.shopify.generate import new_order
from tests.cli.conftest import manage
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.scenarios.world import World

NEW_YEAR = datetime(2027, 1, 10, 9, tzinfo=UTC).timestamp()
BERLIN = ZoneInfo("Europe/Berlin")
OLD, NEW = "Orders 2026", "Orders 2027"


def rows(world: World, tab: str) -> dict[str, dict[str, Any]]:
    """The rows of a tab by line id, as header -> value. A line standing twice fails."""
    header, *lines = world.grid(tab)
    filled = [dict(zip(header, [*line, *[None] * len(header)], strict=False)) for line in lines if any(line)]
    found = {one["Line ID"]: one for one in filled}
    assert len(found) == len(filled)
    return found


def year(order: dict[str, Any]) -> str:
    return f"Orders {datetime.fromisoformat(order['createdAt']).astimezone(BERLIN).year}"


def lines_of(world: World, tab: str, of: Callable[[dict[str, Any]], str] = year) -> set[str]:
    """The line ids of the orders that belong into a tab, and the ids of those without lines."""
    orders = [order for order in world.shop.orders.values() if of(order) == tab]
    return {one["id"].rpartition("/")[2] for order in orders for one in order["lineItems"] or [order]}


def placed(world: World, at: datetime) -> dict[str, Any]:
    made: dict[str, Any] = new_order(world.shop, random.Random(at.timestamp()), at, 1)
    return made


def all_in_place(world: World) -> None:
    for tab in (OLD, NEW):
        assert set(rows(world, tab)) == lines_of(world, tab)


@pytest.fixture
def by_year(make: Callable[..., World]) -> World:
    """A shop with 30 orders of 25 days around New Year, in their tabs."""
    world = make(orders=30, time=NEW_YEAR, env={"TABS_BY": "year"})
    world.synced()
    return world


def test_orders_over_new_year_go_by_the_clock_on_the_shops_wall(by_year: World) -> None:
    late = placed(by_year, datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    early = placed(by_year, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert (year(late), year(early)) == (OLD, NEW)
    for one in (late, early):
        one["updatedAt"] = by_year.shop.stamp()
        by_year.shop.add_order(one)
    by_year.synced(full=True)
    all_in_place(by_year)
    assert rows(by_year, OLD) and rows(by_year, NEW) and by_year.sandbox.spreadsheet.titled("Orders") is None
    assert by_year.synced(full=True).writes == 0


def test_an_hour_without_news_asks_the_newest_tab_only(by_year: World) -> None:
    by_year.pass_time(hours=2)
    by_year.synced()
    idle = by_year.synced()
    assert idle.counts["fetched"] == 0 and idle.writes == 0
    assert idle.shop_requests <= 2 and idle.google_requests <= 3


def first_of(world: World, tab: str) -> tuple[str, dict[str, Any]]:
    chosen = ((gid, one) for gid, one in world.shop.orders.items() if year(one) == tab and one["lineItems"])
    return next(chosen)


def test_an_old_order_that_changes_changes_in_its_old_tab(by_year: World) -> None:
    by_year.pass_time(hours=24 * 20)
    by_year.synced()
    gid, order = first_of(by_year, OLD)
    Colleague(by_year.sandbox.spreadsheet, OLD).sort("C", descending=True)
    before = {tab: rows(by_year, tab) for tab in (OLD, NEW)}
    by_year.shop.set_note(gid, "ring twice")
    ran = by_year.synced()
    assert ran.writes == 1 and ran.counts["cells_changed"] == len(order["lineItems"])
    after = rows(by_year, OLD)
    assert rows(by_year, NEW) == before[NEW] and list(after) == list(before[OLD])
    changed = {key for key in after if after[key] != before[OLD][key]}
    assert changed == {one["id"].rpartition("/")[2] for one in order["lineItems"]}
    assert all(after[key] == {**before[OLD][key], "Note": "ring twice"} for key in changed)


def test_two_tabs_in_one_run(by_year: World) -> None:
    for tab in (OLD, NEW):
        by_year.shop.set_note(first_of(by_year, tab)[0], f"of {tab}")
    assert by_year.synced().writes == 2
    for tab in (OLD, NEW):
        assert {one["Note"] for one in rows(by_year, tab).values()} >= {f"of {tab}"}


def test_a_row_moved_to_another_tab_comes_back_and_the_copy_is_told(by_year: World) -> None:
    key = next(iter(rows(by_year, OLD)))
    old, new = (by_year.sandbox.spreadsheet.titled(tab) for tab in (OLD, NEW))
    assert old is not None and new is not None
    at = by_year.grid(OLD).index(next(line for line in by_year.grid(OLD) if key in line))
    end = len(by_year.grid(NEW))
    Colleague(by_year.sandbox.spreadsheet, NEW).insert_rows(end + 1)
    for column in range(len(by_year.grid(OLD)[0])):
        new.put(end, column, old.get(at, column))
    Colleague(by_year.sandbox.spreadsheet, OLD).delete_rows(at + 1)
    assert by_year.synced(full=True).counts["rows_restored"] == 1
    told = by_year.synced(full=True)
    assert key in rows(by_year, OLD) and told.data["conflicts"] == 1 and told.writes == 0
    assert 'in "Orders 2027"' in json.dumps(told.data) or 'in "Orders 2027"' in by_year.sync(full=True, as_json=False).text


def test_the_dry_run_shows_what_the_real_run_does(make: Callable[..., World]) -> None:
    world = make(orders=20, time=NEW_YEAR, env={"TABS_BY": "quarter"})
    for _ in range(2):
        version, ledger = world.sandbox.spreadsheet.version, Path(world.env["DB_PATH"])
        before = ledger.read_bytes() if ledger.exists() else None
        dry = world.sync(test=True)
        assert dry.code == 0 and dry.writes == 0 and world.sandbox.spreadsheet.version == version
        assert (ledger.read_bytes() if ledger.exists() else None) == before
        assert world.at_once().data["plan_digest"] == dry.data["plan_digest"]
        world.shop.set_note(first_of(world, OLD)[0], "changed")
    assert [tab.title for tab in world.sandbox.spreadsheet.tabs][-2:] == ["Orders 2026-Q4", "Orders 2027-Q1"]


def test_many_months_at_once(make: Callable[..., World]) -> None:
    world = make(time=NEW_YEAR, env={"TABS_BY": "month", "LOOKBACK_DAYS": "400"})
    for months in range(10):
        placed(world, datetime.fromtimestamp(NEW_YEAR, UTC) - timedelta(days=30 * months))
    first = world.synced()
    tabs = {f"Orders {order['createdAt'][:7]}" for order in world.shop.orders.values()}
    assert {tab.title for tab in world.sandbox.spreadsheet.tabs} >= tabs and len(tabs) > 8
    assert sum(len(rows(world, tab)) for tab in tabs) == len(world.lines()) == first.counts["rows_added"]
    assert world.synced(full=True).writes == 0
    world.env["SHEET_COLUMNS"] = "order_name,sku,shipping_zip"
    world.synced()
    assert all("Shipping postcode" in world.grid(tab)[0] for tab in tabs)


def test_another_setting_is_another_place_and_says_so(make: Callable[..., World]) -> None:
    world = make(orders=12, time=NEW_YEAR)
    world.synced()
    before = world.grid("Orders")
    world.env["TABS_BY"] = "year"
    switched = world.synced()
    assert "not kept true any more" in Path(world.env["LOG_FILE"]).read_text(encoding="utf-8") + switched.errors
    all_in_place(world)
    world.shop.set_note(first_of(world, OLD)[0], "later")
    world.synced()
    assert world.grid("Orders") == before
    assert world.synced(full=True).writes == 0


def test_no_order_moves_when_the_shops_zone_is_changed(by_year: World) -> None:
    order = placed(by_year, datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    order["updatedAt"] = by_year.shop.stamp()
    by_year.shop.add_order(order)
    by_year.synced(full=True)
    by_year.shop.settings["ianaTimezone"] = "America/New_York"
    by_year.synced(full=True)
    all_in_place(by_year)
    assert by_year.synced(full=True).writes == 0


def test_a_full_spreadsheet_is_relieved_by_another_one_for_what_comes(by_year: World) -> None:
    world, book = by_year, by_year.sandbox.spreadsheet
    by_year.pass_time(hours=24 * 360)
    world.synced()
    tab = book.titled(OLD)
    assert tab is not None
    tab.row_count += (10_000_000 - sum(one.row_count * one.column_count for one in book.tabs)) // tab.column_count
    order = placed(world, world.sandbox.now())
    assert year(order) == "Orders 2028"
    refused = world.sync()
    assert refused.code == 5 and "is full" in refused.text and "tabs_by" in refused.text
    other = world.sandbox.google.create("Orders from 2028", world.sandbox.email)
    world.env["PERIOD_SPREADSHEETS"] = json.dumps({"2028": f"https://docs.google.com/spreadsheets/d/{other.id}/edit"})
    world.synced()
    assert book.titled("Orders 2028") is None and other.titled("Orders 2028") is not None
    gid, _ = first_of(world, NEW)
    world.shop.set_note(gid, "still kept true")
    world.synced()
    assert "still kept true" in {one["Note"] for one in rows(world, NEW).values()}
    world.pass_time(hours=2)
    world.synced()
    assert world.synced().google_requests <= 3


def test_dying_anywhere_loses_and_doubles_nothing(make: Callable[..., World]) -> None:
    """A first load into two tabs, cut short at every eighth boundary."""
    world = make(orders=8, time=NEW_YEAR, env={"TABS_BY": "year"})
    ledger = Path(world.env["DB_PATH"])
    book = world.sandbox.spreadsheet.kept()
    deaths = 0
    for at in range(2, 400, 8):
        world.time = NEW_YEAR
        world.sandbox.spreadsheet.come_back(book.kept())
        for ending in ("", "-wal", "-shm"):
            ledger.with_name(ledger.name + ending).unlink(missing_ok=True)
        try:
            with dying(Steps(die_at=at)):
                world.sync()
                break
        except Crash:
            deaths += 1
        world.synced(full=True)
        all_in_place(world)
        assert world.synced(full=True).writes == 0
    assert deaths > 8


def test_a_period_is_taken_to_another_spreadsheet(by_year: World) -> None:
    world, before = by_year, rows(by_year, OLD)
    other = world.sandbox.google.create("Orders of 2026", world.sandbox.email)
    world.env["PERIOD_SPREADSHEETS"] = json.dumps({"2026": other.id})
    stopped = world.sync(full=True)
    assert stopped.code == 5 and "are gone and would be added again" in stopped.text, "many rows gone: a person must look"
    moved = world.synced(force=True)
    assert moved.counts["rows_restored"] == len(before)
    Colleague(world.sandbox.spreadsheet, OLD).delete_tab()
    world.sandbox.spreadsheet, first = other, world.sandbox.spreadsheet
    assert rows(world, OLD) == before
    world.shop.set_note(first_of(world, OLD)[0], "in its new place")
    world.synced()
    assert "in its new place" in {one["Note"] for one in rows(world, OLD).values()}
    world.sandbox.spreadsheet = first
    assert set(rows(world, NEW)) == lines_of(world, NEW) and first.titled(OLD) is None
    assert world.synced(full=True).writes == 0


def test_the_manager_reads_all_tabs(by_year: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (by_year.sandbox.environment() | by_year.env).items():
        monkeypatch.setenv(name, value)
    said = manage("validate", "--json")
    headers = next(one for one in said.data["checks"] if one["name"] == "headers")
    assert headers["state"] == "passed" and OLD in headers["told"] and NEW in headers["told"]
    Colleague(by_year.sandbox.spreadsheet, OLD).delete_rows(2)
    sheet = manage("missing", "--json").data["sheet"]
    assert sheet["compared"] == len(by_year.lines()) + sum(not one["lineItems"] for one in by_year.shop.orders.values()) - 1
    monkeypatch.setenv("TABS_BY", "month")
    told = [one["told"] for one in manage("validate", "--json").data["checks"] if one["name"] == "note"]
    assert any("not kept true any more" in one for one in told)
