"""An audit reads both sides anew: it proves them equal, or says where not and why. Sums are checked against the shop itself."""

import csv
import json
import re
import shutil
import sqlite3
import subprocess
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncdb.ledger.queries.reader import reading
from syncdb.sandbox.shopify.anatomy import additional_fee
from syncdb.sandbox.stores import TwoStores
from syncdb.services.alerts.digest import DigestDue, digest
from syncdb.services.ledger_location import LedgerLocation
from syncdb.services.status import read_status
from syncdb.values import moment
from tests.cli.acting.conftest import Manage
from tests.cli.acting.test_missing import forget, inner
from tests.sandbox.shopify.placed import placed
from tests.scenarios.grist_world import GristWorld
from tests.scenarios.world import World

ALL = ("audit", "--pair", "sheets", "--days", "400")


def audited(run: Manage, *more: str, code: int) -> dict[str, Any]:
    said = run(*ALL, *more, "--json")
    assert said.code == code, said.all
    (only,) = said.data["audits"]
    assert only["proven"] is said.data["proven"] is (code == 0)
    return only


def differences(found: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    return [(one["name"], one["field"], one["cause"]) for one in found["differences"]]


def key_of(order: dict[str, Any]) -> str:
    return str(order["lineItems"][0]["id"].rpartition("/")[2])


def total_in_shop(world: World, name: str) -> dict[str, Decimal]:
    """By day, worked out from the shop's own orders."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for order in world.shop.orders.values():
        zone = ZoneInfo(world.shop.settings["ianaTimezone"])
        sums[moment(order["processedAt"]).astimezone(zone).date().isoformat()] += Decimal(order[name]["shopMoney"]["amount"])
    return sums


def test_what_is_in_step_is_proven_equal_and_nothing_is_changed(world: World, run: Manage) -> None:
    ledger, grid = (world.folder / "ledger.db").read_bytes(), world.grid()
    found = audited(run, code=0)
    lines = sum(len(order["lineItems"]) or 1 for order in world.shop.orders.values())
    assert found["records"] == {"left": lines, "right": lines} and found["differences"] == []
    assert found["cells"]["compared"] == found["cells"]["equal"] > 20 * lines
    assert (world.folder / "ledger.db").read_bytes() == ledger and world.grid() == grid


def test_sums_by_day_are_those_of_the_shop(world: World, run: Manage) -> None:
    sums = audited(run, code=0)["sums"]
    for what, field in (("order_total", "currentTotalPriceSet"), ("order_tax", "currentTotalTaxSet")):
        left = {one["day"]: Decimal(one["left"]) for one in sums if one["what"] == what}
        right = {one["day"]: Decimal(one["right"]) for one in sums if one["what"] == what}
        assert left == right == {day: total for day, total in total_in_shop(world, field).items() if total}
    days = {one["day"]: int(one["left"]) for one in sums if one["what"] == "orders"}
    assert sum(days.values()) == len(world.shop.orders) and all(one["right"] == one["left"] for one in sums if one["right"])


def test_the_gross_is_what_the_units_cost_before_discounts(world: World, run: Manage) -> None:
    sums = audited(run, code=0)["sums"]
    in_shop = sum(
        Decimal(line["originalUnitPriceSet"]["shopMoney"]["amount"]) * line["currentQuantity"]
        for order in world.shop.orders.values()
        for line in order["lineItems"]
    )
    for side in ("left", "right"):
        assert sum(Decimal(one[side]) for one in sums if one["what"] == "gross") == in_shop > 0


def test_an_order_that_only_the_search_lacks_is_no_difference(world: World, run: Manage) -> None:
    """The shop has it: its search lags, or has lost it for a while."""
    late = inner(world)[0]
    world.shop.hide_from_index(late["id"], world.time + 7200)
    found = audited(run, code=0)
    assert found["differences"] == []
    days = [one for one in found["sums"] if one["what"] == "orders"]
    assert sum(int(one["left"]) for one in days) == len(world.shop.orders)


def test_a_row_that_stands_without_its_key_is_named_as_sums_over_the_column_count_it(world: World, run: Manage) -> None:
    order = inner(world)[0]
    row, last = world.row_of(key_of(order)), len(world.grid())
    world.colleague.insert_rows(last + 1)
    world.colleague.copy_rows(row, 1, last + 1)
    world.colleague.clear(f"A{last + 1}")
    world.colleague.type(f"{world.letter('Note')}{last + 1}", "what it said last week")
    said = run(*ALL)
    assert said.code == 3
    assert f"Row {last + 1} has no key, yet shows what {order['name']} has: no sum here counts it, a sum over the" in said.all
    world.colleague.clear(f"B{last + 1}:Z{last + 1}")
    assert audited(run, code=0)["differences"] == []


def test_a_row_whose_key_was_changed_is_for_a_person_to_delete(world: World, run: Manage) -> None:
    world.colleague.type(f"A{world.row_of(key_of(inner(world)[0]))}", 9007199254740000)
    said = run(*ALL)
    assert said.code == 3 and "the shop shows no such record" in said.all
    assert "delete there what is left over, such as a row whose key was changed" in said.all


def test_a_cell_that_a_person_changed_is_named_with_both_values(world: World, run: Manage) -> None:
    order = inner(world)[0]
    row = world.row_of(key_of(order))
    world.colleague.type(f"{world.letter('Total')}{row}", 1)
    found = audited(run, code=3)
    assert differences(found) == [(order["name"], "order_total", "right_moved")]
    (one,) = found["differences"]
    assert one["right"] == "1" and Decimal(one["left"]) == Decimal(order["currentTotalPriceSet"]["shopMoney"]["amount"])
    off = [total for total in found["sums"] if not total["equal"]]
    assert {total["what"] for total in off} == {"order_total"}
    world.colleague.type(f"{world.letter('Note')}{row}", "here it differs" + "x" * 5_000)
    told = run("audit").out
    assert "here it differs" in told and max(map(len, told.splitlines())) < 400  # long texts are cut to where they differ


def test_what_the_shop_changed_since_the_last_run_is_told_as_that(world: World, run: Manage) -> None:
    order = inner(world)[0]
    world.shop.set_note(order["id"], "call before delivery")
    found = audited(run, code=3)
    assert {(field, cause) for _, field, cause in differences(found)} == {("note", "left_moved")}


def test_rows_that_are_gone_doubled_or_of_no_order(world: World, run: Manage) -> None:
    gone, twice, deleted = inner(world, 3)
    last = max(world.keys())
    world.colleague.insert_rows(last + 1)
    world.colleague.copy_rows(world.row_of(key_of(twice)), 1, last + 1)
    world.colleague.delete_rows(world.row_of(key_of(gone)))
    world.shop.delete(deleted["id"])
    found = differences(audited(run, code=3))
    assert (gone["name"], None, "gone_right") in found and (twice["name"], None, "doubled") in found
    assert {(name, cause) for name, _, cause in found if cause == "gone_left"} == {(deleted["name"], "gone_left")}
    assert len(found) == 2 + (len(deleted["lineItems"]) or 1)


def test_the_ledger_is_not_believed(world: World, run: Manage) -> None:
    """A ledger that says of a wrong cell that it was agreed, and of an order that it was that way, changes nothing."""
    order = inner(world)[0]
    key, place = key_of(order), f"{world.letter('Order')}{world.row_of(key_of(order))}"
    world.colleague.type(place, "#9999")
    with closing(sqlite3.connect(world.folder / "ledger.db")) as connection, connection:
        number = order["id"].rpartition("/")[2]
        for table, column, where in (("record", "base", "key"), ("order_tracking", "snapshot", "order_id")):
            (text,) = connection.execute(
                f"SELECT {column} FROM {table} WHERE {where} = ?", (key if where == "key" else number,)
            ).fetchone()
            told = text.replace(f'"{order["name"]}"', '"#9999"')
            assert told != text
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (told, text))
    assert differences(audited(run, code=3)) == [(order["name"], "order_name", "left_moved")]


def test_an_order_that_the_ledger_never_heard_of_is_equal_all_the_same(world: World, run: Manage) -> None:
    forget(world, *(order["id"] for order in inner(world, 2)))
    audited(run, code=0)


def test_a_month_has_its_own_orders_only(world: World, run: Manage) -> None:
    days = {day for day, total in total_in_shop(world, "currentTotalPriceSet").items() if total}
    month = sorted(day[:7] for day in days)[-1]
    said = run("audit", "--pair", "sheets", "--month", month, "--json")
    assert said.code == 0, said.all
    found = {one["day"] for one in said.data["audits"][0]["sums"]}
    assert found and {day[:7] for day in found} == {month} and {day for day in days if day[:7] == month} <= found
    assert said.data["period"]["first"] == f"{month}-01"


def test_what_the_shop_withholds_is_told_and_is_no_difference(world: World, run: Manage) -> None:
    world.sandbox.shopify.unapproved = frozenset({"Customer", "name", "email", "phone", "address"})
    found = audited(run, code=0)
    unseen = {one["field"] for one in found["not_compared"]}
    assert {"customer_name", "customer_email"} <= unseen and {one["side"] for one in found["not_compared"]} == {"left"}


@pytest.mark.parametrize("name", ["audit.html", "audit.csv", "audit.json"])
def test_files_for_an_accountant(world: World, run: Manage, name: str) -> None:
    order = inner(world)[0]
    world.colleague.type(f"{world.letter('Total')}{world.row_of(key_of(order))}", 1)
    assert run(*ALL, "--output", name).code == 3
    text = Path(name).read_text(encoding="utf-8-sig")
    if name.endswith("csv"):
        (row,) = csv.DictReader(text.splitlines())
        assert row["Record"] == order["name"] and row["Field"] == "Total" and row["Right"] == "1"
    elif name.endswith("json"):
        assert json.loads(text)["proven"] is False
    else:
        assert order["name"] in text and "Not everything is equal" in text and "Fingerprint" in text
    again = run(*ALL, "--output", name)
    assert again.code == 2 and "--overwrite" in again.err


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MEASURE = """<iframe id="phone" style="width: 360px; height: 800px; border: 0"></iframe><script>
const phone = document.getElementById("phone");
phone.onload = () => { const page = phone.contentDocument;
  page.querySelectorAll("details").forEach(one => { one.open = true; });
  const cut = [...page.querySelectorAll(".wide"), page.documentElement].filter(one => one.scrollWidth > one.clientWidth);
  document.title = `${page.querySelectorAll(".wide").length} tables, ${cut.length} cut`; };
phone.srcdoc = PAGE;
</script>"""


@pytest.mark.long
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this computer to look at the page with")
def test_no_table_of_the_page_is_cut_off_on_a_telephone(world: World, run: Manage, tmp_path: Path) -> None:
    world.colleague.type(f"{world.letter('Total')}2", 1234567.89)
    assert run(*ALL, "--output", "a.html").code == 3
    text = json.dumps(Path("a.html").read_text(encoding="utf-8")).replace("<", "\\u003c")
    (tmp_path / "tried.html").write_text(MEASURE.replace("PAGE", text), encoding="utf-8")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'b'}",
        "--virtual-time-budget=5000",
    ]
    asked = [str(BROWSER), *options, "--dump-dom", (tmp_path / "tried.html").as_uri()]
    done = subprocess.run(asked, capture_output=True, check=False, timeout=120)
    assert re.findall("<title>(.*?)</title>", done.stdout.decode("utf-8")) == ["3 tables, 0 cut"], done.stderr[-500:]


def test_the_same_is_read_twice_and_has_the_same_fingerprint(world: World, run: Manage) -> None:
    one, other = audited(run, code=0), audited(run, code=0)
    assert one["digests"] == other["digests"] and len(set(one["digests"].values())) == 2
    world.shop.set_note(inner(world)[0]["id"], "another")
    assert audited(run, code=3)["digests"]["left"] != one["digests"]["left"]


@pytest.mark.parametrize("given", [("--month", "2026-13"), ("--month", "2099-01"), ("--output", "a.pdf")])
def test_what_makes_no_sense_is_refused(world: World, run: Manage, given: tuple[str, str]) -> None:
    assert run("audit", *given).code == 2


def test_before_the_first_run_there_is_nothing_to_audit(made: Callable[[int], World], run: Manage) -> None:
    made(1)
    said = run("audit")
    assert said.code == 2 and "Run a sync first" in said.err


def test_a_typed_formula_is_told_as_one_with_what_to_do(world: World, run: Manage) -> None:
    order = inner(world)[0]
    world.colleague.type(f"{world.letter('Total')}{world.row_of(key_of(order))}", "=1+1")
    world.colleague.type(f"{world.letter('Current line total')}{world.row_of(key_of(order))}", "=1+1")  # of the gross, too
    found = audited(run, code=3)
    assert {one["field"] for one in found["differences"]} == {"order_total", "current_line_total"}
    assert all("formula" in one["why"] and "changed" not in one["why"] for one in found["differences"])
    assert {one["what"] for one in found["sums"] if not one["equal"]} == {"gross"}  # other rows show the total
    told = run(*ALL).out
    assert "What to do: See what a run would bring over" in told
    assert "What to do: Take formulas" in told


def test_what_it_says_to_do_shows_what_it_found(world: World, run: Manage) -> None:
    """A dry run that looks only at what the shop changed would say that there is nothing to do."""
    order = inner(world)[0]
    world.colleague.type(f"{world.letter('Total')}{world.row_of(key_of(order))}", 1)
    assert "shopify_sheets_sync.py --test --full" in run(*ALL).out
    changes = [world.at_once(test=True, full=full, as_json=False).text for full in (False, True)]
    assert "change 0 cells" in changes[0] and "change 1 cell" in changes[1]


ROWS = {"back": {"target_worksheet": "Back", "rows": "refund"}, "paid": {"target_worksheet": "Paid", "rows": "transaction"}}


def test_the_parts_of_the_sums_come_to_the_total_and_test_orders_are_named(made: Callable[..., World], run: Manage) -> None:
    world = made(env={"SHEET_COLUMNS": "default,order_fees", "ROUTES": json.dumps(ROWS)})
    money = world.shop.currencies()
    order = placed(world.shop, ("10.00", 2))
    order["additionalFees"] = [additional_fee(1, "Deposit", money.bag(money.amount("0.25")))]
    order["test"] = True
    world.shop.refund(order["id"], {order["lineItems"][0]["id"]: 1})
    world.synced()
    lines, back, paid = run(*ALL, "--json").data["audits"]
    sums = {one["what"]: Decimal(one["right"]) for one in lines["sums"] if one["right"]}
    assert sums["order_fees"] == Decimal("0.25") and sums["order_total"] == Decimal("15.15") == (
        sums["order_subtotal"] + sums["order_shipping"] + sums["order_fees"]
    )
    assert [order["name"] in told and "test order" in told for told in lines["remarks"]] == [True]
    ((went_back,), (net,)) = (
        [one["right"] for one in audit["sums"] if one["what"] == name]
        for audit, name in ((back, "refund_amount"), (paid, "transaction_net"))
    )
    assert (went_back, net) == ("10", "14.9")
    assert "Net payment" in run(*ALL).out


def test_a_renamed_header_stops_an_audit_with_words_of_its_own(world: World, run: Manage) -> None:
    world.colleague.type(f"{world.letter('Total')}{world.header_row()}", "Amount")
    said = run(*ALL)
    assert said.code == 5 and "Total" in said.err and "What to do" in said.err


def test_a_pair_that_never_ran_is_told_and_holds_up_no_other(world: World, run: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    with TwoStores() as stores:
        for name, value in stores.environment().items():
            monkeypatch.setenv(name, value)
        said = run("audit", "--days", "400")
        assert said.code == 0 and "Two stores: no run has kept anything in step yet" in said.err
        alone = run("audit", "--pair", "stores")
    assert alone.code == 2 and "shopify_stores_sync.py" in alone.err


def test_a_grist_document(in_grist: Callable[..., GristWorld]) -> None:
    env = {"GRIST_SYNC": json.dumps({"variants": True, "inventory": True})}
    world = in_grist(orders=0, products=6, env=env)
    world.synced()
    answer = world.manage("audit", "--json")
    assert answer.code == 0, answer.all
    stock = next(one for one in answer.data["audits"] if one["entity"] == "inventory")
    available = sum(level["_counts"]["available"] for level in world.goods.levels.values())
    assert {total["left"] for total in stock["sums"]} == {total["right"] for total in stock["sums"]} == {str(available)}
    key = next(iter(world.rows("variants")))
    world.edit("variants", key, "Price", 4.5)
    answer = world.manage("audit", "--json")
    (difference,) = [d for one in answer.data["audits"] for d in one["differences"]]
    assert answer.code == 3 and difference["field"] == "price" and difference["cause"] == "right_moved"


def test_orders_that_the_filter_leaves_out_are_counted_and_are_no_difference(
    made: Callable[..., World], run: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = json.dumps({"tags": ["branch north"]})
    monkeypatch.setenv("ORDER_FILTER", wanted)
    world = made(20, env={"ORDER_FILTER": wanted})
    world.shop.set_tags(next(gid for gid, order in world.shop.orders.items() if order["lineItems"]), ["branch north"])
    assert world.at_once().code == 0
    found = audited(run, code=0)
    assert found["records"]["left"] == found["records"]["right"] == len(world.rows()) > 0
    assert found["remarks"][0].startswith("19 orders of these days have no rows here")


def test_a_shop_that_changed_its_currency_has_its_amounts_apart(made: Callable[..., World], run: Manage) -> None:
    """Orders stay in the currency they were placed in: nothing is rewritten, and no sum mixes both."""
    world = made(time=(datetime.now(UTC) - timedelta(days=2)).timestamp())
    world.shop.currency = world.shop.settings["currencyCode"] = "KWD"
    before = placed(world.shop, ("10.505", 2))
    world.synced()
    world.shop.currency = world.shop.settings["currencyCode"] = "EUR"
    assert world.synced(full=True).writes == 0
    placed(world.shop, ("99.00", 1))
    world.shop.refund(before["id"], {before["lineItems"][0]["id"]: 1})
    world.synced()
    wanted = {"KWD": Decimal("15.405"), "EUR": Decimal("103.90")}
    rows = world.rows().values()
    assert {row["Currency"]: Decimal(str(row["Total"])) for row in rows} == wanted and len(rows) == 2
    sums = audited(run, code=0)["sums"]
    for side in ("left", "right"):
        assert {one["currency"]: Decimal(one[side]) for one in sums if one["what"] == "order_total"} == wanted
    left = {one["what"]: Decimal(one["left"]) for one in sums if one["currency"] == "KWD"}
    assert left["total_received"] - left["total_refunded"] == left["net_payment"] == wanted["KWD"]
    told = run("report", "--json").data["revenue"]
    assert {currency: Decimal(one["total"]) for currency, one in told.items()} == wanted
    path, now = world.folder / "ledger.db", world.clock.now()
    with reading(path) as reader:
        status = read_status(reader, LedgerLocation(path, path), now)
        sent = digest(reader, status, [], DigestDue(now.date() + timedelta(days=1), 2), UTC, None)
    assert sent is not None and "(103.90 EUR, 15.405 KWD)" in sent.body
