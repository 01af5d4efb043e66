"""Orders of which the other side may write some fields (note, tags, statuses): read from the ledger, written to the shop."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from syncdb.connectors.base import Capabilities
from syncdb.model import Attempt, Operation, Outcome, Result, Snapshot
from syncdb.orders.carried_out import MARK, CarriedOut, split
from syncdb.orders.stored_orders import StoredOrders
from syncdb.values import Value

if TYPE_CHECKING:  # a run into a sheet does without
    from syncdb.connectors.shopify.catalogue.orders import OrderWriter

TAGS = "tags"
REST = "rest"  # in the evidence of an attempt: fields that are written after it, by order


@dataclass(slots=True)
class WritableOrders:
    """The stored orders with a way back. `read_again` brings orders anew from the shop into the ledger.

    Records are whole orders, keyed by order id. What was written is read again at once, so that the ledger shows what the shop
    has before anything else is compared. `statuses` carries out what is no plain field; the two are never written at once.
    """

    stored: StoredOrders
    writer: "OrderWriter"
    read_again: Callable[[Sequence[str]], None]
    statuses: CarriedOut | None = None

    name = "the shop"
    title = "the shop"
    can = Capabilities(create=False, live=True, all_known=True)

    def structure(self, token: int) -> Attempt | None:
        return None

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.stored.look(keys)

    def fetch(self) -> Iterator[Snapshot]:
        return self.stored.fetch()

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """As many plain changes as are written at once, or one status."""
        statuses, plain = split(operations[0])
        if self.statuses is not None and statuses and not plain:
            return self.statuses.attempt(operations[0], token)
        taken = [_only(one, split(one)[1]) for one in takewhile(lambda one: split(one)[1], operations)]
        prepared = self.writer.prepare(list(map(_as_written_by_shop, taken)), token)
        taken = taken[: len(prepared.operations)]
        rest = {one.key: split(one)[0] for one in operations[: len(taken)]}
        return Attempt(token, tuple(taken), {**prepared.evidence, REST: rest})

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.operations:
            return self._put_back(attempt, self.writer.side.write(attempt))
        if self.statuses is not None and MARK in attempt.evidence:
            return [self.statuses.write(attempt)]
        return self._read_back(attempt, self.writer.write(self._again(attempt)))

    def settle(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.operations:
            return self._put_back(attempt, self.writer.side.settle(attempt))
        if self.statuses is not None and MARK in attempt.evidence:
            return [self.statuses.settle(attempt)]
        return self._read_back(attempt, self.writer.settle(self._again(attempt)))

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return self.writer.taking_back(attempt, token)

    def close(self) -> None:
        self.stored.close()

    def _again(self, attempt: Attempt) -> Attempt:
        """The writer's own attempt: its operations are made of ours, its evidence is what the journal kept."""
        operations = list(map(_as_written_by_shop, attempt.operations))
        return self.writer.again(operations, attempt.token, attempt.evidence)

    def _put_back(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        if not outcomes:
            self.read_again(self.writer.taken_back(attempt))
        return outcomes

    def _read_back(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        known = zip(attempt.operations, outcomes, strict=True)
        if written := [one.key for one, outcome in known if outcome.result is not Result.UNKNOWN]:
            self.read_again(written)
        left: Any = attempt.evidence.get(REST, ())
        rest = left if isinstance(left, Mapping) else {one.key: left for one in attempt.operations}
        return [
            replace(outcome, without=frozenset(rest.get(one.key, ()))) if outcome.result is Result.DONE else outcome
            for one, outcome in zip(attempt.operations, outcomes, strict=True)
        ]


def _only(operation: Operation, names: Sequence[str]) -> Operation:
    """The part of an operation that is about these fields. The others are planned anew once it is done."""
    expected = {name: operation.expected.get(name) for name in names}
    return replace(operation, expected=expected, changes={name: operation.changes[name] for name in names})


def _as_written_by_shop(operation: Operation) -> Operation:
    return replace(operation, expected=_as_written(operation.expected), changes=_as_written(operation.changes))


def sorted_words(text: Value) -> Value:
    """A list of words in one text (`a, b`) in the order in which they are compared; their order in the shop means nothing."""
    if not isinstance(text, str):
        return text
    return ", ".join(sorted({word.strip() for word in text.split(",") if word.strip()})) or None


def _as_written(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {name: sorted_words(value) if name == TAGS else value for name, value in fields.items()}
