"""The demonstration with a workbook comes true."""

from pathlib import Path

from syncdb.sandbox.workbook_demo import main


def test_it_comes_true(tmp_path: Path) -> None:
    assert main(["--folder", str(tmp_path / "demo"), "--orders", "8"]) == 0
    assert (tmp_path / "demo" / "orders.xlsx").is_file()
