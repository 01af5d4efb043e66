"""What every conversation with a shop needs: as much at once as it bears, which version answers, what a person should know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.client import Answer, ShopifyClient, TooCostly
from syncdb.connectors.shopify.facts import version_notice
from syncdb.connectors.shopify.pages import PageSize
from syncdb.connectors.shopify.trouble import refuse_if_unknown
from syncdb.errors import Refused


@dataclass(slots=True)
class Talk:
    """One conversation. `other_version`: another API version answered than was asked for."""

    client: ShopifyClient
    other_version: bool = field(default=False, kw_only=True)
    _news: list[Notice] = field(default_factory=list, init=False)
    _told: set[Notice] = field(default_factory=set, init=False)

    def ask(
        self, document: str, variables: Callable[[], Mapping[str, Any]], what: str, strain: Callable[[], None] = lambda: None
    ) -> Answer:
        """The answer to a query. Raises Refused, RetryLater, and TooCostly where less must be asked at once."""
        return self.client.ask(document, variables, what, strain)

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

    def tell(self, notice: Notice | None) -> None:
        """Note something for the person, once."""
        if notice is not None and notice not in self._told:
            self._told.add(notice)
            self._news.append(notice)

    def news(self) -> tuple[Notice, ...]:
        """What was noted since this was last called."""
        news, self._news = tuple(self._news), []
        return news

    def hear(self, answer: Answer) -> None:
        """Note which version answered. Raises Refused where the version asked for does not know what was asked."""
        refuse_if_unknown(answer, self.client.api_version)
        notice = version_notice(self.client.api_version, answer.version)
        self.other_version = self.other_version or notice is not None
        self.tell(notice)
