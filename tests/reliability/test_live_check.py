"""The check for a real account, here against the sandbox: every point is settled, and nothing of it is left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import live_check
from syncdb.sandbox.faults import Fault
from tests.reliability.world import ProofWorld


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProofWorld]:
    monkeypatch.chdir(tmp_path)
    made = ProofWorld(tmp_path, 3)
    yield made
    made.close()


def test_every_point_is_settled_and_nothing_is_left(world: ProofWorld, capsys: pytest.CaptureFixture[str]) -> None:
    book = world.sandbox.spreadsheet
    before = [tab.title for tab in book.tabs]
    code = live_check.main(["--yes"], world.sandbox.environment() | world.env, world.clock)
    told = capsys.readouterr().out
    assert code == 0, told
    assert "not settled" not in told and "13 of 13 points" in told, told
    assert [tab.title for tab in book.tabs] == before and not book.metadata.entries


def test_it_asks_before_it_writes(world: ProofWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert live_check.main([], world.sandbox.environment() | world.env, world.clock) == 0
    assert "Nothing was done" in capsys.readouterr().out
    assert world.faults.count("any") == 0


def test_it_cleans_up_when_a_point_cannot_be_tried(world: ProofWorld, capsys: pytest.CaptureFixture[str]) -> None:
    book = world.sandbox.spreadsheet
    world.faults.add(Fault("forbidden", "sheets write", skip=3))
    assert live_check.main(["--yes"], world.sandbox.environment() | world.env, world.clock) == 3
    assert "not settled" in capsys.readouterr().out
    assert [tab.title for tab in book.tabs] == ["Sheet1"] and not book.metadata.entries


def test_a_wrong_configuration_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert live_check.main(["--yes"], {}) == 2
    told = capsys.readouterr().err
    assert "Nothing is configured" in told and "init" in told
