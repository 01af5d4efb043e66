"""Modules are loaded for good: the garbage collector does not look at them, and works as before afterwards."""

import gc
import sys
from pathlib import Path

import pytest

from syncdb.loading import for_good, loaded


def test_what_a_module_brings_is_not_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brings_much.py").write_text("import gc\nCOLLECTING = gc.isenabled()\nMUCH = [[] for _ in range(5000)]\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = gc.get_freeze_count()
    try:
        found = loaded("brings_much")
        assert found.COLLECTING is False and gc.isenabled() and gc.get_freeze_count() >= before + 5000
        frozen = gc.get_freeze_count()
        assert loaded("brings_much") is found and gc.get_freeze_count() <= frozen
    finally:
        sys.modules.pop("brings_much", None)


def test_a_module_that_cannot_be_loaded_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(ModuleNotFoundError):
        loaded("syncdb.no_such_module")
    assert gc.isenabled()
    gc.disable()
    try:
        with for_good():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
