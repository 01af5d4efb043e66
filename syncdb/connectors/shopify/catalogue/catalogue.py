"""A shop's catalogue as a whole: one connector per entity, and one way to ask what changed in all of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial

from syncdb.connectors.base import Changes
from syncdb.connectors.order_source import Notice
from syncdb.connectors.shopify.catalogue.changes import ChangeFeed
from syncdb.connectors.shopify.catalogue.conversation import Conversation
from syncdb.connectors.shopify.catalogue.entities import (
    ORDERS,
    PAYOUT_TRANSACTIONS,
    PAYOUTS,
    PRODUCTS,
    VARIANTS,
    entity_named,
)
from syncdb.connectors.shopify.catalogue.in_bulk import USUAL, ListingSizes
from syncdb.connectors.shopify.catalogue.named import NamedThings
from syncdb.connectors.shopify.catalogue.payment_changes import PaymentsFeed
from syncdb.connectors.shopify.catalogue.shop import ShopDescription
from syncdb.connectors.shopify.catalogue.side import LATE, CatalogueSide
from syncdb.connectors.shopify.catalogue.stock import SETTING, Manner
from syncdb.connectors.shopify.client import ShopifyClient
from syncdb.connectors.shopify.products.creating import ProductCreator, RecordCreator, Whole, product_of
from syncdb.connectors.shopify.products.custom_id import VARIANT, CustomIds
from syncdb.connectors.shopify.products.variant_creating import VariantCreator
from syncdb.errors import ConfigurationError

PAYMENTS = frozenset({PAYOUTS.name, PAYOUT_TRANSACTIONS.name})


class ShopCatalogue:
    """The entities chosen by `fields` (entity -> names of fields; metafields as `metafields.<namespace>.<key>`).

    With `origin` (namespace and key of a metafield of type id) new records of the entities `new` (products, variants) can be
    made, each under the key of its operation as custom id; `whole` says what belongs to a product (default: the operation's own
    fields). `late` is how many seconds an unanswered write may still be applied after it was sent, `overlap` how far back each
    question for changes reaches again. Time is the client's clock. `conversation` is one that was begun already, `manner` how
    stock is written. `types` are those of metafields by their definitions, by entity and namespace.key; what is not named is
    shown as the text that Shopify keeps. `sizes` say how records are listed. Raises
    ConfigurationError for entities and fields that there are not.
    """

    def __init__(
        self,
        client: ShopifyClient,
        *,
        fields: Mapping[str, Sequence[str]],
        late: float = LATE,
        overlap: timedelta = timedelta(minutes=10),
        origin: tuple[str, str] | None = None,
        whole: Whole = product_of,
        new: Collection[str] = (PRODUCTS.name,),
        conversation: Conversation | None = None,
        manner: Manner = SETTING,
        types: Mapping[str, Mapping[str, str]] | None = None,
        sizes: ListingSizes = USUAL,
    ) -> None:
        self._conversation = conversation or Conversation(client)
        creators: dict[str, RecordCreator] = {}
        if origin and PRODUCTS.name in new:
            creators[PRODUCTS.name] = ProductCreator(CustomIds(self._conversation, *origin), whole)
        if origin and VARIANTS.name in new:
            creators[VARIANTS.name] = VariantCreator(CustomIds(self._conversation, *origin, VARIANT))
        self._sides = {
            name: CatalogueSide(
                self._conversation,
                entity_named(name),
                entity_named(name).chosen(names, (types or {}).get(name)),
                late,
                creators.get(name),
                manner,
                sizes,
            )
            for name, names in fields.items()
        }
        self._listed: set[str] = set()  # of which everything was to be looked at when changes were asked for last
        for name, side in self._sides.items():
            side.when_large(partial(self._begin_others, name))
        told = {name: names for name, names in fields.items() if name != ORDERS.name}
        self._feed: ChangeFeed | PaymentsFeed = ChangeFeed(self._conversation, told, overlap)
        if told.keys() & PAYMENTS:
            self._feed = PaymentsFeed(self._conversation, told.keys())

    def side(self, entity: str) -> CatalogueSide:
        """The connector of one chosen entity. Raises ConfigurationError where it was not chosen."""
        if entity not in self._sides:
            raise ConfigurationError([f"Shopify's {entity} were not chosen."])
        return self._sides[entity]

    def changes(self, cursor: str | None) -> Changes:
        """What changed since the cursor; orders are told by their own reader. Raises Refused and RetryLater."""
        changes = self._feed.changes(cursor)
        self._listed = {name for name, keys in changes.keys.items() if keys is None and name in self._sides}
        return changes

    def _begin_others(self, name: str) -> None:
        """There is much of one kind: the shop shall begin with the others that will be listed, side by side."""
        others, self._listed = self._listed - {name}, set()
        for other in others:
            self._sides[other].begin_listing()

    def put_back(self, seen: str) -> str:
        """A shop has no states to tell this by."""
        return ""

    def named(self, things: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        """The keys, by entity, of what somebody named by kind and id. Raises Refused and RetryLater."""
        return NamedThings(self._conversation, self._sides.keys()).keys(things)

    def after_own_writes(self, cursor: str) -> str:
        """Our own writes cannot be told from those of others by their time: they are looked at once more."""
        return cursor

    def shop(self) -> ShopDescription:
        """The shop: its time zone, currency and domain. Asked for once. Raises Refused and RetryLater."""
        return self._conversation.shop()

    def scopes(self) -> frozenset[str] | None:
        """What this app may do; None where it may not even see that."""
        return self.shop().scopes

    def lacks(self, writing: bool) -> tuple[str, ...]:
        """The access scopes that the chosen entities need and the app has not."""
        return self.shop().lacks([side.entity for side in self._sides.values()], writing)

    def news(self) -> tuple[Notice, ...]:
        """What a person should know of the answers since this was last called: hidden fields, parts that are missing."""
        return self._conversation.news()

    @property
    def conversation(self) -> Conversation:
        """The one conversation with this shop, for what reads and writes whole products of it."""
        return self._conversation

    def close(self) -> None:
        """Let go of connections."""
        for side in self._sides.values():
            side.close()
        self._conversation.client.close()
