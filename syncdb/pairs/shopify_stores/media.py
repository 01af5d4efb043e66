"""Media of products between two stores: how both are connected, and what tells that media changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from syncdb.connectors.base import Changes, Feed
from syncdb.connectors.shopify.products.media_side import MediaEnd, MediaSide, both_sides
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Side
from syncdb.pairs.shopify_stores.media_entity import NAME, OWNER, SENDING
from syncdb.pairs.shopify_stores.shops import OpenedShop, Shops


@contextmanager
def opened_media(shops: Shops, ledger: Ledger, now: datetime) -> Iterator[Mapping[Side, MediaSide]]:
    """The connectors to the media of both stores."""
    joins = Joins.of(ledger, shops.pair_name(OWNER))
    ends = {side: _end(shop, side, joins, ledger, now) for side, shop in shops.by_side.items()}
    with both_sides(ends[Side.LEFT], ends[Side.RIGHT]) as (left, right):
        yield {Side.LEFT: left, Side.RIGHT: right}


def _end(shop: OpenedShop, side: Side, joins: Joins, ledger: Ledger, now: datetime) -> MediaEnd:
    def counterpart(product: str) -> str | None:
        key = joins.keys(side, [product])[product]
        return joins.ids(side.other, [key]).get(key)

    return MediaEnd(shop.conversation, ledger.media(f"shopify:{shop.shop.shop_id}", now), counterpart)


def without_right(shops: Shops) -> tuple[str, ...]:
    """The names of the stores whose app may not send media there."""
    return tuple(one.store.name for one in shops.by_side.values() if not one.shop.may(SENDING))


def with_media(keys: Mapping[str, tuple[str, ...] | None]) -> dict[str, tuple[str, ...] | None]:
    """What changed, with the media of the products that changed."""
    return {**keys, **({NAME: keys[OWNER]} if OWNER in keys else {})}


@dataclass(frozen=True, slots=True)
class MediaFeed:
    """A store's feed that tells of media, too: they are looked at wherever their product changed."""

    feed: Feed

    def changes(self, cursor: str | None) -> Changes:
        found = self.feed.changes(cursor)
        return Changes(with_media(found.keys), found.cursor)

    def put_back(self, seen: str) -> str:
        return self.feed.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.feed.after_own_writes(cursor)
