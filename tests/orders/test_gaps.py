"""Gaps in order numbers: what is missing, what may be missing for a good reason, and several counters at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncdb.orders.number_gaps import Covered, Gap, Numbered, Reason, affixes, find_gaps

START = datetime(2026, 11, 1, tzinfo=UTC)
ALWAYS = Covered(START - timedelta(days=1), START + timedelta(days=365))


def order(number: int, hours: float | None = None, name: str | None = None) -> Numbered:
    made = START + timedelta(hours=number if hours is None else hours)
    return Numbered(number, name or f"#{number}", made)


def gaps(orders: Iterable[Numbered], covered: Covered | None = ALWAYS) -> list[Gap]:
    """The gaps between orders, told as the ledger tells them: by the stretches of numbers that stand so many times."""
    held = defaultdict[int, list[Numbered]](list)
    for one in sorted(orders, key=lambda one: (one.number, one.created_at or START, one.name)):
        held[one.number].append(one)
    stretches = list[tuple[int, int, int]]()
    for times in range(1, max((len(some) for some in held.values()), default=0) + 1):
        numbers = [number for number in sorted(held) if len(held[number]) >= times]
        firsts = [number for number in numbers if number - 1 not in numbers]
        lasts = [number for number in numbers if number + 1 not in numbers]
        stretches += [(times, *ends) for ends in zip(firsts, lasts, strict=True)]
    return find_gaps(stretches, held.__getitem__, covered)


def ranges(found: Iterable[Gap]) -> list[tuple[int, int, str]]:
    return [(gap.first, gap.last, gap.reason.value) for gap in found]


def test_an_unbroken_row_has_no_gap() -> None:
    assert gaps(order(number) for number in range(5, 50)) == []
    assert gaps([]) == [] and gaps([order(7)]) == []


def test_a_gap_is_named_as_its_orders_would_be() -> None:
    (gap,) = gaps([order(1, name="EU-1-X"), order(2, name="EU-2-X"), order(6, name="EU-6-X")])
    assert (gap.first, gap.last, gap.count, gap.reason) == (3, 5, 3, Reason.UNEXPLAINED)
    assert gap.names() == ["EU-3-X", "EU-4-X", "EU-5-X"] and gap.names(1) == ["EU-3-X"]


def test_what_was_made_before_the_covered_time_is_not_missed() -> None:
    covered = Covered(START + timedelta(hours=10), ALWAYS.until)
    assert ranges(gaps([order(5), order(8), order(9), order(12), order(13), order(20)], covered)) == [
        (6, 7, "not read"),
        (10, 11, "not read"),
        (14, 19, "unexplained"),
    ]
    assert ranges(gaps([order(5), order(8)], None)) == [(6, 7, "not read")]


def test_what_is_too_new_is_told_apart() -> None:
    covered = Covered(ALWAYS.since, START + timedelta(hours=10))
    assert ranges(gaps([order(5), order(7), order(9), order(12)], covered)) == [
        (6, 6, "unexplained"),
        (8, 8, "unexplained"),
        (10, 11, "recent"),
    ]


def test_a_counter_set_forward_is_told_from_orders_lost() -> None:
    usual = [order(number) for number in range(1, 40)]
    jump = order(5040, hours=41)
    assert ranges(gaps([*usual, jump])) == [(40, 5039, "renumbered")]
    lost = [order(number) for number in range(240, 260)]
    assert ranges(gaps([*usual, *lost])) == [(40, 239, "unexplained")]


def test_a_small_gap_is_never_taken_for_a_set_counter() -> None:
    assert ranges(gaps([*(order(number) for number in range(1, 40)), order(90, hours=39.01)])) == [(40, 89, "unexplained")]


def test_a_name_gives_what_stands_around_the_number() -> None:
    assert affixes(order(1001)) == ("#", "")
    assert affixes(order(77, name="WEB-2026-#77-A")) == ("WEB-2026-#", "-A")
    assert affixes(order(12, name="#1012")) is None
    assert affixes(order(5, name="gift")) is None


def test_series_with_their_own_counters_are_told_apart() -> None:
    eu = [order(number, name=f"EU-{number}") for number in (1, 2, 3, 5)]
    us = [order(number, name=f"US-{number}") for number in (1, 2, 4)]
    own = [order(4, name="Wholesale")]
    (gap,) = gaps([*eu, *us, *own])
    assert (gap.names(), gap.after.name, gap.before.name) == (["US-3"], "US-2", "US-4")


def test_both_of_two_counters_may_lose_a_number() -> None:
    eu = [order(number, name=f"EU-{number}") for number in range(1, 40) if number not in (10, 20)]
    us = [order(number, name=f"US-{number}") for number in range(1, 40) if number not in (10, 30)]
    assert sorted(name for gap in gaps([*eu, *us]) for name in gap.names()) == ["EU-10", "EU-20", "US-10", "US-30"]


def test_of_a_counter_that_was_set_back_the_time_tells_which_order_is_lost() -> None:
    before = [order(number) for number in range(1, 60) if number != 20]
    after = [order(number, hours=100 + number) for number in range(1, 40) if number != 30]
    first, second = gaps([*before, *after])
    assert (first.names(), first.before.created_at) == (["#20"], START + timedelta(hours=21))
    assert (second.names(), second.after.created_at) == (["#30"], START + timedelta(hours=129))


def test_a_number_that_stands_twice_here_and_there_is_no_counter() -> None:
    orders = [order(number) for number in range(1, 100)]
    again = [order(number, hours=number + 0.5, name=f"#{number}-copy") for number in (10, 12, 40, 44, 90)]
    assert gaps([*orders, *again]) == []


def test_a_counter_beside_another_may_lose_many_only_where_it_goes_on() -> None:
    first = [order(number) for number in range(1, 400)]
    second = [order(number, hours=500 + number) for number in range(1, 130)]
    lone = order(199, hours=800)
    assert gaps([*first, *second, lone]) == []
    later = [order(number, hours=700 + number) for number in range(200, 330)]
    assert ranges(gaps([*first, *second, lone, *later])) == [(130, 198, "unexplained")]


def test_a_new_prefix_on_the_same_counter_leaves_no_gap() -> None:
    orders = [order(number, name=f"{'#' if number < 6 else 'KY'}{number}") for number in range(1, 12)]
    assert gaps(orders) == []


@given(st.sets(st.integers(1, 60), min_size=1))
def test_gaps_and_orders_together_are_all_numbers(numbers: set[int]) -> None:
    found = gaps(order(number) for number in sorted(numbers))
    absent = {number for gap in found for number in range(gap.first, gap.last + 1)}
    assert absent == set(range(min(numbers), max(numbers) + 1)) - numbers
    assert sum(gap.count for gap in found) == len(absent)
