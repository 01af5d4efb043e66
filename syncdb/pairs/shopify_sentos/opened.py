"""What the runs between a shop and Sentos share, once both are connected."""

import random
from dataclasses import dataclass

from syncdb.clock import Clock
from syncdb.connectors.sentos.catalogue import SentosCatalogue
from syncdb.connectors.sentos.client import SentosClient
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.products.contents import ByteSession
from syncdb.engine.progress import Progress
from syncdb.engine.request import RunRequest
from syncdb.ledger import Ledger
from syncdb.pairs.shopify_sentos.orders import OrdersToSentos, listing_begins
from syncdb.pairs.shopify_sentos.settings import SentosSettings


@dataclass(frozen=True, slots=True)
class Opened:
    """What the runs of one opening share."""

    settings: SentosSettings
    request: RunRequest
    clock: Clock
    progress: Progress
    rng: random.Random
    ledger: Ledger
    shopify: ShopifyClient
    sentos: SentosClient
    catalogue: SentosCatalogue
    session: ByteSession  # for the bytes of pictures

    @property
    def shop_name(self) -> str:
        """The shop's own part of its domain: what our order_ids in Sentos begin with."""
        return self.settings.shopify_store_name.partition(".")[0]

    def called(self, key: str) -> str:
        """What people call the order of an order_id."""
        snapshot = self.ledger.orders.snapshot(key.removeprefix(f"{self.shop_name}-"))
        return str((snapshot or {}).get("name") or key)

    def destination(self) -> OrdersToSentos:
        """Sentos as the place where orders go."""
        since = listing_begins(self.clock.now().date(), self.settings.lookback_days)
        wishes, write = self.settings.orders, self.settings.sentos_write
        return OrdersToSentos(self.ledger, self.sentos, self.catalogue, self.shop_name, wishes, write, since)
