"""Stock of two stores under random histories, and through deaths of a run at each step; the long form of the histories is
`python -m tests.reliability.stores`.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.reliability.stores.histories import StockHistory, StockWorld, play

STRIDE = 9  # boundaries from one death to the next; the two forms begin at others
BOUNDARIES = 75  # of the run below, when this was written


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StockWorld]:
    monkeypatch.chdir(tmp_path)
    made = StockWorld(tmp_path)
    yield made
    made.close()


def test_stock_is_right_whatever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = StockWorld(tmp_path, 10)
    try:
        met = play(3, 1, world)
    finally:
        world.close()
    assert met["sold"] > 5 and met["died"] + met["moved in the moment"] > 0, met


@pytest.mark.parametrize("hours", [1, 26])
def test_a_run_that_dies_while_both_stores_have_sold_loses_and_doubles_nothing(world: StockWorld, hours: int) -> None:
    """More than a day later nobody can know any more what became of a write; then a person is asked."""
    die_at_each(world, hours, 1 + hours % STRIDE, STRIDE)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("hours", [1, 26])
def test_a_run_that_dies_at_any_step_loses_and_doubles_nothing(world: StockWorld, hours: int) -> None:
    die_at_each(world, hours, 1, 1)


def die_at_each(world: StockWorld, hours: int, first: int, stride: int) -> None:
    met, died = Counter[str](), 0
    for at in range(first, BOUNDARIES + 40, stride):
        history = StockHistory(world, random.Random(at))
        history.alike()
        try:
            with dying(Steps(at)):
                world.sync()
        except Crash:
            died += 1
            history.seen["died"] += 1
        history.alike()
        history.calm(hours)
        history.answer()
        for store in world.stores:
            assert [world.available(store, number) for number in range(3)] == history.expected, f"{at}: {history.told}"
        met += history.seen
    assert died >= BOUNDARIES // stride and (met["asked"] > 0) == (hours > 23), (died, met)
