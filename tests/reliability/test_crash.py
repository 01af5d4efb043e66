"""A run that dies at boundary N over the real connectors, for every N, from several situations; then the oracle."""

import signal
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncdb.sandbox.faults import Fault, Seen
from tests.engine.hostile import Crash, Steps
from tests.reliability.bulk_troubles import SWITCHES, settle_down
from tests.reliability.crash import dying
from tests.reliability.history import writes_open
from tests.reliability.judged import Judged
from tests.reliability.oracle import examined
from tests.reliability.world import BEGIN


def first_load(judged: Judged) -> None:
    """Nothing is there yet, not even the tab."""


def changes_and_restores(judged: Judged) -> None:
    """New, changed and deleted orders; a deleted row, an overwritten cell, a subtotal."""
    judged.run()
    for number in range(4):
        judged.shop(1, number)
    judged.shop(0, 77)
    for which, a, b in ((2, 1, 0), (6, 0, 7), (8, 2, 0), (15, 3, 8)):
        judged.person(which, a, b)


def new_column(judged: Judged) -> None:
    """A column more in the configuration, and a row sorted away."""
    judged.run()
    judged.person(0, 6, 1)
    judged.world.columns.append("shipping_city")


def row_inserted_meanwhile(judged: Judged) -> None:
    """A colleague inserts a row just before the write: a value lands in the wrong row and must be taken back."""
    judged.run()
    judged.shop(1, 3)
    gid = judged.world.order(0)
    assert gid is not None
    judged.world.shop.set_note(gid, "to be misplaced")
    judged.oracle.hear()
    judged.edit_in_the_moment(lambda: judged.world.colleague.insert_rows(judged.world.head() + 1))


def write_pending(judged: Judged) -> None:
    """The last run's write was applied but not answered, and neither was the question about it."""
    judged.run()
    judged.shop(0, 5)
    judged.shop(1, 11)
    judged.world.lose_a_write("apply_then_cut")
    assert judged.run(judged=False).code == 4
    judged.world.faults.clear()
    assert writes_open(judged.world)


def write_late(judged: Judged) -> None:
    """The last run's write was cut and lands after the next run has fenced it off."""
    judged.run()
    judged.shop(0, 6)
    judged.world.lose_a_write("apply_late")
    assert judged.run(judged=False).code == 4
    judged.world.faults.clear()
    assert writes_open(judged.world) and judged.world.faults.late() == 1


def first_load_in_bulk(judged: Judged) -> None:
    """As a first load, by bulk operation: the first fails, the second one's result comes mixed, breaks off and is fetched on."""
    judged.world.in_bulk = True
    desk = judged.world.sandbox.shopify.bulk
    desk.order, desk.ending, desk.cut_after = "mixed", "FAILED", 700

    def works_again() -> None:
        desk.ending = "COMPLETED"

    judged.world.faults.add(Fault("meanwhile", "shopify write", skip=1, action=works_again))


def first_load_in_spans(judged: Judged) -> None:
    """As a first load, by an operation for each order side by side; the second fails and is repeated while others run."""
    judged.world.in_bulk = judged.world.in_spans = True
    judged.world.sandbox.shopify.bulk.endings = ["COMPLETED", "FAILED"]


# situation -> how many boundaries its run had when this was written; a tenth fewer would mean that some are no longer tried
SITUATIONS: dict[Callable[[Judged], None], int] = {
    first_load: 87,
    changes_and_restores: 64,
    new_column: 77,
    row_inserted_meanwhile: 101,
    write_pending: 64,
    write_late: 69,
    first_load_in_bulk: 118,
    first_load_in_spans: 142,
}


# the default run dies at some boundaries only; most of the bulk loads' are like those of a first load
SAMPLED = dict.fromkeys(SITUATIONS, 3) | {first_load_in_bulk: 7, first_load_in_spans: 9}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_any_boundary_is_made_good(
    situation: Callable[[Judged], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _die_in(situation, tmp_path, SAMPLED[situation])


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_dying_at_really_any_boundary_is_made_good(
    situation: Callable[[Judged], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _die_in(situation, tmp_path, 1)


def _die_in(situation: Callable[[Judged], None], tmp_path: Path, step: int) -> None:
    """Die at every boundary of a run that is a multiple of `step`."""
    judged = Judged(tmp_path, 3, BEGIN)
    try:
        situation(judged)
        judged.world.copy_ledger("situation.db")
        start = Start.of(judged)
        at, finished = 0, False
        while not finished:
            at += step
            start.again(judged)
            finished = _die_at(at, judged)
            examined["crashes"] += not finished
    finally:
        judged.close()
    boundaries = at - 1  # the last run reached its end
    sys.stderr.write(f"\n{boundaries} boundaries: {situation.__name__}\n")
    assert boundaries >= SITUATIONS[situation] * 0.9, f"only {boundaries} boundaries were tried"


def _die_at(at: int, judged: Judged) -> bool:
    """Whether the run completed before boundary `at` was reached; either way the next run makes all good."""
    judged.told.append(f"dies at boundary {at}")
    judged.seen = None
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    finished = False
    try:
        with dying(Steps(die_at=at)):
            judged.run(judged=False, full=True)
            finished = True
    except Crash:
        for one, handler in handlers.items():
            signal.signal(one, handler)
    judged.edited = judged.seen is not None
    judged.agree(runs=1, since=judged.seen)
    return finished


@dataclass
class Start:
    """Where every death begins: the sheet, the ledger's file, the time, the faults and the bulk desk of a situation."""

    book: Any
    ledger: bool
    time: float
    faults: list[Fault]
    late: list[Any]
    told: list[str]
    received: list[Seen]
    desk: dict[str, Any]

    @classmethod
    def of(cls, judged: Judged) -> "Start":
        world = judged.world
        faults = world.faults
        book = world.sandbox.spreadsheet.kept()
        return cls(
            book,
            world.ledger.exists(),
            world.time,
            faults.pending(),
            list(faults._late),
            list(judged.told),
            list(world.received),
            {switch: copy(getattr(world.sandbox.shopify.bulk, switch)) for switch in SWITCHES},
        )

    def again(self, judged: Judged, *, ledger: bool = True) -> None:
        """Bring everything there again, but for the ledger where that is not wanted."""
        world = judged.world
        world.sandbox.spreadsheet.come_back(self.book.kept())
        world.time = self.time
        world.sandbox.google.count_anew()
        world.faults.clear()
        world.faults._late[:] = self.late
        world.faults.add(*self.faults)
        judged.told[:] = self.told
        world.received[:] = self.received
        world.faults.landed.clear()
        judged.edited = False
        settle_down(world.sandbox.shopify.bulk)
        for switch, value in self.desk.items():
            setattr(world.sandbox.shopify.bulk, switch, copy(value))
        if not ledger:
            return
        if self.ledger:
            world.put_back("situation.db")
        else:
            for ending in ("", "-wal", "-shm"):
                Path(f"{world.ledger}{ending}").unlink(missing_ok=True)
