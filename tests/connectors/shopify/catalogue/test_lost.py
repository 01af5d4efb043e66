"""Writes whose answers are lost, come late, or are refused for being too many: nothing is written twice, nothing is claimed."""

from typing import Any

import pytest

from syncdb.errors import Refused, RetryLater
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Side
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.catalogue.conftest import Shelf, update

MATERIAL = "metafields.custom.material"


def results(outcomes: list[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


@pytest.fixture
def merchant(shelf: Shelf) -> Merchant:
    shelf.fill(10)
    return Merchant(shelf.goods)


def prepared(shelf: Shelf, side: Any, n: int = 4, **changes: Any) -> Attempt:
    keys = list(shelf.goods.products)[:n]
    shown = side.look(keys).found
    wanted = changes or {"title": "Neu"}
    operations = [
        update(key, {name: shown[key].record.fields[name] for name in wanted}, {name: wanted[name] for name in wanted})
        for key in keys
    ]
    return side.prepare(operations, shelf.next_token())  # type: ignore[no-any-return]


def titles(shelf: Shelf, n: int = 4) -> list[bool]:
    return [one["title"] == "Neu" for one in list(shelf.goods.products.values())[:n]]


@pytest.mark.parametrize("kind", ["apply_then_cut", "apply_then_error"])
def test_what_was_applied_without_an_answer_is_found_at_once(shelf: Shelf, merchant: Merchant, kind: Any) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault(kind, "shopify write"))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    slept = len(shelf.world.time.slept)
    assert results(side.settle(attempt)) == [Result.DONE] * 4 and len(shelf.world.time.slept) == slept
    assert shelf.requests("write") == 1


@pytest.mark.parametrize("kind", ["cut_before", "refuse", "unavailable", "html_200"])
def test_what_was_not_applied_is_known_after_the_wait_only(shelf: Shelf, merchant: Merchant, kind: Any) -> None:
    side = shelf.catalogue(late=60).side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault(kind, "shopify write"))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    shelf.world.time.seconds += 20
    shelf.world.time.slept.clear()
    assert results(side.settle(attempt)) == [Result.STALE] * 4
    assert shelf.world.time.slept == [40.0] and shelf.requests("write") == 1 and titles(shelf) == [False] * 4


def test_what_is_applied_while_waiting_is_found(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue(late=60).side("products")
    attempt = prepared(shelf, side)
    # lands with the first look
    shelf.world.faults.add(Fault("apply_late", "shopify write", after=1))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    assert results(side.settle(attempt)) == [Result.DONE] * 4 and titles(shelf) == [True] * 4


def test_another_process_waits_the_whole_time(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault("cut_before", "shopify write"))
    side.write(attempt)
    other = shelf.catalogue(late=60).side("products")
    shelf.world.time.slept.clear()
    assert results(other.settle(attempt)) == [Result.STALE] * 4 and shelf.world.time.slept == [60.0]


def test_what_certainly_did_not_run_is_sent_again(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault("too_many", "shopify write", times=2))
    assert results(side.write(attempt)) == [Result.DONE] * 4 and shelf.requests("write") == 3


def test_throttled_is_waited_out(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue({"products": ["title"]}).side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(
        Fault("meanwhile", "shopify write", action=lambda: shelf.world.app.bucket.spend(shelf.world.app.bucket.available()))
    )
    assert results(side.write(attempt)) == [Result.DONE] * 4 and titles(shelf) == [True] * 4
    assert shelf.requests("write") == 2


def test_a_shop_that_stays_away_leaves_nothing_behind(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue(deadline=5.0).side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault("too_many", "shopify write", times=None))
    with pytest.raises(RetryLater):
        side.write(attempt)
    assert titles(shelf) == [False] * 4


def test_where_a_first_part_stands_the_rest_is_planned_again(shelf: Shelf, merchant: Merchant) -> None:
    keys = list(shelf.goods.products)[:4]
    for key in keys:
        merchant.set_metafield(key, "custom", "material", "Leinen")
    side = shelf.catalogue(deadline=5.0).side("products")
    attempt = prepared(shelf, side, **{MATERIAL: "Wolle"}, title="Neu")
    shelf.world.faults.add(Fault("too_many", "shopify write", skip=1, times=None))
    outcomes = side.write(attempt)
    assert results(outcomes) == [Result.STALE] * 4 and titles(shelf) == [False] * 4
    assert all(f"written already: {MATERIAL}" in outcome.why for outcome in outcomes)


def test_settling_while_the_shop_is_away_says_that_nobody_knows(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue(deadline=5.0).side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault("cut_before", "shopify write"))
    side.write(attempt)
    shelf.world.faults.add(Fault("refuse", "shopify read", times=None))
    assert set(results(side.settle(attempt))) == {Result.UNKNOWN}


def test_a_record_that_cannot_be_seen_while_settling_is_not_taken_for_gone(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    side.write(attempt)
    hidden = attempt.operations[1].key

    def breaks(body: dict[str, Any]) -> None:
        for position, node in enumerate((body.get("data") or {}).get("nodes", [])):
            if node and node["id"] == hidden:
                error = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
                body["data"]["nodes"][position] = None
                body["errors"] = [error | {"path": ["nodes", position]}]

    shelf.world.app.tamper = breaks
    assert results(side.settle(attempt)) == [Result.DONE, Result.UNKNOWN, Result.DONE, Result.DONE]


def test_an_internal_error_may_have_been_applied(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)

    def breaks(body: dict[str, Any]) -> None:
        if "r1" in (body.get("data") or {}):
            body["data"]["r1"] = None
            error = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            body["errors"] = [error | {"path": ["r1"]}]

    shelf.world.app.tamper = breaks
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    shelf.world.app.tamper = None
    assert results(side.settle(attempt)) == [Result.DONE] * 4


def test_a_request_that_the_version_does_not_know_did_not_run(shelf: Shelf, merchant: Merchant) -> None:
    side = shelf.catalogue().side("products")
    attempt = prepared(shelf, side)

    def unknown(body: dict[str, Any]) -> None:
        if "r0" in (body.get("data") or {}):
            error = {"message": "Field 'x' doesn't exist on type 'Product'", "path": ["mutation Write", "r0", "x"]}
            body.update(data=None, errors=[error | {"extensions": {"code": "undefinedField"}}])

    shelf.world.app.tamper = unknown
    with pytest.raises(Refused, match="does not know what is asked"):
        side.write(attempt)


def test_a_lost_deletion_is_settled_by_looking(shelf: Shelf, merchant: Merchant) -> None:
    key = shelf.product()["id"]
    side = shelf.catalogue({"products": ["title"]}).side("products")
    expected = dict(side.look([key]).found[key].record.fields)
    attempt = side.prepare([Operation(Side.LEFT, Action.DELETE, key, key, expected, {}, "deleted")], shelf.next_token())
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    assert results(side.write(attempt)) == [Result.UNKNOWN] and results(side.settle(attempt)) == [Result.DONE]


def test_what_was_judged_before_sending_stays_judged(shelf: Shelf, merchant: Merchant) -> None:
    key, other = list(shelf.goods.products)[:2]
    side = shelf.catalogue({"products": ["title"]}).side("products")
    shown = side.look([key, other]).found
    operations = [
        update(key, {"title": shown[key].record.fields["title"]}, {"title": None}),
        update(other, {"title": shown[other].record.fields["title"]}, {"title": "Neu"}),
    ]
    attempt = side.prepare(operations, shelf.next_token())
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    assert results(side.settle(attempt)) == [Result.REJECTED, Result.DONE]
