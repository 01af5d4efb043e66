"""A shop and an ERP under random histories; the long form is `python -m tests.reliability.erp`."""

from pathlib import Path

import pytest

from tests.postgres import Erp
from tests.reliability.erp.histories import play
from tests.scenarios.erp_world import ErpWorld


@pytest.mark.parametrize(("count", "first"), [(2, 1), pytest.param(150, 1001, marks=pytest.mark.long)])
def test_both_sides_are_right_whatever_happens(tmp_path: Path, erp: Erp, count: int, first: int) -> None:
    met = play(count, first, ErpWorld(tmp_path, erp, {"MAX_CHANGED_PERCENT": "100"}))
    assert sum(met.values()) >= count // 2, met
