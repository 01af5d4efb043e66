"""A plan that does surprisingly much to what exists is refused; additions never are."""

from syncdb.engine.guards import Limits, guard
from syncdb.model import Action, Operation, Plan, Side
from syncdb.values import Value


def plan(action: Action, count: int, reason: str = "changed", before: Value = "old") -> Plan:
    return Plan(tuple(Operation(Side.RIGHT, action, str(n), None, {"f": before}, {"f": n}, reason) for n in range(count)))


def test_additions_are_never_refused() -> None:
    assert guard(plan(Action.CREATE, 100_000, "new"), 10, Limits()) == []


def test_changing_more_than_the_share_is_refused_above_the_few() -> None:
    assert guard(plan(Action.UPDATE, 501), 1000, Limits())
    assert guard(plan(Action.UPDATE, 500), 1000, Limits()) == []
    assert guard(plan(Action.UPDATE, 200), 200, Limits()) == [], "a small shop may change wholly"


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
