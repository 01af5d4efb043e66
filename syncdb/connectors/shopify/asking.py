"""Asking for orders as the shop allows: as much at once as it bears, only the fields it shows. What it says is noted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.client import Answer, ShopifyClient, TooCostly
from syncdb.connectors.shopify.documents import Documents
from syncdb.connectors.shopify.facts import Facts, Notice, facts_from, version_notice
from syncdb.connectors.shopify.order_shape import order_shape
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.shape import Path, without
from syncdb.connectors.shopify.trouble import Trouble, denial_notice, refuse_if_unknown, sort_errors
from syncdb.errors import Refused, RetryLater


@dataclass(slots=True)
class Asking:
    """One conversation with a shop. What it learns (facts, hidden fields, bearable sizes) serves every later question."""

    client: ShopifyClient
    metafields: Sequence[tuple[str, str]] = ()
    facts: Facts | None = None
    withheld: set[Path] = field(default_factory=set)
    documents: Documents = field(init=False)
    other_version: bool = False
    _news: list[Notice] = field(default_factory=list)
    _told: set[Notice] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.documents = Documents(order_shape(self.metafields))

    def window(self, variables: Mapping[str, Any], size: PageSize) -> tuple[Answer, Trouble]:
        """A page of changed orders, and the shop's facts with the first of them."""

        def ask() -> Answer:
            document = self.documents.page if self.facts else self.documents.first_page
            return self._sized(document, variables, size, "Reading changed orders")

        return self._as_shown(ask, ("orders", "nodes"))

    def index(self, variables: Mapping[str, Any], size: PageSize) -> Answer:
        """Who is on a page of changed orders, and nothing else of them."""
        return self._sized(self.documents.index, variables, size, "Listing changed orders")

    def cursors(self, variables: Mapping[str, Any], size: PageSize) -> Answer:
        """The cursors of a page of changed orders, without touching an order."""
        return self._sized(self.documents.cursors, variables, size, "Listing changed orders")

    def ids(self, gids: Sequence[str]) -> tuple[Answer, Trouble]:
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

    def tell(self, notice: Notice | None) -> None:
        """Note something for the person, once."""
        if notice is not None and notice not in self._told:
            self._told.add(notice)
            self._news.append(notice)

    def news(self) -> tuple[Notice, ...]:
        """What was noted since this was last called."""
        news, self._news = tuple(self._news), []
        return news

    def _sized(self, document: str, variables: Mapping[str, Any], size: PageSize, what: str) -> Answer:
        while True:
            try:
                answer = self.client.ask(document, lambda: {**variables, "first": size.size}, what, size.relieve)
            except TooCostly as error:
                if size.size == 1:
                    raise Refused(f"{what} costs more than Shopify allows even one by one: {error}") from error
                size.halve()
            else:
                size.grow(answer.cost, self.client.throttle.ceiling)
                return answer

    def _as_shown(self, ask: Callable[[], Answer], place: tuple[str, ...]) -> tuple[Answer, Trouble]:
        """Ask; where fields are denied, ask again without them: a denied field may take the whole answer with it."""
        while True:
            answer = ask()
            refuse_if_unknown(answer, self.client.api_version)
            self._learn(answer)
            trouble = sort_errors(answer, place, self.documents.order)
            if not trouble.denied:
                return answer, trouble
            for path, needed in trouble.denied.items():
                self.tell(denial_notice(path, needed))
            self.withheld |= trouble.denied.keys()
            self.documents = Documents(without(self.documents.order, trouble.denied))

    def _learn(self, answer: Answer) -> None:
        notice = version_notice(self.client.api_version, answer.version)
        self.other_version = self.other_version or notice is not None
        self.tell(notice)
        if self.facts is None and answer.data and answer.data.get("shop"):
            self.facts = facts_from(answer.data, answer.version)
