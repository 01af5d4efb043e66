"""Several sheets from one shop in one configuration: each shows what it asks for, and the shop is read once."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import syncdb.connectors.tabular.a1 as a1
from syncdb.ledger.queries.reader import reading
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.colleague import Colleague
from syncdb.services.attention import failed_run_of, failed_runs
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.status import read_status
from tests.scenarios.world import World

Make = Callable[..., World]


def routed(make: Make, orders: int = 30, /, **routes: dict[str, Any]) -> World:
    world = make(orders=orders)
    for gid in list(world.shop.orders)[:9]:
        world.shop.set_tags(gid, ["branch north"])
    world.env["ROUTES"] = json.dumps(routes)
    return world


NORTH = {
    "target_worksheet": "North",
    "rows": "order",
    "order_filter": {"tags": ["branch north"]},
    "columns": ["order_name", "tags"],
}


def shown(world: World, tab: str) -> list[list[Any]]:
    return table(world, tab, "Order ID")


def table(world: World, tab: str, key: str) -> list[list[Any]]:
    """The rows of a tab below its headers."""
    rows = world.grid(tab)
    head = next(place for place, row in enumerate(rows) if key in row)
    return [row for row in rows[head + 1 :] if any(cell not in (None, "") for cell in row)]


def test_each_route_shows_what_it_asks_for_and_the_shop_is_read_once(make: Make) -> None:
    alone = make(orders=30)
    once = alone.synced().shop_requests
    world = routed(make, north=NORTH)
    ran = world.synced()
    assert [one["about"] for one in ran.data["runs"]] == ["orders", "orders"] and ran.data["runs"][1]["route"] == "north"
    assert len(world.rows()) > 30 and len(shown(world, "North")) == 9
    assert {row[1] for row in shown(world, "North")} == {order["name"] for order in list(world.shop.orders.values())[:9]}
    assert ran.shop_requests == once
    again = world.synced()
    assert (again.writes, [one["counts"]["fetched"] for one in again.data["runs"]][1]) == (0, 0)


def test_a_change_reaches_every_route_that_shows_it(make: Make) -> None:
    world = routed(make, north=NORTH)
    world.synced()
    gid = next(iter(world.shop.orders))
    world.shop.set_tags(gid, ["branch north", "urgent"])
    world.synced()
    name = world.shop.orders[gid]["name"]
    assert [row[2] for row in shown(world, "North") if row[1] == name] == ["branch north, urgent"]
    assert {row["Tags"] for row in world.rows().values() if row["Order"] == name} == {"branch north, urgent"}


@pytest.mark.parametrize("order", [("gone", "north"), ("north", "gone")])
def test_a_route_that_cannot_be_opened_holds_up_no_other(make: Make, order: tuple[str, str]) -> None:
    routes = {"north": NORTH, "gone": {"target_spreadsheet": "1" * 44, "target_worksheet": "Gone"}}
    world = routed(make, **{name: routes[name] for name in order})
    ran = world.sync()
    codes = {one.get("route", ""): one["exit_code"] for one in ran.data["runs"]}
    assert codes[""] == codes["north"] == 0 and codes["gone"] == ran.code == 4
    assert len(shown(world, "North")) == 9


def test_a_shop_that_is_away_is_asked_once_for_all(make: Make) -> None:
    world = routed(make, north=NORTH)
    world.faults.add(Fault("unavailable", "shopify", times=None))
    ran = world.sync()
    assert ran.code == 4 and [one["exit_code"] for one in ran.data["runs"]] == [4, 4]
    first, second = (one["error"] for one in ran.data["runs"])
    assert first == second


@pytest.mark.parametrize("setting", ["SHOPIFY_BASE_URL", "GOOGLE_API_BASE_URL"])
def test_where_nobody_answers_is_found_out_once_for_all_routes(make: Make, setting: str) -> None:
    plain = {name: {"target_worksheet": name, "rows": name} for name in ("customer", "product", "stock")}
    world = routed(make, north=NORTH, **plain)
    world.env[setting] = "http://127.0.0.1:9"
    before = world.clock.monotonic()
    ran = world.at_once()
    assert ran.code == 4 and [one["exit_code"] for one in ran.data["runs"]] == [4] * 5
    assert all("127.0.0.1:9" in one["error"]["message"] for one in ran.data["runs"])
    assert 5 < world.clock.monotonic() - before < 35  # half a minute once, not for each


def test_a_dry_run_plans_each_route_in_a_folder_of_its_own(make: Make) -> None:
    world = routed(make, north=NORTH)
    ran = world.sync(test=True)
    assert ran.code == 0 and ran.writes == 0
    plans = {name: json.loads(Path("test_output", name, "plan.json").read_text(encoding="utf-8")) for name in ("", "north")}
    stages = re.findall(r"INFO syncdb.run: (.*)", (world.folder / "sync.log").read_text(encoding="utf-8"))
    assert [one.partition(" (")[0] for one in stages] == ["Reading orders", "Comparing"] * 2
    assert len(plans[""]["operations"]) > 30 and len(plans["north"]["operations"]) == 9
    pages = {name: Path("test_output", name, "summary.html").read_text(encoding="utf-8") for name in ("", "north")}
    rows = len(plans[""]["operations"])
    first, north = plans_on(pages[""])
    assert first == ("", f"orders of {SHOP}, tab Orders (this page): {rows} rows to add, 0 cells to change")
    assert north == ("north/summary.html", f"orders of {SHOP}, north: tab North: 9 rows to add, 0 cells to change")
    assert [link for link, _ in plans_on(pages["north"])] == ["../summary.html", ""]
    local = world.sandbox.now().astimezone(ZoneInfo("Europe/Berlin"))
    assert re.findall(r"Dry run of ([-0-9]* [0-9:]* [A-Z]+)", pages["north"]) == [f"{local:%Y-%m-%d %H:%M %Z}"]


SHOP = 'kayra-demo.myshopify.com in "Shop orders"'


def plans_on(page: str) -> list[tuple[str, str]]:
    """The list of plans on a page: each with where it leads and what it says."""
    found = re.findall(r"<li>(.*?)</li>", page.partition('<ul class="plans">')[2].partition("</ul>")[0])
    return [("".join(re.findall('href="(.*?)"', one)), unescape(re.sub("<.*?>", "", one))) for one in found]


def test_where_the_first_sheet_has_no_plan_its_page_still_leads_to_the_others(make: Make) -> None:
    world = routed(make, 3, north=NORTH | {"target_spreadsheet": "Shop orders"})
    Path("test_output").mkdir()
    Path("test_output", "summary.html").write_text("of another day", encoding="utf-8")
    world.env["TARGET_SPREADSHEET"] = "1" * 44
    ran = world.sync(test=True, as_json=False)
    assert ran.code == 4 and "All plans at a glance: test_output/summary.html" in ran.text
    first, north = plans_on(Path("test_output", "summary.html").read_text(encoding="utf-8"))
    assert "no plan. Stopped: " in first[1] and "1" * 44 in first[1] and north[0] == "north/summary.html"
    assert Path("test_output", north[0]).is_file()


@pytest.mark.parametrize(
    ("routes", "told"),
    [
        ({"a": {"target_worksheet": "orders"}}, "routes.a (environment variable ROUTES): has the same tab as the first sheet"),
        ({"a": {"worksheet": "X"}}, "routes.a.worksheet (environment variable ROUTES): there is no such setting of a route"),
        ({"a": {"target_worksheet": "A", "rows": "x"}}, "routes.a.rows (environment variable ROUTES): must be line or order"),
        ({"a": {"target_worksheet": "A", "columns": ["x"]}}, "routes.a.columns (environment variable ROUTES):"),
        (
            {"a": {"target_worksheet": "A", "order_filter": {"tag": ["x"]}}},
            "routes.a.order_filter.tag (environment variable ROUTES): there is no such condition",
        ),
        ({"a": []}, "routes.a (environment variable ROUTES): must be an object"),
    ],
)
def test_what_is_wrong_with_a_route_is_told_before_anything_is_asked(make: Make, routes: Any, told: str) -> None:
    world = routed(make, **routes)
    ran = world.sync(as_json=False)
    assert ran.code == 2 and told in ran.text + ran.errors, ran.text + ran.errors
    assert ran.shop_requests == ran.google_requests == 0


def test_refunds_and_payments_have_sheets_of_their_own(make: Make) -> None:
    world = routed(
        make,
        refunds={"target_worksheet": "Refunds", "rows": "refund"},
        payments={"target_worksheet": "Payments", "rows": "transaction"},
    )
    world.synced()
    orders = list(world.shop.orders.values())
    assert len(table(world, "Payments", "Transaction ID")) == sum(len(order["transactions"]) for order in orders) > 0
    before = len(table(world, "Refunds", "Refund ID"))
    paid = next(one for one in orders if one["displayFinancialStatus"] == "PAID" and one["lineItems"] and not one["cancelledAt"])
    world.shop.refund(paid["id"], {paid["lineItems"][0]["id"]: 1})
    world.synced()
    assert len(table(world, "Refunds", "Refund ID")) == before + 1
    again = world.synced(full=True)
    assert again.writes == 0


@pytest.mark.parametrize("columns", [["default", "shipping_zip"], ["order_name", "sku", "shipping_zip"]])
def test_the_advice_about_a_renamed_header_loses_no_column_that_a_route_has_from_the_first_sheet(
    make: Make, columns: list[str]
) -> None:
    world = routed(make, 2, back={"target_worksheet": "Back"})
    world.env["SHEET_COLUMNS"] = json.dumps(columns)
    world.synced()
    person = Colleague(world.sandbox.spreadsheet, "Back")
    person.rename_header("SKU", "Artikel")
    (told,) = [one["error"]["next_step"] for one in world.sync().data["runs"] if one["exit_code"] == 5]
    given = json.loads(re.findall(r"`routes\.back\.columns`[^\[]*(\[.*\])", told)[0])
    world.env["ROUTES"] = json.dumps({"back": {"target_worksheet": "Back", "columns": given}})
    world.synced()
    before = world.grid("Back")
    assert "Artikel" in before[0] and len(before[0]) == len(world.grid("Orders")[0])
    for header in ("Shipping postcode", "Artikel"):
        person.type(a1.cell(1, before[0].index(header)), "typed")
    world.synced(full=True)
    assert world.grid("Back") == before, "both are still kept true"
    person.rename_header("Line ID", "Nr")
    (told,) = [one["error"]["next_step"] for one in world.sync(full=True).data["runs"] if one["exit_code"] == 5]
    assert told.startswith('Rename it back to "Line ID"') and "field" not in told, "the key keeps its header"


def test_each_route_that_fails_is_in_the_status_though_others_ran_after_it(make: Make) -> None:
    gone = {name: {"target_spreadsheet": name * 44, "target_worksheet": "Gone"} for name in ("1", "2")}
    back = {"target_worksheet": "Back", "rows": "refund"}
    world = routed(make, 4, back=back, **gone, north=NORTH)
    for _ in range(4):
        assert world.sync().code == 4
    Colleague(world.sandbox.spreadsheet, "Back").rename_header("Refund amount", "Paid back")
    ran = world.sync()
    (stopped,) = [one["error"]["next_step"] for one in ran.data["runs"] if one["exit_code"] == 5]
    assert ran.code == 5 and "`routes.back.columns`" in stopped
    place = LedgerLocation(Path(world.env["DB_PATH"]), world.folder / "sync.log")
    with reading(place.ledger) as reader:
        state = read_status(reader, place, world.clock.now())
    (series,) = state.series
    told = [one.message for one in failed_runs(state)]
    assert len(told) == 3 and all(any(word in one for one in told) for word in ("1" * 44, "2" * 44, "Paid back")), told
    assert series.last_ended is not None and series.last_ended["exit_code"] == 4
    assert (one := failed_run_of(series, state)) is not None and one.message in told
    assert series.rhythm is not None and series.rhythm.interval.total_seconds() == 3600
    followed = back | {"columns": ["default", {"field": "refund_amount", "header": "Paid back"}]}
    world.env["ROUTES"] = json.dumps({"back": followed, "north": NORTH})
    world.synced()
    del world.env["ROUTES"]
    world.env["TARGET_WORKSHEET"] = "Orders B"
    world.synced()  # one good run is the end of it, wherever it writes
    with reading(place.ledger) as reader:
        (series,) = read_status(reader, place, world.clock.now()).series
    assert series.last_ended is not None and series.last_ended["exit_code"] == 0
