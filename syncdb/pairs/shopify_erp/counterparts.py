"""Records of the ERP that stand for nothing in the shop: they are in step with nothing, and somebody should hear of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from syncdb.connectors.order_source import Notice
from syncdb.wording import some_of

MOST_NAMED = 5
LinkedOf = Callable[[Sequence[str]], set[str]]


@dataclass(slots=True)
class Lone:
    """Those that were shown since it was last asked. `linked` tells which of some keys of rows are linked in the ledger; `what`
    the records are called, and `next_step` what a person can do about them.
    """

    linked: LinkedOf
    what: str
    next_step: str
    _shown: dict[str, str] = field(default_factory=dict)

    def show(self, id: str, called: str) -> None:
        """A record that should have a counterpart was seen."""
        self._shown[id] = called

    def news(self) -> Iterator[Notice]:
        """How many of them have none, and what the first are called."""
        there = self.linked(list(self._shown)) if self._shown else set()
        lone = [called for id, called in self._shown.items() if id not in there]
        self._shown.clear()
        if lone:
            told = f"In step with nothing, because the shop has no counterpart: {len(lone)} of the ERP's {self.what}"
            yield Notice(f"no counterpart: {self.what}", f"{told} ({some_of(lone, MOST_NAMED)}).", self.next_step)


def lone_products(linked: LinkedOf) -> Lone:
    """Rows of products that are not made in the shop."""
    step = "Give them the SKU that the shop's variant has, or have them made there (erp_new_products); else switch them off."
    return Lone(linked, "products", step)


def lone_stock(linked: LinkedOf) -> Lone:
    """Rows of stock."""
    step = "Let the shop stock the product at that location (Shopify admin, the variant, Inventory), or correct the row."
    return Lone(linked, "rows of stock", step)
