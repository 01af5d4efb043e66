"""Writes hold as much as Google recommends and no more: each one counts against the quota, however small it is."""

from decimal import Decimal
from random import Random

import pytest

from syncdb.connectors.google_sheets import SheetConnector
from syncdb.connectors.google_sheets.placing import MOST_BYTES
from syncdb.connectors.tabular import a1
from syncdb.model import Field, Operation, Result
from syncdb.values import Kind
from tests.connectors.google_sheets.conftest import FIELDS, Desk, create, update

RECOMMENDED = 2_000_000  # bytes of a request (Sheets API, usage limits)
ROWS = 9_000


def rows(count: int, rng: Random) -> list[Operation]:
    """New rows of all lengths, with characters of one to four bytes and ones that JSON escapes."""
    texts = ("x", "ü", "名", "🐝", '"', "\\", "\n")
    prices = (None, Decimal("0.05"), Decimal("1234.5"))
    return [
        create(str(n), title=rng.choice(texts) * rng.randrange(300), order=f"#{n}", quantity=n, price=rng.choice(prices))
        for n in range(count)
    ]


def written(desk: Desk, connector: SheetConnector, waiting: list[Operation]) -> list[int]:
    """Write it all; the bytes of each write."""
    desk.faults.log.clear()
    while waiting:
        attempt = connector.prepare(waiting, desk.token())
        assert {one.result for one in connector.write(attempt)} == {Result.DONE}
        waiting = waiting[len(attempt.operations) :]
    return [seen.body_bytes for seen in desk.faults.log if seen.kind == "write"]


def scatter(desk: Desk, connector: SheetConnector) -> None:
    """A colleague puts a column of their own between any two of ours, and gives the tab a long name."""
    for column in range(6, 0, -1):
        desk.colleague().insert_columns(a1.letters(column))
    desk.spreadsheet.titled("Orders").title = "Orders of 'everybody' " + "ü" * 70
    assert connector.structure(desk.token()) is None


@pytest.mark.parametrize("scattered", [False, True], ids=["side by side", "scattered"])
def test_new_rows_fill_each_write_to_the_recommended_size(desk: Desk, scattered: bool) -> None:
    assert MOST_BYTES <= RECOMMENDED
    connector = desk.ready()
    if scattered:
        scatter(desk, connector)
    sizes = written(desk, connector, rows(ROWS, Random(5)))
    assert len(sizes) > 2 and max(sizes) <= RECOMMENDED
    assert min(sizes[:-1]) > RECOMMENDED * 0.98, sizes
    assert len(sizes) <= sum(sizes) / RECOMMENDED + 1


def test_amounts_in_changing_currencies_count_too(desk: Desk) -> None:
    """Each run of rows in one currency has formats of its own; at worst that is each row."""
    fields = (*FIELDS, Field("currency", "Currency", Kind.TEXT), Field("tip", "Tip", Kind.MONEY, "currency"))
    connector = desk.ready(fields=fields)
    wild = [create(str(n), currency=("EUR", "USD", "KWD")[n % 3], tip=Decimal("1.5")) for n in range(8_000)]
    sizes = written(desk, connector, wild)
    assert len(sizes) > 1 and max(sizes) <= RECOMMENDED and min(sizes[:-1]) > RECOMMENDED * 0.9


@pytest.mark.parametrize("scattered", [False, True], ids=["side by side", "scattered"])
def test_changed_cells_of_many_rows_travel_together(desk: Desk, scattered: bool) -> None:
    connector = desk.ready()
    written(desk, connector, [create(str(n), quantity=n) for n in range(600)])
    if scattered:
        scatter(desk, connector)
    changes = [update(str(n), {"quantity": n}, {"quantity": n + 1, "title": "ü" * 900}) for n in range(0, 600, 2)]
    sizes = written(desk, connector, changes)
    assert len(sizes) == 1 and sizes[0] <= RECOMMENDED
    longer = [update(str(n), {"quantity": n + 1}, {"order": "名" * 3_000, "title": "x" * 900}) for n in range(0, 600, 2)]
    sizes = written(desk, connector, longer)
    assert len(sizes) == 2 and max(sizes) <= RECOMMENDED and sizes[0] > RECOMMENDED * 0.95
