"""Variants that Sentos has of products which are in the shop already: added there, in the natural order of their options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import PassedOn
from syncdb.connectors.sentos.goods import Article
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Operation, Outcome, Result
from syncdb.pairs.shopify_sentos.new_products import PLAIN, in_order

ADDS = "adds"


class CannotBeAdded(Exception):
    """Why a variant cannot be added to a product of the shop."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A variant to be added: what it is in Sentos and, without its values, in the shop.

    `siblings` are the articles of Sentos by the variants of the shop that they are linked with.
    """

    article: Article
    variant: Variant
    siblings: Mapping[str, Article]


@dataclass(slots=True)
class VariantAdder(PassedOn):
    """The variants of the shop as a connector that can also add one. `newcomer` says what an operation means."""

    connector: Connector
    reader: ProductReader
    writer: VariantsWriter
    newcomer: Callable[[Operation], Newcomer | None]
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self.can = replace(self.connector.can, create=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """One that is added, or all before the next that is."""
        if operations[0].action is Action.CREATE:
            return Attempt(token, (operations[0],), {ADDS: True})
        leading = next((at for at, one in enumerate(operations) if one.action is Action.CREATE), len(operations))
        return self.connector.prepare(operations[:leading], token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        return self._brought(attempt, self._added) if attempt.evidence.get(ADDS) else self.connector.write(attempt)

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Bring it about again: a variant of the same SKU is the one that was added."""
        return self._brought(attempt, self._finished) if attempt.evidence.get(ADDS) else self.connector.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if attempt.evidence.get(ADDS) else self.connector.mend(attempt, token)

    def _brought(self, attempt: Attempt, how: Callable[[Product, Newcomer], Outcome]) -> list[Outcome]:
        operation = attempt.operations[0]
        key, one = str(operation.changes.get("product") or ""), self.newcomer(operation)
        try:
            standing = self.reader.one(key) if key else None
            if standing is None or one is None:
                return [Outcome(Result.STALE, why="the product or the variant is no longer there")]
            return [how(standing, one)]
        except CannotBeAdded as why:
            return [
                Outcome(Result.REJECTED, why=f"A variant was not added, with the SKU {one.article.sku if one else key}: {why}.")
            ]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN)]

    def _added(self, standing: Product, one: Newcomer) -> Outcome:
        known = _known(standing, one)
        if known is not None:  # nobody saw it yet
            return Outcome(Result.DONE, known.ref, id=known.ref)
        return self._set(standing, one, grown(standing, one))

    def _finished(self, standing: Product, one: Newcomer) -> Outcome:
        """As `_added`, where it may have been: then it is put where it belongs."""
        known = _known(standing, one)
        if known is None:
            return self._added(standing, one)
        before = replace(standing, variants=tuple(each for each in standing.variants or () if each is not known))
        return self._set(standing, one, grown(before, replace(one, variant=replace(one.variant, ref=known.ref))))

    def _set(self, standing: Product, one: Newcomer, together: Product) -> Outcome:
        brought = self.writer.bring(standing.ref, together, standing)
        place = next(at for at, each in enumerate(together.variants or ()) if each.sku == one.article.sku)
        id = brought.refs.get(place)
        if brought.outcome.result is not Result.DONE or id is None:
            return replace(brought.outcome, id=None)
        return Outcome(Result.DONE, id, id=id)


def _known(standing: Product, one: Newcomer) -> Variant | None:
    return next((each for each in standing.variants or () if each.sku == one.article.sku), None)


def has_room(standing: Product, one: Newcomer) -> bool:
    """Whether it can be told for sure which values of the product's options it has, and they are free."""
    try:
        grown(standing, one)
    except CannotBeAdded:
        return False
    return True


def grown(standing: Product, one: Newcomer) -> Product:
    """The product with the variant: at its place, if the others stand in order, else last. Raises CannotBeAdded."""
    options = standing.options or ()
    values = _values(standing, one)
    taken = next((each for each in standing.variants or () if each.values == values), None)
    if taken is not None:
        raise CannotBeAdded(f"{' / '.join(values)} is there already, with the SKU {taken.sku or 'of nobody'}")
    wider = tuple(_with_value(option, value) for option, value in zip(options, values, strict=True))
    shown = [tuple(dict.fromkeys(each.values[at] for each in standing.variants or ())) for at in range(len(options))]
    places = [_places(known, value) for known, value in zip(shown, values, strict=True)]

    def rank(each: Variant) -> list[int]:
        return [place[value] for place, value in zip(places, each.values, strict=True)]

    new, there = replace(one.variant, values=values), list(standing.variants or ())
    ordered = sorted(there, key=rank) == there
    at = next((at for at, each in enumerate(there) if rank(each) > rank(new)), len(there)) if ordered else len(there)
    return replace(standing, options=wider, variants=(*there[:at], new, *there[at:]))


def _values(standing: Product, one: Newcomer) -> tuple[str, ...]:
    """Its values in the order of the shop's options, spelt as they are there."""
    options, own = standing.options or (), dict(one.article.options)
    if [option.name for option in options] == [PLAIN]:
        return (one.article.sku,)
    meant = [_meant(place, option, standing, one) for place, option in enumerate(options)]
    if not standing.has_options or None in meant or sorted(map(str, meant)) != sorted(own):
        there = " / ".join(option.name for option in options) if standing.has_options else "none"
        raise CannotBeAdded(
            f"its options in Sentos ({' / '.join(own) or 'none'}) cannot be told for sure among those of the product "
            f"({there}). Add it in the shop, with its SKU"
        )
    found = [own[str(name)] for name in meant]
    return tuple(
        next((known for known in option.values if known.casefold() == value.casefold()), value)
        for option, value in zip(options, found, strict=True)
    )


def _meant(place: int, option: Option, standing: Product, one: Newcomer) -> str | None:
    """Which option of Sentos one of the shop is: by its name, else where every known variant has the same value of both."""
    own = [name for name, _ in one.article.options]
    named = [name for name in own if name.casefold() == option.name.casefold()]
    if named:
        return named[0]
    pairs = [
        (each.values[place], dict(one.siblings[each.ref].options)) for each in standing.variants or () if each.ref in one.siblings
    ]
    alike = [name for name in own if pairs and all(known.get(name, "").casefold() == value.casefold() for value, known in pairs)]
    return alike[0] if len(alike) == 1 else None


def _with_value(option: Option, value: str) -> Option:
    """The option with one value more; a new one stands last there."""
    if value in option.values:
        return option
    refs = (*option.value_refs, "") if option.value_refs else ()
    return replace(option, values=(*option.values, value), value_refs=refs)


def _places(known: tuple[str, ...], value: str) -> dict[str, int]:
    """The places of values among variants: the natural ones, if the known ones stand so, else a new one comes last."""
    natural = in_order((*known, value))
    stand_so = tuple(one for one in natural if one in known) == known
    return {one: place for place, one in enumerate(natural if stand_so else dict.fromkeys((*known, value)))}
