"""The demonstration with two stores comes true, says so in its exit code, and leaves a page to look at."""

import re
from pathlib import Path

import pytest

from syncdb.sandbox.stores_demo import main

STEPS = [
    "Look first",
    "The first run",
    "Links for people to see",
    "Both edit the same product",
    "Both sell at once",
    "Both change the same price",
    "A new product in afl",
    "The connection breaks at the worst moment",
    "A product is deleted in taf",
    "Hours without news",
]


def test_everything_in_the_story_comes_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    code = main(["--folder", str(folder), "--products", "2"])
    told = capsys.readouterr().out
    assert code == 0, told
    assert re.findall(r"^\d+\. (.*)$", told, re.MULTILINE) == STEPS and "FAILED" not in told
    page = (folder / "stores.html").read_text(encoding="utf-8")
    assert page.count("Green tea, loose") == 2 and "TEA-4" in page and "not here" in page


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shopify_sync.db").write_text("years of work", encoding="utf-8")
    assert main(["--folder", str(tmp_path)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["shopify_sync.db"]
