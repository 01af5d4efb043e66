"""The shop's records that were chosen, and those that left the selection but have rows; and what notices who came or left."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from syncdb.connectors.base import Changes, Connector, Feed
from syncdb.connectors.passing import PassedOn, SameName
from syncdb.ledger.records import Records
from syncdb.mapping.entities import PRODUCTS
from syncdb.model import Found, Record, Snapshot
from syncdb.pairs.chosen import ChosenEntity
from syncdb.pairs.record_choice import LEFT, OF_STOCK, Leaving
from syncdb.values import Value

LEFT_IT = "left the selection"
Among = Callable[[Collection[str]], set[str]]  # those of some products that are chosen
Standing = Callable[[Collection[str]], set[str]]  # those of some keys about which something is agreed, and that have rows
PLACES = ("location", "location_id")


def read_for(one: ChosenEntity) -> list[str]:
    """The fields that are read for the selection only."""
    if one.only.everything:
        return []
    chosen = {part.field.name for part in one.fields}
    wanted = [*(PLACES if one.only.wanted.get(OF_STOCK) else ()), *(() if one.entity is PRODUCTS else ("product",))]
    return [name for name in wanted if name not in chosen]


@dataclass(slots=True)
class Selected(SameName, PassedOn):
    """One entity of the shop, as `one` says. A record that left the selection is shown as long as it has a row, unless such rows
    are removed.
    """

    connector: Connector
    one: ChosenEntity
    among: Among
    standing: Standing

    def _shown(self, shown: Snapshot) -> Snapshot:
        products = {key: self._product(one) for key, one in shown.found.items()}
        chosen = self.among([one for one in dict.fromkeys(products.values()) if one]) if self.one.only.of_products else None
        inside = {
            key for key, one in shown.found.items() if (chosen is None or products[key] in chosen) and self._lies_there(one)
        }
        outside = [key for key in shown.found if key not in inside]
        kept = self.standing(outside) if outside and self.one.leaving is not Leaving.REMOVE else set()
        found = {
            key: self._told(one, None if key in inside else LEFT_IT)
            for key, one in shown.found.items()
            if key in inside or key in kept
        }
        return replace(shown, found=found)

    def _product(self, found: Found) -> str:
        return found.record.key if self.one.entity is PRODUCTS else str(found.record.fields.get("product") or "")

    def _lies_there(self, found: Found) -> bool:
        wanted = {one.casefold() for one in self.one.only.wanted.get(OF_STOCK, ())}
        shown = {str(found.record.fields.get(name) or "").casefold() for name in PLACES}
        return not wanted or bool(wanted & (shown | {one.rpartition("/")[2] for one in shown}))

    def _told(self, found: Found, left: Value) -> Found:
        added = read_for(self.one)
        fields = {name: value for name, value in found.record.fields.items() if name not in added}
        if self.one.leaving is Leaving.MARK:
            fields[LEFT.name] = left
        return replace(found, record=Record(found.record.key, fields, found.record.shortened))


@dataclass(frozen=True, slots=True)
class SelectedFeed:
    """The shop's feed. Where a changed product came into the selection or left it, all that belongs to products is looked at.

    `moved` are those of some products that did.
    """

    feed: Feed
    moved: Callable[[Collection[str]], set[str]]
    belonging: Sequence[str]

    def changes(self, cursor: str | None) -> Changes:
        found = self.feed.changes(cursor)
        products = found.keys.get(PRODUCTS.name)
        if not products or not self.moved(products):
            return found
        return replace(found, keys={**found.keys, **dict.fromkeys(self.belonging)})

    def put_back(self, seen: str) -> str:
        return self.feed.put_back(seen)

    def after_own_writes(self, cursor: str) -> str:
        return self.feed.after_own_writes(cursor)


def moving(leaving: Leaving, among: Among, standing: Standing, records: Records) -> Callable[[Collection[str]], set[str]]:
    """What tells which products came into the selection or left it since they were last compared."""

    def moved(products: Collection[str]) -> set[str]:
        chosen, rows = among(products), standing(products)
        if leaving is Leaving.REMOVE:
            return chosen ^ rows
        if leaving is Leaving.KEEP:
            return chosen - rows
        marked = {key for key in rows if records.base(key).get(LEFT.name)}
        return (chosen - rows) | (chosen & marked) | (rows - chosen - marked)

    return moved
