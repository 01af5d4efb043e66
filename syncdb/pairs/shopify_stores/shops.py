"""The two shops of a run: connected, described, and always on the same sides, whatever the configuration calls them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from syncdb.clock import Clock
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.locations import ShopLocation, read_locations
from syncdb.connectors.shopify.catalogue.shop import ShopDescription
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.errors import NeedsPerson, Refused, RetryLater
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
    """Both shops, reached.

    Raises Refused, RetryLater, and NeedsPerson where they are one shop, or another than the ledger knows under a store's name.
    """
    with ExitStack() as stack:
        trying = retrier(settings, clock)
        first, second = (_opened(one, stack.enter_context(connected_shop(one, clock, trying))) for one in settings.stores)
        # the other way round in the configuration is no other pair
        turned = ledger.pairs.get(pair_name(second.shop.shop_id, first.shop.shop_id)) is not None
        shops = Shops(second, first) if turned else Shops(first, second)
        _refuse_others(ledger, shops)
        _remember(ledger, shops)
        yield shops


def _opened(store: Store, client: ShopifyClient) -> OpenedShop:
    conversation = Conversation(client)
    try:
        locations = read_locations(conversation)
        return OpenedShop(store, conversation, conversation.shop(), tuple(locations))
    except (Refused, RetryLater) as failure:  # of two shops it must be said which
        domain = "" if store.shopify_store_name in str(failure) else f" ({store.shopify_store_name})"
        raise failure.in_words(f"{store.name}{domain}: {failure}", failure.next_step) from failure


def _refuse_others(ledger: Ledger, shops: Shops) -> None:
    """A store that became another shop would be filled with all that the first one has."""
    left, right = shops.left, shops.right
    if left.shop.shop_id == right.shop.shop_id:
        raise NeedsPerson(
            f"{left.store.name} and {right.store.name} are both the shop {left.shop.domain}. Nothing was changed.",
            next_step="Check the domains and tokens of both stores; a base URL may lead to the wrong one.",
        )
    if ledger.pairs.get(shops.pair_name()) is not None:
        return
    known = {source.data.get("called"): source.data for source in ledger.sources.of_kind(KIND)}
    for one in shops.by_side.values():
        earlier = known.get(one.store.name)
        if earlier is not None and earlier["id"] != one.shop.shop_id:
            raise NeedsPerson(
                f"So far {one.store.name} was the shop {earlier['domain']}; now it is {one.shop.domain}. Nothing was changed.",
                next_step=f"Check the domain and token of {one.store.name}. If another shop is meant, give this pair a ledger of "
                "its own (db_path).",
            )


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
