"""A plan that does surprisingly much to what exists is refused; additions never are."""

from decimal import Decimal
from typing import Any

import pytest

from syncdb.engine.guards import Change, Limits, Surprise
from syncdb.engine.guards import guard as guarded
from syncdb.mapping.entities import ENDING
from syncdb.mapping.entities import PRICES as PRICED
from syncdb.model import Action, Operation, Plan, Side
from syncdb.values import Value


def guard(plan: Plan, known: int, limits: Limits, **more: Any) -> list[Surprise]:
    return guarded(plan, dict.fromkeys(Side, known), limits, **more)


def priced(*prices: tuple[Value, Value], reason: str = "changed") -> Plan:
    """A plan that changes prices in the left system, which is a shop."""
    return Plan(
        tuple(
            Operation(Side.LEFT, Action.UPDATE, str(n), None, {"price": before}, {"price": after}, reason)
            for n, (before, after) in enumerate(prices)
        )
    )


SHOP: dict[str, Any] = {"live": {Side.LEFT: lambda operation: True}}
PRICES = Limits(prices=frozenset({"price"}))


@pytest.mark.parametrize("after", [Decimal(0), None, Decimal("4.99")])
def test_one_price_that_falls_far_is_refused_always(after: Value) -> None:
    (one,) = guard(priced((Decimal("10.00"), after)), 1000, PRICES, **SHOP)
    assert one.first == (Change("0", "price", Decimal("10.00"), after),)


@pytest.mark.parametrize(("before", "after"), [(Decimal(10), Decimal(5)), (Decimal(10), Decimal(99)), (None, Decimal(0)), (0, 0)])
def test_other_changes_of_a_price_are_not(before: Value, after: Value) -> None:
    assert guard(priced((before, after)), 1000, PRICES, **SHOP) == []


def test_all_prices_of_a_small_shop_are_not_changed_unasked() -> None:
    (one,) = guard(priced(*[(Decimal(10), Decimal(9))] * 14), 14, PRICES, **SHOP)
    assert "price of 14 of 14 known records" in one.told and len(one.first) == 5
    assert guard(priced(*[(Decimal(10), Decimal(9))] * 5), 5, PRICES, **SHOP) == []
    assert guard(priced(*[(Decimal(10), Decimal(9))] * 14), 14, PRICES) == [], "where no customer looks, a small table may change"


def test_what_a_shop_cannot_take_is_not_asked_about() -> None:
    plan = priced(*[(Decimal(10), Decimal(-4))] * 14, (Decimal(10), Decimal(1)))
    (one,) = guard(plan, 15, PRICES, live={Side.LEFT: lambda operation: operation.changes["price"] >= 0})
    assert one.first == (Change("14", "price", Decimal(10), Decimal(1)),)


def test_what_a_person_decided_is_not_asked_again() -> None:
    assert guard(priced(*[(Decimal(10), Decimal(0))] * 14, reason="decided by a person"), 14, PRICES, **SHOP) == []


@pytest.mark.parametrize("field", ["price", "compare_at_price", "cost"])
def test_no_amount_of_money_falls_to_nothing_unasked(field: str) -> None:
    def one(after: Value) -> list[Surprise]:
        op = Operation(Side.LEFT, Action.UPDATE, "k", None, {field: Decimal(30)}, {field: after}, "changed")
        return guard(Plan((op,)), 100, Limits(prices=PRICED, ending=ENDING), **SHOP)

    assert one(Decimal(0)) and one(Decimal(14)) and not one(Decimal(16))
    assert bool(one(None)) is (field != "compare_at_price"), "a compare-at price is emptied when a sale ends"


def test_what_holds_nothing_yet_may_be_filled() -> None:
    assert guard(priced(*[(Decimal(0), Decimal(9))] * 14, reason="blank filled"), 14, PRICES, **SHOP) == []


def test_each_field_counts_on_its_own() -> None:
    changes = [{"a": 1} if n % 2 else {"b": 1} for n in range(10)]
    spread = Plan(
        tuple(Operation(Side.LEFT, Action.UPDATE, str(n), None, dict.fromkeys(c, 9), c, "changed") for n, c in enumerate(changes))
    )
    assert guard(spread, 10, Limits(), **SHOP) == []


def test_the_writes_of_both_sides_are_not_added_up() -> None:
    both = Plan((*plan(Action.UPDATE, 180).operations, *priced(*[(1, 2)] * 180).operations))
    assert guard(both, 282, Limits()) == []


def plan(action: Action, count: int, reason: str = "changed", before: Value = "old") -> Plan:
    return Plan(tuple(Operation(Side.RIGHT, action, str(n), None, {"f": before}, {"f": n}, reason) for n in range(count)))


def test_additions_are_never_refused() -> None:
    assert guard(plan(Action.CREATE, 100_000, "new"), 10, Limits()) == []


def test_changing_more_than_the_share_is_refused_above_the_few() -> None:
    assert guard(plan(Action.UPDATE, 501), 1000, Limits())
    assert guard(plan(Action.UPDATE, 500), 1000, Limits()) == []
    assert guard(plan(Action.UPDATE, 200), 200, Limits()) == [], "a small shop may change wholly"


def test_one_order_of_many_lines_may_change_wholly() -> None:
    many = plan(Action.UPDATE, 250)
    assert guard(many, 278, Limits())
    for orders in (1, 5):
        assert guard(many, 278, Limits(), homes={op.key: f"order {int(op.key) % orders}" for op in many.operations}) == []
    assert guard(many, 278, Limits(), homes={op.key: f"order {int(op.key) % 6}" for op in many.operations})
    assert guard(many, 278, Limits(), homes={op.key: "" for op in many.operations}), "what is no part counts by itself"


def test_filling_a_new_column_is_no_surprise() -> None:
    assert guard(plan(Action.UPDATE, 100_000, "first fill", None), 100_000, Limits()) == []


def test_an_emptied_tab_is_not_filled_again_unasked() -> None:
    assert guard(plan(Action.CREATE, 300, "row restored"), 1000, Limits())
    assert guard(plan(Action.CREATE, 20, "row restored"), 20, Limits()) == []


def test_mass_deletion_is_refused() -> None:
    assert guard(plan(Action.DELETE, 101), 1000, Limits())
    assert guard(plan(Action.DELETE, 5), 5, Limits()) == []


def test_the_digest_knows_neither_order_nor_place() -> None:
    one = Operation(Side.RIGHT, Action.UPDATE, "a", "7", {"f": 1}, {"f": 2}, "changed")
    moved = Operation(Side.RIGHT, Action.UPDATE, "a", "9", {"f": 1}, {"f": 2}, "changed")
    other = Operation(Side.RIGHT, Action.UPDATE, "b", "8", {"f": 1}, {"f": 3}, "changed")
    assert Plan((one, other)).digest == Plan((other, moved)).digest
    assert Plan((one,)).digest != Plan((other,)).digest


def test_so_many_added_records_are_made_in_a_shop_unasked() -> None:
    def new(count: int, side: Side, reason: str = "new") -> Plan:
        return Plan(
            tuple(Operation(side, Action.CREATE, f"new:{n}", None, {}, {"title": f"Pot {n}"}, reason) for n in range(count))
        )

    limits = Limits(most_new=20)
    (one,) = guard(new(21, Side.LEFT), 1000, limits, **SHOP)
    assert "21 records that people added" in one.told and [change.name for change in one.first[:2]] == ["Pot 0", "Pot 1"]
    assert guard(new(20, Side.LEFT), 1000, limits, **SHOP) == [], "as many as are made at once"
    assert guard(new(500, Side.RIGHT), 1000, limits, **SHOP) == [], "where no customer looks"
    assert guard(new(500, Side.LEFT), 1000, Limits(), **SHOP) == [], "where nobody limits it"


def test_what_cannot_be_undone_is_asked_about_whatever_the_share() -> None:
    def ended(count: int, after: Value) -> Plan:
        changes = {"status": after}
        return Plan(
            tuple(Operation(Side.LEFT, Action.UPDATE, str(n), None, {"status": "open"}, changes, "changed") for n in range(count))
        )

    limits = Limits(final={"status": frozenset({"cancelled"})})
    (one,) = guard(ended(6, " Cancelled"), 100_000, limits, **SHOP)
    assert "cannot be undone" in one.told
    assert guard(ended(5, "cancelled"), 100_000, limits, **SHOP) == [] == guard(ended(6, "closed"), 100_000, limits, **SHOP)
