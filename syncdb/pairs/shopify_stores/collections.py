"""Collections of one store: those that are in the other store only are made here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import PassedOn
from syncdb.connectors.shopify.products.collections import CollectionCopier
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Operation, Outcome, Result

AT_ONCE = 10  # collections that are made in one attempt
CREATES = "creates"


@dataclass(slots=True)
class CollectionSide(PassedOn):
    """The collections of one store. `source` gives the id over there of what an operation makes here."""

    connector: Connector
    title: str
    copier: CollectionCopier
    source: Callable[[Operation], str]
    name: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.can = self.connector.name, replace(self.connector.can, create=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """What is made, or all else, whichever comes first."""
        creates = operations[0].action is Action.CREATE
        leading = next((at for at, one in enumerate(operations) if (one.action is Action.CREATE) is not creates), len(operations))
        if not creates:
            return self.connector.prepare(operations[:leading], token)
        return Attempt(token, tuple(operations[: min(leading, AT_ONCE)]), {CREATES: True})

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.evidence.get(CREATES):
            return self.connector.write(attempt)
        try:
            return [self.copier.copy(self.source(one)) for one in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Make them again: what was made is found by its handle."""
        return self.write(attempt) if attempt.evidence.get(CREATES) else self.connector.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if attempt.evidence.get(CREATES) else self.connector.mend(attempt, token)
