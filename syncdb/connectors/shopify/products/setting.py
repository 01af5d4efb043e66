"""`productSet`: carried out at once, or as an operation that is waited for where there are many variants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.busy import Patience
from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, payload_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.products.inputs import Input
from syncdb.errors import OutcomeUnknown

AT_ONCE = 100  # variants that are set while the request waits; more go as an operation that is asked for
LATER = "The next run looks for it under its custom id."
SET = """mutation SetProduct($who: ProductSetIdentifiers!, $given: ProductSetInput!, $now: Boolean!) {
  productSet(identifier: $who, input: $given, synchronous: $now) {
    product { id } productSetOperation { id } userErrors { field message code }
  }
}"""
OPERATION = """query Operation($id: ID!) { productOperation(id: $id) { status product { id }
  ... on ProductSetOperation { userErrors { field message code } } } }"""


@dataclass(slots=True)
class ProductSetter:
    """Sets whole products of one shop. Lists that are given replace what is there; those left out stay (documented)."""

    sender: Sender
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.sender.conversation.client.clock)

    def patiently(self, who: Mapping[str, Any], given: Input) -> tuple[str | None, tuple[UserError, ...]]:
        """The id of the product that was set, sent again while the shop is busy with it; or why none was."""
        made: str | None = None

        def ask() -> tuple[UserError, ...]:
            nonlocal made
            made, errors = self.once(who, given)
            return errors

        errors = self.patience.through(ask)
        return made, errors

    def once(self, who: Mapping[str, Any], given: Input) -> tuple[str | None, tuple[UserError, ...]]:
        """The id of the product that was set, or why none was. Raises OutcomeUnknown where nobody knows."""
        now = len(given.get("variants", ())) <= AT_ONCE
        variables = {"who": who, "given": given, "now": now}
        try:
            answered = payload(self.sender.send(SET, variables, "Setting a product"), "productSet", PRODUCTS)
        except (NotRun, TooCostly) as reason:
            return None, (UserError(str(reason)),)
        if answered.errors:  # there may be a product beside them, and nothing of it applied (observed)
            return None, answered.errors
        if (operation := found_at(answered.found, "productSetOperation")) is not None:
            return self._awaited(text_at(operation, "id"))
        made = found_at(answered.found, "product")
        if made is None:
            raise OutcomeUnknown("Shopify did not say which product it set.", next_step=LATER)
        return text_at(made, "id"), ()

    def _awaited(self, operation: str) -> tuple[str | None, tuple[UserError, ...]]:
        """Wait for an operation to end. There is none that fails: what went wrong is in its own errors."""
        shown: Mapping[str, Any] = {}

        def ended() -> bool:
            nonlocal shown
            what = "Asking whether the product is set"
            answer = self.sender.conversation.ask(OPERATION, lambda: {"id": operation}, what)
            shown = found_at(whole(answer, what), "productOperation") or {}
            return text_or_none_at(shown, "status") == "COMPLETE" if shown else True

        if not self.patience.until(ended) or not shown:
            raise OutcomeUnknown("Shopify is still setting a product.", next_step=LATER)
        errors = payload_in(shown).errors
        made = found_at(shown, "product")
        if not errors and made is None:
            raise OutcomeUnknown("Shopify did not say which product it set.", next_step=LATER)
        return (None if errors or made is None else text_at(made, "id")), errors
