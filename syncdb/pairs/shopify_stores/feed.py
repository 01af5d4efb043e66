"""What changed in a store: with what no feed tells of (media, options and deleted variants of the products that changed), and
without what the other store has nothing to do with (stock elsewhere, variants of unlinked products).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncdb.connectors.base import Changes, Connector, Feed
from syncdb.engine.links import Joins
from syncdb.model import Side
from syncdb.pairs.shopify_stores.belonging_entities import MEMBERSHIPS, PUBLICATIONS
from syncdb.pairs.shopify_stores.media_entity import MEDIA
from syncdb.pairs.shopify_stores.metafields_entity import METAFIELDS
from syncdb.pairs.shopify_stores.options_entity import OPTIONS
from syncdb.pairs.shopify_stores.sides import linked_ids

OWNER, VARIANTS = "products", "variants"
PARTS = (
    MEDIA.name,
    OPTIONS.name,
    METAFIELDS.name,
    PUBLICATIONS.name,
    MEMBERSHIPS.name,
)  # of products, looked at wherever their product changed
Keys = Mapping[str, tuple[str, ...] | None]


def with_parts(keys: Keys) -> dict[str, tuple[str, ...] | None]:
    """What changed, with the parts of the products that changed."""
    return {VARIANTS: (), **keys, **dict.fromkeys(PARTS, keys[OWNER])} if OWNER in keys else dict(keys)


@dataclass(frozen=True, slots=True)
class PartsFeed:
    """A store's feed that tells of parts of products, too."""

    feed: Feed

    def changes(self, cursor: str | None) -> Changes:
        found = self.feed.changes(cursor)
        return Changes(with_parts(found.keys), found.cursor)

    def put_back(self, seen: str) -> str:
        return self.feed.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.feed.after_own_writes(cursor)


@dataclass(frozen=True, slots=True)
class NarrowedKeys(Mapping[str, tuple[str, ...] | None]):
    """What changed by entity, narrowed when it is asked for: by then the products of this run are linked.

    Linked records are told; of others only what the narrowed side shows: a record could be new, or the same as one over there.
    """

    told: Keys
    narrowed: Callable[[str, tuple[str, ...]], tuple[str, ...]]
    departed: Callable[[Sequence[str]], Sequence[str]]

    def __getitem__(self, entity: str) -> tuple[str, ...] | None:
        ids = self.told[entity]
        if ids is None:
            return None
        if entity == VARIANTS and (owners := self.told.get(OWNER)):
            ids = (*ids, *self.departed(owners))
        return self.narrowed(entity, ids) if ids else ids

    def __iter__(self) -> Iterator[str]:
        return iter(self.told)

    def __len__(self) -> int:
        return len(self.told)


@dataclass(slots=True)
class StoreFeed:
    """The feed of one store. `sides` and `joins` are those of each entity; `departed` tells of gone variants."""

    feed: Feed
    side: Side
    sides: Mapping[str, Connector]
    joins: Mapping[str, Joins]
    departed: Callable[[Sequence[str]], Sequence[str]]

    def changes(self, cursor: str | None) -> Changes:
        found = self.feed.changes(cursor)
        return Changes(self.narrowed(found.keys), found.cursor)

    def narrowed(self, keys: Keys) -> Keys:
        """Keys by entity, without what the other store has nothing to do with."""
        return NarrowedKeys(keys, self._narrowed, self.departed)

    def put_back(self, seen: str) -> str:
        return self.feed.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.feed.after_own_writes(cursor)

    def _narrowed(self, entity: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        linked = linked_ids(self.joins[entity], self.side, ids)
        others = [id for id in ids if id not in linked]
        shown = self.sides[entity].look(others).found if others else {}
        return tuple(id for id in ids if id in linked or id in shown)
