"""What is shown of values that differ."""

from decimal import Decimal

import pytest

from syncdb.services.display import differing
from syncdb.values import Value


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("tea", "mug", None), ["tea", "mug", ""]),
        ((Decimal("1.50"), 2, True), ["1.50", "2", "yes"]),
        (("a\nb\nc", "a\nx\nc", "a\nb\nc\nd"), ["b", "x", "b\nd"]),
        ((None, "a\nb", "a\nc"), ["", "b", "c"]),
        ((None, None, "a\nb"), ["", "", "a\nb"]),
        (("a\nb", "", "a\nb"), ["a\nb", "", "a\nb"]),
    ],
)
def test_of_long_texts_only_the_lines_that_differ_are_shown(values: tuple[Value, ...], told: list[str]) -> None:
    assert differing(values) == told
