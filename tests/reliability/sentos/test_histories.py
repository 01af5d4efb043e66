"""Random histories between a shop and Sentos: no order twice, no price and no stock wrong, whatever goes wrong on the way.

By default some; 2,000 with `python -m tests.reliability.sentos` (or a part of them with `run.py test --long`).
"""

from pathlib import Path

import pytest

from tests.reliability.sentos.world import history

SHARE, LONG = 6, 300


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(SHARE))
def test_a_random_history_holds(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    world = history(tmp_path, seed)
    assert len(world.told) > 3


@pytest.mark.long
@pytest.mark.timeout(0)
def test_many_random_histories_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sold = 0
    for seed in range(SHARE, SHARE + LONG):
        folder = tmp_path / str(seed)
        folder.mkdir()
        sold += len(history(folder, seed).sold)
    assert sold > LONG, "hardly anything was sold"
