"""Customers, products, variants, stock, payouts and what is in them, as tabs that follow the shop beside those of orders."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.google.colleague import Colleague
from syncdb.sandbox.shopify.products.generate import generate_goods
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.tokens import ALL_SCOPES, Client
from tests.scenarios.world import World

Make = Callable[..., World]
TABS = {
    "customers": ("customer", "Customers", "Customer ID"),
    "products": ("product", "Products", "Product ID"),
    "variants": ("variant", "Variants", "Variant ID"),
    "stock": ("stock", "Stock", "Stock ID"),
    "payouts": ("payout", "Payouts", "Payout ID"),
    "balance": ("payout_transaction", "Balance", "Balance ID"),
}


def routed(make: Make, *names: str, orders: int = 12, **more: Any) -> World:
    world = make(orders=orders)
    world.env["ROUTES"] = json.dumps({name: {"target_worksheet": TABS[name][1], "rows": TABS[name][0]} | more for name in names})
    return world


def table(world: World, name: str) -> dict[str, dict[str, Any]]:
    """The rows of a tab by key, as header -> value."""
    _, tab, key = TABS[name]
    grid = world.grid(tab)
    head = next(place for place, row in enumerate(grid) if key in row)
    at = grid[head].index(key)
    rows = [row for row in grid[head + 1 :] if len(row) > at and row[at]]
    assert len({row[at] for row in rows}) == len(rows), "a key stands twice"
    width = range(len(grid[head]))
    return {row[at]: {grid[head][n]: row[n] if n < len(row) else None for n in width if grid[head][n]} for row in rows}


def of_route(ran: Any, name: str) -> Any:
    return next(one for one in ran.data["runs"] if one.get("route") == name)


def stocked(world: World, products: int = 4) -> Any:
    """The goods of the world's shop, some of them just made."""
    generate_goods(world.shop.goods, products, 7, world.sandbox.now())
    return world.shop.goods


def test_goods_and_customers_follow_the_shop_and_an_idle_hour_reads_little(make: Make) -> None:
    world = routed(make, "customers", "products", "variants", "stock")
    goods = stocked(world)
    ran = world.synced()
    assert table(world, "products").keys() == goods.products.keys()
    assert table(world, "variants").keys() == goods.variants.keys()
    assert {one["Title"] for one in table(world, "products").values()} == {one["title"] for one in goods.products.values()}
    assert table(world, "customers").keys() == world.shop.customers.nodes.keys()
    levels = {one["id"]: one["_counts"]["available"] for item in goods.items.values() for one in item["inventoryLevels"]}
    assert {key: row["Available"] for key, row in table(world, "stock").items()} == levels
    idle = world.synced()
    assert idle.writes == 0 and idle.shop_requests == 2 + 2 + 4, "for the orders, for who the shop is, and one for each tab"
    assert ran.shop_requests > idle.shop_requests
    product = next(iter(goods.products.values()))
    person = next(iter(world.shop.customers.nodes.values()))
    Merchant(goods).edit_product(product["id"], title="Renamed")
    world.shop.customers.change(person, note="VIP")
    changed = world.synced()
    assert table(world, "products")[product["id"]]["Title"] == "Renamed"
    assert [of_route(changed, name)["counts"]["cells_changed"] for name in ("products", "variants", "customers")] == [1, 0, 0]


def test_people_keep_their_columns_and_what_is_gone_says_so(make: Make) -> None:
    world = routed(make, "products", "customers")
    goods = stocked(world)
    world.synced()
    person = Colleague(world.sandbox.spreadsheet, "Products")
    grid = world.grid("Products")
    person.insert_columns("A")
    person.type("A1", "Mine")
    for number in range(2, len(grid) + 1):
        person.type(f"A{number}", f"note {number}")
    person.sort("C", descending=True)
    before = {key: row["Mine"] for key, row in table(world, "products").items()}
    gone = next(iter(goods.products))
    Merchant(goods).delete_product(gone)
    customer = next(iter(world.shop.customers.nodes))
    world.shop.customers.delete(customer)
    ran = world.synced(full=True)
    assert {key: row["Mine"] for key, row in table(world, "products").items()} == before
    assert table(world, "products")[gone]["In the shop"] is False and table(world, "products")[gone]["Title"]
    left = table(world, "customers")[customer]
    assert left["In the shop"] is False and not any(value for name, value in left.items() if name not in ("Customer ID",))
    assert ran.code == 0 and world.synced().writes == 0


def test_numbers_beside_the_keys_are_those_of_the_tabs_of_orders(make: Make) -> None:
    world = routed(make, "stock", orders=4)
    numbers = ["variant_number", "product_number"]
    shown = {"customers": ["customer_number"], "products": numbers[1:], "variants": numbers, "stock": numbers}
    of = {name: {"target_worksheet": TABS[name][1], "rows": TABS[name][0], "columns": shown[name]} for name in shown}
    world.env |= {"ROUTES": json.dumps(of), "SHEET_COLUMNS": "customer_id,variant_id,product_id"}
    goods = stocked(world)
    world.synced()
    for name, header in (("customers", "Customer number"), ("products", "Product number"), ("variants", "Variant number")):
        assert all(key.rpartition("/")[2] == row[header] for key, row in table(world, name).items())
    products = {one["id"].rpartition("/")[2]: one["product"]["id"].rpartition("/")[2] for one in goods.variants.values()}
    for name in ("variants", "stock"):
        assert {row["Variant number"]: row["Product number"] for row in table(world, name).values()} == products
    known = {row["Customer number"] for row in table(world, "customers").values()}
    assert known >= {row["Customer ID"] for row in world.rows().values() if row["Customer ID"]} != set()
    assert world.synced(full=True).writes == 0


def paid_out(world: World, status: str = "SCHEDULED") -> Any:
    return world.shop.payments.pay_out(status)


def test_payouts_add_up_and_name_their_orders(make: Make) -> None:
    world = routed(make, "payouts", "balance")
    payments = world.shop.payments
    first = paid_out(world)
    payments.add("CHARGEBACK_HOLD", Decimal("-20.00"), Decimal("15.00"), adjustmentReason="Chargeback")
    world.synced()
    rows = table(world, "payouts")
    assert rows.keys() == {first["id"]}
    balance = table(world, "balance")
    inside = [row for row in balance.values() if row["Payout"] == rows[first["id"]]["Payout"]]
    assert len(inside) > 5 and all(row["Order"] for row in inside)
    exact = [Decimal(str(row["Net"])) for row in inside]
    assert sum(exact) == Decimal(first["net"]["amount"]) == Decimal(str(rows[first["id"]]["Net"]))
    assert Decimal(str(rows[first["id"]]["Gross"])) - Decimal(str(rows[first["id"]]["Fees"])) == sum(exact)
    waiting = [row for row in balance.values() if row["Payout"] in (None, "")]
    assert [(row["Type"], row["Net"], row["Payout status"]) for row in waiting] == [("chargeback hold", -35, "pending")]
    payments.settle(first, "PAID", "trace 7")
    second = paid_out(world, "IN_TRANSIT")
    ran = world.synced()
    rows, balance = table(world, "payouts"), table(world, "balance")
    assert {key: row["Status"] for key, row in rows.items()} == {first["id"]: "paid", second["id"]: "in transit"}
    assert rows[second["id"]]["Net"] == -35 and not [one for one in balance.values() if not one["Payout"]]
    assert {one["Payout status"] for one in balance.values()} == {"paid", "in transit"}
    assert of_route(ran, "payouts")["counts"]["fetched"] == 2
    world.pass_time(hours=3)
    world.synced()
    idle = world.synced()
    assert (idle.writes, idle.shop_requests) == (0, 2 + 2 + 2)


@pytest.mark.parametrize("why", ["scope", "account"])
def test_what_payouts_lack_is_told_and_holds_up_no_other_tab(make: Make, why: str) -> None:
    world = routed(make, "payouts", "customers")
    if why == "scope":
        app = Client(world.sandbox.client_secret, ALL_SCOPES - PAYMENTS)
        world.sandbox.shopify.tokens.add_client(world.sandbox.client_id, app)
    else:
        world.shop.payments.open = False
    ran = world.sync()
    assert of_route(ran, "payouts")["exit_code"] == ran.code == 4
    assert of_route(ran, "customers")["exit_code"] == 0 and table(world, "customers")
    told = of_route(ran, "payouts")["error"]
    assert ("read_shopify_payments_payouts" if why == "scope" else "no Shopify Payments account") in str(told)


PAYMENTS = {"read_shopify_payments_payouts"}


def test_a_dry_run_shows_what_it_would_do_and_writes_nothing(make: Make) -> None:
    world = routed(make, "products", "payouts", orders=4)
    stocked(world)
    paid_out(world)
    ran = world.sync(test=True)
    assert ran.code == 0 and ran.writes == 0
    assert [of_route(ran, name)["counts"]["fetched"] for name in ("products", "payouts")] == [4, 1]
    planned = json.loads((Path("test_output") / "payouts" / "plan.json").read_text())
    assert "ShopifyPaymentsPayout" in str(planned)
    assert world.sandbox.spreadsheet.titled("Products") is None
    told = world.sync(test=True, as_json=False).text
    assert "Google Sheets: it would add 4 records" in told and "Shopify: it would" not in told, (
        "nothing is said of what is only read"
    )
    done = world.sync(as_json=False).text
    assert "Google Sheets: 4 records added" in done and "Shopify: 0" not in done
    assert "Google Sheets: nothing to change." in world.sync(as_json=False).text


def test_a_dry_run_names_stock_that_has_no_sku(make: Make) -> None:
    world = routed(make, "stock", orders=1)
    goods = stocked(world, 2)
    for item in goods.items.values():
        item["variant"]["sku"] = None
    assert world.sync(test=True).code == 0
    page = (Path("test_output") / "stock" / "summary.html").read_text(encoding="utf-8")
    numbers = {item["variant"]["legacyResourceId"] for item in goods.items.values()}
    named = re.findall(r'"name":"(.*?) at ', page)
    assert named and set(named) == {f"variant {number}" for number in numbers}
    more = {name: {"target_worksheet": TABS[name][1], "rows": TABS[name][0]} for name in ("stock", "products", "variants")}
    world.env["ROUTES"] = json.dumps(more)
    assert world.sync(test=True).code == 0
    page = (Path("test_output") / "stock" / "summary.html").read_text(encoding="utf-8")
    titles = {one["title"] for one in goods.products.values()}
    assert {name.partition(" / ")[0] for name in re.findall(r'"name":"(.*?) at ', page)} == titles


@pytest.mark.parametrize("kind", ["apply_then_cut", "cut_before"])
def test_a_lost_answer_doubles_no_row(make: Make, kind: Any) -> None:
    world = routed(make, "products", orders=2)
    stocked(world)
    world.synced()
    world.synced()
    world.faults.add(Fault(kind, "sheets write"))
    for node in world.shop.goods.products.values():
        node["vendor"] = "Another"
    world.sync(full=True)
    world.synced(full=True)
    assert {row["Vendor"] for row in table(world, "products").values()} == {"Another"}


def test_a_tab_shows_just_the_columns_that_are_chosen(make: Make) -> None:
    chosen = {
        "customers": "email",
        "products": "vendor",
        "variants": "sku",
        "stock": "available",
        "payouts": "net",
        "balance": "fee",
    }
    world = make(orders=3)
    world.env["ROUTES"] = json.dumps(
        {
            name: {
                "target_worksheet": tab,
                "rows": rows,
                "columns": [{"field": chosen[name], "header": "Mine"}],
                "newest": "first",
            }
            for name, (rows, tab, _) in TABS.items()
        }
    )
    stocked(world, 2)
    paid_out(world)
    world.synced()
    for name, (_, _, key) in TABS.items():
        rows = table(world, name)
        assert rows and {header for row in rows.values() for header in row} == {key, "Mine"}, name
        assert any(row["Mine"] not in (None, "") for row in rows.values()), name
    assert world.synced(full=True).writes == 0
