"""What people write as the status of an order, carried out by what Shopify has for it: shipped, archived, reopened, cancelled.

Each is looked up before it is done, so that none is done twice; nothing is paid back by any of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncdb.connectors.shopify.catalogue.side import LATE
from syncdb.connectors.shopify.catalogue.unanswered import Unanswered
from syncdb.connectors.shopify.ordering.asking import OrderDesk
from syncdb.connectors.shopify.ordering.ending import OrderEnder
from syncdb.connectors.shopify.ordering.shipping import Shipper
from syncdb.connectors.shopify.ordering.wanted import Parcel
from syncdb.model import Outcome, Result
from syncdb.values import Value, canonical

ORDER, SHIPPED, NUMBER, CARRIER = "order_status", "fulfillment_status", "tracking_numbers", "tracking_companies"
STATUSES = (ORDER, SHIPPED, NUMBER, CARRIER)
OPEN, CLOSED, CANCELLED, FULFILLED = "open", "closed", "cancelled", "fulfilled"
WORDS: Mapping[str, Mapping[str, str]] = {
    ORDER: {"open": OPEN, "closed": CLOSED, "archived": CLOSED, "cancelled": CANCELLED, "canceled": CANCELLED},
    SHIPPED: {"fulfilled": FULFILLED, "shipped": FULFILLED},
}
SEVERAL = ", "  # between the numbers of several shipments


@dataclass(slots=True)
class StatusWriter:
    """Carries out statuses of orders of one shop. `notify`: Shopify writes to the customer of a shipment.

    `late` is how many seconds an unanswered write may still be applied.
    """

    desk: OrderDesk
    notify: bool = False
    late: float = LATE
    unanswered: Unanswered = field(init=False)

    def __post_init__(self) -> None:
        self.unanswered = Unanswered(self.desk.conversation.client.clock, self.late)

    def carry_out(self, order_id: str, changes: Mapping[str, Value], shown: Mapping[str, Value]) -> Outcome:
        """Do what these changes mean to an order that shows these fields. Raises as `OrderDesk.send`."""
        if why := refused(changes, shown):
            return Outcome(Result.REJECTED, why=why)
        shipper, ender = Shipper(self.desk, self.notify), OrderEnder(self.desk)
        if changes.keys() & {SHIPPED, NUMBER, CARRIER}:
            now = {**shown, **changes}
            parcel = Parcel(_text(now, CARRIER), _text(now, NUMBER))
            outcome = shipper.ship(order_id, parcel) if SHIPPED in changes else shipper.follow(order_id, parcel)
            if outcome.result is not Result.DONE:
                return outcome
        status = meant(ORDER, changes.get(ORDER))
        if status == CANCELLED:
            return ender.cancel(order_id, restock=True)
        return ender.archive(order_id, closed=status == CLOSED) if status else Outcome(Result.DONE)


def meant(name: str, value: Value) -> Value:
    """What a status means in the words that the shop shows; any other field is what it is. None where it means nothing."""
    told = canonical(value)
    if name not in WORDS:
        return told
    return WORDS[name].get(str(told).strip().casefold()) if told is not None else None


def refused(changes: Mapping[str, Value], shown: Mapping[str, Value]) -> str:
    """Why an order that shows these fields cannot be given these, "" where nothing is known against it."""
    if ORDER in changes and meant(ORDER, changes[ORDER]) is None:
        return f"{_quoted(changes[ORDER])} is no status that can be given to an order: it is open, closed or cancelled"
    if ORDER in changes and shown.get(ORDER) == CANCELLED:
        return "a cancelled order stays cancelled in Shopify"
    if SHIPPED in changes and meant(SHIPPED, changes[SHIPPED]) is None:
        told = _quoted(changes[SHIPPED])
        return f"{told} cannot be carried out: only fulfilled can, and what was shipped is taken back in the Shopify admin"
    if not changes.keys() & {NUMBER, CARRIER}:
        return ""
    if any(_text(changes, name) is None for name in (NUMBER, CARRIER) if name in changes):
        return "a tracking number or carrier is not taken away in Shopify from here"
    if any(SEVERAL in str({**shown, **changes}.get(name) or "") for name in (NUMBER, CARRIER)):
        return "it has several shipments: their tracking is changed in the Shopify admin"
    if SHIPPED not in changes and shown.get(SHIPPED) != FULFILLED:
        return "a tracking number or carrier ships nothing by itself: write fulfilled as its fulfillment status, too"
    return ""


def _text(fields: Mapping[str, Value], name: str) -> str | None:
    found = canonical(fields.get(name))
    return None if found is None else str(found).strip()


def _quoted(value: Value) -> str:
    return repr(str(value)[:60]) if canonical(value) is not None else "an empty status"
