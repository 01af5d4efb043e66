"""A part of each product as one value of a record of its own, read as a list and written by what of it differs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.products.groups import BelowProducts
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Record, Result, Snapshot, agrees
from syncdb.values import Value, digest, encode_fields

T = TypeVar("T")  # what is read of a product
AT_ONCE = 20  # products that are written in one attempt


@dataclass(slots=True)
class PartSide(ABC, Generic[T]):
    """One part of the products of a store, under the name of its entity, which is that of its one field, too.

    What is sent can be sent again: it says what shall be there or not, and what is so already stays so.
    """

    entity: str
    title: str
    reader: BelowProducts[T]
    name: str = field(default="Shopify parts of products", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True), init=False)

    @abstractmethod
    def values(self, shown: dict[str, T]) -> dict[str, Value]:
        """By id of a product, what its part says, as it means the same in both stores."""

    @abstractmethod
    def brought(self, operation: Operation, now: T) -> Outcome:
        """Change what differs between what stands `now` and what shall. Raises OutcomeUnknown, Refused and RetryLater."""

    def may_be_filled(self, id: str) -> bool:
        """Whether a product whose part says nothing may be filled unasked."""
        return False

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """The part of every product, in blocks. Raises Refused and RetryLater."""
        for block in self.reader.everything():
            yield self._snapshot(block)

    def look(self, keys: Iterable[str]) -> Snapshot:
        """The part of these products as it is now. Raises Refused and RetryLater."""
        return self._snapshot(self.reader.many(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, tuple(operations[:AT_ONCE]), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        try:
            return [self._written(one) for one in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Bring it about again, which changes nothing where it was brought about."""
        return self.write(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """Nothing is held open."""
        return

    def _snapshot(self, shown: dict[str, T]) -> Snapshot:
        found = {id: self._found(id, value) for id, value in self.values(shown).items()}
        return Snapshot(found, complete=not self.reader.conversation.other_version)

    def _found(self, id: str, value: Value) -> Found:
        fields: dict[str, Value] = {"product": id, self.entity: value}
        blank = frozenset({self.entity} if value is None and self.may_be_filled(id) else ())
        return Found(id, digest(encode_fields(fields)), Record(id, fields), blank=blank)

    def _written(self, operation: Operation) -> Outcome:
        if operation.action is not Action.UPDATE or operation.changes.keys() != {self.entity}:
            return Outcome(Result.REJECTED, operation.key, "this is changed with the product only")
        shown = self.reader.many([operation.key])
        if operation.key not in shown:
            return Outcome(Result.STALE, operation.key, "the product is no longer in the store")
        now = self.values(shown)[operation.key]
        if agrees(operation.changes, {self.entity: now}):
            return Outcome(Result.DONE, operation.key)
        if not agrees(operation.expected, {self.entity: now}):
            return Outcome(Result.STALE, operation.key, "it changed in the store meanwhile")
        outcome = self.brought(operation, shown[operation.key])
        if outcome.result is not Result.DONE:
            return outcome
        after = self.values(self.reader.many([operation.key])).get(operation.key)
        return outcome if agrees(operation.changes, {self.entity: after}) else self.otherwise(operation, after)

    def otherwise(self, operation: Operation, after: Value) -> Outcome:
        """What it means that the store shows something else than was sent, though it took it."""
        return Outcome(Result.STALE, operation.key, "the store shows something else than was sent")
