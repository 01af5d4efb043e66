"""Which products, variants and stocks of the two stores are the same thing: by strong evidence first, never by a guess."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.base import Connector
from syncdb.connectors.shopify.products.reading import ProductReader
from syncdb.engine.match import Fields, Matching, Near
from syncdb.model import Side
from syncdb.pairs.shopify_stores.sides import PLACE
from syncdb.values import digest

FEW = 50  # products whose variants are read one by one rather than in a listing of all
LEFT_ID, RIGHT_ID, SKUS, BARCODES = "id on the left", "id on the right", "SKUs", "barcodes"

COLLECTIONS = Matching(("handle", "title"))


def of_variants(near: Near) -> Matching:
    """Within one product the values of its options are unique."""
    weaker = (Matching(("product", "sku")), Matching(("product", "barcode")))
    return Matching(("product", "option1"), also=("option2", "option3"), weaker=weaker, near=near)


def of_stock(near: Near) -> Matching:
    """What lies of a variant at locations that stand for one another."""
    return Matching(("variant", PLACE), near=near)


def of_parts(near: Near) -> Matching:
    """What there is once for each product."""
    return Matching(("product",), near=near)


@dataclass(frozen=True, slots=True)
class ProductEvidence:
    """What tells whether two products are the same beside their own fields: the links in their metafields, all their SKUs and
    barcodes.

    `products` and `variants` are the connectors by side, `readers` read whole products of a side, `links` is the metafield of a
    side's products that names the other's id, `handles` finds products of a side by their handles.
    """

    products: Mapping[Side, Connector]
    variants: Mapping[Side, Connector]
    readers: Mapping[Side, ProductReader]
    links: Mapping[Side, str]
    handles: Callable[[Side, Sequence[str]], Collection[str]]

    def matching(self) -> Matching:
        """By link, unique set of SKUs, barcodes, and by handle only where nothing speaks against it."""
        weak = Matching(("handle",), unless=(SKUS, BARCODES, "title"))
        weaker = (Matching((RIGHT_ID,)), Matching((SKUS,)), Matching((BARCODES,), unless=(SKUS,)), weak)
        return Matching((LEFT_ID,), weaker=weaker, evidence=self.of, near=self.near)

    def near(self, side: Side, new: Sequence[Fields]) -> list[str]:
        """Products of a side that new ones of the other could be: those of the same handle. Raises RetryLater."""
        handles = [str(one["handle"]) for one in new if one.get("handle")]
        return list(self.handles(side, handles))

    def of(self, side: Side, ids: Sequence[str]) -> dict[str, Fields]:
        """The evidence about these products of a side. Where there are many, everything of that side is read for it."""
        own, other = (LEFT_ID, RIGHT_ID) if side is Side.LEFT else (RIGHT_ID, LEFT_ID)
        codes = self._codes(side, frozenset(ids))
        shown = self.products[side].look(ids).found
        links = {id: one.record.fields.get(self.links[side]) for id, one in shown.items()}
        return {id: {own: bare(id), other: links.get(id), **codes.get(id, {})} for id in ids}

    def _codes(self, side: Side, ids: frozenset[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, set[str]]] = {}
        for product, sku, barcode in self._of_few(side, ids) if len(ids) <= FEW else self._of_all(side):
            if product in ids:
                codes = found.setdefault(product, {SKUS: set(), BARCODES: set()})
                for name, value in ((SKUS, sku), (BARCODES, barcode)):
                    if value:
                        codes[name].add(value)
        return {id: {name: digest(sorted(some)) for name, some in codes.items() if some} for id, codes in found.items()}

    def _of_few(self, side: Side, ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """Product, SKU and barcode of the variants of these products."""
        for product, whole in self.readers[side].many(sorted(ids)):
            for one in (whole.variants if whole else None) or ():
                yield product, one.sku or "", one.barcode or ""

    def _of_all(self, side: Side) -> Iterator[tuple[str, str, str]]:
        for shown in self.variants[side].fetch():
            for one in shown.found.values():
                product, sku, barcode = (str(one.record.fields.get(name) or "") for name in ("product", "sku", "barcode"))
                yield product, sku, barcode


def bare(id: str) -> str:
    """The number of a global id, as it stands in links."""
    return id.rpartition("/")[2]
