"""Which products, variants and stocks of the two stores are the same thing: by strong evidence first, never by a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.base import Connector
from syncdb.engine.match import Fields, Matching
from syncdb.model import Side
from syncdb.pairs.shopify_stores.sides import PLACE
from syncdb.values import digest

LEFT_ID, RIGHT_ID, SKUS, BARCODES = "id on the left", "id on the right", "SKUs", "barcodes"

# within one product the values of its options are unique
VARIANTS = Matching(
    ("product", "option1"),
    also=("option2", "option3"),
    weaker=(Matching(("product", "sku")), Matching(("product", "barcode"))),
)
STOCK = Matching(("variant", PLACE))
PART_OF_PRODUCT = Matching(("product",))
COLLECTIONS = Matching(("handle", "title"))


@dataclass(frozen=True, slots=True)
class ProductEvidence:
    """What tells whether two products are the same beside their own fields: the links in their metafields, all their SKUs and
    barcodes.

    `products` and `variants` are the connectors by side, `links` the metafield of a side's products that names the other's id.
    """

    products: Mapping[Side, Connector]
    variants: Mapping[Side, Connector]
    links: Mapping[Side, str]

    def matching(self) -> Matching:
        """By link, unique set of SKUs, barcodes, and by handle only where nothing speaks against it."""
        weak = Matching(("handle",), unless=(SKUS, BARCODES, "title"))
        weaker = (Matching((RIGHT_ID,)), Matching((SKUS,)), Matching((BARCODES,), unless=(SKUS,)), weak)
        return Matching((LEFT_ID,), weaker=weaker, evidence=self.of)

    def of(self, side: Side, ids: Sequence[str]) -> dict[str, Fields]:
        """The evidence about these products of a side. Everything of that side is read for it."""
        own, other = (LEFT_ID, RIGHT_ID) if side is Side.LEFT else (RIGHT_ID, LEFT_ID)
        codes = self._codes(side, frozenset(ids))
        shown = self.products[side].look(ids).found
        links = {id: one.record.fields.get(self.links[side]) for id, one in shown.items()}
        return {id: {own: bare(id), other: links.get(id), **codes.get(id, {})} for id in ids}

    def _codes(self, side: Side, ids: frozenset[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, set[str]]] = {}
        for shown in self.variants[side].fetch():
            for one in shown.found.values():
                product = str(one.record.fields.get("product"))
                if product in ids:
                    codes = found.setdefault(product, {SKUS: set(), BARCODES: set()})
                    for name, field in ((SKUS, "sku"), (BARCODES, "barcode")):
                        if value := one.record.fields.get(field):
                            codes[name].add(str(value))
        return {id: {name: digest(sorted(some)) for name, some in codes.items() if some} for id, codes in found.items()}


def bare(id: str) -> str:
    """The number of a global id, as it stands in links."""
    return id.rpartition("/")[2]
