"""What a sheet says of refunds: only money that went back counts, whatever the shop lists as a refund."""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from syncdb.mapping import SheetMapping, parse_columns
from syncdb.sandbox.shopify.anatomy import Item
from syncdb.sandbox.shopify.shop import Shop
from tests.mapping.answering import stored
from tests.sandbox.shopify.placed import placed

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOWN = parse_columns(
    "line_status, current_quantity, refunded_quantity, line_refunded, current_line_total, refunds, refunded_at, total_refunded"
)
Node = dict[str, Any]


@pytest.fixture
def shop() -> Shop:
    return Shop(clock=NOON.timestamp)


def rows(order: Node | dict[str, Any], *, snapshot: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    mapping = SheetMapping("line", SHOWN.columns, "UTC", "EUR")
    return [dict(record.fields) for record in mapping.records(snapshot or stored(order))]


def line_ids(order: Node) -> list[str]:
    return [line["id"] for line in order["lineItems"]]


def of_refunds(row: dict[str, Any]) -> tuple[Any, ...]:
    """Line status, refunded quantity, line refunded, refunds, last refund, refunded."""
    names = ("line_status", "refunded_quantity", "line_refunded", "refunds", "refunded_at", "total_refunded")
    return tuple(row[name] for name in names)


def test_an_item_removed_from_an_unpaid_order_was_not_refunded(shop: Shop) -> None:
    order = placed(shop, ("30.00", 1), ("10.00", 1), paid=False)
    shop.edit_order(order["id"], quantities={line_ids(order)[0]: 0})
    gone, kept = rows(order)
    assert of_refunds(gone) == ("removed", 0, 0, 0, None, 0) and gone["current_line_total"] == 0
    assert of_refunds(kept) == ("active", 0, 0, 0, None, 0)


def test_an_unpaid_order_that_is_cancelled_was_not_refunded(shop: Shop) -> None:
    order = placed(shop, ("40.00", 1), paid=False)
    shop.cancel(order["id"])
    assert [of_refunds(row) for row in rows(order)] == [("cancelled", 0, 0, 0, None, 0)]


def test_a_paid_order_that_is_cancelled_was_refunded(shop: Shop) -> None:
    order = placed(shop, ("40.00", 1))
    shop.cancel(order["id"])
    assert [of_refunds(row) for row in rows(order)] == [
        ("refunded", 1, Decimal("40"), 1, NOON.replace(tzinfo=None), Decimal("44.9"))
    ]


@pytest.mark.parametrize(("end", "status", "money"), [("SUCCESS", "refunded", 20), ("FAILURE", "returned", 0)])
def test_a_refund_on_its_way_counts_once_it_arrived(shop: Shop, end: str, status: str, money: int) -> None:
    order = placed(shop, ("10.00", 2))
    shop.refund(order["id"], {line_ids(order)[0]: 2}, status="PENDING")
    assert [of_refunds(row) for row in rows(order)] == [("refund pending", 0, 0, 0, None, 0)]
    shop.settle_refund(order["id"], end)
    (row,) = rows(order)
    assert of_refunds(row)[:3] == (status, 2 if money else 0, money)
    assert (row["refunds"], row["total_refunded"]) == (1 if money else 0, money)


def test_an_even_exchange_pays_nothing_back(shop: Shop) -> None:
    order = placed(shop, ("50.00", 1), ("40.00", 2))
    shop.exchange(order["id"], {line_ids(order)[0]: 1}, [(Item("Other size", "50.00"), 1)])
    back, other, instead = rows(order)
    assert of_refunds(back) == ("returned", 0, 0, 0, None, 0)
    assert [row["line_status"] for row in (other, instead)] == ["active", "active"]
    assert [row["current_line_total"] for row in (back, other, instead)] == [0, 80, 50]


def test_an_exchange_for_less_counts_only_what_went_back(shop: Shop) -> None:
    order = placed(shop, ("50.00", 1))
    shop.exchange(order["id"], {line_ids(order)[0]: 1}, [(Item("Smaller", "40.00"), 1)])
    back, instead = rows(order)
    assert of_refunds(back)[:4] == ("refunded", 1, Decimal("10"), 1)
    assert back["total_refunded"] == 10 and instead["line_refunded"] == 0


def test_what_is_paid_back_after_an_edit_names_no_line(shop: Shop) -> None:
    order = placed(shop, ("48.00", 2))
    shop.edit_order(order["id"], quantities={line_ids(order)[0]: 1})
    assert of_refunds(rows(order)[0]) == ("active", 0, 0, 0, None, 0)
    shop.pay_back(order["id"])
    assert of_refunds(rows(order)[0])[:4] == ("active", 0, 0, 1)
    shop.edit_order(order["id"], quantities={line_ids(order)[0]: 0})
    assert of_refunds(rows(order)[0])[:4] == ("removed", 0, 0, 1)


@pytest.mark.parametrize("included", [True, False])
def test_shares_of_a_smaller_refund_never_exceed_it(shop: Shop, included: bool) -> None:
    order = placed(shop, ("9.99", 1), ("9.99", 1), ("9.99", 1), included=included)
    made = shop.refund(order["id"], dict.fromkeys(line_ids(order), 1), shipping=True)
    for one in {one["id"]: one for one in (*made["transactions"], *order["transactions"]) if one["kind"] == "REFUND"}.values():
        one["amountSet"]["shopMoney"]["amount"] = "10.00"
    shares = [row["line_refunded"] for row in rows(order)]
    assert all(Decimal("2.3") < one < Decimal("3.4") for one in shares) and sum(shares) <= 10
    assert all(one == round(one, 2) for one in shares)


def test_goodwill_belongs_to_no_line(shop: Shop) -> None:
    order = placed(shop, ("10.00", 1))
    shop.refund(order["id"], goodwill="1.50")
    assert of_refunds(rows(order)[0])[:4] == ("active", 0, 0, 1)


def test_a_mixed_fate_is_that_of_most_units(shop: Shop) -> None:
    order = placed(shop, ("10.00", 3))
    line = line_ids(order)[0]
    shop.edit_order(order["id"], quantities={line: 2})
    shop.refund(order["id"], {line: 2})
    assert of_refunds(rows(order)[0])[:2] == ("refunded", 2)


def older(order: Node) -> dict[str, Any]:
    """Its snapshot as versions stored it that did not read the payments of a refund."""
    snapshot = copy.deepcopy(stored(order))
    for refund in snapshot.get("refunds", ()):
        refund.pop("transactions", None)
    return snapshot


def test_an_order_stored_before_is_shown_as_truly_as_it_can_be(shop: Shop) -> None:
    unpaid = placed(shop, ("30.00", 1), paid=False)
    shop.edit_order(unpaid["id"], quantities={line_ids(unpaid)[0]: 0})
    refunded = placed(shop, ("10.00", 1))
    shop.refund(refunded["id"], {line_ids(refunded)[0]: 1})
    pending = placed(shop, ("10.00", 2))
    shop.refund(pending["id"], {line_ids(pending)[0]: 2}, status="PENDING")
    for order in (unpaid, refunded, pending):
        assert rows({}, snapshot=older(order)) == rows(order)


def test_what_was_not_stored_is_left_empty_not_guessed(shop: Shop) -> None:
    """One payment back went through, one is pending, and an older snapshot does not say which belongs to which refund."""
    order = placed(shop, ("10.00", 1), ("20.00", 1))
    first, second = line_ids(order)
    shop.refund(order["id"], {first: 1})
    shop.refund(order["id"], {second: 1}, status="PENDING")
    for row in rows({}, snapshot=older(order)):
        assert of_refunds(row)[:5] == (None, None, None, None, None) and row["total_refunded"] == 10
    assert [of_refunds(row)[:4] for row in rows(order)] == [("refunded", 1, 10, 1), ("refund pending", 0, 0, 1)]
