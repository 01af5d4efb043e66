"""What a run came to, as people count it: products and orders that were created, updated, failed, skipped, with their names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncdb.model import Action, Operation, Outcome, Result
from syncdb.pairs.base import RunResults

Told = tuple[Operation, Outcome]


@dataclass(slots=True)
class Counted:
    """Counts by thing (a product, an order), whichever of its records was written. A thing is counted once, by the worst."""

    names: Mapping[str, str]
    created: dict[str, None] = field(default_factory=dict)
    updated: dict[str, None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def take(self, told: Iterable[Told], thing_of: Callable[[Operation], str], *, parts: bool = False) -> None:
        """Take in what became of writes. `parts`: they are of parts of the things, so that a new one is a change of its thing."""
        for operation, outcome in told:
            thing = thing_of(operation)
            if outcome.result is Result.REJECTED:
                self.failed.setdefault(thing, outcome.why)
            elif outcome.result is Result.DONE:
                made = operation.action is Action.CREATE and not parts
                (self.created if made else self.updated)[thing] = None

    def results(self) -> RunResults:
        """The figures, with what things are called. What was neither written nor refused was skipped: there was nothing to do."""
        created = [one for one in self.created if one not in self.failed]
        updated = [one for one in self.updated if one not in self.failed and one not in self.created]
        done = {*created, *updated, *self.failed}
        total = {*self.names, *done}
        return RunResults(
            self._called(created),
            self._called(updated),
            tuple((self.names.get(one, one), why) for one, why in self.failed.items()),
            self._called([one for one in self.names if one not in done]),
            len(total),
        )

    def _called(self, things: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.names.get(one, one) for one in things)


def planned(operations: Iterable[Operation], why_not: Callable[[Operation], str]) -> list[Told]:
    """The operations of a dry run, as if they were done; refused those of which it can be told before that they would be."""
    told = []
    for operation in operations:
        why = why_not(operation)
        told.append((operation, Outcome(Result.REJECTED, why=why) if why else Outcome(Result.DONE)))
    return told
