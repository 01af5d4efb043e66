"""Setting stock in the local shop: compared, once, and settled by the same key."""

from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.stock import MOVING
from syncdb.model import Operation, Outcome, Result
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.shopify.money import Node
from syncdb.sandbox.shopify.products.merchant import Merchant
from tests.connectors.shopify.catalogue.conftest import Shelf, update


def results(outcomes: list[Outcome]) -> list[Result]:
    return [outcome.result for outcome in outcomes]


@pytest.fixture
def merchant(shelf: Shelf) -> Merchant:
    shelf.fill(60)
    return Merchant(shelf.goods)


def levels(shelf: Shelf, n: int) -> list[Node]:
    """Some of the stock that the shop counts."""
    return [one for one in shelf.goods.levels.values() if one["item"]["tracked"]][:n]


def setting(level: Node, by: int, name: str = "available") -> Operation:
    before = level["_counts"][name]
    return update(level["id"], {name: before}, {name: before + by})


def available(nodes: list[Node]) -> list[int]:
    return [node["_counts"]["available"] for node in nodes]


def calls(shelf: Shelf) -> list[dict[str, Any]]:
    """The variables of every call that set stock."""
    bodies: list[Any] = [seen.body_json for seen in shelf.world.faults.log if seen.kind == "write"]
    return [body["variables"] for body in bodies]


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-10"])
def test_stock_is_set_in_one_call(shelf: Shelf, merchant: Merchant, version: str) -> None:
    some = levels(shelf, 90)
    before = available(some)
    side = shelf.catalogue(version=version).side("inventory")
    outcomes = shelf.write(side, *(setting(level, 3) for level in some))
    assert results(outcomes) == [Result.DONE] * 90 and shelf.requests("write") == 1
    assert available(some) == [count + 3 for count in before]


def test_no_more_than_250_at_once(shelf: Shelf) -> None:
    shelf.fill(170)
    some = levels(shelf, 300)
    assert len(some) == 300
    side = shelf.catalogue({"inventory": ["available"]}).side("inventory")
    assert results(shelf.write(side, *(setting(level, 1) for level in some))) == [Result.DONE] * 300
    assert [len(call["input"]["quantities"]) for call in calls(shelf)] == [250, 50]


def test_what_is_sold_in_the_last_moment_is_stale_and_the_others_are_set(shelf: Shelf, merchant: Merchant) -> None:
    some = levels(shelf, 20)
    before = available(some)
    sold = some[4]["item"]["variant"]["id"]
    place = some[4]["location"]["id"]
    side = shelf.catalogue().side("inventory")
    operations = [setting(level, 10) for level in some]
    shelf.world.faults.add(Fault("meanwhile", "shopify write", action=lambda: merchant.sell(sold, 2, place)))
    outcomes = shelf.write(side, *operations)
    assert results(outcomes) == [Result.STALE if at == 4 else Result.DONE for at in range(20)]
    assert available(some) == [count - 2 if at == 4 else count + 10 for at, count in enumerate(before)]
    assert len({call["key"] for call in calls(shelf)}) == 2


def test_what_the_plan_did_not_see_is_stale_and_nothing_is_sent(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    operation = update(level["id"], {"available": level["_counts"]["available"] + 1}, {"available": 0})
    assert results(shelf.write(shelf.catalogue().side("inventory"), operation)) == [Result.STALE]
    assert shelf.requests("write") == 0


def test_one_refused_quantity_does_not_hold_the_others(shelf: Shelf, merchant: Merchant) -> None:
    some = levels(shelf, 3)
    operations = [setting(level, 1, "on_hand") for level in some]
    operations[1] = update(some[1]["id"], {"on_hand": some[1]["_counts"]["on_hand"]}, {"on_hand": -5})
    outcomes = shelf.write(shelf.catalogue().side("inventory"), *operations)
    assert results(outcomes) == [Result.DONE, Result.REJECTED, Result.DONE]
    assert "can't be negative" in outcomes[1].why and some[1]["location"]["name"] in outcomes[1].why


def test_both_quantities_move_together_or_not_at_all(shelf: Shelf, merchant: Merchant) -> None:
    one, other = levels(shelf, 2)
    together, apart = setting(one, 2), setting(other, 2)
    together = update(one["id"], {**together.expected, "on_hand": one["_counts"]["on_hand"]},
                      {**together.changes, "on_hand": one["_counts"]["on_hand"] + 2})  # fmt: skip
    apart = update(other["id"], {**apart.expected, "on_hand": 0}, {**apart.changes, "on_hand": 99})
    side = shelf.catalogue().side("inventory")
    other["_counts"]["on_hand"] = 0
    outcomes = shelf.write(side, together, apart)
    assert results(outcomes) == [Result.DONE, Result.REJECTED] and "cannot be set apart" in outcomes[1].why
    assert one["_counts"]["on_hand"] == together.changes["on_hand"] and len(calls(shelf)) == 1


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_is_settled_by_the_same_key(shelf: Shelf, merchant: Merchant, applied: bool) -> None:
    some = levels(shelf, 12)
    before = available(some)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(level, 5) for level in some], 77)
    shelf.world.faults.add(Fault("apply_then_cut" if applied else "cut_before", "shopify write"))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    # another process settles it
    settled = shelf.catalogue().side("inventory").settle(attempt)
    assert results(settled) == [Result.DONE] * 12 and available(some) == [count + 5 for count in before]
    first, second = calls(shelf)
    assert first == second


def test_what_is_applied_late_is_not_applied_twice(shelf: Shelf, merchant: Merchant) -> None:
    some = levels(shelf, 5)
    before = available(some)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(level, 5) for level in some], 78)
    shelf.world.faults.add(Fault("apply_late", "shopify write"))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    assert results(side.settle(attempt)) == [Result.DONE] * 5
    merchant.sell(some[0]["item"]["variant"]["id"], 1, some[0]["location"]["id"])
    assert shelf.world.faults.land_late() == 1
    assert available(some) == [count + 5 - (at == 0) for at, count in enumerate(before)]


def test_settling_after_the_key_was_forgotten_only_looks(shelf: Shelf, merchant: Merchant) -> None:
    """A quantity that is as it was to be may be somebody else's doing: what became of the write is in doubt."""
    one, other = levels(shelf, 2)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(one, 5), setting(other, 5)], 79)
    shelf.world.faults.add(Fault("cut_before", "shopify write"))
    side.write(attempt)
    merchant.receive(one["item"]["variant"]["id"], 5, one["location"]["id"])
    shelf.world.time.seconds += 25 * 3600
    writes = shelf.requests("write")
    settled = shelf.catalogue().side("inventory").settle(attempt)
    assert results(settled) == [Result.STALE, Result.STALE] and all(one.doubted for one in settled)
    assert shelf.requests("write") == writes


@pytest.mark.parametrize("spent", [True, False])
def test_a_lost_answer_to_the_rest_of_a_refused_call_is_settled(shelf: Shelf, merchant: Merchant, spent: bool) -> None:
    shelf.goods.keys.failed_keys_are_spent = spent
    some = levels(shelf, 6)
    before = available(some)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(level, 5) for level in some], 80)
    merchant.receive(some[2]["item"]["variant"]["id"], 1, some[2]["location"]["id"])
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write", skip=1))
    assert set(results(side.write(attempt))) == {Result.UNKNOWN}
    settled = shelf.catalogue().side("inventory").settle(attempt)
    assert results(settled) == [Result.STALE if at == 2 else Result.DONE for at in range(6)]
    assert available(some) == [count + 1 if at == 2 else count + 5 for at, count in enumerate(before)]


def test_shopify_still_busy_with_the_call_is_waited_for(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(level, 5)], 81)
    shelf.world.faults.add(Fault("cut_before", "shopify write"))
    side.write(attempt)
    key = calls(shelf)[0]["key"]
    shelf.goods.keys.busy.add(key)
    assert results(side.settle(attempt)) == [Result.UNKNOWN]
    shelf.goods.keys.busy.discard(key)
    assert results(side.settle(attempt)) == [Result.DONE]
    assert sum(shelf.world.time.slept) >= 10


def test_an_unknown_failure_of_the_call_is_not_taken_for_a_refusal(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    side = shelf.catalogue().side("inventory")
    attempt = side.prepare([setting(level, 5)], 82)

    def breaks(body: dict[str, Any]) -> None:
        if "inventorySetQuantities" in (body.get("data") or {}):
            body["data"] = {"inventorySetQuantities": None}
            error = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            body["errors"] = [error | {"path": ["inventorySetQuantities"]}]

    shelf.world.app.tamper = breaks
    assert results(side.write(attempt)) == [Result.UNKNOWN]
    shelf.world.app.tamper = None
    assert results(side.settle(attempt)) == [Result.DONE]
    assert available([level]) == [attempt.operations[0].changes["available"]]


# --- by movement


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-10"])
def test_stock_is_moved_by_what_it_differs_from_what_was_seen(shelf: Shelf, merchant: Merchant, version: str) -> None:
    some = levels(shelf, 3)
    before = available(some)
    side = shelf.catalogue({"inventory": ["available"]}, manner=MOVING, version=version).side("inventory")
    outcomes = shelf.write(side, *(setting(level, by) for level, by in zip(some, (4, -2, -before[2] - 5), strict=True)))
    assert results(outcomes) == [Result.DONE] * 3
    assert available(some) == [before[0] + 4, before[1] - 2, -5]
    (call,) = calls(shelf)
    assert [row["delta"] for row in call["input"]["changes"]] == [4, -2, -before[2] - 5]
    assert [row["changeFromQuantity"] for row in call["input"]["changes"]] == before


def test_a_movement_whose_answer_was_lost_is_made_once(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    before = level["_counts"]["available"]
    side = shelf.catalogue({"inventory": ["available"]}, manner=MOVING).side("inventory")
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    attempt = side.prepare([setting(level, -1)], shelf.next_token())
    assert results(side.write(attempt)) == [Result.UNKNOWN]
    assert results(side.settle(attempt)) == [Result.DONE]
    assert level["_counts"]["available"] == before - 1 and len({call["key"] for call in calls(shelf)}) == 1


def test_a_movement_from_what_was_sold_meanwhile_is_stale(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    before = level["_counts"]["available"]
    side = shelf.catalogue({"inventory": ["available"]}, manner=MOVING).side("inventory")
    sold, place = level["item"]["variant"]["id"], level["location"]["id"]
    shelf.world.faults.add(Fault("meanwhile", "shopify write", action=lambda: merchant.sell(sold, 2, place)))
    assert results(shelf.write(side, setting(level, 5))) == [Result.STALE]
    assert level["_counts"]["available"] == before - 2


def test_what_became_of_stock_is_doubted_once_its_key_is_forgotten(shelf: Shelf, merchant: Merchant) -> None:
    (level,) = levels(shelf, 1)
    side = shelf.catalogue({"inventory": ["available"]}, manner=MOVING).side("inventory")
    attempt = side.prepare([setting(level, -1)], shelf.next_token())
    shelf.world.faults.add(Fault("apply_then_cut", "shopify write"))
    assert results(side.write(attempt)) == [Result.UNKNOWN]
    shelf.world.time.seconds += 24 * 3600
    merchant.sell(level["item"]["variant"]["id"], 2, level["location"]["id"])
    (outcome,) = side.settle(attempt)
    assert outcome.result is Result.STALE and outcome.doubted
