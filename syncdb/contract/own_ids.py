"""The contract for a system that gives ids of its own: its connector is held against it by the keys that creates came with."""

from syncdb.engine.links import LinkedSide
from syncdb.model import Action, Attempt, Outcome, Result


class Linked(LinkedSide):
    """Keeps the ids that were given, as whoever records outcomes does."""

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._kept(attempt, super().write(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self._kept(attempt, super().settle(attempt))

    def _kept(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        for operation, outcome in zip(attempt.operations, outcomes, strict=True):
            if operation.action is Action.CREATE and outcome.result is Result.DONE:
                assert outcome.id and outcome.id != operation.key
                assert self.joins.join(self.side, operation.key, outcome.id)
        return outcomes
