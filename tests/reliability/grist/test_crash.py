"""A run between shop and Grist that dies at boundary N, from several situations; then a clean run and the oracle.

By default every fifteenth boundary is tried (`STRIDE`; each situation begins at another one), in the long form each.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncdb.connectors.shopify.catalogue.in_bulk import ListingSizes
from tests.engine.hostile import Crash, Steps
from tests.reliability.crash import dying
from tests.reliability.grist.judged import Judged
from tests.reliability.grist.world import ProofWorld
from tests.reliability.oracle import examined

STRIDE = 15
FEWER = 100  # of what differs only in how the shop's goods are listed
IN_BULK = ListingSizes(first_page=1, bulk_from=1)


def first_fill(judged: Judged) -> None:
    """Nothing is there yet, not even the tables."""


def edits_on_both_sides(judged: Judged) -> None:
    """Every kind of record was edited on both sides; a count moved on both; a row and a product are gone, a product is new."""
    judged.run(clean=True, full=True)
    judged.run(clean=True, full=True)
    for which, a, b in ((0, 0, 0), (2, 1, 0), (5, 0, 0), (7, 2, 0), (15, 1, 0), (12, 0, 0)):
        judged.shop(which, a, b)
    for which, a, b in ((0, 2, 0), (0, 1, 1), (4, 1, 0), (6, 2, 0), (13, 1, 3), (0, 0, 3)):
        judged.person(which, a, b)
    for number, (sold, received) in enumerate(((1, 0), (2, 3))):
        judged.shop(9, number, sold)
        judged.person(8, judged.world.index_of("inventory", list(judged.world.goods.levels)[number]), received)


def decided_for_both_sides(judged: Judged) -> None:
    """A conflict was decided for a value of neither side, so that both are to be written; another one for Grist."""
    judged.run(clean=True, full=True)
    for number in (0, 1):
        judged.shop(5, number, 0)
        judged.person(4, judged.world.index_of("variants", list(judged.world.goods.variants)[number]), 0)
    judged.run(clean=True, full=True)
    judged.decide_as("71.00")
    judged.decide(0, True)


def structure_grows(judged: Judged) -> None:
    """A column more, and one for the times of changes, while edits wait on both sides."""
    judged.run(clean=True, full=True)
    for number, gid in enumerate(judged.world.goods.variants):
        judged.world.merchant.edit_variant(gid, barcode=f"4000{number}")
    judged.world.chosen["variants"]["barcode"] = "newest"
    judged.shop(5, 0, 0)
    judged.person(8, 1, 0)


def listed_in_bulk(judged: Judged) -> None:
    """The same, and what is in the shop is listed by bulk operations."""
    edits_on_both_sides(judged)
    judged.world.sizes = IN_BULK


# situation -> how many boundaries its run had when this was written; a tenth fewer would mean that some are no longer tried
SITUATIONS: dict[Callable[[Judged], None], int] = {
    first_fill: 217,
    edits_on_both_sides: 240,
    decided_for_both_sides: 105,
    structure_grows: 175,
    listed_in_bulk: 250,
}


def _enumerate(situation: Callable[[Judged], None], folder: Path, stride: int) -> None:
    world = ProofWorld(folder)
    try:
        judged = Judged(world)
        situation(judged)
        start, oracle, told = world.kept("situation.db"), judged.oracle, list(judged.told)
        boundaries = _length(world, start)
        offset = list(SITUATIONS).index(situation)
        tried = 0
        for at in range(1 + offset % stride, boundaries + 1, stride):
            world.come_back(start)
            judged = Judged(world)
            judged.oracle, judged.told = oracle.copied(), [*told, f"dies at boundary {at}"]
            _die_at(at, judged)
            tried += 1
            examined["crashes with Grist"] += 1
    finally:
        world.close()
    sys.stderr.write(f"\n{tried} of {boundaries} boundaries: {situation.__name__}\n")
    assert boundaries >= SITUATIONS[situation] * 0.9 and tried >= boundaries // stride, f"only {tried} of {boundaries}"


def _length(world: ProofWorld, start: Any) -> int:
    """How many boundaries the run passes that nobody ends."""
    world.come_back(start)
    steps = Steps()
    with dying(steps):
        world.sync(full=True, force=True)  # a person agreed to the price that falls
    return steps.passed


def _die_at(at: int, judged: Judged) -> None:
    """The run dies at boundary `at`; what it did by then it may have done, and the next, clean run makes all good."""
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(Crash), judged.dying_run(), dying(Steps(die_at=at)):
        judged.world.sync(full=True, force=True)
    for one, handler in handlers.items():
        signal.signal(one, handler)
    judged.agree(runs=1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_sampled_boundaries_is_made_good(
    situation: Callable[[Judged], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _enumerate(situation, tmp_path, FEWER if situation is listed_in_bulk else STRIDE)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_any_boundary_is_made_good(
    situation: Callable[[Judged], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _enumerate(situation, tmp_path, 1)
