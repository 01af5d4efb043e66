"""Which records are the same thing: exactly one on either side that shows the same, never a guess."""

from decimal import Decimal

import pytest

from syncdb.engine.match import Matching, match


def test_one_on_each_side_is_the_same_thing() -> None:
    found = match({"l1": "a", "l2": "b", "l3": None}, {"r1": "b", "r2": "c", "r3": None})
    assert found.joined == (("l2", "r1"),) and found.ambiguous == {}


@pytest.mark.parametrize("left", [["l1", "l2"], ["l1"]])
@pytest.mark.parametrize("right", [["r1", "r2", "r3"], ["r1", "r2"]])
def test_several_that_could_be_meant_are_not_joined(left: list[str], right: list[str]) -> None:
    found = match(dict.fromkeys(left, "a"), dict.fromkeys(right, "a"))
    assert found.joined == () and set(found.ambiguous) == {*left, *right}
    assert set(found.ambiguous.values()) == {(*left, *right)}, "one question about all of them"


def test_several_on_one_side_only_are_not_in_doubt() -> None:
    assert match({"l1": "a", "l2": "a"}, {"r1": "b"}).ambiguous == {}


def test_a_record_is_matched_by_what_all_of_its_fields_mean() -> None:
    matching = Matching(("sku", "size"))
    value = matching.value({"sku": "A", "size": Decimal("2.50"), "price": 1})
    assert value is not None and value == matching.value({"sku": "A", "size": Decimal("2.5"), "price": 9})
    assert value != matching.value({"sku": "B", "size": Decimal("2.5")})
    assert matching.value({"sku": "A", "size": 1}) != matching.value({"sku": "A", "size": True})


@pytest.mark.parametrize("fields", [{"sku": "A"}, {"sku": "A", "size": None}, {"sku": "", "size": 1}, {}])
def test_a_record_that_lacks_one_of_them_is_matched_by_nothing(fields: dict[str, str | int | None]) -> None:
    assert Matching(("sku", "size")).value(fields) is None
    assert Matching().value({"sku": "A"}) is None
