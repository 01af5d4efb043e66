"""Shipping orders of the local shop with tracking, cancelling and paying them, and customers found or made."""

from typing import Any

import pytest

from syncdb.connectors.shopify.customers.making import CustomerMaker
from syncdb.connectors.shopify.ordering.ending import OrderEnder
from syncdb.connectors.shopify.ordering.shipping import Shipper
from syncdb.connectors.shopify.ordering.wanted import Parcel
from syncdb.errors import OutcomeUnknown, Refused
from syncdb.model import Result
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.ordering.fulfilment import hold, split
from tests.connectors.shopify.conftest import TOKEN
from tests.connectors.shopify.ordering.conftest import Counter

PARCEL = Parcel("Yurtiçi Kargo", "YK1", "https://kargo.example/YK1")


def tracking(counter: Counter, id: str) -> list[list[str | None]]:
    made = counter.node(id)["fulfillments"]
    return [[one["trackingInfo"][0][name] for name in ("company", "number", "url")] for one in made]


def test_an_order_is_shipped_with_tracking(counter: Counter) -> None:
    id = counter.made()
    assert Shipper(counter.desk()).ship(id, PARCEL).result is Result.DONE
    assert counter.node(id)["displayFulfillmentStatus"] == "FULFILLED"
    assert tracking(counter, id) == [["Yurtiçi Kargo", "YK1", "https://kargo.example/YK1"]]


def test_doing_it_again_does_nothing_and_another_number_takes_its_place(counter: Counter) -> None:
    id = counter.made()
    Shipper(counter.desk()).ship(id, PARCEL)
    writes = counter.writes()
    assert Shipper(counter.desk()).ship(id, PARCEL).result is Result.DONE and counter.writes() == writes
    assert Shipper(counter.desk()).ship(id, Parcel("UPS", "1Z")).result is Result.DONE
    assert tracking(counter, id) == [["UPS", "1Z", None]] and len(counter.node(id)["fulfillments"]) == 1


def test_some_pieces_are_shipped_first(counter: Counter) -> None:
    id = counter.made()
    line = counter.node(id)["lineItems"][0]["id"]
    assert Shipper(counter.desk()).ship(id, Parcel(number="A"), {line: 1}).result is Result.DONE
    assert counter.node(id)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert Shipper(counter.desk()).ship(id, Parcel(number="B")).result is Result.DONE
    assert [one[1] for one in tracking(counter, id)] == ["A", "B"]


def test_each_place_ships_its_own(counter: Counter) -> None:
    lines = (counter.order().lines[0], counter.order().lines[0])
    id = counter.made(lines=lines)
    place = counter.shop.goods.add_location({**counter.shop.location, "id": "gid://shopify/Location/77", "name": "B"})
    split(counter.shop, id, [counter.node(id)["lineItems"][1]["id"]], place)
    assert Shipper(counter.desk()).ship(id, PARCEL).result is Result.DONE
    assert len(counter.node(id)["fulfillments"]) == 2 and counter.node(id)["displayFulfillmentStatus"] == "FULFILLED"


def test_what_is_held_is_told_and_left(counter: Counter) -> None:
    id = counter.made()
    hold(counter.shop, id)
    outcome = Shipper(counter.desk()).ship(id, PARCEL)
    assert outcome.result is Result.REJECTED and "it is on hold there" in outcome.why
    assert Shipper(counter.desk()).ship("gid://shopify/Order/1", PARCEL).result is Result.STALE


@pytest.mark.parametrize("kind", ["apply_then_cut", "apply_then_error", "cut_before"])
def test_a_lost_answer_ships_nothing_twice(counter: Counter, kind: Any) -> None:
    id = counter.made()
    counter.world.faults.add(Fault(kind, "shopify write"))
    with pytest.raises(OutcomeUnknown):
        Shipper(counter.desk()).ship(id, PARCEL)
    assert Shipper(counter.desk()).ship(id, PARCEL).result is Result.DONE
    assert len(counter.node(id)["fulfillments"]) == 1


def test_the_permission_to_ship_is_named(counter: Counter) -> None:
    id = counter.made()
    counter.world.app.tokens.add_token(TOKEN, frozenset({"write_orders", "read_products"}))
    with pytest.raises(Refused) as refused:
        Shipper(counter.desk()).ship(id, PARCEL)
    assert "write_merchant_managed_fulfillment_orders" in refused.value.next_step


def test_cancelling_waits_for_the_job(counter: Counter) -> None:
    id = counter.made()
    assert OrderEnder(counter.desk()).cancel(id, "customer", restock=False, note="not wanted").result is Result.DONE
    assert counter.node(id)["cancelReason"] == "CUSTOMER" and counter.available() == 5
    writes = counter.writes()
    assert OrderEnder(counter.desk()).cancel(id, restock=False).result is Result.DONE and counter.writes() == writes


def test_what_was_shipped_is_not_cancelled(counter: Counter) -> None:
    id = counter.made()
    Shipper(counter.desk()).ship(id, PARCEL)
    outcome = OrderEnder(counter.desk()).cancel(id, restock=False)
    assert outcome.result is Result.REJECTED and "outstanding fulfillments" in outcome.why


def test_a_job_that_is_never_done_is_not_claimed(counter: Counter) -> None:
    id = counter.made()
    counter.shop.cancelling_takes = 10_000.0
    with pytest.raises(OutcomeUnknown):
        OrderEnder(counter.desk()).cancel(id, restock=False)
    assert counter.node(id)["cancelledAt"] is None


def test_an_order_is_marked_as_paid_once(counter: Counter) -> None:
    id = counter.made()
    for _ in range(2):
        assert OrderEnder(counter.desk()).pay(id).result is Result.DONE
    assert counter.node(id)["displayFinancialStatus"] == "PAID" and len(counter.node(id)["transactions"]) == 1


def test_customers_are_found_by_address_and_made_once(counter: Counter) -> None:
    maker = CustomerMaker(counter.desk())
    assert maker.find("neu@example.com") is None
    first = maker.set({"email": "neu@example.com", "firstName": "Neu", "lastName": None})
    again = maker.set({"email": "NEU@example.com", "firstName": "Neu", "lastName": "Kunde"}, tags=("erp",))
    assert first.id == again.id == maker.find("neu@example.com")
    node = counter.shop.customers.nodes[str(first.id)]
    assert node["displayName"] == "Neu Kunde" and node["tags"] == ["erp"]


def test_an_address_that_is_anothers_is_told(counter: Counter) -> None:
    maker = CustomerMaker(counter.desk())
    maker.set({"email": "a@example.com"})
    other = maker.set({"email": "b@example.com"})
    outcome = maker.set({"email": "a@example.com"}, other.id)
    assert outcome.result is Result.REJECTED and "already been taken" in outcome.why
