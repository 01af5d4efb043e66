"""Asking one shop about its catalogue: answers as they are, what they say of the shop, and what a person should know of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.answered import sound
from syncdb.connectors.shopify.catalogue.shop import ShopDescription, shop_from
from syncdb.connectors.shopify.client import Answer, message_of
from syncdb.connectors.shopify.documents import SHOP
from syncdb.connectors.shopify.talk import Talk
from syncdb.errors import RetryLater

ABOUT = f"query AboutShop {{ {SHOP} }}"


@dataclass(slots=True)
class Conversation(Talk):
    """All that is asked of a shop about its catalogue goes through here."""

    _shop: ShopDescription | None = None

    def shop(self) -> ShopDescription:
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

    def send(self, document: str, variables: Mapping[str, Any], what: str) -> Answer:
        """The answer to a mutation, sent once. Raises OutcomeUnknown, and as `ask` where nothing ran."""
        return self._heard(self.client.send(document, variables, what))

    def _heard(self, answer: Answer) -> Answer:
        self.hear(sound(answer))
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
