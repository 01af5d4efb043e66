"""Which products of Sentos and of the shop are the same, for those that were not linked yet: by SKU, else barcode, then name.

Only where exactly one is meant on either side are two the same. A name alone counts only where no SKU speaks against it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncdb.connectors.sentos.goods import Product
from syncdb.engine.match import Matching
from syncdb.values import digest

MATCH, CODES = "found by SKU or barcode", "SKUs"

PRODUCTS = Matching((MATCH,), weaker=(Matching(("title",), unless=(CODES,)),))
VARIANTS = Matching(
    ("sku",),
    weaker=(
        Matching(("barcode",), unless=("sku",)),
        Matching(("product", "option1"), also=("option2", "option3"), unless=("sku", "barcode")),
    ),
)
STOCK = Matching(("variant", "location"))


@dataclass(frozen=True, slots=True)
class ShopVariant:
    """What a variant of the shop, and the product that it is of, can be found by."""

    product: str
    sku: str = ""
    barcode: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ShopIndex:
    """The variants of the shop. `whole` is whether all of them were seen."""

    variants: tuple[ShopVariant, ...] = ()
    whole: bool = True
    by_sku: Mapping[str, frozenset[str]] = field(default_factory=dict)
    by_barcode: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, variants: Iterable[ShopVariant], whole: bool) -> "ShopIndex":
        known = tuple(variants)
        return cls(
            known, whole, _index((one.sku, one.product) for one in known), _index((one.barcode, one.product) for one in known)
        )

    @property
    def by_id(self) -> dict[str, ShopVariant]:
        return {one.id: one for one in self.variants if one.id}

    def meant_by(self, product: Product) -> frozenset[str]:
        """The products of the shop that a product of Sentos could be: by its SKUs, and only without any such by its barcodes."""
        skus = frozenset[str]().union(*(self.by_sku.get(one.sku, ()) for one in product.articles if one.sku))
        if skus:
            return skus
        return frozenset[str]().union(*(self.by_barcode.get(one.barcode, ()) for one in product.articles if one.barcode))


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for code, product in pairs:
        if code:
            found.setdefault(code, set()).add(product)
    return {code: frozenset(products) for code, products in found.items()}


def of_shop(ids: Iterable[str], index: ShopIndex) -> dict[str, dict[str, str]]:
    """What tells which product of Sentos each of these of the shop is."""
    skus: dict[str, set[str]] = {}
    for one in index.variants:
        skus.setdefault(one.product, set()).update([one.sku] if one.sku else [])
    return {id: {MATCH: id} | _codes(skus.get(id, ())) for id in ids}


def of_sentos(products: Iterable[Product], everything: Iterable[Product], index: ShopIndex) -> dict[str, dict[str, str]]:
    """What tells which product of the shop each of these of Sentos is: none where it could be several, or several could be it."""
    meant = {one.id: index.meant_by(one) for one in everything}
    claims: dict[str, int] = {}
    for homes in meant.values():
        for home in homes:
            claims[home] = claims.get(home, 0) + 1
    found: dict[str, dict[str, str]] = {}
    for one in products:
        found[one.id] = _codes(part.sku for part in one.articles if part.sku)
        if len(meant[one.id]) == 1 and claims[next(iter(meant[one.id]))] == 1:
            found[one.id][MATCH] = next(iter(meant[one.id]))
    return found


def _codes(skus: Iterable[str]) -> dict[str, str]:
    known = sorted(set(skus))
    return {CODES: digest(known)} if known else {}
