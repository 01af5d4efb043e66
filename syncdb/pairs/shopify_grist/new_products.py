"""Rows that people added, made as products of the shop: as drafts, each once, by what the row says of what may be written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from syncdb.connectors.passing import SameName, Translated
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.fields import METAFIELD
from syncdb.connectors.shopify.catalogue.membership import COLLECTIONS
from syncdb.connectors.shopify.catalogue.shop import ShopDescription
from syncdb.connectors.shopify.catalogue.side import CatalogueSide
from syncdb.connectors.shopify.products.creating import Whole, product_of
from syncdb.connectors.shopify.products.whole import Product
from syncdb.metafields import written
from syncdb.model import Action, Attempt, Operation, Outcome, Result
from syncdb.values import Value, canonical

ORIGIN = ("syncdb", "new_row")  # the metafield with the mark under which a product was made
Made = Callable[[str, str], None]
DRAFT = {"status": "DRAFT"}


@dataclass(slots=True)
class NewProducts(SameName, Translated):
    """The products of the shop, of which new ones are made from rows. `allowed` are the fields that may be written there.

    `types` are those of metafields, by the names of their fields. `made` is told which product was made under which mark.
    """

    connector: CatalogueSide
    allowed: frozenset[str]
    types: Mapping[str, str]
    made: Made

    def _own(self, operation: Operation) -> Operation:
        """What is made of a row: all that may be written and fits, as a draft. The rest is brought over afterwards."""
        if operation.action is not Action.CREATE:
            return operation
        said = {name: value for name, value in operation.changes.items() if self._said(name, value)}
        fits = {name: value for name, value in said.items() if self.connector.can.fits(only(operation, name, value))}
        shop = self.connector.conversation.shop()
        sayable = {name: value for name, value in fits.items() if _text(self.types, shop, name, value) is not None}
        return replace(operation, changes={**sayable, **DRAFT})

    def _said(self, name: str, value: Value) -> bool:
        """Whether a row says something of a field that a new product is made with; it joins collections afterwards."""
        return name in self.allowed and name != COLLECTIONS and canonical(value) is not None

    def _heard(self, attempt: Attempt, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, nothing being agreed about what was not sent; a new product has the status of a draft."""
        told = []
        for one, outcome in zip(attempt.operations, outcomes if attempt.operations else (), strict=True):
            if one.action is Action.CREATE and outcome.result is Result.DONE and outcome.id:
                self.made(one.key, outcome.id)
                said = {name for name, value in one.changes.items() if canonical(value) is not None}
                unsent = frozenset(one.changes.keys() - (said & self._own(one).changes.keys()))
                outcome = replace(outcome, without=unsent, instead={name: DRAFT[name] for name in DRAFT if name in said})
            told.append(outcome)
        return told if attempt.operations else outcomes


def whole(types: Mapping[str, str], conversation: Conversation) -> Whole:
    """The product of a row: metafields are the texts that Shopify keeps."""

    def made(operation: Operation) -> Product:
        shop = conversation.shop()
        texts = {name: _text(types, shop, name, value) for name, value in operation.changes.items()}
        return product_of(replace(operation, changes=texts))

    return made


def _text(types: Mapping[str, str], shop: ShopDescription, name: str, value: Value) -> Value:
    """A metafield as text, None where that cannot be said; any other value as it is."""
    if not METAFIELD.fullmatch(name) or canonical(value) is None:
        return value
    try:
        return written(types.get(name.removeprefix("metafields."), ""), value, None, shop.currency, shop.zone)
    except ValueError:
        return None


def only(operation: Operation, name: str, value: Value) -> Operation:
    """A write of one value, to ask whether the shop could take it."""
    return replace(operation, action=Action.UPDATE, changes={name: value}, expected={name: None})
