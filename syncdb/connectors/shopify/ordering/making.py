"""Making an order, once: under a source identifier that is looked for before it is sent and after any lost answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncdb.connectors.shopify.ordering.asking import OrderDesk, made_of
from syncdb.connectors.shopify.ordering.finding import OrderFinder
from syncdb.connectors.shopify.ordering.inputs import creation, problems
from syncdb.connectors.shopify.ordering.wanted import NewOrder
from syncdb.model import Outcome, Result

CREATE = """mutation MakeOrder($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) { order { id } userErrors { field message code } }
}"""
# stock is kept in step by itself: an order that took from it as well would be counted twice
QUIETLY = {"inventoryBehaviour": "BYPASS", "sendReceipt": False, "sendFulfillmentReceipt": False}


@dataclass(slots=True)
class OrderMaker:
    """Makes orders of one shop."""

    desk: OrderDesk

    def unfit(self, order: NewOrder) -> str:
        """Why it cannot be made, "" where nothing is known against it. Raises Refused and RetryLater."""
        return "; ".join(problems(order, self.desk.conversation.shop().currency))

    def make(self, order: NewOrder, since: datetime | None = None) -> Outcome:
        """Make the order; the outcome says which id it has. DONE also where it was there already.

        `since` is when it may first have been sent. REJECTED says what keeps it from being made. Raises OutcomeUnknown where the
        answer was lost (`made` finds out), Refused and RetryLater where nothing ran.
        """
        if why := self.unfit(order):
            return Outcome(Result.REJECTED, why=why)
        if there := self.made(order, since):
            return there
        variables = {"order": creation(order), "options": QUIETLY}
        answered = self.desk.send(CREATE, variables, "orderCreate", "Making an order")
        return made_of(answered, "order", "Shopify did not say which order it made.")

    def made(self, order: NewOrder, since: datetime | None = None) -> Outcome | None:
        """What became of an order whose answer was lost: DONE with its id, None where there is none (yet); REJECTED where what
        stands there under its source is another order.
        """
        finder = OrderFinder(self.desk.conversation)
        there = finder.made(order.source, since)
        if there is None:
            return None
        if why := another(order, *finder.attributes(there)):
            return Outcome(Result.REJECTED, why=why)
        return Outcome(Result.DONE, there, id=there)


def another(order: NewOrder, called: str, attributes: Mapping[str, str]) -> str:
    """Why an order of the shop under the same source is not this one, "" where nothing tells so. `called` is its name. Pure."""
    for name, value in order.attributes:
        if attributes.get(name, value) != value:
            told = f"its key is that of {attributes[name]}, which is the shop's order {called}"
            return f"{told}: a key was given twice, as happens after an older backup was put back. Enter it anew under a new key"
    return ""
