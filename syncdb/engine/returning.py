"""The sign by which an older copy of any system is known: many values return to what they were at one earlier time. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from syncdb.engine.guards import Change
from syncdb.engine.policy import CHANGED
from syncdb.ledger.past import Step
from syncdb.model import Action, Plan, Side
from syncdb.values import same

Steps = Mapping[tuple[str, str], Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Return:
    """What goes back: to how it was after the run `run_id` and until `until` (ISO, UTC), these `changes`."""

    run_id: int
    until: str
    changes: tuple[Change, ...]


def taken_over(plan: Plan, side: Side) -> list[Change]:
    """The values of the other side that a plan brings to this one because they changed there. `after` is what that side shows."""
    return [
        Change(op.key, name, op.expected.get(name), op.opposite.get(name, value))
        for op in plan.operations
        if op.side is side and op.action is Action.UPDATE and CHANGED in op.reason.split("+")
        for name, value in op.changes.items()
    ]


def returning(changes: Iterable[Change], steps: Steps) -> Return | None:
    """The earlier time to which most of these changes go back; None where none goes back to anything."""
    spans = [(change, run_ids) for change in changes for run_ids in _spans(change, steps.get((change.key, change.field), ()))]
    ends = Counter(until.run_id for _, (_, until) in spans)
    marks = Counter(since for _, (since, _) in spans)
    marks.subtract(ends)
    if not spans:
        return None
    points = sorted(marks)
    held = list(accumulate(marks[point] for point in points))
    run_id = points[held.index(max(held))]
    there = [(change, until) for change, (since, until) in spans if since <= run_id < until.run_id]
    return Return(run_id, min(until.at for _, until in there), tuple(change for change, _ in there))


def _spans(change: Change, steps: Sequence[Step]) -> Iterable[tuple[int, Step]]:
    """From which run on, and until which write, a field had the value to which it changes now."""
    since = 0
    for step in steps:
        if same(step.before, change.after) and step.run_id > since:
            yield since, step
        since = step.run_id
