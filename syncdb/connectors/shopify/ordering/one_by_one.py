"""Writing records of a shop one at a time: each is several requests, any answer of which can be lost, and a look after them."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.unanswered import Unanswered
from syncdb.connectors.shopify.catalogue.work import GONE
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError
from syncdb.model import Attempt, Operation, Outcome, Result, Snapshot
from syncdb.values import iso, same

log = logging.getLogger("syncdb.shopify")


class OneByOne(ABC):
    """Writes and settles for a side that says how one record is written, and whether it stands."""

    __slots__ = ()
    name: str
    conversation: Conversation
    desk: OrderDesk
    unanswered: Unanswered

    def structure(self, token: int) -> Attempt | None:
        """Nothing has to be made in a shop."""
        return None

    @abstractmethod
    def look(self, keys: Iterable[str]) -> Snapshot:
        """The records of these keys as they are now."""

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """One record at a time."""
        return Attempt(token, (operations[0],), {"prepared_at": iso(self.conversation.client.clock.now())})

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Send it, unless it stands there already. UNKNOWN where an answer was lost; then it is never sent again."""
        if self.unanswered.knows(attempt.token):
            return self.settle(attempt)
        sent = self.desk.sent
        try:
            return [self._written(attempt.operations[0], attempt)]
        except (OutcomeUnknown, NotUnderstood) as lost:
            if isinstance(lost, NotUnderstood) and self.desk.sent == sent:
                raise
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            self.unanswered.note(attempt.token)
            return [Outcome(Result.UNKNOWN)]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """What became of it, by looking; what is not there is looked for again once it cannot come any more."""
        operation = attempt.operations[0]
        self.unanswered.settling(attempt.token)
        try:
            found = self._stands(operation, attempt)
            if found is None:
                self.unanswered.wait(attempt.token)
                found = self._stands(operation, attempt)
        except RemoteError as error:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, error)
            return [Outcome(Result.UNKNOWN)]
        return [found or Outcome(Result.STALE, why="it was not applied")]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    @abstractmethod
    def _written(self, operation: Operation, attempt: Attempt) -> Outcome:
        """What became of writing one record. Raises OutcomeUnknown and NotUnderstood where an answer was lost."""

    @abstractmethod
    def _stands(self, operation: Operation, attempt: Attempt) -> Outcome | None:
        """What can be seen of a write: its outcome where it stands, None where it does not."""

    def _checked(self, operation: Operation) -> Outcome:
        """By what the shop shows now: done, also where it made something else of it."""
        now = self.look([operation.key]).found.get(operation.key)
        if now is None:
            return Outcome(Result.STALE, why=GONE)
        shown = now.record.fields
        kept = {name: shown[name] for name, value in operation.changes.items() if name in shown and not same(value, shown[name])}
        ignored = [name for name, value in kept.items() if same(value, operation.expected.get(name))]
        if ignored:
            return Outcome(Result.REJECTED, why=f"Shopify took the change, but {', '.join(ignored)} stayed as it was")
        return Outcome(Result.DONE, operation.key, instead=kept)
