"""Orders made in the local shop: whole, once, and not at all where something is against it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from syncdb.connectors.shopify.ordering.making import OrderMaker
from syncdb.connectors.shopify.ordering.wanted import Address, NewOrder, OrderLine
from syncdb.errors import OutcomeUnknown, Refused
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from tests.connectors.shopify.conftest import TOKEN
from tests.connectors.shopify.ordering.conftest import Counter


def test_an_order_is_made_whole(counter: Counter) -> None:
    order = counter.order(
        shipping=Decimal("4.90"),
        discount=Decimal("5.00"),
        paid=Decimal("47.90"),
        tax_rate=Decimal("0.2"),
        lines=(OrderLine(2, Decimal("20.00"), variant=counter.variant, tax=Decimal("8.00")),),
        note="Bitte klingeln",
        tags=("erp", "b2b"),
        attributes=(("ERP order", "SO-17"),),
    )
    node = counter.node(OrderMaker(counter.desk()).make(order).id or "")
    assert (node["sourceIdentifier"], node["sourceName"]) == ("erp:1", "erp")
    assert node["lineItems"][0]["sku"] == "S-1" and node["lineItems"][0]["quantity"] == 2
    assert Decimal(node["totalPriceSet"]["shopMoney"]["amount"]) == order.total == Decimal("47.90")
    assert node["displayFinancialStatus"] == "PAID" and node["tags"] == ["b2b", "erp"]
    assert node["shippingAddress"]["address1"] == "Örnek Sok. 1" and node["shippingAddress"]["countryCodeV2"] == "TR"
    assert node["customer"]["displayName"] == "Ayşe Örnek"


def test_stock_is_not_taken_a_second_time(counter: Counter) -> None:
    counter.made()
    assert counter.available() == 5


def test_an_order_is_never_made_twice_whatever_the_index_knows(counter: Counter) -> None:
    counter.shop.index_lag = 1800.0
    first = counter.made()
    counter.world.time.seconds += 60
    again = OrderMaker(counter.desk()).make(counter.order())
    assert again.result is Result.DONE and again.id == first
    assert len(counter.shop.orders) == 1 and counter.writes() == 1


def test_one_that_only_the_index_shows_is_found_as_well(counter: Counter) -> None:
    first = counter.made()
    counter.world.time.seconds += 3 * 86_400
    assert OrderMaker(counter.desk()).make(counter.order()).id == first and len(counter.shop.orders) == 1


def test_orders_of_others_are_told_apart_by_the_whole_identifier(counter: Counter) -> None:
    counter.made("erp:1")
    counter.made("ERP:1")
    assert counter.made("it's \\ odd") != counter.made("erp:1") and len(counter.shop.orders) == 3


@pytest.mark.parametrize("kind", ["apply_then_cut", "apply_then_error"])
def test_a_lost_answer_is_found_by_looking(counter: Counter, kind: Any) -> None:
    maker = OrderMaker(counter.desk())
    counter.shop.index_lag = 1800.0
    counter.world.faults.add(Fault(kind, "shopify write"))
    with pytest.raises(OutcomeUnknown):
        maker.make(counter.order())
    found = OrderMaker(counter.desk()).made(counter.order())
    assert found is not None and found.id in counter.shop.orders and counter.writes() == 1


def test_what_never_arrived_is_not_claimed(counter: Counter) -> None:
    maker = OrderMaker(counter.desk())
    counter.world.faults.add(Fault("cut_before", "shopify write"))
    with pytest.raises(OutcomeUnknown):
        maker.make(counter.order())
    assert maker.made(counter.order()) is None and not counter.shop.orders


def test_a_trial_shop_is_waited_for(counter: Counter) -> None:
    counter.shop.most_new_orders = 5
    for number in range(7):
        counter.made(f"erp:{number}")
    assert len(counter.shop.orders) == 7 and sum(counter.world.time.slept) >= 50


def test_a_throttled_request_is_sent_again(counter: Counter) -> None:
    desk = counter.desk()
    desk.conversation.shop()
    counter.world.app.bucket.spend(counter.world.app.bucket.available())
    assert OrderMaker(desk).make(counter.order()).result is Result.DONE and len(counter.shop.orders) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"lines": ()}, "no lines"),
    ({"currency": "USD"}, "it is in USD, and the shop sells in EUR"),
    ({"lines": (OrderLine(0, Decimal(1), "x"),)}, "quantity of 0"),
    ({"lines": (OrderLine(1, Decimal("1.005"), "x"),)}, "price of 1.005"),
    ({"lines": (OrderLine(1, Decimal(1), sku="S-9"),)}, "line 1 (S-9) has neither"),
    ({"email": "nobody"}, "no e-mail address"),
    ({"shipping_address": Address(country="Turkey")}, "must be its two letters"),
    ({"discount": Decimal(100)}, "below nought"),
]


@pytest.mark.parametrize(("change", "told"), BAD)
def test_what_cannot_be_an_order_is_told_before_it_is_sent(counter: Counter, change: dict[str, Any], told: str) -> None:
    order: NewOrder = replace(counter.order(), **change)
    outcome = OrderMaker(counter.desk()).make(order)
    assert outcome.result is Result.REJECTED and told in outcome.why
    assert counter.writes() == 0 and not counter.shop.orders


def test_what_shopify_refuses_is_told_in_its_words(counter: Counter) -> None:
    line = OrderLine(1, Decimal(1), variant="gid://shopify/ProductVariant/1")
    outcome = OrderMaker(counter.desk()).make(counter.order(lines=(line,)))
    assert outcome.result is Result.REJECTED and "Variant does not exist" in outcome.why


def test_a_missing_permission_is_named(counter: Counter) -> None:
    counter.world.app.tokens.add_token(TOKEN, frozenset({"read_orders", "read_products"}))
    with pytest.raises(Refused) as refused:
        OrderMaker(counter.desk()).make(counter.order())
    assert "write_orders" in refused.value.next_step
