"""The metafields of products, all of each: read as a list, set and deleted one by one by their names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError, text_at, text_or_none_at
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.metafields import AT_ONCE, DELETE, SET
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.products.groups import BelowProducts, GroupKind
from syncdb.connectors.shopify.products.whole import Metafield
from syncdb.decoding import understood
from syncdb.model import Outcome, Result

METAFIELDS = GroupKind(
    "the metafields of products", "read_products", "metafields", "namespace key type value compareDigest", ("key",)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A metafield as it stands. `digest` is what the shop calls this value of it, None where it does not say."""

    metafield: Metafield
    digest: str | None


@dataclass(slots=True)
class MetafieldReader(BelowProducts[Mapping[str, Standing]]):
    """Reads the metafields of one shop's products, by name ("custom.care")."""

    @understood("Shopify")
    def of_entries(self, entries: Iterable[Mapping[str, Any]]) -> Mapping[str, Standing]:
        keys = ("namespace", "key", "type", "value")
        found = [
            Standing(Metafield(*(text_at(one, key) for key in keys)), text_or_none_at(one, "compareDigest")) for one in entries
        ]
        return {one.metafield.name: one for one in found}


@dataclass(frozen=True, slots=True)
class MetafieldWriter:
    """Changes metafields of products of one shop. Raises Refused, RetryLater and OutcomeUnknown."""

    conversation: Conversation

    def change(self, product: str, now: Mapping[str, Standing], wanted: Mapping[str, Metafield]) -> Outcome:
        """Let a product that has the metafields `now` have the `wanted` ones, unless somebody changed one of them since.

        What the shop will not take is named; the others are there all the same.
        """
        gone = [one.metafield for name, one in now.items() if name not in wanted]
        given = [one for name, one in wanted.items() if name not in now or now[name].metafield != one]
        refused: dict[str, UserError] = {}
        for start in range(0, len(given), AT_ONCE):
            refused |= self._set(product, given[start : start + AT_ONCE], now)
        if gone:
            errors = self._sent(DELETE, "metafieldsDelete", [_named(product, one) for one in gone])
            refused |= {one.name: errors[0] for one in gone if errors}
        if not refused:
            return Outcome(Result.DONE, product)
        result = Result.REJECTED if meaning(refused.values()) is Meaning.REFUSED else Result.STALE
        told = "; ".join(f"{name}: {said((error,))}" for name, error in refused.items())
        return Outcome(result, product, f"product {product}: Shopify refused its metafields: {told}")

    def _set(self, product: str, some: list[Metafield], now: Mapping[str, Standing]) -> dict[str, UserError]:
        """By name, why some could not be set: all of a call are, or none, so that after a refusal each goes alone."""
        errors = self._sent(SET, "metafieldsSet", [_given(product, one, now.get(one.name)) for one in some])
        if not errors:
            return {}
        if len(some) == 1:
            return {some[0].name: errors[0]}
        return {name: why for one in some for name, why in self._set(product, [one], now).items()}

    def _sent(self, document: str, mutation: str, metafields: list[dict[str, Any]]) -> tuple[UserError, ...]:
        sender = Sender(self.conversation)

        def ask() -> tuple[UserError, ...]:
            try:
                answer = sender.send(document, {"metafields": metafields}, "Writing metafields of products")
                return payload(answer, mutation, PRODUCTS).errors
            except NotRun as reason:
                return (UserError(str(reason)),)

        return Patience(self.conversation.client.clock).through(ask)


def _named(product: str, one: Metafield) -> dict[str, Any]:
    return {"ownerId": product, "namespace": one.namespace, "key": one.key}


def _given(product: str, one: Metafield, standing: Standing | None) -> dict[str, Any]:
    """With what the shop calls its value as it was seen: one that somebody changes in that moment is not written over."""
    seen = {} if standing is not None and standing.digest is None else {"compareDigest": standing and standing.digest}
    return {**_named(product, one), "type": one.type, "value": one.value, **seen}
