"""Numbers in the sheet that the owner of a shop adds up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from syncdb.ledger import Ledger
from syncdb.mapping import default_columns
from syncdb.order_snapshot import snapshot_of
from syncdb.sandbox.google.cells import unpack
from syncdb.sandbox.shopify import anatomy
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.products.merchant import Merchant
from syncdb.sandbox.shopify.tokens import ALL_SCOPES, Client
from tests.sandbox.shopify.placed import placed
from tests.scenarios.world import World

NEW = ["current_line_discount", "current_line_total", "current_line_tax", "first_line", "shipping_tax"]
BEFORE = [name for name, _ in default_columns("line") if name not in NEW]


def lines(world: World, order: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of an order, line by line."""
    rows = world.rows()
    return [rows[line["id"].rpartition("/")[2]] for line in order["lineItems"]]


def test_an_item_removed_from_an_unpaid_order_reads_removed(make: Callable[..., World]) -> None:
    world = make()
    order = placed(world.shop, ("30.00", 1), ("10.00", 1), paid=False)
    cancelled = placed(world.shop, ("40.00", 1), paid=False)
    world.synced()
    world.shop.edit_order(order["id"], quantities={order["lineItems"][0]["id"]: 0})
    world.shop.cancel(cancelled["id"])
    world.synced()
    gone, kept = lines(world, order)
    assert [row["Line status"] for row in (gone, kept, *lines(world, cancelled))] == ["removed", "active", "cancelled"]
    assert (gone["Refunded quantity"], gone["Current line total"], gone["Subtotal"], gone["Refunded"]) == (0, 0, 10, 0)
    assert world.synced().writes == 0


def test_a_pending_refund_counts_when_it_went_through(make: Callable[..., World]) -> None:
    world = make()
    order = placed(world.shop, ("10.00", 2))
    world.shop.refund(order["id"], {order["lineItems"][0]["id"]: 2}, status="PENDING")
    world.synced()
    (row,) = lines(world, order)
    assert (row["Line status"], row["Refunded quantity"], row["Refunded"]) == ("refund pending", 0, 0)
    world.shop.settle_refund(order["id"])
    world.synced()
    (row,) = lines(world, order)
    assert (row["Line status"], row["Refunded quantity"], row["Refunded"]) == ("refunded", 2, 20)


def test_the_present_worth_of_each_line_adds_up_to_the_order(make: Callable[..., World]) -> None:
    world = make()
    edited = placed(world.shop, ("48.00", 2), discount="19.20")
    exchanged = placed(world.shop, ("50.00", 5), ("40.00", 2))
    world.shop.edit_order(edited["id"], quantities={edited["lineItems"][0]["id"]: 1})
    world.shop.exchange(exchanged["id"], {exchanged["lineItems"][0]["id"]: 1}, [(Item("Other size", "50.00"), 1)])
    world.synced()
    (row,) = lines(world, edited)
    assert (row["Line total"], row["Subtotal"], row["Current line total"]) == (76.8, 38.4, 38.4)
    assert (row["Line discount"], row["Current line discount"], row["Discounts"]) == (19.2, 9.6, 9.6)
    rows = lines(world, exchanged)
    assert [row["Current line total"] for row in rows] == [200, 80, 50]
    assert {row["Subtotal"] for row in rows} == {330}
    tax = round(sum(row["Current line tax"] for row in rows) + rows[0]["Shipping tax"], 2)
    assert {row["Tax"] for row in rows} == {tax}
    assert rows[2]["Current line tax"] == 7.98, "what is added is taxed once, as the rest is"
    assert [row["First line"] for row in rows] == [True, False, False]


def test_cash_is_rounded_in_a_column_of_its_own(make: Callable[..., World]) -> None:
    """9.99 paid as 10.00, 5.02 given back as 5.00."""
    world = make()
    world.env |= {"SHEET_COLUMNS": "order_name,total_received,total_refunded,payment_rounding,refund_rounding"}
    order = placed(world.shop, ("4.97", 1), ("0.12", 1))
    made = world.shop.refund(order["id"], {order["lineItems"][0]["id"]: 1}, goodwill="0.05")
    order["transactions"][0]["amountRoundingSet"] = world.shop.currencies().bag(world.shop.currencies().amount("0.01"))
    made["transactions"][0]["amountRoundingSet"] = world.shop.currencies().bag(world.shop.currencies().amount("-0.02"))
    world.shop.changed(order)
    world.synced()
    row = lines(world, order)[0]
    names = ("Received", "Payment rounding", "Refunded", "Refund rounding")
    assert [row[name] for name in names] == [9.99, 0.01, 5.02, -0.02]


def test_amounts_of_the_order_on_its_first_line_only(make: Callable[..., World]) -> None:
    world = make(orders=20)
    world.env |= {"ORDER_AMOUNTS": "first_line"}
    world.synced()
    shown = [row["Total"] for row in world.rows().values() if row["Total"] is not None]
    assert len(shown) == len(world.shop.orders)
    revenue = sum(float(order["currentTotalPriceSet"]["shopMoney"]["amount"]) for order in world.shop.orders.values())
    assert sum(shown) == pytest.approx(revenue)
    assert all(row["Line total"] is not None for key, row in world.rows().items() if not key.startswith("order-"))
    world.env |= {"ORDER_AMOUNTS": "every_line"}
    world.synced()
    assert all(row["Total"] is not None for row in world.rows().values())


def test_a_sheet_of_before_gets_the_new_columns_beside_everything_else(make: Callable[..., World]) -> None:
    """The columns of the default set as it was, with a colleague's own columns and formulas among them, on more rows than the
    guard lets change unasked."""
    world = make(orders=150)
    world.env |= {"SHEET_COLUMNS": ",".join(BEFORE)}
    world.synced()
    assert len(world.rows()) > 210
    colleague = world.colleague
    colleague.insert_columns("D")
    colleague.type("D1", "Ours")
    colleague.type("D5", '="call " & B5')
    edge = _letter_after(world)
    colleague.type(f"{edge}1", "Notes of ours")
    colleague.type(f"{edge}7", "wait for the courier")
    before = world.rows()
    del world.env["SHEET_COLUMNS"]
    ran = world.synced()
    labels = [label for name, label in default_columns("line") if name in NEW]
    assert world.header()[-len(labels) :] == labels and ran.counts["rows_added"] == 0
    for key, row in world.rows().items():
        assert {name: row[name] for name in before[key]} == before[key]
        assert key.startswith("order-") or None not in [row[label] for label in labels]
    assert world.synced().writes == 0


def format_of(world: World, order: dict[str, Any], header: str) -> str | None:
    """The number format of a cell in the first row of an order."""
    row = world.row_of(order["lineItems"][0]["id"].rpartition("/")[2])
    shown = unpack(world.packed()[row - 1][world.column(header)]).format
    return shown["numberFormat"]["pattern"] if shown else None


def test_an_amount_is_shown_in_the_currency_of_its_order(make: Callable[..., World]) -> None:
    """Orders placed before the shop changed its currency stay in the old one, also where they stand among others."""
    world = make()
    orders = {}
    for currency in ("EUR", "USD", "USD", "KWD", "JPY", "EUR"):
        world.shop.currency = currency
        orders[currency] = placed(world.shop, ("30.00", 1))
    world.shop.currency = "EUR"
    world.synced()
    assert {currency: format_of(world, order, "Total") for currency, order in orders.items()} == {
        "EUR": "#,##0.00 [$EUR]",
        "USD": "#,##0.00 [$USD]",
        "KWD": "#,##0.000 [$KWD]",
        "JPY": "#,##0 [$JPY]",
    }
    assert {format_of(world, order, "Unit price") for order in orders.values()} == {
        format_of(world, order, "Current line total") for order in orders.values()
    }


def test_without_a_column_for_the_currency_an_amount_has_no_sign(make: Callable[..., World]) -> None:
    world = make()
    world.env |= {"SHEET_COLUMNS": "order_name,order_total,presentment_total,presentment_currency"}
    world.shop.currency = "USD"
    order = placed(world.shop, ("30.00", 1))
    world.shop.currency = "EUR"
    world.synced()
    assert format_of(world, order, "Total") == "#,##0.00#"
    assert format_of(world, order, "Total (buyer)") == "#,##0.00 [$USD]"


def _letter_after(world: World) -> str:
    from tests.scenarios.world import _letter

    return _letter(len(world.header()))


@contextmanager
def ledger_of(world: World) -> Iterator[Ledger]:
    ledger = Ledger.open(world.folder / "ledger.db", datetime.fromtimestamp(world.time, UTC))
    try:
        yield ledger
    finally:
        ledger.close()


def test_a_ledger_of_before_goes_on(make: Callable[..., World]) -> None:
    """Orders stored without the payments of their refunds are shown as they are, and wholly once they are read again."""
    world = make()
    unpaid = placed(world.shop, ("30.00", 1), paid=False)
    world.shop.edit_order(unpaid["id"], quantities={unpaid["lineItems"][0]["id"]: 0})
    unsure = placed(world.shop, ("10.00", 1), ("20.00", 1))
    first, second = (line["id"] for line in unsure["lineItems"])
    world.shop.refund(unsure["id"], {first: 1})
    world.shop.refund(unsure["id"], {second: 1}, status="PENDING")
    world.synced()
    with ledger_of(world) as ledger:
        for order in (unpaid, unsure):
            snapshot = ledger.orders.snapshot(order["id"].rpartition("/")[2])
            assert snapshot is not None
            for refund in snapshot["refunds"]:
                refund.pop("transactions", None)
            with ledger.transaction():
                ledger.orders.save([snapshot_of(snapshot)], 1, "2026-11-20T00:00:00Z")
                ledger.orders.wait_all(_pair(ledger))
    world.pass_time(hours=2)
    world.env |= {"LOOKBACK_DAYS": "1"}
    world.synced()
    (row,) = lines(world, unpaid)
    assert (row["Line status"], row["Refunded quantity"]) == ("removed", 0)
    assert [(row["Line status"], row["Refunded quantity"]) for row in lines(world, unsure)] == [(None, None)] * 2
    world.shop.settle_refund(unsure["id"])
    world.synced()
    assert [(row["Line status"], row["Refunded quantity"]) for row in lines(world, unsure)] == [("refunded", 1)] * 2


def _pair(ledger: Ledger) -> str:
    (pair,) = {name for (name,) in ledger.connection.execute("SELECT DISTINCT pair FROM record")}
    return str(pair)


ALONG = "order_name,payment_terms,utm_campaign,visit_source,line_cost"


def with_terms(world: World) -> dict[str, Any]:
    """An order with terms of payment, found by an advertisement, of something whose cost is known."""
    order = placed(world.shop, ("30.00", 2))
    merchant = Merchant(world.shop.goods)
    sold = merchant.add_product("Thing 0", price="30.00")
    merchant.edit_item(sold["variants"][0]["id"], cost="12.40")
    order["lineItems"][0] |= {"product": sold, "variant": sold["variants"][0]}
    order["paymentTerms"] = anatomy.payment_terms(7, "Net 30", 30)
    visit = anatomy.visit(7, "google", order["createdAt"], {"source": "google", "campaign": "Herbst 2026"})
    order["customerJourneySummary"] = anatomy.journey(visit, visit)
    return order


def test_terms_cost_and_attribution_are_read_where_a_column_shows_them(make: Callable[..., World]) -> None:
    world = make()
    order = with_terms(world)
    world.synced()
    assert "payment_terms" not in str(stored(world, order)), "nobody asked for it"
    world.env |= {"SHEET_COLUMNS": ALONG}
    world.synced()
    (row,) = lines(world, order)
    assert (row["Payment terms"], row["UTM campaign"], row["Visit source"]) == ("Net 30", "Herbst 2026", "google")
    assert row["Unit cost"] == 12.4
    assert world.synced().writes == 0


def test_what_the_app_may_not_see_of_them_is_told_and_holds_up_nothing(make: Callable[..., World]) -> None:
    world = make()
    world.env |= {"SHEET_COLUMNS": ALONG}
    app = Client(world.sandbox.client_secret, ALL_SCOPES - {"read_payment_terms"})
    world.sandbox.shopify.tokens.add_client(world.sandbox.client_id, app)
    order = with_terms(world)
    ran = world.synced()
    (row,) = lines(world, order)
    assert (row["Payment terms"], row["UTM campaign"], row["Unit cost"]) == (None, "Herbst 2026", 12.4)
    assert "read_payment_terms" in str(ran.data["notes"])


def stored(world: World, order: dict[str, Any]) -> Any:
    with ledger_of(world) as ledger:
        return ledger.orders.snapshot(order["id"].rpartition("/")[2])
