"""Media of products between two stores: how both are connected."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from syncdb.connectors.shopify.products.media_side import MediaEnd, MediaSide, both_sides
from syncdb.engine.links import Joins
from syncdb.ledger import Ledger
from syncdb.model import Side
from syncdb.pairs.shopify_stores.media_entity import OWNER, SENDING
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
