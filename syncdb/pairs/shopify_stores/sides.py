"""The sides of each kind of record: a shop's connector, narrowed to what both stores can have in common."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from syncdb.connectors.base import Capabilities, Connector
from syncdb.connectors.order_source import Notice
from syncdb.connectors.passing import PassedOn
from syncdb.engine.compare import number
from syncdb.engine.links import Joins
from syncdb.model import Found, Record, Side, Snapshot
from syncdb.pairs.shopify_stores.standing import Standing

MOST_NAMED = 5
PLACE = "place"  # which pair of locations a level belongs to

Narrow = Callable[[Snapshot], Snapshot]


@dataclass(slots=True)
class NarrowedSide(PassedOn):
    """A connector that shows only what `narrow` leaves of a snapshot. What is not shown is not there, as far as the pair goes."""

    connector: Connector
    title: str
    narrow: Narrow
    name: str = field(init=False)
    can: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.can = self.title, self.connector.can

    def _shown(self, shown: Snapshot) -> Snapshot:
        return self.narrow(shown)


def linked_ids(joins: Joins, side: Side, ids: Iterable[str]) -> set[str]:
    """Those of these ids of a side that are joined with a record of the other."""
    keys = joins.keys(side, dict.fromkeys(ids))
    alone = joins.alone(list(keys.values()))
    return {id for id, key in keys.items() if key not in alone}


@dataclass(frozen=True, slots=True)
class OfLinked:
    """Only records that belong to a linked one: variants of products that both stores have.

    About those of a product that is itself a question as a whole (deleted in one store, edited in the other) nothing is said.
    """

    joins: Joins
    side: Side
    reference: str

    def __call__(self, shown: Snapshot) -> Snapshot:
        linked = linked_ids(self.joins, self.side, (self._of(one) for one in shown.found.values()))
        asked = [key for key, field, *_ in self.joins.records.conflicts() if not field]
        linked -= set(self.joins.ids(self.side, asked).values())
        return replace(shown, found={id: one for id, one in shown.found.items() if self._of(one) in linked})

    def _of(self, found: Found) -> str:
        return str(found.record.fields.get(self.reference) or "")


@dataclass(slots=True)
class StockInCommon:
    """Only stock of variants that both stores have, at locations that stand for one another, with the pair of locations.

    `places` gives the pair of locations by a location's id; `fresh` tells of levels, each with its variant, which are those of
    products made just now, so that their nought is no count. Stock that is not counted is shown without its quantity, which must
    not be written there. `negative` and `uncounted` keep what is worth telling until it is seen to be otherwise.
    """

    store: str
    joins: Joins
    side: Side
    places: Mapping[str, str]
    fresh: Callable[[Mapping[str, str]], set[str]]
    negative: Standing
    uncounted: Standing

    def __call__(self, shown: Snapshot) -> Snapshot:
        placed = {id: one for id, one in shown.found.items() if one.record.fields.get("location_id") in self.places}
        linked = linked_ids(self.joins, self.side, (str(one.record.fields.get("variant") or "") for one in placed.values()))
        common = {id: one for id, one in placed.items() if one.record.fields.get("variant") in linked}
        empty = {id: str(one.record.fields["variant"]) for id, one in common.items() if one.record.fields.get("available") == 0}
        fresh = self.fresh(empty) if empty else set()
        self._remember(shown.found, common)
        return replace(shown, found={id: self._shown(one, id in fresh) for id, one in common.items()})

    def _shown(self, found: Found, fresh: bool) -> Found:
        fields = dict(found.record.fields)
        fields[PLACE] = self.places[str(fields["location_id"])]
        if fields.get("tracked") is False:
            fields.pop("available", None)
            return replace(found, record=Record(found.record.key, fields), computed=frozenset({"available"}))
        return replace(found, record=Record(found.record.key, fields), blank=frozenset({"available"} if fresh else ()))

    def _remember(self, looked: Iterable[str], common: Mapping[str, Found]) -> None:
        """Keep which of these have less than nothing, and which are not counted."""
        negative, uncounted = dict[str, tuple[str, str]](), dict[str, tuple[str, str]]()
        for id, one in common.items():
            fields, variant = one.record.fields, str(one.record.fields["variant"])
            called = f"{fields.get('sku') or variant} at {fields.get('location')}"
            available = number(fields.get("available"))
            if fields.get("tracked") is False:
                uncounted[id] = variant, called
            elif available is not None and available < 0:
                negative[id] = variant, f"{called}: {available}"
        self.negative.seen(looked, negative)
        self.uncounted.seen(looked, uncounted)

    def news(self) -> Iterator[Notice]:
        """What a person should know, in every run for as long as it is true."""
        if negative := self._still(self.negative):
            told = f"More was sold in {self.store} than there is: {_some(negative)}."
            yield Notice("negative", told, "Count the stock and correct it in either store.")
        if uncounted := self._still(self.uncounted):
            told = f"Not kept in step, because {self.store} does not count it: {_some(uncounted)}."
            yield Notice(f"untracked:{self.store}", told, "Switch on Track quantity there if its stock shall be kept in step.")

    def _still(self, standing: Standing) -> list[str]:
        """What is told of stock whose variant both stores still have."""
        known = standing.all()
        linked = linked_ids(self.joins, self.side, (variant for variant, _ in known.values())) if known else set()
        return [told for variant, told in known.values() if variant in linked]


def _some(names: Collection[str]) -> str:
    shown = list(names)[:MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
