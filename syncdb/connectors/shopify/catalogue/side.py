"""One entity of a shop as a connector: read it, write to it, and find out what became of a write nobody answered."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.busy import Patience
from syncdb.connectors.shopify.catalogue.answered import text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS, STOCK, VARIANTS, ShopEntity
from syncdb.connectors.shopify.catalogue.fields import ShopField
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, ListingSizes
from syncdb.connectors.shopify.catalogue.inputs import by_name
from syncdb.connectors.shopify.catalogue.listing import Listing
from syncdb.connectors.shopify.catalogue.metafields import write_metafields
from syncdb.connectors.shopify.catalogue.reading import Block, CatalogueReader
from syncdb.connectors.shopify.catalogue.records import delete_records, update_records
from syncdb.connectors.shopify.catalogue.stock import SETTING, Manner, StockWriter, why_not
from syncdb.connectors.shopify.catalogue.taken_back import TAKE_BACK, attempt_of, operations_of, went_over
from syncdb.connectors.shopify.catalogue.variants import VariantWriter
from syncdb.connectors.shopify.catalogue.work import (
    MOVED,
    PendingWrite,
    Sender,
    called,
    compare,
    judge,
    pending,
    unfit,
    verify,
    wanted,
)
from syncdb.connectors.shopify.products.creating import RecordCreator
from syncdb.connectors.shopify.products.variant_removing import delete_variants
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Snapshot, agrees
from syncdb.values import iso, moment

log = logging.getLogger("syncdb.shopify")

AT_ONCE = {"variants": 100, "inventory": 250}  # inventory: documented limit of an input list
OTHERS_AT_ONCE = 20
KEPT = timedelta(hours=23)  # documented: an idempotency key is kept for 24 hours
LATE = 60.0  # seconds; on trust: Shopify documents no longest time in which a request it took may still be carried out


@dataclass(slots=True)
class CatalogueSide:
    """A connector to one entity. `late` is how many seconds an unanswered write may still be applied after it was sent.

    With a `creator` new records can be made; it says how. `manner` is how stock is written. `sizes` say how records
    are listed.
    """

    conversation: Conversation
    entity: ShopEntity
    fields: tuple[ShopField, ...]
    late: float = LATE
    creator: RecordCreator | None = None
    manner: Manner = SETTING
    sizes: ListingSizes = USUAL
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)
    _reader: CatalogueReader = field(init=False, repr=False)
    _listing: Listing = field(init=False, repr=False)
    _sent: dict[int, float] = field(default_factory=dict, repr=False)
    _went_over: dict[int, tuple[Operation, ...]] = field(default_factory=dict, repr=False)  # by token, what puts it back
    _born: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        stock = self.entity is STOCK
        self.name = f"Shopify {self.entity.name}"
        self.title = self.name.replace("_", " ")
        delete, create = self.entity in (PRODUCTS, VARIANTS), self.creator is not None
        self.can = Capabilities(
            create, delete=delete, compare_and_set=stock, fence=stock, live=True, fits=self._fits, listing_may_lack=True
        )
        if self.creator is not None:
            lacking = f"the definition of the metafield {self.creator.custom.name}, by which what is made there is found again,"
            self.can = replace(self.can, structure=lacking)
        self._reader = CatalogueReader(self.conversation, self.entity, self.fields, first_page=self.sizes.first_page)
        self._listing = Listing(self._reader, self.sizes)
        self._born = self.conversation.client.clock.monotonic()

    def structure(self, token: int) -> Attempt | None:
        """The definition of the custom id that new records are found by; nothing else has to be made in a shop."""
        return None if self.creator is None else self.creator.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        """Every record, in blocks. Raises Refused and RetryLater."""
        for block in self._listing.blocks():
            yield _snapshot(block)

    def begin_listing(self) -> None:
        """Everything will be fetched: have the shop begin where there is much."""
        self._listing.begun = self._listing.begun or self._listing.begin()

    def when_large(self, act: Callable[[], None]) -> None:
        """What to do when there turns out to be so much that it is listed in bulk."""
        self._listing.large = act

    def look(self, keys: Iterable[str]) -> Snapshot:
        """These records as the shop's database shows them now. Raises Refused and RetryLater."""
        return _snapshot(self._reader.by_ids(keys))

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """As many operations as go into one round of writing, each judged by what stands there now."""
        batch = tuple(operations[: AT_ONCE.get(self.entity.name, OTHERS_AT_ONCE)])
        works = self._works(batch)
        self._find(works)
        currency = self.conversation.shop().currency
        for work in works:
            judge(work, self.entity, currency, self.can, self._why_not)
        evidence = {
            "prepared_at": iso(self.conversation.client.clock.now()),
            "judged": {work.key: [work.outcome.result.value, work.outcome.why] for work in works if work.outcome},
            "places": {work.key: _place(work) for work in pending(works)} if self.entity is STOCK else {},
        }
        return Attempt(token, batch, evidence)

    def write(self, attempt: Attempt) -> list[Outcome]:
        """Send it, comparing once more just before where Shopify itself does not compare."""
        if TAKE_BACK in attempt.evidence:
            return self._take_back(attempt)
        if attempt.token in self._sent:
            return self.settle(attempt)
        if not attempt.operations and self.creator is not None:
            self.creator.define()
            return []
        works = self._judged(attempt)
        if self.entity is not STOCK:
            waiting = pending(works)
            self._find(waiting)
            for work in waiting:
                compare(work, self.entity)
        return self._carried_out(attempt, works)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Find out what became of it: stock by sending the same again under its key, everything else by looking.

        What looking does not show is looked for again after the time in which it may still be applied.
        """
        if TAKE_BACK in attempt.evidence:
            return self._settle_taking_back(attempt)
        if not attempt.operations and self.creator is not None:
            return self.creator.settled()
        works = self._judged(attempt)
        if self.entity is STOCK and self._key_is_kept(attempt):
            return self._carried_out(attempt, works)
        try:
            if not self._stands(works):
                self._wait(attempt.token)
                works = self._judged(attempt)
                self._stands(works)
        except RemoteError as error:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, error)
            return [Outcome(Result.UNKNOWN) for _ in works]
        self._sent.setdefault(attempt.token, self._born)
        return [self._believed(one) for one in _outcomes(works)]

    def _believed(self, outcome: Outcome) -> Outcome:
        """What a quantity shows tells nothing of a write: it may have been reached by sales, and left by sales."""
        if self.entity is not STOCK or outcome.result not in (Result.DONE, Result.STALE):
            return outcome
        return replace(outcome, result=Result.STALE, why="what became of it cannot be known any more", doubted=True)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        """What puts back what the attempt went over. Nothing is written by place, so nothing can land in another record."""
        operations = self._went_over.pop(attempt.token, ())
        return attempt_of(operations, token, iso(self.conversation.client.clock.now())) if operations else None

    def close(self) -> None:
        """The client belongs to whoever made it."""
        self._sent.clear()

    def _take_back(self, attempt: Attempt) -> list[Outcome]:
        """Put back what was gone over. It is never given up: what cannot be sent now stays in the journal."""
        works = self._works(operations_of(attempt))
        try:
            self._find(works)
            for work in works:
                compare(work, self.entity)
            outcomes = self._carried_out(attempt, works)
        except RemoteError as error:
            log.warning("%s: what a write went over could not be put back yet: %s", self.name, error)
            return [Outcome(Result.UNKNOWN)]
        for one in outcomes:
            if one.result is Result.REJECTED:
                lost = f"What changed in Shopify in the moment of a write could not be put back, and is in the history. {one.why}"
                self.conversation.tell(Notice("went_over", lost))
        if any(one.result is Result.UNKNOWN or one.result is Result.STALE and not one.overwritten for one in outcomes):
            return [Outcome(Result.UNKNOWN)]  # whether it moved again, or could not be sent, is found out by looking
        return []

    def _settle_taking_back(self, attempt: Attempt) -> list[Outcome]:
        """Look whether it stands; where it does not, nor anything else, it is to be done again."""
        operations = operations_of(attempt)
        try:
            if not self._stands(self._works(operations)):
                self._wait(attempt.token)
            again = self._works(operations)
            self._find(again)
        except RemoteError:
            return [Outcome(Result.UNKNOWN)]
        for work in again:
            compare(work, self.entity)
        self._went_over[attempt.token] = tuple(work.operation for work in pending(again))
        return [Outcome(Result.STALE)] if pending(again) else []

    def _works(self, operations: Sequence[Operation]) -> list[PendingWrite]:
        fields = by_name(self.fields)
        return [PendingWrite(operation, fields) for operation in operations]

    def _why_not(self, work: PendingWrite) -> str:
        operation = work.operation
        if self.entity is STOCK:
            return why_not(work)
        creating = operation.action is Action.CREATE and self.creator is not None
        return self.creator.unfit(operation) if creating and self.creator is not None else ""

    def _fits(self, operation: Operation) -> bool:
        """Whether the shop can take the values that an update would write, as far as that can be told without asking it."""
        fields = by_name(self.fields)
        return operation.changes.keys() <= fields.keys() and not unfit(
            operation.changes, fields, self.conversation.shop().currency
        )

    def _judged(self, attempt: Attempt) -> list[PendingWrite]:
        """The works of an attempt as `prepare` left them."""
        works = self._works(attempt.operations)
        judged: Any = attempt.evidence["judged"]
        places: Any = attempt.evidence["places"]
        for work in works:
            if work.key in places:
                *work.place, work.known_as = places[work.key]
            if work.key in judged:
                result, why = judged[work.key]
                work.end(Result(result), why)
        return works

    def _find(self, works: Sequence[PendingWrite]) -> None:
        block = self._reader.by_ids([work.key for work in works])
        for work in works:
            work.seen = block.seen.get(work.key)

    def _carried_out(self, attempt: Attempt, works: list[PendingWrite]) -> list[Outcome]:
        sender = Sender(self.conversation)
        try:
            self._send(attempt, works, sender)
        except (OutcomeUnknown, NotUnderstood) as lost:
            if isinstance(lost, NotUnderstood) and not sender.sent:
                raise
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            return [Outcome(Result.UNKNOWN) for _ in works]
        except RemoteError as refused:
            if not any(work.outcome and work.outcome.result is Result.DONE or work.stands for work in works):
                raise
            for work in pending(works):
                work.end(Result.STALE, f"it could not be written yet: {refused}")
        finally:
            if sender.sent:
                self._sent[attempt.token] = self.conversation.client.clock.monotonic()
            self._went_over[attempt.token] = went_over(works)
        return _outcomes(works)

    def _send(self, attempt: Attempt, works: Sequence[PendingWrite], sender: Sender) -> None:
        """Send what is pending; what the shop is busy with is sent again for a while, compared anew each time."""

        def sent() -> bool:
            waiting = [work for work in works if work.busy]
            if waiting:
                self._find(waiting)
            for work in waiting:
                work.again()
                compare(work, self.entity)
            self._once(attempt, works, sender)
            return not any(work.busy for work in works)

        Patience(self.conversation.client.clock).until(sent)

    def _once(self, attempt: Attempt, works: Sequence[PendingWrite], sender: Sender) -> None:
        if self.entity is STOCK:
            StockWriter(sender, self._reader, attempt.token, self.late, self.manner).write(works)
            return
        if self.creator is not None:
            self.creator.create(works, sender)
        self._delete(works, sender)
        write_metafields(works, sender, self.entity)
        if sender.sent:
            self._look_again(works)
        if self.entity is VARIANTS:
            VariantWriter(sender, self._reader).write(works)
        else:
            update_records(works, sender, self._reader)
        self._verify(pending(works))

    def _delete(self, works: Sequence[PendingWrite], sender: Sender) -> None:
        if self.entity is VARIANTS:
            delete_variants(works, sender)
        else:
            delete_records(works, sender, self.entity)

    def _look_again(self, works: Sequence[PendingWrite]) -> None:
        """Compare what is still to be written besides metafields, where time has passed since it was looked at."""
        waiting = [work for work in pending(works) if work.changed(metafields=False)]
        if waiting and any(work.stands for work in works):
            self._find(waiting)
            for work in waiting:
                compare(work, self.entity)

    def _verify(self, works: Sequence[PendingWrite]) -> None:
        """What was not verified by the answer to its own mutation (metafields) is looked at."""
        if not works:
            return
        self._find(works)
        for work in works:
            if work.seen is None:
                work.end(Result.STALE, MOVED)
            else:
                verify(work, work.seen, self.entity)

    def _stands(self, works: Sequence[PendingWrite]) -> bool:
        """Settle each by whether the shop shows it; whether all of it does."""
        waiting = pending(works)
        if self.creator is not None:
            self.creator.look(work for work in waiting if work.operation.action is Action.CREATE)
        there = pending(waiting)
        block = self._reader.by_ids([work.key for work in there])
        for work in there:
            work.seen = block.seen.get(work.key)
            shown = _is_shown(work, block.complete)
            if shown is None:
                work.end(Result.UNKNOWN)
            elif shown:
                work.end(Result.DONE)
            else:
                work.end(Result.STALE, "it was not applied")
        return all(work.outcome and work.outcome.result is Result.DONE for work in waiting)

    def _wait(self, token: int) -> None:
        """Let the time pass in which the write may still be applied. One of an earlier process was sent before this one began."""
        clock = self.conversation.client.clock
        passed = clock.monotonic() - self._sent.get(token, self._born)
        if passed < self.late:
            clock.sleep(self.late - passed)

    def _key_is_kept(self, attempt: Attempt) -> bool:
        prepared = moment(str(attempt.evidence["prepared_at"]))
        return self.conversation.client.clock.now() - prepared < KEPT


def _snapshot(block: Block) -> Snapshot:
    return Snapshot({key: seen.found for key, seen in block.seen.items()}, block.complete)


def _place(work: PendingWrite) -> list[str]:
    """Where stock is set, for the call to be the same whoever sends it, and what people call it."""
    return [text_at(work.node, "item", "id"), text_at(work.node, "location", "id"), called(work, STOCK)]


def _is_shown(work: PendingWrite, complete: bool) -> bool | None:
    """Whether the shop shows what the work was to bring about; None where it cannot be seen."""
    deleting = work.operation.action is Action.DELETE
    if work.seen is None:
        return deleting if complete else None
    return not deleting and agrees({name: wanted(work, name) for name in work.operation.changes}, work.seen.fields)


def _outcomes(works: Sequence[PendingWrite]) -> list[Outcome]:
    """One outcome for each operation. Work that nothing settled would be a defect, and is told as such."""
    unsettled = [work.key for work in works if work.outcome is None]
    assert not unsettled, f"nothing settled {unsettled}"
    return [work.outcome for work in works if work.outcome is not None]
