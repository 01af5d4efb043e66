"""Stock of two stores under random histories; the long form is `python -m tests.reliability.stores`."""

from pathlib import Path

import pytest

from tests.reliability.stores.histories import StockWorld, play


def test_stock_is_right_whatever_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = StockWorld(tmp_path)
    try:
        met = play(12, 1, world)
    finally:
        world.close()
    assert met["sold"] > 5 and met["died"] + met["moved in the moment"] > 0, met
