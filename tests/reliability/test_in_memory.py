"""The same engine, ledger and journal as in the product, over connectors in memory: many more random schedules in the same time.

Answers are lost, writes land late and both sides change; one-way as for orders and two-way as for stock. The judge is that of
tests/engine, which never reads the ledger.
"""

import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from syncdb.engine.reconcile import Reconciled
from syncdb.model import Side
from tests import seeds
from tests.engine.hostile import Steps, World
from tests.engine.test_two_way_machine import POLICY, TwoWay, TwoWayMatched, TwoWayNear, TwoWayOwnIds
from tests.reliability.oracle import examined
from tests.reliability.playing import play, quiet
from tests.reliability.world import MEMORY

LONG = 10_000
SHORT = 12  # steps of the default run


class Patient(World):
    """A run gives up after some rounds of lost answers and says what is unsettled; the next one goes on from there."""

    def sync(
        self,
        steps: Steps | None = None,
        keys: list[str] | None = None,
        *,
        anew: bool = False,
        changed: Mapping[Side, Collection[str]] | None = None,
    ) -> Reconciled:
        result = super().sync(steps, keys, anew=anew, changed=changed)
        for _ in range(12):
            if not result.unsettled:
                break
            examined["runs that went on in the next"] += 1
            result = super().sync(steps)
        assert not result.unsettled
        return result


class Counted(TwoWay):
    """Counts what was really examined."""

    @initialize(number=st.integers(0, 2**32), hostile=st.booleans())
    def start(self, number: int, hostile: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.begin()
        self.world = Patient(self.folder, POLICY, number, hostile, self.matching)
        self.agreed: dict[str, dict[str, int]] = {}
        self.notes: dict[str, Any] = {}
        self.remade: set[tuple[str, bool]] = set()
        self.aside: dict[bool, dict[str, dict[str, Any]]] = {}

    def judge(self, *before: Any) -> None:
        super().judge(*before)
        examined["judged runs in memory"] += 1

    def teardown(self) -> None:
        try:
            if hasattr(self, "world") and sys.exc_info()[0] is None:
                self.sync()
                examined["histories in memory"] += 1
        finally:
            super().teardown()


class CountedOwnIds(Counted, TwoWayOwnIds):
    """Both sides give ids of their own."""


class CountedMatched(Counted, TwoWayMatched):
    """And the same thing may come into being on both sides."""


class CountedNear(Counted, TwoWayNear):
    """And a run looks only at what changed, and at what that could be."""


# how many histories are the same in each run, and how many are new
MACHINES: dict[type[Counted], tuple[int, int]] = {
    Counted: (160, 60),
    CountedOwnIds: (110, 40),
    CountedMatched: (110, 40),
    CountedNear: (30, 10),
}


@pytest.mark.parametrize(("machine", "histories"), [(one, fixed) for one, (fixed, _) in MACHINES.items()])
def test_random_histories_in_memory(machine: type[Counted], histories: int) -> None:
    chosen = settings(max_examples=histories, stateful_step_count=SHORT, derandomize=True, phases=[Phase.generate], **quiet)
    with _examined(histories):
        run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize(("machine", "histories"), [(one, new) for one, (_, new) in MACHINES.items()])
def test_new_random_histories_in_memory(machine: type[Counted], histories: int, request: pytest.FixtureRequest) -> None:
    examined.clear()
    (number,) = seeds.new(request.node)
    play(machine, number, histories=histories, steps=SHORT)
    # how much happens in so few is chance; each ends with a run that is judged
    assert examined["judged runs in memory"] >= examined["histories in memory"] >= histories // 2, dict(examined)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("machine", MACHINES)
def test_random_histories_in_memory_at_length(machine: type[Counted], request: pytest.FixtureRequest) -> None:
    wanted = int(os.environ.get("SYNCDB_HISTORIES", LONG))
    with _examined(wanted):
        play(machine, seeds.told(request.node), histories=wanted, phases=(Phase.generate, Phase.shrink))


@contextmanager
def _examined(histories: int) -> Iterator[None]:
    examined.clear()
    yield
    assert examined["histories in memory"] >= histories * 0.9, dict(examined)  # equal ones are drawn once only
    assert examined["judged runs in memory"] > histories
