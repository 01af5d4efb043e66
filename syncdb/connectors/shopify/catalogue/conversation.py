"""Asking one shop about its catalogue: answers as they are, what they say of the shop, and what a person should know of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import sound
from syncdb.connectors.shopify.catalogue.shop import Shop, shop_from
from syncdb.connectors.shopify.client import Answer, ShopifyClient, TooCostly, message_of
from syncdb.connectors.shopify.documents import SHOP
from syncdb.connectors.shopify.facts import Notice, version_notice
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.trouble import refuse_if_unknown
from syncdb.errors import Refused, RetryLater

ABOUT = f"query AboutShop {{ {SHOP} }}"


@dataclass(slots=True)
class Conversation:
    """All that is asked of a shop goes through here. `other_version`: another API version answered than was asked for."""

    client: ShopifyClient
    other_version: bool = False
    _shop: Shop | None = None
    _news: list[Notice] = field(default_factory=list)
    _told: set[Notice] = field(default_factory=set)

    def shop(self) -> Shop:
        """The shop, asked for where no answer has brought it yet. Raises Refused and RetryLater."""
        if self._shop is None:
            self.ask(ABOUT, lambda: {}, "Asking which shop this is")
        if self._shop is None:
            raise RetryLater("Shopify did not say which shop this is.", next_step="Run it again later.")
        return self._shop

    @property
    def knows_shop(self) -> bool:
        return self._shop is not None

    def ask(
        self, document: str, variables: Callable[[], Mapping[str, Any]], what: str, strain: Callable[[], None] = lambda: None
    ) -> Answer:
        """The answer to a query. Raises Refused, RetryLater, and TooCostly where less must be asked at once."""
        return self._heard(self.client.ask(document, variables, what, strain))

    def sized(self, document: str, variables: Mapping[str, Any], size: PageSize, what: str) -> Answer:
        """The answer to a query for `$first` records: as many as the shop bears."""
        while True:
            try:
                answer = self.ask(document, lambda: {**variables, "first": size.size}, what, size.relieve)
            except TooCostly as error:
                if size.size == 1:
                    raise Refused(f"{what} costs more than Shopify allows even one by one: {error}") from error
                size.halve()
            else:
                size.grow(answer.cost, self.client.throttle.ceiling)
                return answer

    def send(self, document: str, variables: Mapping[str, Any], what: str) -> Answer:
        """The answer to a mutation, sent once. Raises OutcomeUnknown, and as `ask` where nothing ran."""
        return self._heard(self.client.send(document, variables, what))

    def tell(self, notice: Notice | None) -> None:
        """Note something for the person, once."""
        if notice is not None and notice not in self._told:
            self._told.add(notice)
            self._news.append(notice)

    def news(self) -> tuple[Notice, ...]:
        """What was noted since this was last called."""
        news, self._news = tuple(self._news), []
        return news

    def _heard(self, answer: Answer) -> Answer:
        refuse_if_unknown(sound(answer), self.client.api_version)
        notice = version_notice(self.client.api_version, answer.version)
        self.other_version = self.other_version or notice is not None
        self.tell(notice)
        if self._shop is None and answer.data and answer.data.get("shop"):
            self._shop = shop_from(answer.data, answer.version)
        for warning in answer.warnings:
            self.tell(Notice("search", f"Shopify ignored a filter: {warning}", "Please report this."))
        return answer


def whole(answer: Answer, what: str) -> Mapping[str, Any]:
    """The data of an answer of which nothing may be lacking. Raises RetryLater where something is."""
    if answer.errors or answer.data is None:
        raise RetryLater(f"{what}: Shopify answered in part only: {message_of(answer.errors)}", next_step="Try again later.")
    return answer.data
