"""The tests notice deliberate bugs: each fits the code still, a few are tried here, all of them in the long run."""

import shutil
from pathlib import Path

import pytest

from tests.reliability.defects import DEFECTS, ROOT, applied, caught, main

# one each of deciding, journal, sheet and values, whose tests are quick
SAMPLE = (
    "the intent is not recorded before the write",
    "an incomplete listing counts as deletion",
    "amounts are compared as floating-point numbers",
)


def test_every_deliberate_defect_still_fits_the_code(tmp_path: Path) -> None:
    for number, defect in enumerate(DEFECTS):
        file = tmp_path / str(number) / "syncdb" / defect.file
        file.parent.mkdir(parents=True)
        shutil.copy(ROOT / "syncdb" / defect.file, file)
        before = file.read_text(encoding="utf-8")
        applied(defect, tmp_path / str(number))
        after = file.read_text(encoding="utf-8")
        assert after != before
        compile(after, defect.file, "exec")  # a bug that does not even parse would be caught by anything
    assert len(DEFECTS) >= 30
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_deliberate_defect_is_caught(name: str) -> None:
    defect = next(one for one in DEFECTS if one.name == name)
    assert caught(defect), f"nothing noticed it: {name}"


@pytest.mark.long
@pytest.mark.timeout(0)
def test_every_deliberate_defect_is_caught() -> None:
    assert main([]) == 0
