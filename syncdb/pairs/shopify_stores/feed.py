"""What changed in a store, without what the other has nothing to do with: stock elsewhere, variants of unlinked products."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from syncdb.connectors.base import Changes, Connector, Feed
from syncdb.engine.links import Joins
from syncdb.model import Side
from syncdb.pairs.shopify_stores.sides import linked_ids


@dataclass(frozen=True, slots=True)
class NarrowedKeys(Mapping[str, tuple[str, ...] | None]):
    """What changed by entity, narrowed when it is asked for: by then the products of this run are linked.

    Linked records are told; of others only what the narrowed side shows: a record could be new, or the same as one over there.
    """

    told: Mapping[str, tuple[str, ...] | None]
    narrowed: Callable[[str, tuple[str, ...]], tuple[str, ...]]

    def __getitem__(self, entity: str) -> tuple[str, ...] | None:
        ids = self.told[entity]
        return self.narrowed(entity, ids) if ids else ids

    def __iter__(self) -> Iterator[str]:
        return iter(self.told)

    def __len__(self) -> int:
        return len(self.told)


@dataclass(slots=True)
class StoreFeed:
    """The feed of one store. `sides` and `joins` are those of each entity."""

    feed: Feed
    side: Side
    sides: Mapping[str, Connector]
    joins: Mapping[str, Joins]

    def changes(self, cursor: str | None) -> Changes:
        found = self.feed.changes(cursor)
        return Changes(self.narrowed(found.keys), found.cursor)

    def narrowed(self, keys: Mapping[str, tuple[str, ...] | None]) -> Mapping[str, tuple[str, ...] | None]:
        """Keys by entity, without what the other store has nothing to do with."""
        return NarrowedKeys(keys, self._narrowed)

    def put_back(self, seen: str) -> str:
        return self.feed.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.feed.after_own_writes(cursor)

    def _narrowed(self, entity: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        linked = linked_ids(self.joins[entity], self.side, ids)
        others = [id for id in ids if id not in linked]
        shown = self.sides[entity].look(others).found if others else {}
        return tuple(id for id in ids if id in linked or id in shown)
