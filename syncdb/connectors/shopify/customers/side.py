"""The customers of a shop as a connector: each is looked at just before it is written, and once more after it.

A new one is looked for under its e-mail address or phone number before it is made and after every lost answer.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.reading import Block, CatalogueReader
from syncdb.connectors.shopify.catalogue.side import LATE
from syncdb.connectors.shopify.catalogue.unanswered import Unanswered
from syncdb.connectors.shopify.catalogue.work import GONE, MOVED
from syncdb.connectors.shopify.customers.entity import CUSTOMERS, address_field
from syncdb.connectors.shopify.customers.making import CustomerMaker, address_input, set_input, unfit
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.one_by_one import OneByOne
from syncdb.connectors.shopify.ordering.shown import PLACE
from syncdb.connectors.shopify.shape import bare_id
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Snapshot, agrees
from syncdb.values import Value, canonical, same

SHOP_ID = "shop_id"  # what the number that the shop gives is called in records
log = logging.getLogger("syncdb.shopify")


@dataclass(slots=True)
class CustomersSide(OneByOne):
    """Customers of one shop by `names` of their fields, of an address its `parts`.

    `late` is how many seconds an unanswered write may still be applied.
    """

    conversation: Conversation
    names: Sequence[str]
    parts: Sequence[str] = tuple(PLACE)
    late: float = LATE
    title: str = "Shopify customers"
    name: str = "Shopify customers"
    can: Capabilities = field(default_factory=lambda: Capabilities(live=True, fits=lambda one: not unfit(one.changes)))
    desk: OrderDesk = field(init=False)
    _reader: CatalogueReader = field(init=False)
    unanswered: Unanswered = field(init=False)

    def __post_init__(self) -> None:
        self.desk = OrderDesk(self.conversation)
        fields = (address_field(self.parts) if one.name == "address" else one for one in CUSTOMERS.chosen(self.names))
        self._reader = CatalogueReader(self.conversation, CUSTOMERS, tuple(fields))
        self.unanswered = Unanswered(self.conversation.client.clock, self.late)

    def fetch(self) -> Iterator[Snapshot]:
        return map(_snapshot, self._reader.pages())

    def look(self, keys: Iterable[str]) -> Snapshot:
        return _snapshot(self._reader.by_ids(keys))

    def close(self) -> None:
        """The client belongs to whoever made it."""

    # --- writing

    def _written(self, operation: Operation, attempt: Attempt) -> Outcome:
        if operation.action is Action.DELETE:
            return Outcome(Result.REJECTED, why="customers are not deleted in Shopify from here")
        if why := unfit(_told(operation)):
            return Outcome(Result.REJECTED, why=f"{_called(operation)}: {why}")
        if operation.action is Action.CREATE:
            return self._made(operation)
        there = self.look([operation.key]).found.get(operation.key)
        if there is None:
            return Outcome(Result.STALE, why=GONE)
        if not agrees(operation.expected, there.record.fields):
            return Outcome(Result.STALE, why=MOVED)
        names = {**there.record.fields, **operation.changes}
        outcome = self._set(operation.key, operation.changes, names)
        return outcome if outcome.result is not Result.DONE else self._checked(operation)

    def _set(self, id: str, changes: Mapping[str, Value], names: Mapping[str, Value]) -> Outcome:
        """Write fields of a customer that there is; `names` holds the names for its address."""
        maker, outcome = CustomerMaker(self.desk), Outcome(Result.DONE, id)
        if given := set_input(changes):
            outcome = maker.set(given, id)
        if outcome.result is Result.DONE and canonical(changes.get("address")) is not None:
            outcome = maker.live_at(id, self._address(changes["address"], names))
        return outcome

    def _address(self, text: Value, names: Mapping[str, Value]) -> dict[str, object]:
        return address_input(text, self.parts, names.get("first_name"), names.get("last_name"))

    def _made(self, operation: Operation) -> Outcome:
        """Make a customer. One who has the address or number already is that customer: nothing of theirs is written over."""
        told, maker = _told(operation), CustomerMaker(self.desk)
        there = self._found(told)
        if there is not None:
            return self._as_it_stands(operation, there)
        if not (told.get("email") or told.get("phone")):
            return Outcome(
                Result.REJECTED, why="a customer without an e-mail address and a phone number cannot be told from others"
            )
        made = maker.set(set_input(told))
        if made.result is not Result.DONE or made.id is None:
            return replace(made, why=f"{_called(operation)}: {made.why}")
        if "address" in told:
            moved = maker.live_at(made.id, self._address(told["address"], told))
            if moved.result is not Result.DONE:
                log.warning("%s: the address of %s was not taken: %s", self.name, made.id, moved.why)
        return self._as_it_stands(operation, made.id)

    def _found(self, told: Mapping[str, Value]) -> str | None:
        email, phone = (str(told[name]) if told.get(name) else None for name in ("email", "phone"))
        return CustomerMaker(self.desk).find(email, None if email else phone)

    def _as_it_stands(self, operation: Operation, id: str) -> Outcome:
        """The new customer, nothing being agreed about what the shop shows otherwise: the next comparison sees to that."""
        there = self.look([id]).found.get(id)
        shown = there.record.fields if there else {}
        changes = operation.changes
        unlike = {name for name in self.names if name in changes and not (name in shown and same(shown[name], changes[name]))}
        named = {SHOP_ID: bare_id(id)} if SHOP_ID in changes else {}
        return Outcome(Result.DONE, id, id=id, without=frozenset(unlike), instead=named)

    def _stands(self, operation: Operation, attempt: Attempt) -> Outcome | None:
        if operation.action is Action.CREATE:
            there = self._found(_told(operation))
            return self._as_it_stands(operation, there) if there else None
        found = self.look([operation.key]).found.get(operation.key)
        return (
            Outcome(Result.DONE, operation.key) if found is not None and agrees(operation.changes, found.record.fields) else None
        )


def _told(operation: Operation) -> dict[str, Value]:
    """What an operation says: of a new customer only what holds something."""
    if operation.action is not Action.CREATE:
        return dict(operation.changes)
    own = ("email", "phone", "first_name", "last_name", "note", "tags", "address")
    return {name: operation.changes[name] for name in own if canonical(operation.changes.get(name)) is not None}


def _called(operation: Operation) -> str:
    known = {**operation.expected, **operation.changes}
    return f"Customer {known.get('email') or known.get('phone') or operation.key}"


def _snapshot(block: Block) -> Snapshot:
    return Snapshot({key: seen.found for key, seen in block.seen.items()}, block.complete)
