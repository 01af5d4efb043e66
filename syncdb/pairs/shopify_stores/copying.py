"""What of a product of one store is made in the other: everything that means the same there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.products.fitness import KEPT_OUT
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.connectors.shopify.products.whole import Metafield, Option, Product, Stock, Variant
from syncdb.errors import RetryLater
from syncdb.model import Operation
from syncdb.pairs.shopify_stores.products import Kept
from syncdb.pairs.shopify_stores.variants import Original

MOST_NAMED = 5


def for_other_store(product: Product, places: Mapping[str, str]) -> Product:
    """The product as it is made in the other store: without ids, and without what only means something in its own.

    `places` gives for a location here the one there. Nothing lies there at first: its stock comes as movement, once it is linked.
    """
    return replace(
        product,
        options=None if product.options is None else tuple(_option(one) for one in product.options),
        variants=None if product.variants is None else tuple(_variant(one, places) for one in product.variants),
        metafields=_portable(product.metafields),
        media=None,
        ref="",
        changed_at=None,
    )


def _option(option: Option) -> Option:
    return replace(option, ref="", value_refs=())


def _variant(variant: Variant, places: Mapping[str, str]) -> Variant:
    stock = tuple(Stock(places[one.location], 0) for one in variant.stock or () if one.location in places)
    return replace(variant, stock=stock or None, metafields=_portable(variant.metafields), medium=None, ref="", item_ref="")


def _portable(metafields: Sequence[Metafield] | None) -> tuple[Metafield, ...] | None:
    kept = tuple(one for one in metafields or () if is_portable(one))
    return kept or None


def is_portable(metafield: Metafield) -> bool:
    """Whether a metafield means the same in another store.

    References name records of their own store, other apps' metafields are theirs, amounts are in a currency, and those of this
    program tell of their own store.
    """
    kind = metafield.type.removeprefix("list.")
    own = metafield.namespace in ("sync",) or metafield.namespace.startswith(("app--", "shopify--"))
    return not (kind.endswith("_reference") or kind == "money" or kind == "id" or own)


@dataclass(slots=True)
class Copier:
    """Says what belongs to a product that is to be made in one store, by reading it whole in the other.

    `source` gives the id there of an operation's product, `kept` what is kept of the products there, `here` the ids that variants
    there have here.
    """

    store: str
    reader: ProductReader
    source: Callable[[Operation], str]
    kept: Kept
    places: Mapping[str, str]
    here: Callable[[Sequence[str]], tuple[str, ...]]
    _ahead: dict[str, Product] = field(default_factory=dict, init=False)
    _skipped: dict[str, str] = field(default_factory=dict, init=False)

    def read_ahead(self, operations: Sequence[Operation]) -> None:
        """Read these in few questions; each is then used once for judging it and once for making it."""
        ids = [self.source(one) for one in operations[:20]]
        self._ahead = {id: product for id, product in self.reader.many(ids) if product is not None} if ids else {}

    def whole(self, operation: Operation) -> Product:
        """The product to be made. Raises RetryLater where it is no longer there."""
        id = self.source(operation)
        product = self._ahead.get(id) or self.reader.one(id)
        if product is None:
            raise RetryLater(f"Product {id} of {self.store} disappeared while it was to be copied.", next_step="Run it again.")
        if special := product.special & KEPT_OUT:
            self.kept.leave_alone(id, ", ".join(sorted(one.value for one in special)))
        self._note(product)
        return for_other_store(product, self.places)

    def original(self, product: str, variant: str) -> Original | None:
        """A variant of a product there, as it is to be made here; None where it is no longer there."""
        found = self.reader.one(product)
        here = next((one for one in (found.variants if found else None) or () if one.ref == variant), None)
        if found is None or here is None:
            return None
        order = [one.ref for one in found.variants or ()]
        before = order[: order.index(variant)]
        return Original(_variant(here, self.places), tuple(_option(one) for one in found.options or ()), self.here(before))

    def _note(self, product: Product) -> None:
        skipped = [one.name for one in product.metafields or () if not is_portable(one) and one.namespace != "sync"]
        if skipped:
            self._skipped[product.title] = ", ".join(skipped)

    def news(self) -> list[Notice]:
        """What was not copied since this was last called."""
        if not self._skipped:
            return []
        shown = [f"{title} ({names})" for title, names in list(self._skipped.items())[:MOST_NAMED]]
        more = f" and {len(self._skipped) - len(shown)} more" if len(self._skipped) > len(shown) else ""
        self._skipped.clear()
        told = f"Metafields that mean something in {self.store} only were not copied: {', '.join(shown)}{more}."
        return [Notice(f"not copied:{self.store}", told, "Fill them in by hand in the other store where they are needed.")]
