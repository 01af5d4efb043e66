"""Sending the mutations of orders, with what each of them can come to: done, refused in Shopify's words, or nobody knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.busy import Patience
from syncdb.connectors.shopify.catalogue.answered import Payload, UserError, found_at, text_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import ORDERS, ShopEntity
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import said
from syncdb.connectors.shopify.client import TooCostly
from syncdb.errors import OutcomeUnknown
from syncdb.model import Outcome, Result


@dataclass(slots=True)
class OrderDesk:
    """Asks one shop about orders and sends what is to become of them. `sent` counts the mutations."""

    conversation: Conversation
    sent: int = 0
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.conversation.client.clock)

    def send(self, document: str, variables: Mapping[str, Any], name: str, what: str, entity: ShopEntity = ORDERS) -> Payload:
        """What a mutation came to, sent again while the shop says that it is busy or takes no more just now.

        Raises OutcomeUnknown where the answer was lost, Refused and RetryLater where nothing ran.
        """
        answered = Payload((), {})

        def ask() -> tuple[UserError, ...]:
            nonlocal answered
            self.sent += 1
            try:
                answered = payload(self.conversation.send(document, variables, what), name, entity)
            except (NotRun, TooCostly) as reason:
                answered = Payload((UserError(str(reason)),), {})
            return answered.errors

        self.patience.through(ask)
        return answered


def made_of(answered: Payload, name: str, lost: str) -> Outcome:
    """What came of making one thing, by its `name` in the answer. Raises OutcomeUnknown, saying `lost`, where none is told."""
    if answered.errors:
        return Outcome(Result.REJECTED, why=f"Shopify refused it: {said(answered.errors)}")
    made = found_at(answered.found, name)
    if made is None:
        raise OutcomeUnknown(lost, next_step="The next run looks for it.")
    id = text_at(made, "id")
    return Outcome(Result.DONE, id, id=id)
