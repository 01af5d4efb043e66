"""What Sentos did with orders of the shop, brought back to it: shipped with carrier and tracking number, or cancelled."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.base import Capabilities
from syncdb.connectors.shopify.ordering.ending import OrderEnder
from syncdb.connectors.shopify.ordering.shipping import Shipper
from syncdb.connectors.shopify.ordering.wanted import Parcel
from syncdb.errors import NotUnderstood, OutcomeUnknown, RemoteError
from syncdb.ledger import Ledger
from syncdb.model import Action, Attempt, Found, OnDrift, Operation, Outcome, Owner, Record, Result, Rule, Snapshot
from syncdb.pairs.shopify_sentos.orders import shipped_in
from syncdb.values import Value

log = logging.getLogger("syncdb.shopify")

SHIPMENTS = "shipments"
SHIPPED, CANCELLED = "shipped", "cancelled"
BACK = Rule(Owner.RIGHT, OnDrift.REPORT)  # what people of the shop change afterwards is theirs
WORDS = {SHIPPED: ("all", "orders", "orders.shipped"), CANCELLED: ("orders", "orders.cancelled")}  # in shopify_writes


def fields_back(may_write: Iterable[str]) -> tuple[str, ...]:
    """What of orders may be written to the shop. Cancelling must be named: nobody means it by `all`."""
    allowed = set(may_write)
    return tuple(name for name, words in WORDS.items() if allowed & set(words))


@dataclass(slots=True)
class ShopOrders:
    """The shop's orders as a connector, under the order_id they have in Sentos: read as the ledger has them, which the run of
    orders has just brought up to date; written as the shop has them.
    """

    ledger: Ledger
    prefix: str
    shipper: Shipper
    ender: OrderEnder
    name: str = field(default="Shopify shipments", init=False)
    title: str = field(default="Shopify", init=False)
    can: Capabilities = field(default=Capabilities(create=False, live=True, all_known=True), init=False)

    def structure(self, token: int) -> Attempt | None:
        return None

    def fetch(self) -> Iterator[Snapshot]:
        """Nothing is listed: only what Sentos shows is looked at."""
        yield Snapshot({}, complete=True)

    def look(self, keys: Iterable[str]) -> Snapshot:
        """An order that the ledger has no more is shown without anything: nothing is said about it."""
        ids = {key: key.removeprefix(self.prefix) for key in keys}
        stored = self.ledger.orders.snapshots(list(ids.values()))
        shown = {key: _fields(one) if (one := stored.get(id)) else dict[str, Value]() for key, id in ids.items()}
        return Snapshot({key: Found(key, "", Record(key, fields)) for key, fields in shown.items()}, complete=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        return Attempt(token, (operations[0],), {})

    def write(self, attempt: Attempt) -> list[Outcome]:
        operation = attempt.operations[0]
        try:
            outcome = self._carried_out(operation)
        except (OutcomeUnknown, NotUnderstood) as lost:
            log.warning("%s: the answer to write %s was lost: %s", self.name, attempt.token, lost)
            return [Outcome(Result.UNKNOWN)]
        if outcome.result is Result.REJECTED:
            return [Outcome(Result.REJECTED, why=f"Order {self._called(operation.key)}: {outcome.why}")]
        return [outcome]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Do it again: what was shipped leaves nothing to ship, and what was cancelled stays so."""
        try:
            return self.write(attempt)
        except RemoteError as away:
            log.warning("%s: what became of write %s cannot be seen: %s", self.name, attempt.token, away)
            return [Outcome(Result.UNKNOWN)]

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None

    def close(self) -> None:
        """The client belongs to whoever made it."""

    def _carried_out(self, operation: Operation) -> Outcome:
        id = f"gid://shopify/Order/{operation.key.removeprefix(self.prefix)}"
        if operation.action is not Action.UPDATE:
            return Outcome(Result.REJECTED, why="orders are only moved on")
        if operation.changes.get(CANCELLED) is True:
            return self._cancelled(id)
        tracking = operation.changes.get(SHIPPED)
        if not isinstance(tracking, str):
            return Outcome(Result.REJECTED, why="what was shipped is not taken back")
        company, number, url = (part or None for part in tracking.split("|", 2))
        return self.shipper.ship(id, Parcel(company, number, url))

    def _cancelled(self, id: str) -> Outcome:
        """Cancel it, if nothing of it was shipped: with Sentos a return has the same status as a cancellation."""
        state = self.shipper.state(id)
        if state is not None and state.shipped:
            told = "Sentos shows it as cancelled or returned, and in the shop it was shipped. Refund it there, if it came back."
            return Outcome(Result.REJECTED, why=told)
        return self.ender.cancel(id, "OTHER", restock=True, note="Cancelled in Sentos")

    def _called(self, key: str) -> str:
        snapshot = self.ledger.orders.snapshot(key.removeprefix(self.prefix))
        return str((snapshot or {}).get("name") or key)


def _fields(snapshot: Mapping[str, Any]) -> dict[str, Value]:
    """What is open is empty: only what is empty is filled unasked."""
    return {SHIPPED: shipped_in(snapshot), CANCELLED: True if snapshot.get("cancelled_at") else None}
