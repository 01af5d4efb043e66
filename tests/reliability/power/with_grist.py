"""The same for a run between a shop and its Grist document, both of which it writes to."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncdb.sandbox.faults import Seen
from tests.reliability.grist.judged import Judged
from tests.reliability.grist.test_crash import edits_on_both_sides, first_fill, structure_grows
from tests.reliability.grist.world import Kept, ProofWorld
from tests.reliability.oracle import examined
from tests.reliability.power.trials import Moment, Recorded

SITUATIONS: dict[str, Callable[[Judged], None]] = {
    "Grist, first fill": first_fill,
    "Grist, edits on both sides": edits_on_both_sides,
    "Grist, new column": structure_grows,
}


class RecordedGristRun:
    """A run that was done once from a situation: what it did to the ledger's folder, and both sides after each request."""

    def __init__(self, world: ProofWorld, name: str) -> None:
        self.world = world
        judged = Judged(world)
        SITUATIONS[name](judged)
        self.start, self.oracle, self.told = world.kept(None), judged.oracle, judged.told
        with _remembering(world) as self.remotes:
            self.local = Recorded(world.ledger.parent, self._run, world.folder / "trace.txt")

    def _run(self) -> None:
        ran = self.world.sync(full=True, force=True)  # a person agreed to the price that falls
        assert ran.code in (0, 3), ran.text

    def tried(self, moment: Moment, rng: random.Random) -> None:
        """Power fails at a moment of the run: what was written by then it may have written, and the next run makes all good."""
        world = self.world
        world.come_back(self.start, ledger=False)
        judged = Judged(world)
        judged.oracle, judged.told = self.oracle.copied(), list(self.told)
        judged.told.append(self.local.fails(moment, rng))
        past = [kept for at, kept in self.remotes if at <= self.local.steps[moment.step - 1].at]
        with judged.dying_run():
            world.come_back(past[-1] if past else self.start, ledger=False)
        judged.agree(runs=1)
        examined["power losses"] += 1


@contextmanager
def _remembering(world: ProofWorld) -> Iterator[list[tuple[float, Kept]]]:
    """Note what both sides are like after each request that was served, and when (seconds since 1970)."""
    faults, usual, remotes = world.faults, world.faults.served, list[tuple[float, Kept]]()

    def served(seen: Seen, status: int | None, applied: bool) -> None:
        usual(seen, status, applied)
        kept = world.kept(None)
        kept.received += faults.log
        remotes.append((time.time(), kept))

    faults.served = served
    try:
        yield remotes
    finally:
        del faults.served
