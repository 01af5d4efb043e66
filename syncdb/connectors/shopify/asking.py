"""Asking for orders as the shop allows: as much at once as it bears, only the fields it shows. What it says is noted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.order_source import Facts
from syncdb.connectors.shopify.client import Answer
from syncdb.connectors.shopify.documents import Documents
from syncdb.connectors.shopify.facts import facts_from
from syncdb.connectors.shopify.normalise import Sight
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import Path
from syncdb.connectors.shopify.talk import Talk
from syncdb.connectors.shopify.trouble import OrderErrors, denial_notice, sort_errors
from syncdb.errors import RetryLater


@dataclass(slots=True)
class Asking(Talk):
    """One conversation with a shop. What it learns (facts, hidden fields, bearable sizes) serves every later question."""

    metafields: Sequence[tuple[str, str]] = ()
    along: Sequence[str] = ()
    facts: Facts | None = None
    withheld: set[Path] = field(default_factory=set)

    @property
    def sight(self) -> Sight:
        """What is read of an order, as far as is known by now."""
        shop = self.facts.domain if self.facts else self.client.shop
        return Sight(shop, tuple(self.metafields), frozenset(self.withheld), tuple(self.along))

    @property
    def documents(self) -> Documents:
        """The documents that ask for just that."""
        return Documents(self.sight.parts)

    def window(self, variables: Mapping[str, Any], size: PageSize) -> tuple[Answer, OrderErrors]:
        """A page of changed orders, and the shop's facts with the first of them."""

        def ask() -> Answer:
            document = self.documents.page if self.facts else self.documents.first_page
            return self.sized(document, variables, size, "Reading changed orders")

        return self._as_shown(ask, ("orders", "nodes"))

    def index(self, variables: Mapping[str, Any], size: PageSize) -> Answer:
        """Who is on a page of changed orders, and nothing else of them."""
        return self.sized(self.documents.index, variables, size, "Listing changed orders")

    def cursors(self, variables: Mapping[str, Any], size: PageSize) -> Answer:
        """The cursors of a page of changed orders, without touching an order."""
        return self.sized(self.documents.cursors, variables, size, "Listing changed orders")

    def ids(self, gids: Sequence[str]) -> tuple[Answer, OrderErrors]:
        """Single orders from the database. Raises TooCostly where these are too many at once."""

        def ask() -> Answer:
            document = self.documents.by_ids if self.facts else self.documents.by_ids_with_shop
            return self.client.ask(document, lambda: {"ids": list(gids)}, "Reading single orders")

        return self._as_shown(ask, ("nodes",))

    def known_facts(self) -> Facts:
        """The facts, asked for on their own where no answer has brought them yet."""
        if self.facts is None:
            self.ids(())
        if self.facts is None:
            raise RetryLater("Shopify did not say which shop this is.", next_step="Run it again later.")
        return self.facts

    def _as_shown(self, ask: Callable[[], Answer], place: tuple[str, ...]) -> tuple[Answer, OrderErrors]:
        """Ask; where fields are denied, ask again without them: a denied field may take the whole answer with it."""
        while True:
            answer = ask()
            self.hear(answer)
            if self.facts is None and answer.data and answer.data.get("shop"):
                self.facts = facts_from(answer.data, answer.version)
            trouble = sort_errors(answer, place, self.documents.order)
            if not trouble.denied:
                return answer, trouble
            for path, needed in trouble.denied.items():
                self.tell(denial_notice(path, needed))
            self.withheld |= trouble.denied.keys()
