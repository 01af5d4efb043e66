"""The two shops of a run: connected, described, and always on the same sides, whatever the configuration calls them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from syncdb.clock import Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.locations import ShopLocation, read_locations
from syncdb.connectors.shopify.catalogue.shop import ShopDescription
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.ledger import Ledger
from syncdb.ledger.sources import Source
from syncdb.model import Side
from syncdb.pairs.opening import retrier
from syncdb.pairs.shopify_stores.pair import SHOPIFY_STORES
from syncdb.pairs.shopify_stores.settings import Store, StoresSettings
from syncdb.systems.shopify.connecting import connected_shop

KIND = "shopify"


@dataclass(frozen=True, slots=True)
class OpenedShop:
    """One store: its settings, the conversation with it, what it says of itself, its locations."""

    store: Store
    conversation: Conversation
    shop: ShopDescription
    locations: tuple[ShopLocation, ...]


@dataclass(frozen=True, slots=True)
class Shops:
    """The two shops by the side on which the ledger knows them."""

    left: OpenedShop
    right: OpenedShop

    @property
    def by_side(self) -> dict[Side, OpenedShop]:
        return {Side.LEFT: self.left, Side.RIGHT: self.right}

    def pair_name(self, entity: str = "") -> str:
        """What the ledger calls an entity's pair, or without one that of the runs."""
        return pair_name(self.left.shop.shop_id, self.right.shop.shop_id, entity)

    @property
    def one_currency(self) -> bool:
        return self.left.shop.currency == self.right.shop.currency


def pair_name(left: str, right: str, entity: str = "") -> str:
    """What the ledger calls the pair of two shops, by the shops' own ids."""
    return f"{SHOPIFY_STORES.name}:{left}:{right}" + (f":{entity}" if entity else "")


@contextmanager
def opened_shops(settings: StoresSettings, ledger: Ledger, clock: Clock) -> Iterator[Shops]:
    """Both shops, reached. Raises Refused and RetryLater."""
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        first, second = (_opened(one, stack.enter_context(connected_shop(one, clock, trying))) for one in settings.stores)
        # the other way round in the configuration is no other pair
        turned = ledger.pairs.get(pair_name(second.shop.shop_id, first.shop.shop_id)) is not None
        shops = Shops(second, first) if turned else Shops(first, second)
        _remember(ledger, shops)
        yield shops


def _opened(store: Store, client: ShopifyClient) -> OpenedShop:
    conversation = Conversation(client)
    locations = read_locations(conversation)
    return OpenedShop(store, conversation, conversation.shop(), tuple(locations))


def _remember(ledger: Ledger, shops: Shops) -> None:
    for side, one in shops.by_side.items():
        data = {
            "id": one.shop.shop_id,
            "domain": one.shop.domain,
            "name": one.shop.name,
            "zone": one.shop.zone.key,
            "currency": one.shop.currency,
            "called": one.store.name,
            "side": side.value,
        }
        name = f"{SHOPIFY_STORES.name}:{one.shop.shop_id}"
        known = ledger.sources.get(name)
        if known is None or known.data != data:
            with ledger.transaction():
                ledger.sources.put(Source(name, KIND, data))
