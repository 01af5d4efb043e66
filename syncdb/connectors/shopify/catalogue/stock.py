"""Writing stock: `inventorySetQuantities`, or `inventoryAdjustQuantities` by movement; both compare, under an idempotency key.

All quantities of a call are set or none; a quantity that moved meanwhile is refused (CHANGE_FROM_QUANTITY_STALE). The directive
`@idempotent` and `changeFromQuantity` are required from 2026-04 on (observed) and known to 2026-01. A key is kept for 24 hours:
the same request under it is answered as before and not applied twice (documented). So the key is made from what is sent, and an
attempt whose answer was lost is sent again as it was: that is no second write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from syncdb.connectors.shopify.catalogue.answered import UserError
from syncdb.connectors.shopify.catalogue.entities import STOCK
from syncdb.connectors.shopify.catalogue.inputs import sent
from syncdb.connectors.shopify.catalogue.reading import CatalogueReader
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import MOVED, PendingWrite, Sender, pending, refuse
from syncdb.decoding import flag, understood
from syncdb.errors import OutcomeUnknown
from syncdb.model import Operation, Result, agrees
from syncdb.values import Value, canonical, canonical_json

NAMES = ("available", "on_hand")
STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
BUSY = "IDEMPOTENCY_CONCURRENT_REQUEST"
SPENT = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
PATIENCE = 10  # how often a call that is still being carried out is asked for again
PAUSE = 2.0  # seconds

SET = """mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}"""


ADJUST = """mutation AdjustQuantities($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}"""


@dataclass(frozen=True, slots=True)
class Manner:
    """How quantities are written: by which mutation, and what its list of quantities is called."""

    document: str
    mutation: str
    rows: str


SETTING = Manner(SET, "inventorySetQuantities", "quantities")
MOVING = Manner(ADJUST, "inventoryAdjustQuantities", "changes")


@dataclass(slots=True)
class StockWriter:
    """Writes quantities for one attempt. Run anew with the same attempt it sends the same requests under the same keys.

    `late` is how many seconds an unanswered call may still be carried out after it was sent. `manner` says whether quantities
    are set, or moved by how much they differ from what was seen.
    """

    sender: Sender
    reader: CatalogueReader
    token: int
    late: float
    manner: Manner = SETTING

    def write(self, works: Sequence[PendingWrite]) -> None:
        """Settle every pending work. Each names its item and location in `place`."""
        for name in NAMES:
            self._set(name, [work for work in pending(works) if target(work.operation) == name])
        # where both were to move only one was compared and set: see whether the other followed
        done = [work for work in works if work.outcome is not None and work.outcome.result is Result.DONE]
        self._by_looking([work for work in done if len(work.operation.changes) > 1])

    def _set(self, name: str, works: Sequence[PendingWrite]) -> None:
        while works := pending(works):
            errors = self._answered(name, works)
            if not errors:
                for work in works:
                    work.end(Result.DONE)
            elif any(error.code in SPENT for error in errors):
                # a call under this key was refused; one for what it left over may have followed, and be under way still
                self.reader.conversation.client.clock.sleep(self.late)
                self._by_looking(works)
            elif not self._told_apart(works, errors):
                for work in works:
                    self._set(name, [work])

    def _answered(self, name: str, works: Sequence[PendingWrite]) -> Sequence[UserError]:
        """The user errors of one call; waits while Shopify is still busy with the same call."""
        quantities = [self._quantity(name, work) for work in works]
        key = str(uuid5(NAMESPACE_URL, canonical_json([self.token, name, quantities])))
        document = f"gid://syncdb/Attempt/{self.token}"
        given = {"name": name, "reason": "correction", "referenceDocumentUri": document, self.manner.rows: quantities}
        for _ in range(PATIENCE):
            answer = self.sender.send(self.manner.document, {"input": given, "key": key}, "Writing stock")
            try:
                errors = payload(answer, self.manner.mutation, STOCK).errors
            except NotRun as reason:
                return [UserError(str(reason))]
            if not any(error.code == BUSY for error in errors):
                return errors
            self.reader.conversation.client.clock.sleep(PAUSE)
        raise OutcomeUnknown("Shopify is still busy setting these quantities.", next_step="The next run asks again.")

    def _quantity(self, name: str, work: PendingWrite) -> dict[str, Any]:
        currency = self.reader.conversation.shop().currency
        item, location = work.place
        field = work.fields[name]
        after = sent(field, work.operation.changes[name], currency)
        before = sent(field, work.operation.expected.get(name), currency)
        written = {"quantity": after} if self.manner is SETTING else {"delta": after - before}
        return {"inventoryItemId": item, "locationId": location, "changeFromQuantity": before} | written

    def _told_apart(self, works: Sequence[PendingWrite], errors: Sequence[UserError]) -> bool:
        """Settle the works that the errors name. False where they name none and there are several."""
        named = False
        for error in errors:
            place = error.place(len(works))
            if place is None and len(works) > 1:
                continue
            work, named = works[place or 0], True
            if error.code in STALE:
                work.end(Result.STALE, MOVED)
            elif work.pending:
                refuse(work, STOCK, [error])
        return named

    def _by_looking(self, works: Sequence[PendingWrite]) -> None:
        """What is answered says nothing of what stands: look."""
        if not works:
            return
        block = self.reader.by_ids([work.key for work in works])
        for work in works:
            seen = block.seen.get(work.key)
            stands = seen is not None and agrees(work.operation.changes, seen.fields)
            work.end(Result.DONE if stands else Result.STALE, "" if stands else MOVED)


def target(operation: Operation) -> str:
    """The quantity that is set: what is on hand follows what is available (observed)."""
    return "available" if "available" in operation.changes else "on_hand"


@understood("Shopify")
def why_not(work: PendingWrite) -> str:
    """Why the quantities cannot be set as asked, "" where they can."""
    operation = work.operation
    if not flag(work.node["item"]["tracked"]):
        return "Shopify does not count its stock (Track quantity is off), so that a number there would mean nothing"
    if operation.expected.get(target(operation)) is None:
        return "Shopify shows no such quantity there to start from"
    if {"available", "on_hand"} <= operation.changes.keys() and len({_movement(operation, name) for name in NAMES}) > 1:
        return "available and on_hand cannot be set apart: what is on hand follows what is available"
    return ""


def _movement(operation: Operation, name: str) -> Value:
    """By how much a quantity shall move; None where that is no number."""
    before, after = canonical(operation.expected.get(name)), canonical(operation.changes[name])
    return after - before if isinstance(before, Decimal) and isinstance(after, Decimal) else None
