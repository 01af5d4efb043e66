"""Requests to Sentos: logins, limits over runs and processes, faults, and what each answer means."""

from typing import Any

import pytest

from syncdb.connectors.sentos.budget import MINUTE, RequestBudget
from syncdb.connectors.sentos.failures import Declined
from syncdb.connectors.sentos.schemes import SCHEMES
from syncdb.errors import OutcomeUnknown, Refused, RetryLater
from syncdb.http import Transient
from syncdb.sandbox.faults import Fault
from tests.connectors.sentos.conftest import Account


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_way_of_logging_in_is_used_only_where_it_is_chosen(account: Account, scheme: Any) -> None:
    account.app.behave(accepts=frozenset({scheme}))
    assert account.client(scheme).get("/warehouses")[0]["name"] == "Merkez Depo"
    assert account.app.logins == [scheme]
    other = next(one for one in SCHEMES if one != scheme)
    with pytest.raises(Refused, match="login"):
        account.client(other).get("/sales-channels")
    assert account.app.logins == [scheme, other]


def test_a_wrong_secret_is_told_without_it(account: Account) -> None:
    with pytest.raises(Refused) as refused:
        account.client(secret="wrong-secret-77").get("/warehouses")
    assert "wrong-secret-77" not in str(refused.value) + refused.value.next_step and "detect" in refused.value.next_step


def test_the_same_question_is_asked_twice_a_minute_at_most(account: Account) -> None:
    client = account.client()
    for _ in range(5):
        client.get("/warehouses")
    assert account.app.counter.refused == 0 and account.seconds - account.faults.log[0].at != 0
    assert sum(account.slept) >= 2 * MINUTE - 2


def test_what_an_earlier_process_sent_still_counts(account: Account) -> None:
    kept: dict[str, Any] = {}
    first = account.client(budget=RequestBudget(None, kept.update, account.clock()))
    for _ in range(2):
        first.get("/warehouses")
    account.slept.clear()
    account.client(budget=RequestBudget(dict(kept), clock=account.clock())).get("/warehouses")
    assert sum(account.slept) > 50 and account.app.counter.refused == 0


def test_a_question_that_never_left_counts_for_nothing(account: Account) -> None:
    client = account.client()
    account.server.close()
    with pytest.raises(RetryLater):
        client.get("/products")
    assert client.budget.spent > 2 and max(account.slept) < MINUTE / 2, account.slept


def test_a_clock_that_was_put_back_does_not_stop_everything(account: Account) -> None:
    kept: dict[str, Any] = {}
    account.client(budget=RequestBudget(None, kept.update, account.clock())).get("/warehouses")
    account.seconds -= 86_400
    account.client(budget=RequestBudget(dict(kept), clock=account.clock())).get("/warehouses")
    assert sum(account.slept) < 120


@pytest.mark.parametrize("kind", ["refuse", "unavailable", "cut_before", "html_200", "too_many"])
def test_a_question_is_asked_again(account: Account, kind: Any) -> None:
    account.faults.add(Fault(kind, "sentos read", times=2))
    assert account.client().get("/warehouses")


def test_a_sentos_that_stays_away_is_given_up(account: Account) -> None:
    account.faults.add(Fault("refuse", "sentos read", times=None))
    with pytest.raises(RetryLater):
        account.client().get("/warehouses")
    assert account.seconds > 0


@pytest.mark.parametrize("kind", ["apply_then_cut", "apply_then_error", "cut_before", "refuse", "html_200"])
def test_a_write_without_a_clear_answer_is_unknown_and_sent_once(account: Account, kind: Any) -> None:
    account.faults.add(Fault(kind, "sentos write"))
    with pytest.raises(OutcomeUnknown):
        account.client().write("POST", "/orders", account.completed(account.request("shop-1")))
    assert account.faults.count("sentos", "write") == 1


def test_a_write_that_is_too_much_is_not_taken(account: Account) -> None:
    account.faults.add(Fault("too_many", "sentos write"))
    with pytest.raises(Transient):
        account.client().write("POST", "/orders", account.completed(account.request("shop-1")))


@pytest.mark.parametrize("habits", [{"refuses_with": 200}, {"refuses_with": 422}])
def test_a_refusal_in_the_body_is_one(account: Account, habits: dict[str, Any]) -> None:
    account.app.behave(**habits)
    with pytest.raises(Declined, match="payment_method"):
        account.client().write("POST", "/orders", {"payment_method": "CREDIT_CARD"})
