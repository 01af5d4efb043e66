"""The same engine, ledger and journal as in the product, over connectors in memory: many more random schedules in the same time.

Answers are lost, writes land late and both sides change; one-way as for orders and two-way as for stock. The judge is that of
tests/engine, which never reads the ledger.
"""

import os
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from syncdb.engine.reconcile import Reconciled
from syncdb.model import Side
from tests.engine.hostile import Steps, World
from tests.engine.test_two_way_machine import POLICY, TwoWay, TwoWayMatched, TwoWayNear, TwoWayOwnIds
from tests.reliability.oracle import examined
from tests.reliability.world import MEMORY

DEFAULT, OWN_IDS, NEAR, LONG = 220, 150, 40, 10_000
quiet: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


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


MACHINES = {Counted: DEFAULT, CountedOwnIds: OWN_IDS, CountedMatched: OWN_IDS, CountedNear: NEAR}


@pytest.mark.parametrize(("machine", "histories"), MACHINES.items())
def test_random_histories_in_memory(machine: type[Counted], histories: int) -> None:
    chosen = settings(max_examples=histories, stateful_step_count=12, derandomize=True, phases=[Phase.generate], **quiet)
    _all(machine, histories, chosen, 0)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("machine", MACHINES)
def test_random_histories_in_memory_at_length(machine: type[Counted]) -> None:
    wanted = int(os.environ.get("SYNCDB_HISTORIES", LONG))
    chosen = settings(max_examples=wanted, stateful_step_count=50, database=None, **quiet)
    _all(machine, wanted, chosen, int(os.environ.get("SYNCDB_SEED", "1")))


def _all(machine: type[Counted], histories: int, chosen: settings, number: int) -> None:
    examined.clear()
    run_state_machine_as_test(seed(number)(machine) if number else machine, settings=chosen)
    assert examined["histories in memory"] >= histories * 0.95, dict(examined)  # equal ones are drawn once only
    assert examined["judged runs in memory"] > histories
