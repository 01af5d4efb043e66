"""What webhooks named, by the keys of the shop's side of this pair."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.named import NamedThings
from syncdb.pairs.shopify_erp.feeds import CUSTOMERS, INVENTORY, ORDERS, OURS, PRODUCTS, TEXTS

OF_KIND = {ORDERS: "Order", CUSTOMERS: "Customer"}


@dataclass(frozen=True, slots=True)
class Named:
    """Finds the keys. `chosen` are the entities of the run; `orders_told` hears of orders before they are compared."""

    conversation: Conversation
    chosen: Sequence[str]
    orders_told: Callable[[tuple[str, ...] | None], None]

    def __call__(self, things: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...] | None]:
        """By entity, what these ids of kinds of things stand for. Raises Refused and RetryLater."""
        theirs = {ours: name for name, ours in OURS.items()}
        catalogue = {theirs.get(one, one) for one in self.chosen if one in (PRODUCTS, INVENTORY, TEXTS)}
        below = NamedThings(self.conversation, catalogue).keys(things)
        found: dict[str, tuple[str, ...] | None] = {OURS.get(one, one): keys for one, keys in below.items()}
        for kind, type in OF_KIND.items():
            if kind in self.chosen and things.get(kind):
                found[kind] = tuple(f"gid://shopify/{type}/{id}" for id in things[kind])
        if ORDERS in found:
            self.orders_told(found[ORDERS])
        return found
