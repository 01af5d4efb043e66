"""Making a whole product, once: under a custom id, looked up before every try, and read back.

`productSet` under a custom id changes the product that has it, so that even a request that is carried out late, or twice, makes
no second product. Nothing is sent where the product is there already: what a person changed since is theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, payload_in, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.products.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.fitness import problems
from syncdb.connectors.shopify.products.inputs import Input, set_input
from syncdb.connectors.shopify.products.whole import Product
from syncdb.errors import OutcomeUnknown
from syncdb.model import Outcome, Result

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
class ProductMaker:
    """Makes products of one shop under custom ids."""

    sender: Sender
    custom: CustomIds
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.custom.conversation.client.clock)

    def make(self, product: Product, value: str) -> Outcome:
        """Make the product under the custom id `value`, without its media; the outcome says which id it has.

        DONE also where it was there already. REJECTED names what keeps it from being made. STALE where the shop stayed busy.
        Raises OutcomeUnknown where the answer was lost (`made` finds out), Refused and RetryLater where nothing ran.
        """
        if why := problems(product, self.custom.conversation.shop().currency):
            return Outcome(Result.REJECTED, why=f"{_called(product)}: {'; '.join(why)}")
        there = self.custom.product(value)
        return Outcome(Result.DONE, there, id=there) if there else self._set(product, value)

    def made(self, value: str) -> Outcome | None:
        """What became of a product whose answer was lost: DONE with its id, None where there is none (yet)."""
        there = self.custom.product(value)
        return Outcome(Result.DONE, there, id=there) if there else None

    def _set(self, product: Product, value: str) -> Outcome:
        given = set_input(product, self.custom.metafield(value))
        made: str | None = None

        def ask() -> tuple[UserError, ...]:
            nonlocal made
            made, errors = self._sent(given, value)
            return errors

        errors = self.patience.through(ask)
        if made:
            return Outcome(Result.DONE, made, id=made)
        why = f"{_called(product)}: Shopify refused it: {said(errors)}"
        waits = meaning(errors) is Meaning.WAIT  # planning a new product again changes nothing about the rest
        return Outcome(Result.STALE if waits else Result.REJECTED, why=why)

    def _sent(self, given: Input, value: str) -> tuple[str | None, tuple[UserError, ...]]:
        """The id of the product that was made, or why none was."""
        now = len(given.get("variants", ())) <= AT_ONCE
        variables = {"who": self.custom.identifier(value), "given": given, "now": now}
        try:
            answered = payload(self.sender.send(SET, variables, "Making a product"), "productSet", PRODUCTS)
        except (NotRun, TooCostly) as reason:
            return None, (UserError(str(reason)),)
        if answered.errors:  # there may be a product beside them, and nothing of it applied (observed)
            return None, answered.errors
        if (operation := found_at(answered.found, "productSetOperation")) is not None:
            return self._awaited(text_at(operation, "id"))
        made = found_at(answered.found, "product")
        if made is None:
            raise OutcomeUnknown("Shopify did not say which product it made.", next_step=LATER)
        return text_at(made, "id"), ()

    def _awaited(self, operation: str) -> tuple[str | None, tuple[UserError, ...]]:
        """Wait for an operation to end. There is none that fails: what went wrong is in its own errors."""
        shown: Mapping[str, Any] = {}

        def ended() -> bool:
            nonlocal shown
            what = "Asking whether the product is made"
            answer = self.custom.conversation.ask(OPERATION, lambda: {"id": operation}, what)
            shown = found_at(whole(answer, what), "productOperation") or {}
            return text_or_none_at(shown, "status") == "COMPLETE" if shown else True

        if not self.patience.until(ended) or not shown:
            raise OutcomeUnknown("Shopify is still making a product.", next_step=LATER)
        errors = payload_in(shown).errors
        made = found_at(shown, "product")
        if not errors and made is None:
            raise OutcomeUnknown("Shopify did not say which product it made.", next_step=LATER)
        return (None if errors or made is None else text_at(made, "id")), errors


def _called(product: Product) -> str:
    return f"product {product.title!r}"
