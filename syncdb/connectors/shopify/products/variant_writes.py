"""Bringing a product's options and variants to what they should be, each by the mutation that leaves all others alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncdb.connectors.shopify.busy import Meaning, Patience, meaning
from syncdb.connectors.shopify.catalogue.answered import UserError
from syncdb.connectors.shopify.catalogue.entities import PRODUCTS
from syncdb.connectors.shopify.catalogue.refusals import NotRun, payload
from syncdb.connectors.shopify.catalogue.work import Sender, said
from syncdb.connectors.shopify.client import TooCostly
from syncdb.connectors.shopify.products.fitness import problems
from syncdb.connectors.shopify.products.inputs import Input, bare_variant, variants_input
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.setting import ProductSetter
from syncdb.connectors.shopify.products.variant_plan import Renaming, VariantPlan, variant_plan
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.model import Outcome, Result

AT_ONCE = 100
MOST_NAMED = 250  # entries of a list in one call (documented)
ERRORS = "userErrors { field message code }"
RENAME = f"""mutation Rename($id: ID!, $option: OptionUpdateInput!, $values: [OptionValueUpdateInput!]) {{
  productOptionUpdate(productId: $id, option: $option, optionValuesToUpdate: $values) {{ product {{ id }} {ERRORS} }} }}"""
ADD = f"""mutation AddVariants($id: ID!, $variants: [ProductVariantsBulkInput!]!) {{
  productVariantsBulkCreate(productId: $id, variants: $variants, strategy: PRESERVE_STANDALONE_VARIANT) {{
    productVariants {{ id }} {ERRORS} }} }}"""
CHANGE = f"""mutation ChangeVariants($id: ID!, $variants: [ProductVariantsBulkInput!]!) {{
  productVariantsBulkUpdate(productId: $id, variants: $variants) {{ product {{ id }} {ERRORS} }} }}"""
REMOVE = f"""mutation RemoveVariants($id: ID!, $ids: [ID!]!) {{
  productVariantsBulkDelete(productId: $id, variantsIds: $ids) {{ product {{ id }} {ERRORS} }} }}"""
TURN = f"""mutation OrderOptions($id: ID!, $options: [OptionReorderInput!]!) {{
  productOptionsReorder(productId: $id, options: $options) {{ product {{ id }} {ERRORS} }} }}"""
ORDER = f"""mutation OrderVariants($id: ID!, $positions: [ProductVariantPositionInput!]!) {{
  productVariantsBulkReorder(productId: $id, positions: $positions) {{ product {{ id }} {ERRORS} }} }}"""


class NotDone(Exception):
    """A mutation was refused: with its errors."""

    def __init__(self, errors: tuple[UserError, ...]) -> None:
        super().__init__(said(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class VariantsOutcome:
    """What became of it, and by place the id of each wanted variant as far as it is there."""

    outcome: Outcome
    refs: Mapping[int, str]


@dataclass(slots=True)
class VariantsWriter:
    """Changes options and variants of one shop's products, never anything that is not named.

    Raises OutcomeUnknown where an answer was lost (a later call goes on from what stands), Refused and RetryLater.
    """

    sender: Sender
    reader: ProductReader
    patience: Patience = field(init=False)

    def __post_init__(self) -> None:
        self.patience = Patience(self.sender.conversation.client.clock)

    def bring(self, key: str, wanted: Product, expected: Product | None = None) -> VariantsOutcome:
        """Let product `key` have just the options and variants of `wanted`; ids in its variants say which of the shop's they are.

        New variants come with all that `wanted` says of them; of the others only values and order are changed. STALE where the
        product is gone, or its options and variants are no longer those of `expected`.
        """
        standing = self.reader.one(key)
        if standing is None or (expected is not None and _structure(standing) != _structure(expected)):
            why = "it is no longer in the shop" if standing is None else "its options or variants changed meanwhile"
            return VariantsOutcome(Outcome(Result.STALE, key, why), {})
        if why := "; ".join(problems(wanted, self.reader.conversation.shop().currency)):
            return VariantsOutcome(Outcome(Result.REJECTED, key, f"product {standing.title!r}: {why}"), {})
        try:
            if _names(standing) != _names(wanted):
                standing = self._turned(key, standing, wanted)
            self._carry_out(key, standing, wanted, variant_plan(standing, wanted))
        except NotDone as refused:
            gone_on = meaning(refused.errors) is not Meaning.REFUSED
            why = f"product {standing.title!r}: Shopify refused it: {refused}"
            return VariantsOutcome(Outcome(Result.STALE if gone_on else Result.REJECTED, key, why), {})
        return self._checked(key, wanted)

    def _carry_out(self, key: str, standing: Product, wanted: Product, plan: VariantPlan) -> None:
        meant = wanted.variants or ()
        if plan.whole:
            self._set(key, standing, wanted)
            return
        for renaming in plan.renamed:
            self._rename(key, renaming)
        options = wanted.options or ()
        changed = [{"id": plan.matched[place], **_chosen(meant[place], options)} for place in plan.changed]
        for some in _groups(changed):
            self._send(CHANGE, {"id": key, "variants": some}, "productVariantsBulkUpdate")
        for some in _groups([_new(meant[place], options) for place in plan.added]):
            self._send(ADD, {"id": key, "variants": some}, "productVariantsBulkCreate")
        for refs in _groups(plan.removed):
            self._send(REMOVE, {"id": key, "ids": list(refs)}, "productVariantsBulkDelete")
        self._order(key, wanted)

    def _rename(self, key: str, renaming: Renaming) -> None:
        option = {"id": renaming.option, **({"name": renaming.name} if renaming.name else {})}
        values = [{"id": ref, "name": name} for ref, name in renaming.values.items()]
        self._send(RENAME, {"id": key, "option": option, "values": values}, "productOptionUpdate")

    def _turned(self, key: str, standing: Product, wanted: Product) -> Product:
        """Put the options and their values in order, where these are the same ones in another; the product as it then is."""
        now, meant = ({one.name: one for one in product.options or ()} for product in (standing, wanted))
        if now.keys() != meant.keys():
            return standing
        order = {
            name: in_order(now[name].values, one.values if can_be_ordered(now[name].values) else ())
            for name, one in meant.items()
        }
        if list(order.items()) == [(name, one.values) for name, one in now.items()]:
            return standing
        options = [
            {"name": name, **({"values": [{"name": one} for one in values]} if can_be_ordered(values) else {})}
            for name, values in order.items()
        ]
        self._send(TURN, {"id": key, "options": options}, "productOptionsReorder")
        return self.reader.one(key) or standing

    def _order(self, key: str, wanted: Product) -> None:
        """Put options, their values and the variants in order, where they are not: all of them, each with its place."""
        now = self.reader.one(key)
        now = self._turned(key, now, wanted) if now else None
        places = {} if now is None else variant_plan(now, wanted).matched
        order = [places[place] for place in sorted(places)]
        if now is None or order == [one.ref for one in now.variants or ()]:
            return
        for some in _groups([{"id": ref, "position": place} for place, ref in enumerate(order, 1)]):
            self._send(ORDER, {"id": key, "positions": some}, "productVariantsBulkReorder")

    def _set(self, key: str, standing: Product, wanted: Product) -> None:
        """Set options and variants as whole lists: those that stay by id and values alone, so that all else of them stays."""
        matched = variant_plan(standing, wanted).matched
        bare = tuple(
            Variant(one.values, ref=matched[place]) if place in matched else one
            for place, one in enumerate(wanted.variants or ())
        )
        known = {one.name: one for one in standing.options or ()}
        given = variants_input([_known_again(one, known) for one in wanted.options or ()], bare)
        if errors := ProductSetter(self.sender).patiently({"id": key}, given)[1]:
            raise NotDone(errors)

    def _checked(self, key: str, wanted: Product) -> VariantsOutcome:
        """What stands now, read anew."""
        now = self.reader.one(key)
        if now is None:
            return VariantsOutcome(Outcome(Result.STALE, key, "it is no longer in the shop"), {})
        refs = variant_plan(now, wanted).matched
        shown = [one.values for one in now.variants or ()]
        ordered = _orders(now) == _orders(wanted) or not all(can_be_ordered(one.values) for one in now.options or ())
        if ordered and shown == [one.values for one in wanted.variants or ()]:
            return VariantsOutcome(Outcome(Result.DONE, key), refs)
        why = f"product {now.title!r}: Shopify took the change but shows other variants, or another order"
        return VariantsOutcome(Outcome(Result.STALE, key, why), refs)

    def _send(self, document: str, variables: Mapping[str, Any], name: str) -> None:
        """Send a mutation until the shop is not busy any more. Raises NotDone where it is refused."""

        def ask() -> tuple[UserError, ...]:
            try:
                return payload(self.sender.send(document, variables, "Changing variants"), name, PRODUCTS).errors
            except (NotRun, TooCostly) as reason:
                return (UserError(str(reason)),)

        if errors := self.patience.through(ask):
            raise NotDone(errors)


def can_be_ordered(values: Sequence[str]) -> bool:
    """Whether there are few enough values of an option to be named in one call: more of them keep their order."""
    return len(values) <= MOST_NAMED


def in_order(values: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Values in the wanted order; those that are not wanted stay behind them."""
    known = set(values)
    first = dict.fromkeys(one for one in wanted if one in known)
    return (*first, *(one for one in values if one not in first))


def _names(product: Product) -> list[str]:
    return [one.name for one in product.options or ()]


def _orders(product: Product) -> list[tuple[str, list[str]]]:
    """The options with the values that variants have, all in their order."""
    used = [{one.values[at] for one in product.variants or ()} for at in range(len(product.options or ()))]
    shown = [[value for value in one.values if value in used[at]] for at, one in enumerate(product.options or ())]
    return [
        (one.name, values if can_be_ordered(values) else []) for one, values in zip(product.options or (), shown, strict=True)
    ]


def _structure(product: Product) -> tuple[object, ...]:
    """Options and variants of a product, by ids and values."""
    options = tuple((one.ref, one.name, one.values) for one in product.options or ())
    return options, tuple((one.ref, one.values) for one in product.variants or ())


def _known_again(option: Option, known: Mapping[str, Option]) -> Option:
    """An option with the ids that the shop has for it and its values, where it is there under its name."""
    there = known.get(option.name)
    if there is None:
        return Option(option.name, option.values)
    refs = dict(zip(there.values, there.value_refs, strict=True))
    return Option(option.name, option.values, there.ref, tuple(refs.get(value, "") for value in option.values))


def _chosen(variant: Variant, options: Sequence[Option]) -> Input:
    return {"optionValues": [{"optionName": one.name, "name": value} for one, value in zip(options, variant.values, strict=True)]}


def _new(variant: Variant, options: Sequence[Option]) -> Input:
    """A variant to be added, with its stock."""
    given = {**bare_variant(variant), **_chosen(variant, options)}
    if variant.sku is not None:
        given["inventoryItem"] = {**given.get("inventoryItem", {}), "sku": variant.sku}
    if variant.stock:
        given["inventoryQuantities"] = [{"locationId": one.location, "availableQuantity": one.available} for one in variant.stock]
    return given


def _groups(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]
