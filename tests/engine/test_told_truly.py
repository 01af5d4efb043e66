"""What a run says of itself: a refusal names what was written before it, and the journal tells declined writes from done ones."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncdb.clock import Clock
from syncdb.connectors.memory import MemoryConnector
from syncdb.engine.apply import Applier
from syncdb.engine.guards import Limits
from syncdb.engine.progress import Progress, Silent
from syncdb.engine.reconcile import EntityPair, reconcile, refuse_surprises
from syncdb.errors import NeedsPerson
from syncdb.ledger import Ledger
from syncdb.model import Action, Attempt, Operation, Outcome, Owner, Plan, Policy, Result, Rule, Side

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
POLICY = Policy({"count": Rule(Owner.LEFT)})


class Visited(MemoryConnector):
    """Somebody comes by between look and write. Its structure takes as many tries as there are `refusals`, and one more."""

    def __init__(self) -> None:
        super().__init__("right")
        self.visits: list[Callable[[], object]] = []
        self.refusals = 0
        self.made = True

    def structure(self, token: int) -> Attempt | None:
        return None if self.made else Attempt(token, (), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.operations and self.refusals:
            self.refusals -= 1
            return [Outcome(Result.STALE, why="declined")]
        self.made = self.made or not attempt.operations
        if self.visits:
            self.visits.pop(0)()
        return super().write(attempt)


class Particular(MemoryConnector):
    """It refuses what would change several fields at once."""

    def write(self, attempt: Attempt) -> list[Outcome]:
        if any(one.action is Action.UPDATE and len(one.changes) > 1 for one in attempt.operations):
            return [Outcome(Result.REJECTED, why="one at a time")] * len(attempt.operations)
        return super().write(attempt)


@dataclass
class Counted(Silent):
    """How far the part that is under way says to be, and of how many."""

    done: int = 0
    of: list[int | None] = field(default_factory=list)

    def stage(self, name: str, total: int | None = None) -> None:
        self.done, self.of = 0, [*self.of, total]

    def advance(self, steps: int = 1) -> None:
        self.done += steps


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db", NOW) as opened:
        yield opened


def applier(ledger: Ledger, pair: EntityPair, progress: Progress | None = None) -> Applier:
    with ledger.transaction():
        run_id = ledger.runs.start(pair.name, "full", "2026-11-21T07:00:00Z")
    return Applier(ledger, pair.name, pair.sides, run_id, Clock(now=lambda: NOW), random.Random(1), progress or Silent())


def test_a_refusal_in_a_later_round_says_what_was_written_before(ledger: Ledger) -> None:
    left, right = MemoryConnector("left"), Visited()
    pair = EntityPair("test", left, right, POLICY, Limits(few_restored=5, restored_percent=10))
    left.rows = {str(number): {"count": number} for number in range(40)}
    reconcile(ledger, pair, None, applier(ledger, pair), Silent())
    left.rows["0"]["count"] = left.rows["1"]["count"] = 100
    left.rows["new"] = {"count": 1}
    right.visits = [lambda: [right.rows.pop(str(number)) for number in range(1, 31)]]
    with pytest.raises(NeedsPerson) as refused:
        reconcile(ledger, pair, None, applier(ledger, pair), Silent())
    assert right.rows["0"] == {"count": 100} and "new" in right.rows and "1" not in right.rows
    assert "changed" not in str(refused.value).rpartition(":")[2]
    assert "None of that was done; 2 records written before in this run stand" in str(refused.value)


def test_as_many_steps_are_done_as_were_announced_also_where_a_record_takes_several_writes(ledger: Ledger) -> None:
    left, right = MemoryConnector("left"), Particular("right")
    pair = EntityPair("test", left, right, Policy({"count": Rule(Owner.LEFT), "title": Rule(Owner.LEFT)}))
    left.rows = {str(number): {"count": number, "title": "a"} for number in range(9)}
    reconcile(ledger, pair, None, applier(ledger, pair), Silent())
    for row in left.rows.values():
        row |= {"count": 100, "title": "b"}
    progress = Counted()
    reconcile(ledger, pair, None, applier(ledger, pair, progress), progress)
    assert right.rows == left.rows
    assert progress.of == [9] and progress.done == 9


def test_a_refusal_in_the_first_round_says_that_no_row_was_changed(ledger: Ledger) -> None:
    left, right = MemoryConnector("left"), Visited()
    pair = EntityPair("test", left, right, POLICY, Limits(few_restored=5, restored_percent=10))
    left.rows = {str(number): {"count": number} for number in range(40)}
    reconcile(ledger, pair, None, applier(ledger, pair), Silent())
    right.rows.clear()
    with pytest.raises(NeedsPerson, match="No record was changed"):
        reconcile(ledger, pair, None, applier(ledger, pair), Silent())
    assert right.rows == {}


def test_structure_that_was_declined_is_journalled_as_not_done(ledger: Ledger) -> None:
    right = Visited()
    right.made, right.refusals = False, 2
    pair = EntityPair("test", MemoryConnector("left"), right, POLICY)
    assert applier(ledger, pair).make_structure(Side.RIGHT)
    states = [row[0] for row in ledger.connection.execute("SELECT state FROM journal ORDER BY state")]
    assert states == ["done", "void", "void"]


def test_structure_left_open_and_fenced_off_is_journalled_as_not_done(ledger: Ledger) -> None:
    right = Visited()
    pair = EntityPair("test", MemoryConnector("left"), right, POLICY)
    writer = applier(ledger, pair)
    with ledger.transaction():
        ledger.journal(pair.name).begin(Attempt(7, (), {}), Side.RIGHT, "structure", writer.run_id, writer.now())
    assert writer.settle_unfinished()
    assert ledger.connection.execute("SELECT state FROM journal WHERE token = 7").fetchone()[0] == "void"


def test_a_random_token_that_was_used_before_is_not_taken_again(ledger: Ledger) -> None:
    """Both runs draw the same numbers: the second one must go on to the next."""
    left, right = MemoryConnector("left"), Visited()
    pair = EntityPair("test", left, right, POLICY)
    for count in (1, 2):
        left.rows = {"a": {"count": count}}
        reconcile(ledger, pair, None, applier(ledger, pair), Silent())
        assert right.rows == {"a": {"count": count}}
    assert ledger.connection.execute("SELECT count(DISTINCT token) FROM journal").fetchone()[0] == 2


def test_the_first_fill_of_a_live_side_is_measured_against_what_stands_there(ledger: Ledger) -> None:
    left, right = MemoryConnector("left"), MemoryConnector("right")
    left.can = replace(left.can, live=True)  # type: ignore[misc]
    pair = EntityPair("test", left, right, POLICY, Limits())
    rows = [Operation(Side.LEFT, Action.UPDATE, str(key), None, {"count": 1}, {"count": 2}, "first fill") for key in range(12)]
    with pytest.raises(NeedsPerson, match="12 of 12 known records"):
        refuse_surprises(ledger, pair, Plan(rows))
