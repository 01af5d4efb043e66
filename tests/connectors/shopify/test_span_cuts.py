"""Cutting a window by time of change: nothing falls between two spans, none is too full that can be halved, counts are few."""

from bisect import bisect_left
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncdb.connectors.shopify.bulk_spans import LENIENCE, MOST_COUNTS, ChangeSpan, Cut, changed_between, split

DAY = 86_400
BEGIN = 1_790_000_000


class Shop:
    """Orders by the epoch seconds of their changes; counts how often it is asked."""

    def __init__(self, changes: list[int]) -> None:
        self.changes = sorted(changes)
        self.asked = 0

    def count(self, span: ChangeSpan) -> int:
        self.asked += 1
        return self.inside(span)

    def inside(self, span: ChangeSpan) -> int:
        return len(self._in(span))

    def seconds(self, span: ChangeSpan) -> set[int]:
        return set(self._in(span))

    def _in(self, span: ChangeSpan) -> list[int]:
        low = bisect_left(self.changes, span.since.timestamp()) if span.since else 0
        high = bisect_left(self.changes, span.before.timestamp()) if span.before else len(self.changes)
        return self.changes[low:high]

    def whole(self) -> ChangeSpan:
        low, high = (self.changes[0], self.changes[-1] + 1) if self.changes else (BEGIN, BEGIN)
        return ChangeSpan(None, None, low, high, len(self.changes))


def follow_on(spans: list[ChangeSpan]) -> bool:
    ends = [(one.before, two.since) for one, two in zip(spans, spans[1:], strict=False)]
    return all(before is not None and before == since for before, since in ends)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.integers(BEGIN, BEGIN + 60 * DAY), st.integers(BEGIN, BEGIN + 50)), max_size=400),
    st.integers(1, 60),
    st.integers(1, 30),
    st.integers(1, 12),
)
def test_every_order_is_in_exactly_one_span(changes: list[int], least: int, aim: int, most: int) -> None:
    shop = Shop(changes)
    spans = Cut(least, aim, most).spans(shop.whole(), shop.count)
    assert follow_on(spans) and spans[0].since is None and spans[-1].before is None
    assert [shop.inside(span) for span in spans] == [span.orders for span in spans], "the counts are those of the shop"
    assert sum(span.orders for span in spans) == len(changes)
    assert shop.asked <= MOST_COUNTS
    if len(spans) > 1:
        assert all(span.orders for span in spans), "an operation that finds nothing is for nothing"
        largest = max(aim, len(changes) // most, 1) * LENIENCE
        full = [span for span in spans if span.orders > largest]
        assert shop.asked == MOST_COUNTS or all(len(shop.seconds(span)) == 1 for span in full)
        assert len(spans) <= 2 * most + 1


@pytest.mark.parametrize("orders", [20_000, 100_000, 1_000_000])
def test_spans_of_an_even_shop_are_about_equal_and_cost_few_counts(orders: int) -> None:
    shop = Shop([BEGIN + 60 * DAY * place // orders for place in range(orders)])
    spans = Cut().spans(shop.whole(), shop.count)
    assert 2 <= len(spans) <= 40 and shop.asked < len(spans)
    assert min(span.orders for span in spans) * 1.3 > max(span.orders for span in spans)
    assert all(10_000 <= span.orders <= 25_000 for span in spans)


def test_a_busy_day_is_cut_finer() -> None:
    shop = Shop([BEGIN + n * 50 for n in range(80_000)] + [BEGIN + 40 * DAY + n // 4 for n in range(80_000)])
    spans = Cut().spans(shop.whole(), shop.count)
    assert all(span.orders <= 25_000 for span in spans) and len(spans) <= 16 and shop.asked <= 40


def test_what_one_second_holds_is_left_whole() -> None:
    shop = Shop([BEGIN + 5 * DAY] * 90_000 + [BEGIN, BEGIN + 60 * DAY])
    spans = Cut().spans(shop.whole(), shop.count)
    assert max(span.orders for span in spans) >= 90_000 and len(spans) <= 3 and shop.asked <= 30
    assert Cut(least=1, aim=1).spans(Shop([BEGIN] * 50).whole(), shop.count)[0].orders == 50


def test_a_window_that_is_not_large_costs_no_count() -> None:
    shop = Shop([BEGIN + n for n in range(19_999)])
    assert Cut().spans(shop.whole(), shop.count) == [shop.whole()] and shop.asked == 0


def test_a_search_without_effect_loses_nothing() -> None:
    """Where Shopify leaves out a part of a search it finds everything: then the spans may be useless, but not wrong."""
    shop = Shop([BEGIN + n for n in range(30_000)])
    spans = Cut().spans(shop.whole(), lambda _: 30_000)
    assert follow_on(spans) and spans[0].since is None and spans[-1].before is None


def test_changes_while_counting_leave_no_gap() -> None:
    """Orders move to the end while the parts are counted one by one."""
    shop = Shop([BEGIN + n * 100 for n in range(40_000)])
    whole = shop.whole()

    def count(span: ChangeSpan) -> int:
        shop.changes = sorted([*shop.changes[1000:], *[BEGIN + 60 * DAY] * 1000])
        return shop.inside(span)

    spans = Cut().spans(whole, count)
    assert follow_on(spans) and spans[0].since is None and spans[-1].before is None
    assert sum(shop.inside(span) for span in spans) == 40_000 and all(span.orders >= 0 for span in spans)


def test_searches_are_quoted_and_in_universal_time() -> None:
    since, before = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
    assert changed_between(None, None) is None
    assert changed_between(since, None) == "updated_at:>='2026-11-01T00:00:00Z'"
    assert changed_between(since, before) == "updated_at:>='2026-11-01T00:00:00Z' updated_at:<'2026-11-02T03:04:05Z'"
    assert changed_between(None, before) == "updated_at:<'2026-11-02T03:04:05Z'"


def test_a_span_is_split_at_a_second() -> None:
    shop = Shop([BEGIN, BEGIN + 1, BEGIN + 2])
    one, two = split(shop.whole(), [BEGIN + 1], shop.count)
    assert (one.orders, two.orders) == (1, 2) and shop.asked == 1
    assert one.middle is None and two.middle == BEGIN + 2
