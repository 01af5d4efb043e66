"""Amounts are exact: what only a floating-point number takes for the same is a change."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from syncdb.values import same

LARGE = st.decimals(min_value=10**14, max_value=10**17, places=2)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(amount=LARGE)
def test_a_hundredth_more_is_another_amount_however_large(amount: Decimal) -> None:
    assert not same(amount, amount + Decimal("0.01"))
    assert same(amount, amount + Decimal("0.000"))


def test_what_a_double_cannot_tell_apart_is_told_apart() -> None:
    one, other = Decimal("9007199254740993.01"), Decimal("9007199254740993.02")
    assert float(one) == float(other) and not same(one, other)
