"""docs/json.md names everything a report says."""

from pathlib import Path

from syncdb.engine.report import COUNTS, Report

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


def test_every_name_is_told() -> None:
    names = {*Report(1, "full", "").as_data(), *COUNTS}
    assert len(names) > 15
    assert not {name for name in names if f"`{name}`" not in PAGE}
