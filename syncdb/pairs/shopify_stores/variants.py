"""Variants of the products that both stores have: one that is new in one store is added in the other, one that was deleted there
is deleted, too; all else is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.passing import PassedOn
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.engine.policy import DECIDED
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Snapshot, agrees
from syncdb.pairs.shopify_stores.products import Kept

AT_ONCE = 5  # variants that are added in one attempt
REMOVED_AT_ONCE = 100
KIND = "kind"  # what an attempt of this side does; one that says nothing is the connector's own


@dataclass(frozen=True, slots=True)
class Original:
    """A variant as it is to be made here, and the options that its values are of.

    `behind` are the variants here that stand before it over there, in their order.
    """

    variant: Variant
    options: tuple[Option, ...]
    behind: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the options."""
        return tuple(one.name for one in self.options)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the other store and the ledger say of variants here.

    `original` gives what an operation is to make here, None where it is no longer over there; `follow` brings the options of a
    product here first, where only the other store changed them. `lacking` tells which of some variants of a product here are gone
    over there though their product stands there; `moved` which of them were sold or received here since it was agreed how many
    there are, each with what it says.
    """

    original: Callable[[Operation], Original | None]
    follow: Callable[[str], bool]
    lacking: Callable[[str, Sequence[str]], set[str]]
    moved: Callable[[Sequence[str]], Mapping[str, str]]


@dataclass(slots=True)
class VariantSide(PassedOn):
    """The variants of one store. `seen` are fields that are read only, so that they are nobody's edit."""

    connector: Connector
    reader: ProductReader
    writer: VariantsWriter
    kept: Kept
    elsewhere: Elsewhere
    seen: frozenset[str] = frozenset()
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self.can = replace(self.connector.can, create=True, delete=True)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """What is added, what is removed, or all else, whichever comes first."""
        kind = operations[0].action
        leading = next((at for at, one in enumerate(operations) if one.action is not kind), len(operations))
        if kind is Action.UPDATE:
            return self.connector.prepare(operations[:leading], token)
        most = AT_ONCE if kind is Action.CREATE else REMOVED_AT_ONCE
        return Attempt(token, tuple(operations[: min(leading, most)]), {KIND: kind.value})

    def write(self, attempt: Attempt) -> list[Outcome]:
        kind = attempt.evidence.get(KIND)
        if kind is None:
            return self.connector.write(attempt)
        try:
            if kind == Action.DELETE.value:
                return self._removed(attempt.operations)
            return [self._added(one) for one in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Bring it about again: a variant with the same values is the one that was added, one that is gone was removed."""
        return self.write(attempt) if attempt.evidence.get(KIND) else self.connector.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if attempt.evidence.get(KIND) else self.connector.mend(attempt, token)

    def _shown(self, shown: Snapshot) -> Snapshot:
        return replace(shown, found={id: replace(one, computed=one.computed | self.seen) for id, one in shown.found.items()})

    def _removed(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Remove variants, those of one product together."""
        of_product: dict[str, list[Operation]] = {}
        for one in operations:
            of_product.setdefault(str(one.expected.get("product") or ""), []).append(one)
        done: dict[str, Outcome] = {}
        for product, some in of_product.items():
            done |= self._removed_from(product, some)
        return [done[one.key] for one in operations]

    def _removed_from(self, product: str, operations: Sequence[Operation]) -> dict[str, Outcome]:
        standing = self.reader.one(product) if product.startswith("gid:") else None
        there = {one.ref: one for one in (standing.variants if standing else None) or ()}
        outcomes = {one.key: Outcome(Result.DONE, one.key) for one in operations if one.key not in there}
        left = [one for one in operations if one.key in there]
        if standing is None or not left:
            return outcomes
        shown = self.connector.look([one.key for one in left]).found
        refs = [one.key for one in left]
        gone, moved = self.elsewhere.lacking(product, refs), self.elsewhere.moved(refs)
        for one in left:
            if one.key not in gone:
                outcomes[one.key] = Outcome(Result.STALE, one.key, "the other store has it, or no longer has its product")
            elif one.key not in shown or not agrees(one.expected, shown[one.key].record.fields):
                outcomes[one.key] = Outcome(Result.STALE, one.key, "it changed in the store meanwhile")
            elif one.key in moved and one.reason != DECIDED:
                outcomes[one.key] = Outcome(Result.REJECTED, one.key, _still_moving(standing, there[one.key], moved[one.key]))
        refs = [one.key for one in left if one.key not in outcomes]
        rest = tuple(one for one in standing.variants or () if one.ref not in refs)
        if refs and not rest:
            told = f"product {standing.title!r}: a product keeps its last variant, and the other store has none of these"
            return outcomes | {ref: Outcome(Result.REJECTED, ref, told) for ref in refs}
        if refs:
            brought = self.writer.bring(product, replace(standing, variants=rest), standing).outcome
            outcomes |= {ref: replace(brought, ref=ref) for ref in refs}
        return outcomes

    def _added(self, operation: Operation) -> Outcome:
        product, wanted = str(operation.changes.get("product") or ""), self.elsewhere.original(operation)
        standing = self.reader.one(product) if product.startswith("gid:") else None
        if standing is None or wanted is None:
            return Outcome(Result.STALE, why="the product or the variant is no longer there")
        named = _option_names(standing)
        if named != wanted.named and self.elsewhere.follow(product):
            standing = self.reader.one(product) or standing
            named = _option_names(standing)
        if named != wanted.named:
            told = f"its options are {' / '.join(named)} here and {' / '.join(wanted.named)} there"
            return Outcome(
                Result.REJECTED, why=f"variant {_called(wanted.variant)} of {standing.title!r} cannot be added: {told}"
            )
        together = with_variant(standing, wanted)
        place = [one.values for one in together.variants or ()].index(wanted.variant.values)
        brought = self.writer.bring(product, together, standing)
        id = brought.refs.get(place)
        if brought.outcome.result is not Result.DONE or id is None:
            return replace(brought.outcome, id=None)
        self.kept.remember_made([id])
        return Outcome(Result.DONE, id, id=id)


def with_variant(standing: Product, wanted: Original) -> Product:
    """The product with one variant more, behind those that stand before it over there, or all; so are its new values."""
    variant, behind, there = wanted.variant, wanted.behind, list(standing.variants or ())
    if any(one.values == variant.values for one in there):  # it was added before: its answer was lost
        return standing
    parts = zip(standing.options or (), variant.values, wanted.options, strict=True)
    options = tuple(_with_value(one, value, over_there.values) for one, value, over_there in parts)
    place = max((at for at, one in enumerate(there, 1) if one.ref in behind), default=0 if behind else len(there))
    return replace(standing, options=options, variants=(*there[:place], variant, *there[place:]))


def _option_names(product: Product) -> tuple[str, ...]:
    return tuple(one.name for one in product.options or ())


def _still_moving(product: Product, variant: Variant, moved: str) -> str:
    told = f"variant {_called(variant)} of {product.title!r} was deleted in the other store"
    return f"{told} and its stock moved here since ({moved}): delete it here, too, or make it there again"


def _with_value(option: Option, value: str, over_there: Sequence[str]) -> Option:
    """The option with that value, behind those that stand before it over there."""
    if value in option.values:
        return option
    before = set(over_there[: over_there.index(value)])
    place = max((at for at, one in enumerate(option.values, 1) if one in before), default=0 if before else len(option.values))
    values, refs = list(option.values), list(option.value_refs)
    values.insert(place, value)
    refs[place:place] = [""] if refs else []
    return replace(option, values=tuple(values), value_refs=tuple(refs))


def _called(variant: Variant) -> str:
    return variant.sku or " / ".join(variant.values)
