"""A status that the other side gave to an order: done in the shop, and seen there before it counts."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError
from syncdb.model import Attempt, Operation, Outcome, Result, agrees
from syncdb.orders.stored_orders import StoredOrders
from syncdb.values import Value, same

if TYPE_CHECKING:
    from syncdb.connectors.shopify.ordering.statuses import StatusWriter

log = logging.getLogger("syncdb.orders")

MARK = "statuses"  # in the evidence of an attempt


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """Statuses of the stored orders. `read_again` brings orders anew from the shop into the ledger."""

    stored: StoredOrders
    writer: "StatusWriter"
    read_again: Callable[[Sequence[str]], None]

    def attempt(self, operation: Operation, token: int) -> Attempt:
        return Attempt(token, (operation,), {MARK: True})

    def write(self, attempt: Attempt) -> Outcome:
        """Look, do it, look again. UNKNOWN where an answer was lost. Raises Refused and RetryLater where nothing was sent."""
        from syncdb.connectors.shopify.catalogue.orders import order_gid  # most runs carry out nothing

        operation, desk = attempt.operations[0], self.writer.desk
        shown = self._now(operation.key)
        if shown is None or not agrees(operation.expected, shown):
            return Outcome(Result.STALE, why="it changed in the shop meanwhile")
        before = desk.sent
        try:
            outcome = self.writer.carry_out(order_gid(operation.key), operation.changes, shown)
            return self._as_it_stands(operation, self._now(operation.key)) if outcome.result is Result.DONE else outcome
        except (OutcomeUnknown, NotUnderstood, RemoteError) as lost:
            if desk.sent == before:
                raise
            log.warning("what became of write %s is not known: %s", attempt.token, lost)
            self.writer.unanswered.note(attempt.token)
            return Outcome(Result.UNKNOWN)

    def settle(self, attempt: Attempt) -> Outcome:
        """What became of it, by looking; what is not there is looked for again once it cannot come any more."""
        operation = attempt.operations[0]
        try:
            shown = self._now(operation.key)
            if shown is None or not _stands(operation, shown):
                self.writer.unanswered.wait(attempt.token)
                shown = self._now(operation.key)
        except RemoteError as error:
            log.warning("what became of write %s cannot be seen: %s", attempt.token, error)
            return Outcome(Result.UNKNOWN)
        if shown is not None and _stands(operation, shown):
            return self._as_it_stands(operation, shown)
        return Outcome(Result.STALE, why="it was not applied")

    def _now(self, key: str) -> Mapping[str, Value] | None:
        """What the shop shows of an order, read anew; None where it shows none."""
        self.read_again([key])
        found = self.stored.look([key]).found.get(key)
        return None if found is None else found.record.fields

    def _as_it_stands(self, operation: Operation, shown: Mapping[str, Value] | None) -> Outcome:
        """Done, also where the shop says it in other words or made something else of it; refused where it kept the old."""
        if shown is None:
            return Outcome(Result.STALE, why="it is no longer in the shop")
        kept = {name: shown.get(name) for name, value in operation.changes.items() if not same(value, shown.get(name))}
        ignored = [name for name, value in kept.items() if same(value, operation.expected.get(name))]
        if ignored:
            return Outcome(Result.REJECTED, why=f"Shopify took the change, but {', '.join(ignored)} stayed as it was")
        return Outcome(Result.DONE, operation.key, instead=kept)


def split(operation: Operation) -> tuple[list[str], list[str]]:
    """The fields of an operation that are statuses, and those that are not."""
    from syncdb.connectors.shopify.ordering.statuses import STATUSES

    names = list(operation.changes)
    return [name for name in names if name in STATUSES], [name for name in names if name not in STATUSES]


def _stands(operation: Operation, shown: Mapping[str, Value]) -> bool:
    from syncdb.connectors.shopify.ordering.statuses import meant

    return all(same(meant(name, value), shown.get(name)) for name, value in operation.changes.items())
