"""The demonstration with Sentos comes true, and says so in its exit code where it does not."""

import re
from contextlib import chdir
from pathlib import Path

import pytest
from rich.console import Console

from syncdb.sandbox.faults import Fault
from syncdb.sandbox.local import Sandbox
from syncdb.sandbox.sentos_demo import SentosStory, main, tell_all
from syncdb.sandbox.story import Time


def test_everything_in_the_story_comes_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path / "demo")]) == 0
    told = capsys.readouterr().out
    assert len(re.findall(r"^\d+\. ", told, re.MULTILINE)) == 9
    assert "Everything came true" in told and "FAILED" not in told and "telephone" in told


def test_a_promise_that_does_not_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Time()
    with Sandbox(tmp_path, quota=None, clock=clock, currency="TRY") as sandbox, chdir(tmp_path):
        sandbox.faults.add(Fault("unauthorized", "sentos", times=None))
        story = SentosStory(sandbox, clock, sandbox.environment(), Console(soft_wrap=True))
        tell_all(story)
    assert story.broken() and "a run ended with exit code 4" in story.failed[0]
    assert "detect" in capsys.readouterr().out
