"""Moved stock levels under random editing on both sides come out right; `levels.py` beside this moves as many as wanted."""

from pathlib import Path

import pytest

from tests.reliability.grist.levels import moved_levels


@pytest.mark.parametrize("seed", [1])
def test_moved_stock_levels_come_out_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.chdir(tmp_path)
    stock = moved_levels(tmp_path, 120, seed)
    assert stock.moved.total() >= 120 and stock.moved["alike"] > 10 and stock.wrong == []
