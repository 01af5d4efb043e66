"""What became of the products of Sentos in a run, in the words of the user: created, updated, failed, skipped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from syncdb.connectors.sentos.catalogue import SentosCatalogue
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Operation, Side
from syncdb.pairs.base import RunResults
from syncdb.pairs.shopify_sentos.goods_records import AT
from syncdb.pairs.shopify_sentos.orders import registered
from syncdb.pairs.shopify_sentos.pictures import IMAGES
from syncdb.pairs.shopify_sentos.results import Counted, Told


@dataclass(frozen=True, slots=True)
class GoodsResults:
    """Counts by product what was written of its parts."""

    ledger: Ledger
    catalogue: SentosCatalogue

    def of(self, told: Mapping[str, Iterable[Told]]) -> RunResults:
        """The results of what became of each write, by entity. Each product counts once, whichever of its parts was written."""
        products = self.catalogue.products if self.catalogue.was_read else {}
        called = {id: f"{one.name} ({one.sku})" if one.sku else one.name for id, one in products.items()}
        counted = Counted(called | self._gone())
        for name, some in told.items():
            counted.take(some, partial(self._product_of, name), parts=name != "products")
        for product in products.values():
            for unreadable in (product.unreadable, *(part.unreadable for part in product.articles)):
                for why in unreadable.values():
                    counted.failed.setdefault(product.id, why)
        return counted.results()

    def _gone(self) -> dict[str, str]:
        """What products are called that Sentos no longer shows: their titles as they were last agreed on."""
        if not self.catalogue.was_read:
            return {}
        name = registered(self.ledger, self.catalogue.client.host, "products")
        keys = Joins.of(self.ledger, name).keys(Side.RIGHT, self.catalogue.absent())
        return {id: str(self.ledger.records(name).base(key).get("title") or id) for id, key in keys.items()}

    def _product_of(self, entity: str, operation: Operation) -> str:
        """The product of Sentos that a write is about. Operations of a side come with its own ids, those of a plan by key."""
        entity = "products" if entity == IMAGES else entity  # they are kept under the shop's own ids of products
        joins = Joins.of(self.ledger, registered(self.ledger, self.catalogue.client.host, entity))
        key = next(iter(joins.keys(Side.LEFT, [operation.key]).values()), operation.key)
        id = joins.ids(Side.RIGHT, [key]).get(key) or key.rpartition(":")[2]
        article = self.catalogue.articles.get(id.partition(AT)[0])
        if entity == "products":
            return id
        return article.product if article is not None else str(joins.records.base(key).get("sku") or id)  # gone: by its SKU
