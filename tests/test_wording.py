"""Numbers and their things."""

import pytest

from syncdb.wording import counted


@pytest.mark.parametrize(("count", "said"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders"), (12345, "12,345 orders")])
def test_one_thing_is_not_many(count: int, said: str) -> None:
    assert counted(count, "order") == said
    assert counted(count, "entry", "entries") == said.replace("orders", "entries").replace("order", "entry")
