"""Finding orders by our own order_id, and making sure that Sentos really finds by it before anything rests on that."""

from collections.abc import Callable
from dataclasses import dataclass, field

from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.sentos.order_shape import SentosOrder, order_in
from syncdb.connectors.sentos.paging import Listing, page_in
from syncdb.errors import Refused

MOST_PAGES = 20  # of orders that are looked through one by one where the filter finds others, too
TRIES, PAUSE = 3, 35.0  # a new order may be found late: how often it is looked for, and the seconds between
ASK = (
    "Ask Sentos whether GET /orders finds by order_id for your account. Until then set sentos_write to false, "
    "and nothing else changes."
)


def _not_kept(in_body: bool) -> None:
    """For commands that only look."""


@dataclass(slots=True)
class OrderFinder:
    """Looks orders up. `proven`: it was seen that the filter finds an order that is there; None while that is not known.

    `in_body` is whether the filter has to be sent in the body, too. `prove_kept` keeps that for later runs.
    """

    client: SentosClient
    proven: bool = False
    in_body: bool = False
    prove_kept: Callable[[bool], None] = _not_kept
    _looked: dict[str, list[SentosOrder]] = field(default_factory=dict)

    def find(self, order_id: str, *, anew: bool = False) -> list[SentosOrder]:
        """The orders with exactly this order_id, asked for once a run unless `anew`. Raises Refused, RetryLater."""
        if anew or order_id not in self._looked:
            self._looked[order_id] = self._ask(order_id)
        return self._looked[order_id]

    def forget(self, order_id: str) -> None:
        """It is about to be written."""
        self._looked.pop(order_id, None)

    def _ask(self, order_id: str) -> list[SentosOrder]:
        page = page_in(self.client.get("/orders", self._filter(order_id), in_body=self.in_body))
        found = [order_in(one) for one in page.items]
        exact = [one for one in found if one.order_id == order_id]
        if exact or all(one.order_id == order_id for one in found):
            return exact
        return self._through_all(order_id)

    def _filter(self, order_id: str) -> dict[str, str | int]:
        return {"order_id": order_id, "page": 1, "size": 100}

    def _through_all(self, order_id: str) -> list[SentosOrder]:
        """The filter lets others through, too: only a look at every page tells that there is none."""
        listing = Listing(self.client, "/orders", {"order_id": order_id}, self.in_body)
        exact: list[SentosOrder] = []
        for place, one in enumerate(listing.items()):
            if place >= MOST_PAGES * 100:
                raise Refused(
                    "Sentos shows other orders, too, when asked for one by its order_id, and there are too many to look through. "
                    "No order was sent, because it might have been made twice.",
                    next_step=ASK,
                )
            order = order_in(one)
            exact += [order] if order.order_id == order_id else []
        if not listing.complete:
            raise Refused(
                f"Whether order {order_id} stands in Sentos cannot be told: {listing.why}. It was not sent.",
                next_step=ASK,
            )
        return exact

    def prove(self) -> None:
        """Make sure that an order which is there is found by its order_id. Without any order there is nothing to prove with.

        Raises Refused where it is not found: then no order may be sent.
        """
        if self.proven:
            return
        page = page_in(self.client.get("/orders", {"page": 1, "size": 100}))
        known = next((order.order_id for order in map(order_in, page.items) if order.order_id), None)
        if known is None:
            return
        for number in range(TRIES):
            for in_body in (False, True):
                self.in_body = in_body
                if self._ask(known):
                    self.proven = True
                    self.prove_kept(in_body)
                    return
            if number + 1 < TRIES:
                self.client.clock.sleep(PAUSE)
        raise Refused(
            f"Sentos does not find the order {known} by its order_id, though it shows it. No order was sent, because one whose "
            "answer is lost could be made twice.",
            next_step=ASK,
        )
