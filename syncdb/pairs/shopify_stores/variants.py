"""Variants of the products that both stores have: one that is in one store only is added in the other, all else is left alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.variant_writes import VariantsWriter
from syncdb.connectors.shopify.products.whole import Option, Product, Variant
from syncdb.errors import NotUnderstood, OutcomeUnknown
from syncdb.model import Action, Attempt, Operation, Outcome, Result, Snapshot
from syncdb.pairs.shopify_stores.products import Kept

AT_ONCE = 5  # variants that are added in one attempt
CREATES = "creates"


@dataclass(frozen=True, slots=True)
class Original:
    """A variant as it is to be made here, and the names of the options that its values are of."""

    variant: Variant
    options: tuple[str, ...]


@dataclass(slots=True)
class VariantSide:
    """The variants of one store. `original` gives what an operation is to make here, None where it is no longer over there."""

    connector: Connector
    reader: ProductReader
    writer: VariantsWriter
    kept: Kept
    original: Callable[[Operation], Original | None]
    name: str = field(init=False)
    title: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.title = self.connector.name, self.connector.title
        self.can = replace(self.connector.can, create=True)

    def structure(self, token: int) -> Attempt | None:
        return self.connector.structure(token)

    def fetch(self) -> Iterator[Snapshot]:
        return self.connector.fetch()

    def look(self, keys: Iterable[str]) -> Snapshot:
        return self.connector.look(keys)

    def prepare(self, operations: Sequence[Operation], token: int) -> Attempt:
        """What is added, or all else, whichever comes first."""
        creates = operations[0].action is Action.CREATE
        leading = next((at for at, one in enumerate(operations) if (one.action is Action.CREATE) is not creates), len(operations))
        if creates:
            return Attempt(token, tuple(operations[: min(leading, AT_ONCE)]), {CREATES: True})
        return self.connector.prepare(operations[:leading], token)

    def write(self, attempt: Attempt) -> list[Outcome]:
        if not attempt.evidence.get(CREATES):
            return self.connector.write(attempt)
        try:
            return [self._added(one) for one in attempt.operations]
        except (OutcomeUnknown, NotUnderstood):
            return [Outcome(Result.UNKNOWN) for _ in attempt.operations]

    def settle(self, attempt: Attempt) -> list[Outcome]:
        """Bring it about again: a variant with the same values is the one that was added."""
        return self.write(attempt) if attempt.evidence.get(CREATES) else self.connector.settle(attempt)

    def mend(self, attempt: Attempt, token: int) -> Attempt | None:
        return None if attempt.evidence.get(CREATES) else self.connector.mend(attempt, token)

    def close(self) -> None:
        self.connector.close()

    def _added(self, operation: Operation) -> Outcome:
        product, wanted = str(operation.changes.get("product") or ""), self.original(operation)
        standing = self.reader.one(product) if product.startswith("gid:") else None
        if standing is None or wanted is None:
            return Outcome(Result.STALE, why="the product or the variant is no longer there")
        named = tuple(one.name for one in standing.options or ())
        if named != wanted.options:
            told = f"its options are {' / '.join(named)} here and {' / '.join(wanted.options)} there"
            return Outcome(
                Result.REJECTED, why=f"variant {_called(wanted.variant)} of {standing.title!r} cannot be added: {told}"
            )
        together = with_variant(standing, wanted.variant)
        brought = self.writer.bring(product, together, standing)
        id = brought.refs.get(len(together.variants or ()) - 1)
        if brought.outcome.result is not Result.DONE or id is None:
            return replace(brought.outcome, id=None)
        self.kept.remember_made([id])
        return Outcome(Result.DONE, id, id=id)


def with_variant(standing: Product, variant: Variant) -> Product:
    """The product with one variant more, behind the others; its new values stand behind those of its options."""
    known = [one for one in standing.variants or () if one.values == variant.values]
    if known:  # it was added before: its answer was lost
        rest = tuple(one for one in standing.variants or () if one not in known)
        return replace(standing, variants=(*rest, known[0]))
    options = tuple(_with_value(one, value) for one, value in zip(standing.options or (), variant.values, strict=True))
    return replace(standing, options=options, variants=(*(standing.variants or ()), variant))


def _with_value(option: Option, value: str) -> Option:
    if value in option.values:
        return option
    return replace(option, values=(*option.values, value), value_refs=(*option.value_refs, "") if option.value_refs else ())


def _called(variant: Variant) -> str:
    return variant.sku or " / ".join(variant.values)
