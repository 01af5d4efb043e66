"""Variants as new records of a connector: added to a product that is there, each under the key of its operation as custom id.

A second variant under the same custom id, or with the same values of the product's options, is refused by Shopify; so a request
that is carried out late makes none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncdb.connectors.shopify.catalogue.answered import UserError, found_at, objects, text_at
from syncdb.connectors.shopify.catalogue.conversation import whole
from syncdb.connectors.shopify.catalogue.entities import VARIANTS
from syncdb.connectors.shopify.catalogue.inputs import nested, sent
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import GONE, PendingWrite, Sender, called, refuse, said
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.products.creating import RecordCreator
from syncdb.connectors.shopify.products.custom_id import CustomIds
from syncdb.connectors.shopify.products.variant_writes import ADD
from syncdb.decoding import flag, listed, text, understood
from syncdb.errors import OutcomeUnknown
from syncdb.model import Action, Outcome, Result
from syncdb.values import Value, canonical

OPTIONS_OF = """query OptionsOf($id: ID!) { product(id: $id) { title hasOnlyDefaultVariant options(first: 3) { name } } }"""
OPTIONS = ("option1", "option2", "option3")
THERE = "VARIANT_ALREADY_EXISTS"
BETWEEN = " / "  # what Shopify puts between the values in a variant's title (observed)


@dataclass(frozen=True, slots=True)
class VariantCreator(RecordCreator):
    """Makes variants. Their operations name the product, and the values of its options each by itself or as one title."""

    custom: CustomIds

    def create(self, works: Iterable[PendingWrite], sender: Sender) -> None:
        for work in works:
            if work.pending and work.operation.action is Action.CREATE:
                there = self.custom.found(work.key)
                if there:
                    work.outcome = Outcome(Result.DONE, there, id=there)
                else:
                    self._make(work, sender)

    def _make(self, work: PendingWrite, sender: Sender) -> None:
        product = str(work.operation.changes.get("product"))
        what = "Asking for a product's options"
        shown = found_at(whole(self.custom.conversation.ask(OPTIONS_OF, lambda: {"id": product}, what), what), "product")
        if shown is None:
            work.end(Result.REJECTED, f"its product {GONE.removeprefix('it ')}")
            return
        names, title = _names(shown), text_at(shown, "title")
        values = _values(work.operation.changes, len(names))
        if why := _unlike(names, values, title):
            work.end(Result.REJECTED, why)
            return
        chosen = [{"optionName": name, "name": value} for name, value in zip(names, values, strict=True)]
        given = {"optionValues": chosen, **self._input(work)}
        try:
            self._settle(work, sender.send(ADD, {"id": product, "variants": [given]}, "Adding a variant"))
        except TooCostly as reason:
            refuse(work, VARIANTS, [UserError(str(reason))])

    def _settle(self, work: PendingWrite, answer: Any) -> None:
        try:
            answered = payload(answer, "productVariantsBulkCreate", VARIANTS)
        except NotRun as reason:
            refuse(work, VARIANTS, [UserError(str(reason))])
            return
        if answered.errors:
            self._refused(work, answered.errors)
            return
        made = objects(answered.found.get("productVariants") or [])
        if len(made) != 1 or made[0] is None:
            raise OutcomeUnknown("Shopify did not say which variant it added.")
        id = text_at(made[0], "id")
        work.outcome = Outcome(Result.DONE, id, id=id)

    def _refused(self, work: PendingWrite, errors: Sequence[UserError]) -> None:
        there = self.custom.found(work.key)  # an earlier request may have been carried out late
        if there:
            work.outcome = Outcome(Result.DONE, there, id=there)
        elif any(error.code == THERE for error in errors):  # asking again would not mend it
            work.end(Result.REJECTED, f"{called(work, VARIANTS)}: Shopify refused it: {said(errors)}")
        else:
            refuse(work, VARIANTS, errors)

    def _input(self, work: PendingWrite) -> dict[str, Any]:
        currency = self.custom.conversation.shop().currency
        written = [one for name in work.operation.changes if (one := work.fields[name]).written and not one.metafield]
        given = nested({one.written: sent(one, work.operation.changes[one.name], currency) for one in written})
        return {**given, "metafields": [dict(self.custom.metafield(work.key))]}


def _values(changes: Mapping[str, Value], count: int) -> list[str]:
    """The values that a new variant names for so many options. The value of a single one may hold what stands between several."""
    each = [str(value) for name in OPTIONS if (value := canonical(changes.get(name))) is not None]
    title = str(canonical(changes.get("title")) or "")
    parts = [title] if count == 1 else title.split(BETWEEN)
    return each or [part.strip() for part in parts if part.strip()]


@understood("Shopify")
def _names(shown: Mapping[str, Any]) -> list[str]:
    """The names of a product's options; none where it has just the one variant that every product has."""
    return [] if flag(shown["hasOnlyDefaultVariant"]) else [text(one["name"]) for one in listed(shown["options"])]


def _unlike(names: Sequence[str], values: Sequence[str], title: str) -> str:
    """Why these values name no variant of a product with such options, "" where they do."""
    if not names:
        return f'its product "{title}" has no options, so that there is nothing by which a second variant could differ'
    if len(values) != len(names):
        return f'its product "{title}" has the options {", ".join(names)}, and it names {len(values)} of {len(names)} values'
    return ""
