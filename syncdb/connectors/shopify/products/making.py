"""Making a whole product, once: under a custom id, looked up before every try, and read back.

`productSet` under a custom id changes the product that has it, so that even a request that is carried out late, or twice, makes
no second product. Nothing is sent where the product is there already: what a person changed since is theirs.
"""

from dataclasses import dataclass

from syncdb.connectors.shopify.busy import Meaning, meaning
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.fitness import problems
from syncdb.connectors.shopify.products.inputs import set_input
from syncdb.connectors.shopify.products.setting import ProductSetter
from syncdb.connectors.shopify.products.whole import Product
from syncdb.model import Outcome, Result


@dataclass(slots=True)
class ProductMaker:
    """Makes products of one shop under custom ids."""

    sender: Sender
    custom: CustomIds

    def make(self, product: Product, value: str) -> Outcome:
        """Make the product under the custom id `value`, without its media; the outcome says which id it has.

        DONE also where it was there already. REJECTED names what keeps it from being made. STALE where the shop stayed busy.
        Raises OutcomeUnknown where the answer was lost (`made` finds out), Refused and RetryLater where nothing ran.
        """
        if why := problems(product, self.custom.conversation.shop().currency):
            return Outcome(Result.REJECTED, why=f"{_called(product)}: {'; '.join(why)}")
        there = self.custom.found(value)
        return Outcome(Result.DONE, there, id=there) if there else self._set(product, value)

    def made(self, value: str) -> Outcome | None:
        """What became of a product whose answer was lost: DONE with its id, None where there is none (yet)."""
        there = self.custom.found(value)
        return Outcome(Result.DONE, there, id=there) if there else None

    def _set(self, product: Product, value: str) -> Outcome:
        given = set_input(product, self.custom.metafield(value))
        made, errors = ProductSetter(self.sender).patiently(self.custom.identifier(value), given)
        if made:
            return Outcome(Result.DONE, made, id=made)
        why = f"{_called(product)}: Shopify refused it: {said(errors)}"
        waits = meaning(errors) is Meaning.WAIT  # planning a new product again changes nothing about the rest
        return Outcome(Result.STALE if waits else Result.REJECTED, why=why)


def _called(product: Product) -> str:
    return f"product {product.title!r}"
