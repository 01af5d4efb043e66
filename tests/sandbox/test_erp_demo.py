"""The demonstration with an ERP comes true."""

import re
from pathlib import Path

import pytest

from syncdb.sandbox.erp_demo import main


def test_everything_in_the_story_comes_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path / "demo")]) == 0
    told = capsys.readouterr().out
    assert len(re.findall(r"^\d+\. ", told, re.MULTILINE)) == 8
    assert "Everything came true" in told and "FAILED" not in told and "it has no shipping address" in told
