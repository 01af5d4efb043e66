"""Which random histories a run of the tests plays, and that a seed plays the same ones again."""

import os

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests import seeds
from tests.reliability.playing import play


class Drawn(RuleBasedStateMachine):
    """Notes what it was given."""

    told: list[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []
        self.told.append(self.seen)

    @rule(number=st.integers(0, 99))
    def takes(self, number: int) -> None:
        self.seen.append(number)


class Wrong(Drawn):
    @rule()
    def goes_wrong(self) -> None:
        raise AssertionError("wrong")


def _told(number: int) -> list[list[int]]:
    Drawn.told.clear()
    play(Drawn, number)
    return list(Drawn.told)


def test_a_seed_plays_the_same_again_and_another_one_others() -> None:
    assert _told(7) == _told(7) != _told(8)


def test_a_wrong_history_tells_how_it_is_played_again() -> None:
    with pytest.raises(AssertionError, match="wrong") as caught:
        play(Wrong, 7)
    assert any("SYNCDB_SEED=7" in note for note in caught.value.__notes__)


def test_each_run_draws_a_seed_unless_it_is_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = set()
    for _ in range(5):
        monkeypatch.setenv(seeds.VARIABLE, "")
        seeds.choose()
        drawn.add(os.environ[seeds.VARIABLE])
    assert len(drawn) > 1 and all(one.isdecimal() for one in drawn)
    for given in ("12345", seeds.FIXED):
        monkeypatch.setenv(seeds.VARIABLE, given)
        seeds.choose()
        assert os.environ[seeds.VARIABLE] == given
    assert seeds.of_this_run() == 1
    for refused in ("-1", "fix", "1.5"):
        monkeypatch.setenv(seeds.VARIABLE, refused)
        with pytest.raises(pytest.UsageError, match=seeds.FIXED):
            seeds.choose()


def test_new_seeds_are_told_with_the_test(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv(seeds.VARIABLE, "41")
    assert seeds.new(request.node, 2) == [41, 42]
    assert request.node.user_properties.pop() == (seeds.VARIABLE, "41")
    monkeypatch.setenv(seeds.VARIABLE, seeds.FIXED)
    with pytest.raises(pytest.skip.Exception):
        seeds.new(request.node, 2)
    assert not request.node.user_properties
