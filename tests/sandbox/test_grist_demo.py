"""The demonstration with Grist comes true, says so in its exit code, and leaves what it promises to look at."""

import os
import re
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from rich.console import Console

from syncdb.cli.pair_options import RunOptions
from syncdb.cli.run_pair import run
from syncdb.sandbox.faults import Fault
from syncdb.sandbox.grist_demo import main, tell_all
from syncdb.sandbox.grist_story import GristStory
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.story import Time
from tests.cli.conftest import manage

UTF8 = {"PYTHONUTF8": "1"}
STEPS = (
    "The first run",
    "The second run",
    "A price is changed in Grist",
    "A title is changed in the shop",
    "Stock moves on both sides",
    "Both change the same price",
    "A colleague works in the document",
    "A word where a number belongs",
    "The connection breaks at the worst moment",
    "Hours without news",
    "Look before you leap",
)


def test_everything_in_the_story_comes_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert main(["--folder", str(folder), "--products", "3"]) == 0
    told = capsys.readouterr().out
    assert re.findall(r"^\d+\. (.*)$", told, re.MULTILINE) == list(STEPS)
    assert "Everything came true" in told and "FAILED" not in told
    assert re.search(r"Agreed +28\.90\n +Shopify +31\.00\n +Grist +32\.50\n", told), "the conflict is shown side by side"
    assert "it holds" in told and "'ask Ann'" in told, "the word is told"

    variants = (folder / "document" / "Variants.html").read_text(encoding="utf-8")
    for shown in (">Preis<", ">To do<", ">For two<", "ask the supplier", "TEA-3", ">24.00<", ">Leinenhemd<"):
        assert shown in variants, shown
    assert "Products[" not in variants and "Table1" not in variants, "names, and no empty table"
    pages = {page.name: page.read_text(encoding="utf-8") for page in (folder / "document").iterdir()}
    assert {"Products.html", "Variants.html", "Inventory.html", "Collections.html"} <= set(pages)
    assert {link for page in pages.values() for link in re.findall(r'href="([^"]*)"', page)} == set(pages)
    status = manage("status", "--db", str(folder / "shopify_sync.db"))
    assert status.code == 0, f"nothing is left open, and the last run is not long ago: {status.all}"


def test_a_promise_that_does_not_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Time()
    with Sandbox(tmp_path, products=2, quota=None, clock=clock) as sandbox, chdir(tmp_path):
        sandbox.faults.add(Fault("refuse", "grist write", times=None))
        story = GristStory(sandbox, clock, sandbox.environment(), Console(soft_wrap=True))
        tell_all(story)
    told = capsys.readouterr().out
    assert story.broken() and re.match("a run ended with exit code [1-9] instead of 0", story.failed[0])
    assert "the story cannot go on" in story.failed[-1]
    assert "FAILED: shop and document are not alike" in told
    assert "answered a write with status 503" in told, "what the run logged is shown"


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shopify_sync.db").write_text("years of work", encoding="utf-8")
    assert main(["--folder", str(tmp_path)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["shopify_sync.db"]
    assert "Nothing was done" in capsys.readouterr().out


def test_the_sandbox_started_by_hand_says_how_to_use_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "syncdb.sandbox", "--folder", str(tmp_path), "--orders", "2", "--products", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=os.environ | UTF8) as sandbox:
        try:
            assert sandbox.stdout is not None
            told: list[str] = []
            while "Ctrl-C" not in "".join(told[-1:]):
                told.append(sandbox.stdout.readline())
                assert told[-1], f"it ended by itself: {told}"
            with chdir(tmp_path):
                code = run("grist", RunOptions(), {})
        finally:
            sandbox.terminate()
    assert code == 0 and "Done: " in capsys.readouterr().out, "the settings it left are all that is needed"
    assert "2 products" in told[0] and any(line.strip().endswith("shopify_grist_sync.py") for line in told)
