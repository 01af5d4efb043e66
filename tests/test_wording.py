"""Numbers and their things."""

import pytest

from syncdb.wording import counted, stopped


@pytest.mark.parametrize(("count", "said"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders"), (12345, "12,345 orders")])
def test_one_thing_is_not_many(count: int, said: str) -> None:
    assert counted(count, "order") == said
    assert counted(count, "entry", "entries") == said.replace("orders", "entries").replace("order", "entry")


def test_what_stopped_says_so_once() -> None:
    assert stopped("The shop is away.") == "Stopped: The shop is away."
    assert stopped("Stopped before writing to the sheet: 9 rows are gone.").startswith("Stopped before")
