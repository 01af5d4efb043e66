"""Variants that Sentos no longer shows though it shows their products: gone, or there under another id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.sentos.catalogue import GONE_AFTER, SentosCatalogue
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Side
from syncdb.pairs.shopify_sentos.identity import ShopIndex, ShopVariant


@dataclass(slots=True)
class GoneVariants:
    """`pairs` name each entity's pair in the ledger. `before` counts, by id, how many complete listings in a row lacked one."""

    ledger: Ledger
    catalogue: SentosCatalogue
    pairs: Mapping[str, str]
    before: Mapping[str, int]

    def homes(self) -> dict[str, str]:
        """The variants of the shop that were linked with those that the listing does not show, by their ids in Sentos."""
        keys = [key for key, _ in self.ledger.records(self.pairs["variants"]).all_keys()]
        joins = Joins.of(self.ledger, self.pairs["variants"])
        gone = {key: id for key, id in joins.ids(Side.RIGHT, keys).items() if id not in self.catalogue.articles}
        lefts = joins.ids(Side.LEFT, gone)
        return {id: lefts[key] for key, id in gone.items() if key in lefts}

    def counts(self) -> dict[str, int]:
        """How many complete listings in a row, this one included, have lacked each."""
        if not self.catalogue.complete:
            return dict(self.before)
        return {id: min(self.before.get(id, 0) + 1, GONE_AFTER) for id in self.homes()}

    def moved(self, shop: ShopIndex, unlinked: Sequence[str]) -> set[str]:
        """Those whose SKU stands in Sentos under another id now: they are found anew by it."""
        skus = {self.catalogue.articles[id].sku for id in unlinked}
        shown = shop.by_id
        return {id for id, home in self.homes().items() if home in shown and shown[home].sku and shown[home].sku in skus}

    def alone(self, shop: ShopIndex) -> dict[str, ShopVariant]:
        """Those that are gone for good while their product is still there, with what they are in the shop."""
        counts, shown = self.counts(), shop.by_id
        products = {shown[home].product for home in self.homes().values() if home in shown}
        links = self.ledger.links(self.pairs["products"]).by_left(list(products))
        there = {home for home, link in links.items() if link.right_id in self.catalogue.products}
        return {
            id: shown[home]
            for id, home in self.homes().items()
            if counts.get(id, 0) >= GONE_AFTER and home in shown and shown[home].product in there
        }
