"""What every connector must do, of the orders of Sentos, whose records have fields of their own: made once, found, moved on."""

from datetime import date
from typing import Any

import pytest

from syncdb.connectors.sentos.orders import LATE, KnownOrder, SentosOrders
from syncdb.errors import Refused, RetryLater
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Side
from syncdb.sandbox.faults import Fault
from tests.connectors.sentos.conftest import Account

NOON_DAY, OLD_DAY = date(2026, 11, 20), date(2026, 9, 1)
NEW: dict[str, Any] = {"approved": True, "cancelled": False, "shipped": None}


def create(key: str) -> Operation:
    return Operation(Side.RIGHT, Action.CREATE, key, None, {}, dict(NEW), "new")


def update(key: str, **changes: Any) -> Operation:
    return Operation(Side.RIGHT, Action.UPDATE, key, None, {}, changes, "changed")


def write(orders: SentosOrders, *operations: Operation) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for token, operation in enumerate(operations, 7000 + len(orders._sent)):
        attempt = orders.prepare([operation], token)
        assert attempt.operations == (operation,)
        outcomes += orders.write(attempt)
    return outcomes


def lost(account: Account, orders: SentosOrders, operation: Operation, fault: str) -> tuple[Attempt, list[Outcome]]:
    attempt = orders.prepare([operation], 9000)
    account.faults.add(Fault(fault, "sentos write"))  # type: ignore[arg-type]
    return attempt, orders.write(attempt)


def test_an_empty_account_shows_nothing(account: Account) -> None:
    orders = account.orders()
    assert all(block.complete and not block.found for block in orders.fetch())
    assert orders.look(["shop-1"]).found == {} and orders.structure(1) is None


def test_what_was_created_is_there_once_and_shown_alike(account: Account) -> None:
    orders = account.orders()
    assert [one.result for one in write(orders, create("shop-1"), create("shop-2"))] == [Result.DONE, Result.DONE]
    assert account.made("shop-1") == account.made("shop-2") == 1
    (block,) = account.orders().fetch()
    looked = account.orders().look(["shop-1", "shop-2", "shop-3"])
    assert block.found == looked.found and set(looked.found) == {"shop-1", "shop-2"}
    assert looked.found["shop-1"].record.fields["content"] == "2 x MUG = 189.80"


def test_an_order_that_is_there_already_is_not_made_again(account: Account) -> None:
    write(account.orders(), create("shop-1"))
    assert [one.result for one in write(account.orders(), create("shop-1"))] == [Result.DONE]
    assert account.made("shop-1") == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"cancelled": True}, 6), ({"shipped": "Kargo|123|https://k.example/123"}, 5)],
)
def test_an_order_is_moved_on(account: Account, changes: dict[str, Any], status: int) -> None:
    orders = account.orders()
    write(orders, create("shop-1"))
    assert [one.result for one in write(orders, update("shop-1", **changes))] == [Result.DONE]
    assert account.clerk.order("shop-1")["status"] == status


def test_what_sentos_did_first_is_not_undone(account: Account) -> None:
    write(account.orders(), create("shop-1"))
    account.clerk.set_status("shop-1", 99)
    orders = account.orders()
    refused, done = write(orders, update("shop-1", cancelled=True), update("shop-1", shipped="Kargo|1|"))
    assert refused.result is Result.REJECTED and "sent it" in refused.why and done.result is Result.DONE
    assert account.clerk.order("shop-1")["status"] == 99


def test_changed_items_are_told_and_nothing_is_written(account: Account) -> None:
    write(account.orders(), create("shop-1"))
    (outcome,) = write(account.orders(), update("shop-1", content="3 x MUG = 279.70"))
    assert outcome.result is Result.REJECTED and "panel" in outcome.why


def test_a_change_of_a_vanished_order_is_stale(account: Account) -> None:
    assert [one.result for one in write(account.orders(), update("shop-9", cancelled=True))] == [Result.STALE]


def test_what_an_order_lacks_is_told_and_the_rest_goes_on(account: Account) -> None:
    account.lacking.add("shop-1")
    refused, done = write(account.orders(), create("shop-1"), create("shop-2"))
    assert refused.result is Result.REJECTED and "telephone" in refused.why and done.result is Result.DONE
    assert account.made("shop-1") == 0


@pytest.mark.parametrize("status", [200, 422])
def test_a_refusal_is_told_in_sentos_own_words_also_within_a_200(account: Account, status: Any) -> None:
    account.app.behave(refuses_with=status)
    account.app.books.identity_needed = True
    (outcome,) = write(account.orders(), create("shop-1"))
    assert outcome.result is Result.REJECTED and "turkishIdentityNumber" in outcome.why and "#shop-1" in outcome.why
    assert account.made("shop-1") == 0


@pytest.mark.parametrize("habit", ["refused", "second", "same"])
@pytest.mark.parametrize(
    ("fault", "result"),
    [("apply_then_cut", Result.DONE), ("apply_then_error", Result.DONE), ("cut_before", Result.STALE), ("refuse", Result.STALE)],
)
def test_a_lost_answer_is_unknown_until_settled_and_nothing_is_made_twice(
    account: Account, fault: str, result: Result, habit: Any
) -> None:
    account.app.behave(same_order_id=habit)
    orders = account.orders()
    attempt, outcomes = lost(account, orders, create("shop-1"), fault)
    assert [one.result for one in outcomes] == [Result.UNKNOWN]
    again = account.orders()  # another process finds out
    settled = again.settle(attempt)
    assert [one.result for one in settled] == [result] and again.settle(attempt) == settled
    write(account.orders(), create("shop-1"))
    assert account.made("shop-1") == 1


def test_a_write_that_lands_late_is_waited_for(account: Account) -> None:
    orders = account.orders()
    attempt, _ = lost(account, orders, create("shop-1"), "apply_late")
    account.faults.add(Fault("meanwhile", "sentos read", skip=1, action=account.faults.land_late))
    before = account.seconds
    assert [one.result for one in orders.settle(attempt)] == [Result.DONE]
    assert account.seconds - before >= LATE - 1 and account.made("shop-1") == 1


def test_a_new_order_that_is_found_late_is_not_made_again(account: Account) -> None:
    write(account.orders(), create("shop-0"))
    account.seconds += 600
    account.app.behave(lag=60.0)
    orders = account.orders()
    attempt, _ = lost(account, orders, create("shop-1"), "apply_then_cut")
    assert [one.result for one in orders.settle(attempt)] == [Result.DONE] and account.made("shop-1") == 1


@pytest.mark.parametrize("habit", ["contains", "ignored"])
def test_a_filter_that_lets_others_through_is_looked_through(account: Account, habit: Any) -> None:
    write(account.orders(), create("shop-12"))
    account.app.behave(order_filter=habit)
    orders = account.orders()
    assert orders.look(["shop-1"]).found == {} and set(orders.look(["shop-12"]).found) == {"shop-12"}
    write(orders, create("shop-1"), create("shop-12"))
    assert account.made("shop-1") == account.made("shop-12") == 1


def test_where_orders_are_not_found_by_their_order_id_none_is_sent(account: Account) -> None:
    account.clerk.order_elsewhere("MUG", order_id="TY-1")
    account.app.behave(order_filter="nothing")
    with pytest.raises(Refused, match="does not find the order TY-1"):
        write(account.orders(), create("shop-1"))
    assert account.made("shop-1") == 0


def test_parameters_that_count_in_the_body_only_are_found_out(account: Account) -> None:
    account.clerk.order_elsewhere("MUG", order_id="TY-1")
    account.app.behave(filters_in="body", order_filter="exact")
    orders = account.orders()
    write(orders, create("shop-1"))
    assert account.made("shop-1") == 1 and set(orders.look(["shop-1"]).found) == {"shop-1"}


def test_orders_that_stand_twice_are_told_and_left_alone(account: Account) -> None:
    write(account.orders(), create("shop-1"))
    account.clerk.order_elsewhere("MUG", order_id="shop-1")
    orders = account.orders()
    shown = orders.look(["shop-1"])
    assert shown.found == {} and len(shown.doubled["shop-1"]) == 2
    (outcome,) = write(orders, update("shop-1", cancelled=True))
    assert outcome.result is Result.REJECTED and "2 times" in outcome.why
    assert {one["status"] for one in account.app.books.with_order_id("shop-1")} == {2}


def test_a_listing_shows_our_own_orders_and_asks_for_those_it_lacks(account: Account) -> None:
    write(account.orders(), create("shop-1"))
    account.clerk.order_elsewhere("MUG", order_id="TY-1")
    orders = account.orders()
    account.known = [KnownOrder("shop-1", NOON_DAY), KnownOrder("shop-2", NOON_DAY), KnownOrder("shop-0", OLD_DAY)]
    (block,) = orders.fetch()
    assert set(block.found) == {"shop-1", "shop-0"} and block.complete, "shop-2 is gone, an old one is not looked at"
    assert block.found["shop-0"].record.fields == {}


def test_many_orders_keep_to_the_limits(account: Account) -> None:
    orders = account.orders()
    begun = account.seconds
    outcomes = write(orders, *(create(f"shop-{number}") for number in range(30)))
    assert {one.result for one in outcomes} == {Result.DONE} and account.app.counter.refused == 0
    assert account.seconds - begun >= 120, "ten a minute at most"


def test_a_busy_sentos_is_waited_for_and_looked_at_before_it_is_asked_again(account: Account) -> None:
    account.faults.add(Fault("too_many", "sentos write", times=2))
    assert [one.result for one in write(account.orders(), create("shop-1"))] == [Result.DONE] and account.made("shop-1") == 1


def test_an_account_that_takes_nothing_ends_the_run(account: Account) -> None:
    account.faults.add(Fault("too_many", "sentos write", times=None))
    with pytest.raises(RetryLater):
        write(account.orders(), create("shop-1"))
