"""The demonstration with two stores comes true, says so in its exit code, and leaves a page to look at."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from syncdb.sandbox.stores_demo import main

ROOT = Path(__file__).parents[2]
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


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_two_stores_stay_for_whoever_wants_to_go_on_with_them(tmp_path: Path) -> None:
    """As a person starts it, with the command that it prints."""
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "syncdb.sandbox", "--stores", "--products", "2", "--folder", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        while "Ctrl-C" not in told[-1]:
            assert told[-1], "it ended"
            told.append(process.stdout.readline())
        shown = requests.get(told[0].split()[-1], timeout=10).text
        printed = next(line.split() for line in told if line.startswith("  "))
        ran = subprocess.run(printed, cwd=folder, capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert ran.returncode == 0 and "2 products are taken for the same in taf and afl" in ran.stdout, ran.stdout + ran.stderr
    assert "available" in shown and "class=differs" not in shown


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shopify_sync.db").write_text("years of work", encoding="utf-8")
    assert main(["--folder", str(tmp_path)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["shopify_sync.db"]
