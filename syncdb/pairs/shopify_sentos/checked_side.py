"""A side with a word on each write before it goes out (a price that falls far, say), and with an ear for what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import PassedOn
from syncdb.engine.compare import number
from syncdb.model import Action, Attempt, Operation, Outcome, Result

REFUSED = "refused before it was sent"
PAID = frozenset({"price"})  # what customers pay; that a price is no longer compared with another takes nothing from anybody
Refusal = Callable[[Operation], str]


def nothing_against(operation: Operation) -> str:
    """Whatever is planned may be sent."""
    return ""


@dataclass(slots=True)
class CheckedSide(PassedOn):
    """Wraps a connector. `why_not` says why a write must not be sent, empty if it may: it is refused for that record
    alone, and the rest goes on. `told` collects what became of each write.
    """

    connector: Connector
    why_not: Refusal = nothing_against
    told: list[tuple[Operation, Outcome]] = field(default_factory=list)
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self.can = replace(
            self.connector.can, fits=lambda operation: self.connector.can.fits(operation) and not self.why_not(operation)
        )

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """The operations up to the first one that is refused, or that one alone."""
        if why := self.why_not(operations[0]):
            return Attempt(token, (operations[0],), {REFUSED: why})
        some = next((place for place, one in enumerate(operations) if place and self.why_not(one)), len(operations))
        return self.connector.prepare(operations[:some], token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, _refused(attempt) or self.connector.write(attempt))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        return self._heard(attempt, _refused(attempt) or self.connector.settle(attempt))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if REFUSED in attempt.evidence else self.connector.mend(attempt, token)

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        self.told += zip(attempt.operations, outcomes, strict=False)
        return outcomes


def _refused(attempt: Attempt) -> list[Outcome]:
    why = attempt.evidence.get(REFUSED)
    return [Outcome(Result.REJECTED, why=str(why))] if why is not None else []


def fallen(most: int, called: Callable[[str], str]) -> Refusal:
    """Refuses prices that would fall to nothing, or by more than `most` percent. `called` says what people call a record."""

    def why_not(operation: Operation) -> str:
        for name in PAID & operation.changes.keys() if operation.action is Action.UPDATE else ():
            before, after = number(operation.expected.get(name)), number(operation.changes[name])
            if before is None or before <= 0 or (after is not None and after > 0 and (before - after) * 100 <= before * most):
                continue
            return (
                f"{name} of {called(operation.key)} would fall from {before} to {after or 'nothing'}, by more than {most} % "
                "(max_price_fall_percent): it was left alone. If that is right, run once with --force."
            )
        return ""

    return why_not
