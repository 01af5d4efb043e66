"""The orders of a shop as a connector: read as records, made under their source identifier, changed by what Shopify allows."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.side import LATE
from syncdb.connectors.shopify.catalogue.unanswered import Unanswered
from syncdb.connectors.shopify.catalogue.work import GONE, MOVED
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.changing import TAKEN, OrderChanger, unfit, whole_address
from syncdb.connectors.shopify.ordering.ending import OrderEnder
from syncdb.connectors.shopify.ordering.making import OrderMaker
from syncdb.connectors.shopify.ordering.one_by_one import OneByOne
from syncdb.connectors.shopify.ordering.reading import OrderRecords
from syncdb.connectors.shopify.ordering.shipping import Shipper
from syncdb.connectors.shopify.ordering.shown import EVERYTHING, PENDING, Kept
from syncdb.connectors.shopify.ordering.wanted import NewOrder, Parcel
from syncdb.connectors.shopify.shape import bare_id
from syncdb.model import Action, Attempt, Found, Operation, Outcome, Result, Snapshot, agrees
from syncdb.values import Value, moment

log = logging.getLogger("syncdb.shopify")

MARGIN = timedelta(minutes=10)  # between two clocks, for the moment from which an order may have been made
LACKING = (None, False, PENDING)
FIXED = {
    "content": "what was bought and what it costs is changed by editing the order in the Shopify admin",
    "currency": "the currency of an order cannot be changed",
    "order_name": "Shopify itself numbers its orders",
    "shop_id": "Shopify itself numbers its orders",
}


class CannotBeMade(Exception):
    """An order cannot be made of what is known about it, and why."""


Wanted = Callable[[Operation], NewOrder]


@dataclass(slots=True)
class OrdersSide(OneByOne):
    """Orders of one shop made since `since`; older ones only by their ids.

    `wanted` says what order an operation makes (raises CannotBeMade). Pieces of an order that came from elsewhere are not given
    back to the stock when it is cancelled: they were never taken from it. `late` is how many seconds an unanswered write may
    still be applied, `kept` is what of them counts.
    """

    conversation: Conversation
    since: datetime
    wanted: Wanted
    late: float = LATE
    kept: Kept = EVERYTHING
    title: str = "Shopify orders"
    name: str = "Shopify orders"
    can: Capabilities = field(default_factory=lambda: Capabilities(live=True))
    desk: OrderDesk = field(init=False)
    records: OrderRecords = field(init=False)
    unanswered: Unanswered = field(init=False)

    def __post_init__(self) -> None:
        self.desk, self.records = OrderDesk(self.conversation), OrderRecords(self.conversation, self.kept)
        self.unanswered = Unanswered(self.conversation.client.clock, self.late)

    def fetch(self) -> Iterator[Snapshot]:
        return self.records.since(self.since)

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.records.by_ids(keys)

    def close(self) -> None:
        """The client belongs to whoever made it."""

    # --- writing

    def _written(self, operation: Operation, attempt: Attempt) -> Outcome:
        if operation.action is Action.CREATE:
            return self._made(operation, attempt)
        if operation.action is Action.DELETE:
            return Outcome(Result.REJECTED, why="orders are not deleted in Shopify from here")
        if why := refused(operation.changes):
            return Outcome(Result.REJECTED, why=why)
        there = self.look([operation.key]).found.get(operation.key)
        if there is None:
            return Outcome(Result.STALE, why=GONE)
        if not agrees(operation.expected, there.record.fields):
            return Outcome(Result.STALE, why=MOVED)
        for step in self._steps(operation, there):
            outcome = step()
            if outcome.result is not Result.DONE:
                return outcome
        return self._checked(operation)

    def _made(self, operation: Operation, attempt: Attempt) -> Outcome:
        try:
            order = self.wanted(operation)
        except CannotBeMade as why:
            return Outcome(Result.REJECTED, why=str(why))
        outcome = OrderMaker(self.desk).make(order, self._first_sent(attempt))
        return self._as_it_stands(outcome, operation, order.called)

    def _as_it_stands(self, outcome: Outcome, operation: Operation, called: str) -> Outcome:
        """With what the shop calls a new order, for the other side to keep, and what of it must still be done (shipping it)."""
        if outcome.result is Result.REJECTED and called:
            return replace(outcome, why=f"Order {called}: {outcome.why}")
        if outcome.result is not Result.DONE or outcome.id is None:
            return outcome
        there = self.look([outcome.id]).found.get(outcome.id)
        named: dict[str, Value] = {"shop_id": bare_id(outcome.id)}
        named |= {"order_name": there.record.fields["order_name"]} if there else {}
        shown = there.record.fields if there else {}
        blank = {name for name, value in shown.items() if value in LACKING}
        lacking = {name for name, value in operation.changes.items() if name in blank and value not in LACKING}
        return replace(outcome, instead=named, without=frozenset(lacking - named.keys()))

    def _steps(self, operation: Operation, there: Found) -> Iterator[Callable[[], Outcome]]:
        changes, key = operation.changes, operation.key
        if taken := {name: value for name, value in changes.items() if name in TAKEN}:
            yield lambda: OrderChanger(self.desk).change(key, self._whole(taken, there))
        if changes.get("payment") == "paid":
            yield lambda: OrderEnder(self.desk).pay(key)
        if "tracking" in changes or changes.get("shipped"):
            yield lambda: Shipper(self.desk).ship(key, parcel_of(changes.get("tracking", there.record.fields.get("tracking"))))
        if changes.get("cancelled"):
            reason = str(changes.get("cancel_reason") or "OTHER")
            own = bool(there.record.fields.get("source"))
            yield lambda: OrderEnder(self.desk).cancel(key, reason, restock=not own)

    def _whole(self, changes: Mapping[str, Value], there: Found) -> Mapping[str, Value]:
        """With the parts of the address that the other side has no place for, as the shop shows them: an address is replaced."""
        if not changes.get("address"):
            return changes
        return {**changes, "address": whole_address(changes["address"], there.record.fields.get("ships_to"), self.kept.address)}

    def _stands(self, operation: Operation, attempt: Attempt) -> Outcome | None:
        if operation.action is Action.CREATE:
            try:
                order = self.wanted(operation)
            except CannotBeMade as why:
                return Outcome(Result.REJECTED, why=str(why))
            made = OrderMaker(self.desk).made(order, self._first_sent(attempt))
            return self._as_it_stands(made, operation, order.called) if made else None
        there = self.look([operation.key]).found.get(operation.key)
        shown = there is not None and agrees(operation.changes, there.record.fields)
        return Outcome(Result.DONE, operation.key) if shown else None

    def _first_sent(self, attempt: Attempt) -> datetime:
        evidence: Mapping[str, Any] = attempt.evidence
        return moment(str(evidence["prepared_at"])) - MARGIN


def refused(changes: Mapping[str, Value]) -> str:
    """Why an order cannot be changed like that, "" where nothing is known against it."""
    for name, why in FIXED.items():
        if name in changes:
            return why
    if changes.get("payment") not in (None, "paid"):
        return f"that an order is {str(changes['payment']).replace('_', ' ')} comes of payments and refunds in the Shopify admin"
    if changes.get("cancelled") is False:
        return "a cancelled order cannot be opened again in Shopify"
    if changes.get("shipped") is False:
        return "what was shipped is taken back in the Shopify admin"
    if "tracking" in changes and changes["tracking"] is None:
        return "a tracking number is not taken away in Shopify from here"
    return unfit(changes)


def parcel_of(text: Value) -> Parcel:
    """The parcel that `shown.tracking` wrote as text."""
    parts = (str(text).split("|") if text else []) + ["", "", ""]
    return Parcel(*(part or None for part in parts[:3]))
